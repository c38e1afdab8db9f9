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
    born: datetime
    status: str = "started"
    ended: datetime | None = None
    lateness: float | None = None
    succeeded: bool = False

    @classmethod
    def begin(cls, task: HubSpotTask[Any], about: str, now: datetime) -> Line:
        """Show a task from now on; one that began earlier keeps its age.

        HubSpot's clock is known to a second only, so a shorter time ago counts as now.
        """
        began = task.started_at or now
        return cls(task, about, began if (now - began).total_seconds() > 1 else now)

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
        return seconds(((self.ended or now) - self.born).total_seconds())

    @property
    def late(self) -> str:
        """How long its end had gone unnoticed, where that is known."""
        return "" if self.lateness is None else seconds(self.lateness)

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
        line = self._lines[task] = Line.begin(task, about, self._now())
        self._print(line)

    def show(self, event: Event) -> None:
        """Print what has changed."""
        line = self._lines[event.task]
        line.take(event, self._now())
        self._print(line)

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Print what came of a task."""
        say(self._console, f"{task.kind.name:<13}  {task.id:<11}  {about}")

    def _print(self, line: Line) -> None:
        late = f"{line.late} late" if line.late else ""
        what = f"{line.task.kind.name:<13}  {line.task.id:<11}  {line.status:<10}"
        say(self._console, f"{what}  {line.age(self._now()):>7}  {late:>12}  {line.about}".rstrip())


class LiveTable:
    """A row a task, drawn anew in place."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lines: dict[HubSpotTask[Any], Line] = {}

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Add a row."""
        self._lines[task] = Line.begin(task, about, self._now())

    def show(self, event: Event) -> None:
        """Change a row."""
        self._lines[event.task].take(event, self._now())

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Say what came of a task."""
        self._lines[task].about = about

    def __rich__(self) -> Table:
        """Draw the table as of now; a thread of rich's asks for it."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, expand=True)
        for name, width in (("Task", 13), ("Id", 11), ("Status", 10)):  # wide enough for most, so that nothing jumps
            table.add_column(name, no_wrap=True, min_width=width)
        for name in ("Age", "Late"):
            table.add_column(name, no_wrap=True, min_width=6, justify="right")
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
        now = self._now()
        for line in list(self._lines.values()):
            status, about = Text(line.status, style=line.style), Text(line.about)
            table.add_row(line.task.kind.name, line.task.id, status, line.age(now), line.late, about)
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
