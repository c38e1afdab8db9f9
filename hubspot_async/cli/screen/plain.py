"""A line an event, for logs and mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from hubspot_async import HubSpotTask
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.line import Change, Line
from hubspot_async.cli.screen.words import say

OFTEN = 30.0
"""Seconds between two lines about one file that is being fetched."""


class PlainLines(Board):
    """A line an event."""

    def __init__(self, console: Console, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._console = console
        self._now = now
        self._lines: dict[HubSpotTask[Any], Line] = {}
        self._told: dict[HubSpotTask[Any], datetime] = {}

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Print that a task has begun."""
        line = self._lines[task] = Line.begin(task, about, self._now())
        self._print(line)

    def show(self, task: HubSpotTask[Any], change: Change) -> None:
        """Print what has changed."""
        line = self._lines[task]
        line.take(change, self._now())
        self._print(line)

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Print what came of a task."""
        self._lines[task].tell(about)
        self.say(f"{_named(task)}  {about}")

    def load(self, task: HubSpotTask[Any], done: int, total: int | None) -> None:
        """Print how much of a file has come, now and then."""
        line, now = self._lines[task], self._now()
        line.fetch(done, total, now)
        told = self._told.setdefault(task, now)
        if (now - told).total_seconds() >= OFTEN:
            self._told[task] = now
            self.say(f"{_named(task)}  {line.words}")

    def say(self, text: str) -> None:
        """Print a line."""
        say(self._console, text)

    def _print(self, line: Line) -> None:
        what = f"{_named(line.task)}  {line.status:<10}"
        self.say(f"{what}  {line.age(self._now()):>7}  {line.late:>12}  {line.about}".rstrip())


def _named(task: HubSpotTask[Any]) -> str:
    whose = f"{task.account}  " if task.account else ""
    return f"{whose}{task.kind.name:<13}  {task.id:<11}"
