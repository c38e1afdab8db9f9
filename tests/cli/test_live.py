from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import cast

import pytest
from rich.cells import cell_len
from rich.console import Console

from hubspot_async import StatusChange, WatchFailed, exports, files
from hubspot_async.cli.live import Board, LiveTable, PlainLines, board, seconds
from hubspot_async.errors import TimedOutError
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.tasks import TaskStatus
from hubspot_async.wire.request import Sender

NOWHERE = cast("Sender", None)
START = datetime(2026, 1, 1, tzinfo=UTC)
EXPORT, OTHER = exports.task("90151673"), files.task("AAAAAASvrbY")


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def change(status: str, lateness: float | None = None) -> StatusChange[ExportStatus]:
    current = ExportStatus(status=TaskStatus(status))
    return StatusChange(task=EXPORT, previous=None, current=current, session=NOWHERE, lateness=lateness)


def tell_a_story(board: Board, clock: Clock) -> None:
    board.add(EXPORT, "all")
    board.add(OTHER, "Zoë’s 陽子 logo, with a long name that fits into no table of 80 columns")
    board.show(change("PENDING"))
    clock.advance(2.25)
    board.show(change("COMPLETE", 0.5))
    clock.advance(3)
    error = TimedOutError("not settled\nwithin its timeout", OTHER)
    board.show(WatchFailed(task=OTHER, previous=None, error=error, session=NOWHERE))
    clock.advance(100)


def test_plain_lines_say_each_event_once(clock: Clock) -> None:
    out = StringIO()
    board = PlainLines(Console(file=out, width=80), clock)
    tell_a_story(board, clock)
    board.tell(EXPORT, "500 rows: all")
    lines = out.getvalue().splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "export 90151673 started 0.0 s all",
        "file-import AAAAAASvrbY started 0.0 s Zoë’s 陽子 logo, with a long name that fits into no table of 80 columns",
        "export 90151673 PENDING 0.0 s all",
        "export 90151673 COMPLETE 2.2 s 0.5 s late all",
        "file-import AAAAAASvrbY lost 5.2 s file-import AAAAAASvrbY: not settled within its timeout",
        "export 90151673 500 rows: all",
    ]


def test_the_table_fits_into_80_columns(clock: Clock) -> None:
    table = LiveTable(clock)
    tell_a_story(table, clock)
    table.tell(EXPORT, "500 rows: all")
    console = Console(file=StringIO(), width=80)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    assert len(lines) == 4
    assert max(map(cell_len, lines)) <= 80
    assert " ".join(lines[2].split()) == "export 90151673 COMPLETE 2.2 s 0.5 s 500 rows: all"
    assert lines[3].split()[:5] == ["file-import", "AAAAAASvrbY", "lost", "5.2", "s"]


def test_what_stands_in_a_file_is_no_markup(clock: Clock) -> None:
    out = StringIO()
    PlainLines(Console(file=out, width=40), clock).add(EXPORT, "[red]x[/] :smile: " + "y" * 80)
    assert out.getvalue().endswith("[red]x[/] :smile: " + "y" * 80 + "\n")


@pytest.mark.parametrize(("terminal", "kind"), [(True, LiveTable), (False, PlainLines)])
def test_only_a_terminal_gets_the_table(
    terminal: bool, kind: type[object], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with board(Console(file=StringIO(), force_terminal=terminal), clock) as shown:
        assert isinstance(shown, kind)


def test_a_task_begun_long_ago_keeps_its_age(clock: Clock) -> None:
    out = StringIO()
    old = exports.task("7", started_at=START - timedelta(hours=3))
    PlainLines(Console(file=out), clock).add(old, "")
    assert "3.0 h" in out.getvalue()


@pytest.mark.parametrize(("value", "text"), [(0.04, "0.0 s"), (119.9, "119.9 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text
