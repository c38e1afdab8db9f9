"""What came of each thing that was asked for, on stdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen
from rich.console import Console

from hubspot_async import HubSpotTask
from hubspot_async.cli.ending import Exit
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.jsonlines import JsonLines
from hubspot_async.cli.screen.words import say
from hubspot_async.facts import FIELDS


@frozen(kw_only=True)
class Result:
    """What came of one thing that was asked for: in words, and in fields for programs."""

    text: str = ""
    """A line for stdout."""
    about: str = ""
    """A few words for the board, where it says more than the status does."""
    complaint: str = ""
    """A line for stderr, if something is wrong."""
    status: Exit = Exit.DONE
    """The exit status of a command that was asked for nothing else."""
    task: HubSpotTask[Any] | None = None
    fields: Mapping[str, object] = field(factory=dict)

    @property
    def facts(self) -> dict[str, object]:
        """Those of its fields that a log record has too."""
        return {name: value for name, value in self.fields.items() if name in FIELDS and value is not None}

    @property
    def succeeded(self) -> bool:
        """Whether it is what was asked for."""
        return self.status is Exit.DONE


class Results(Protocol):
    """Where results go."""

    def give(self, result: Result) -> None:
        """Give one result."""
        ...

    def close(self) -> None:
        """Give what was kept for the end."""
        ...


class JsonResults:
    """An object a result, as soon as it is there."""

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines

    def give(self, result: Result) -> None:
        """Write it."""
        self._lines.write("result", result.task, fields={"succeeded": result.succeeded, **result.fields})

    def close(self) -> None:
        """Keep nothing."""


class TextResults:
    """A line a result; kept for the end while a table moves on the same screen."""

    def __init__(self, console: Console, board: Board) -> None:
        self._console = console
        self._board = board
        self._kept: list[Result] = []

    def give(self, result: Result) -> None:
        """Print it, or keep it."""
        if self._board.is_moving:
            self._kept.append(result)
        else:
            self._print(result)

    def close(self) -> None:
        """Print what was kept."""
        for result in self._kept:
            self._print(result)
        self._kept.clear()

    def _print(self, result: Result) -> None:
        if result.text:
            say(self._console, result.text)
