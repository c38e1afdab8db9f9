"""A table that moves, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hubspot_async import HubSpotTask
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.line import Change, Line, NextLook
from hubspot_async.cli.screen.plain import PlainLines
from hubspot_async.cli.screen.words import plain, say

_AROUND = 5
"""Lines of the screen that are not for tasks: the head of the table, what stands below it, and the cursor's."""

_COLUMNS: Sequence[tuple[str, int, int, Literal["left", "right"]]] = (
    ("Account", 7, 10, "left"),
    ("Task", 6, 13, "left"),
    ("Id", 8, 13, "left"),
    ("Status", 10, 13, "left"),
    ("Age", 7, 7, "right"),
    ("Look", 10, 12, "right"),
)
"""The columns, with the fewest and the most letters of each: so wide that little jumps, and the last one has room."""

_PER_SECOND = 8
"""How often the table is drawn."""


class LiveTable(Board):
    """A row a task, drawn anew in place; of more tasks than there are lines, those still on their way come first."""

    def __init__(self, console: Console, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._console = console
        self._now = now
        self._lines: dict[HubSpotTask[Any], Line] = {}
        self._next_look: NextLook = lambda _task: None
        self._others: Callable[[], str] = str
        self.live: Live | None = None
        """What draws it anew, from its first task on."""

    @property
    def is_moving(self) -> bool:
        """Whether other lines would run into it."""
        return self.live is not None and self.live.is_started

    def follow(self, next_look: NextLook) -> None:
        """Learn where to ask in how many seconds a task is looked at next; the thread that draws will ask there."""
        self._next_look = next_look

    def sum_up(self, others: Callable[[], str]) -> None:
        """Learn where to ask what to say below the rows of what has none; the thread that draws will ask there."""
        self._others = others

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Add a row."""
        self._lines[task] = Line.begin(task, about, self._now())
        if self.live is not None:
            self.live.start()

    def show(self, task: HubSpotTask[Any], change: Change) -> None:
        """Change a row."""
        self._lines[task].take(change, self._now())

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Say what came of a task."""
        self._lines[task].tell(about)

    def load(self, task: HubSpotTask[Any], done: int, total: int | None) -> None:
        """Say how much of a file has come."""
        self._lines[task].fetch(done, total, self._now())

    def say(self, text: str) -> None:
        """Print a line above the table."""
        say(self._console, text)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table as of now; a thread of rich's asks for it."""
        others = self._others()
        shown, rest = in_sight(list(self._lines.values()), self._console.height - _AROUND - bool(others))
        if shown:
            yield self._table(shown)
        if rest:
            yield Text(_summed_up(rest), style="dim")
        if others:
            yield Text(others, style="dim", overflow="ellipsis", no_wrap=True)
        yield Text("")  # where the terminal may write ^C without a row of the table being broken in two

    def _table(self, lines: Sequence[Line]) -> Table:
        now = self._now()
        rows = [self._cells(line, now) for line in lines]
        columns = list(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
        is_one_account = not any(columns[0][1])
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, expand=True)
        for (name, least, most, justify), cells in columns[is_one_account:]:
            width = min(max(least, *map(cell_len, cells)), most)
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=width, justify=justify)
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
        for line, (*named, status, age, look) in zip(lines, rows, strict=True):
            words = Text(status, style=line.style), age, look, Text(plain(line.words))
            table.add_row(*named[is_one_account:], *words)
        return table

    def _cells(self, line: Line, now: datetime) -> tuple[str, str, str, str, str, str]:
        task, look = line.task, line.look(self._next_look)
        return plain(task.account or ""), task.kind.name, plain(task.id), plain(line.status), line.age(now), look


def in_sight(lines: Sequence[Line], room: int) -> tuple[list[Line], list[Line]]:
    """Divide lines into those that have room, in their order, and the rest: whose task has ended goes first."""
    surplus = len(lines) - max(1, room)
    if surplus <= 0:
        return list(lines), []
    ended = [line for line in lines if line.ended is not None]
    going = [line for line in reversed(lines) if line.ended is None]
    hidden = {id(line) for line in (ended + going)[:surplus]}
    return [line for line in lines if id(line) not in hidden], [line for line in lines if id(line) in hidden]


def _summed_up(lines: Sequence[Line]) -> str:
    counts = Counter(line.status for line in lines)
    return f"… and {len(lines):,} more: " + ", ".join(f"{number:,} {status}" for status, number in counts.most_common())


@contextmanager
def board(console: Console, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Board]:
    """Give the place to show tasks on, as the terminal allows; a table begins to move with its first task."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(console, now)
        return
    table = LiveTable(console, now)
    table.live = Live(table, console=console, refresh_per_second=_PER_SECOND)
    try:
        yield table
    finally:
        table.live.stop()
