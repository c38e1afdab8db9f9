"""Which way a command shows what it does: by where its output goes, and by what it was told."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from attrs import define, field, frozen

from hubspot_async import HubSpotTask, facts
from hubspot_async.cli.ending import Exit, advice_on, status_of, worded
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.console import Terminal
from hubspot_async.cli.screen.jsonlines import JsonLines, error_fields
from hubspot_async.cli.screen.line import Change, Event
from hubspot_async.cli.screen.results import JsonResults, Result, Results, TextResults
from hubspot_async.cli.screen.table import board

log = logging.getLogger("hubspot_async.cli")


@frozen(kw_only=True)
class Manner:
    """How progress and results are shown."""

    results: str
    """``text`` or ``json``, on stdout."""
    progress: str
    """``table`` or ``lines`` on stderr, ``json`` on stdout, or ``none``."""


def choose(*, json: bool, quiet: bool, out_is_terminal: bool, err_is_terminal: bool) -> Manner:
    """Choose for a person at a terminal, a program that reads a pipe, a mail of cron's, a log of CI's.

    Results are JSON wherever no person reads stdout; progress is, where it was asked for.
    """
    results = "json" if json or not out_is_terminal else "text"
    if quiet:
        return Manner(results=results, progress="none")
    if json:
        return Manner(results=results, progress="json")
    return Manner(results=results, progress="table" if err_is_terminal else "lines")


@define(eq=False)
class Screen:
    """What a command shows: how far its tasks are, and what came of them."""

    board: Board
    results: Results
    json: JsonLines | None = None
    """Where errors go too, if programs read the results."""
    way_on: Sequence[str] = ()
    """The arguments of the command that goes on with it, should this one be stopped; else that is `watch`."""
    complaints: list[str] = field(factory=list, init=False)
    """What to say on stderr when the command has ended."""
    _statuses: set[Exit] = field(factory=set, init=False)
    _open: dict[HubSpotTask[Any], None] = field(factory=dict, init=False)

    @property
    def status(self) -> Exit:
        """The exit status by the results so far: of several that differ, FAILED."""
        if len(self._statuses) > 1:
            return Exit.FAILED
        return next(iter(self._statuses), Exit.DONE)

    @property
    def unfinished(self) -> list[HubSpotTask[Any]]:
        """The tasks of which there is no result yet."""
        return list(self._open)

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Show a task that has begun."""
        self._open[task] = None
        self.board.add(task, about)

    def show(self, event: Event) -> None:
        """Show what has changed."""
        self.board.show(event.task, Change.of(event))

    def load(self, task: HubSpotTask[Any]) -> Callable[[int, int | None], None]:
        """Make what shows how much of a task's file has come."""
        return lambda done, total: self.board.load(task, done, total)

    def say(self, text: str) -> None:
        """Show a line about no task in particular."""
        self.board.say(text)

    def give(self, result: Result) -> None:
        """Give a result, and show it."""
        self._statuses.add(result.status)
        _log_result(result)
        if result.complaint:
            self.complaints.append(result.complaint)
        if result.task is not None:
            self._open.pop(result.task, None)
            if result.about:
                self.board.tell(result.task, result.about)
        self.results.give(result)

    def fail(self, error: BaseException) -> None:
        """Tell the log and programs why the command ends; people read it on stderr."""
        log.error("%s", worded(error), extra=facts.of_error(error))
        if self.json is not None:
            advice, status = advice_on(error) or None, int(status_of(error))
            self.json.write("error", fields={**error_fields(error), "advice": advice, "exit_status": status})


def _log_result(result: Result) -> None:
    level = logging.INFO if result.succeeded else logging.ERROR
    about = facts.of_task(result.task) if result.task else {}
    log.log(level, "%s", result.complaint or result.text, extra=about | result.facts)


@contextmanager
def screen(*, json: bool, quiet: bool) -> Iterator[Screen]:
    """Give the screen that suits where the output goes."""
    out, err = Terminal(sys.stdout), Terminal(sys.stderr)
    manner = choose(json=json, quiet=quiet, out_is_terminal=out.is_terminal, err_is_terminal=err.is_terminal)
    lines = JsonLines(sys.stdout) if manner.results == "json" else None
    with ExitStack() as stack:
        shown = Board()
        if manner.progress == "json" and lines is not None:
            shown = lines
        elif manner.progress != "none":
            shown = stack.enter_context(board(err))
        results: Results = JsonResults(lines) if lines else TextResults(out, shown)
        yield Screen(shown, results, lines)
    results.close()
