"""Tasks on the screen: a table that moves in a terminal, a line an event anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from attrs import define
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hubspot_async import HubSpotTask, StatusChange, WatchFailed

Event: TypeAlias = StatusChange[Any] | WatchFailed


@define(eq=False)
class Line:
    """What is shown of one task; *about* says in a few words what it is for, and later what came of it."""

    task: HubSpotTask[Any]
    about: str
    status: str = "started"
    ended: datetime | None = None
    lateness: float | None = None
    succeeded: bool = False

    def take(self, event: Event, now: datetime) -> None:
        """Show what *event* tells."""
        match event:
            case WatchFailed(error=error):
                self.status, self.about = "lost", " ".join(str(error).split())
            case StatusChange(current=current, lateness=lateness):
                self.status, self.lateness = str(current.status), lateness
        if event.is_final:
            self.ended, self.succeeded = now, event.succeeded

    def age(self, now: datetime) -> str:
        """How long it has been under way, or was."""
        born = self.task.started_at
        return seconds(((self.ended or now) - born).total_seconds()) if born else ""

    @property
    def style(self) -> str:
        """The colour of its status."""
        if self.ended is None:
            return "yellow"
        return "green" if self.succeeded else "red"


class Board(Protocol):
    """Where tasks are shown."""

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Show a task that has begun."""

    def show(self, event: Event) -> None:
        """Show what has changed."""

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Say what came of a task."""


class PlainLines:
    """A line an event, for files and pipes."""

    def __init__(self, console: Console, now: Callable[[], datetime]) -> None:
        self._console = console
        self._now = now
        self._lines: dict[HubSpotTask[Any], Line] = {}

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Print that a task has begun."""
        self._lines[task] = Line(task, about)
        self._print(task)

    def show(self, event: Event) -> None:
        """Print what has changed."""
        self._lines[event.task].take(event, self._now())
        self._print(event.task)

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Print what came of a task."""
        self._lines[task].about = about
        self._print(task)

    def _print(self, task: HubSpotTask[Any]) -> None:
        line = self._lines[task]
        late = "" if line.lateness is None else f"{seconds(line.lateness)} late"
        text = f"{task.kind.name:<13}  {task.id:<11}  {line.status:<10}  {line.age(self._now()):>7}  {late:>11}  {line.about}"
        say(self._console, text)


class LiveTable:
    """A row a task, drawn anew in place."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lines: dict[HubSpotTask[Any], Line] = {}

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Add a row."""
        self._lines[task] = Line(task, about)

    def show(self, event: Event) -> None:
        """Change a row."""
        self._lines[event.task].take(event, self._now())

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Say what came of a task."""
        self._lines[task].about = about

    def __rich__(self) -> Table:
        """Draw the table as of now; a thread of rich's asks for it."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for name in ("Task", "Id", "Status"):
            table.add_column(name, no_wrap=True)
        for name in ("Age", "Late"):
            table.add_column(name, no_wrap=True, justify="right", min_width=7)
        table.add_column("", no_wrap=True, overflow="ellipsis")
        now = self._now()
        for line in list(self._lines.values()):
            late = "" if line.lateness is None else seconds(line.lateness)
            status = Text(line.status, style=line.style)
            table.add_row(line.task.kind.name, line.task.id, status, line.age(now), late, Text(line.about))
        return table


@contextmanager
def board(console: Console, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Board]:
    """Give the place to show tasks on, as the terminal allows."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(console, now)
        return
    table = LiveTable(now)
    with Live(table, console=console, refresh_per_second=8):
        yield table


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: neither wrapped nor coloured by what stands in it."""
    console.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
    console.file.flush()


def seconds(value: float) -> str:
    """Write a duration."""
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"
