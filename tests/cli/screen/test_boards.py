import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import cast

import pytest
from rich.cells import cell_len
from rich.console import Console

from hubspot_async import HubSpotTask, StatusChange, WatchFailed, exports, files
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.jsonlines import JsonLines
from hubspot_async.cli.screen.line import Change, Event, Line
from hubspot_async.cli.screen.plain import PlainLines
from hubspot_async.cli.screen.table import LiveTable, board, in_sight
from hubspot_async.errors import ForbiddenError, TimedOutError, VanishedError
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


def change(status: str, lateness: float | None = None, task: HubSpotTask = EXPORT) -> StatusChange[ExportStatus]:
    current = ExportStatus(status=TaskStatus(status))
    return StatusChange(task=task, previous=None, current=current, session=NOWHERE, lateness=lateness)


def show(board: Board, event: Event) -> None:
    board.show(event.task, Change.of(event))


def tell_a_story(board: Board, clock: Clock) -> None:
    board.add(EXPORT, "all")
    board.add(OTHER, "Zoë’s 陽子 logo, with a long name that fits into no table of 80 columns")
    show(board, change("PENDING"))
    clock.advance(2.25)
    show(board, change("COMPLETE", 0.5))
    clock.advance(3)
    error = TimedOutError("not settled\nwithin its timeout", OTHER)
    show(board, WatchFailed(task=OTHER, previous=None, error=error, session=NOWHERE))
    clock.advance(100)


def drawn(table: LiveTable, console: Console) -> list[str]:
    with console.capture() as capture:
        console.print(table)
    *lines, last = capture.get().splitlines()
    assert last == ""
    return lines


def test_plain_lines_say_each_event_once(clock: Clock) -> None:
    out = StringIO()
    board = PlainLines(Console(file=out, width=80), clock)
    tell_a_story(board, clock)
    board.tell(EXPORT, "people.csv  12.0 kB")
    board.say("everyone pauses")
    lines = out.getvalue().splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "export 90151673 started 0.0 s all",
        "file-import AAAAAASvrbY started 0.0 s Zoë’s 陽子 logo, with a long name that fits into no table of 80 columns",
        "export 90151673 PENDING 0.0 s all",
        "export 90151673 COMPLETE 2.2 s 0.5 s late all",
        "file-import AAAAAASvrbY lost 5.2 s not settled within its timeout",
        "export 90151673 people.csv 12.0 kB",
        "everyone pauses",
    ]


def test_plain_lines_name_the_account_and_tell_of_a_long_download_now_and_then(clock: Clock) -> None:
    out = StringIO()
    board = PlainLines(Console(file=out, width=80), clock)
    task = exports.task("7", account="north")
    board.add(task, "all")
    for second in range(65):
        board.load(task, second * 1_000_000, 80_000_000)
        clock.advance(1)
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert lines == [
        "north export 7 started 0.0 s all",
        "north export 7 30.0 MB of 80.0 MB, 1.0 MB/s",
        "north export 7 60.0 MB of 80.0 MB, 1.0 MB/s",
    ]


def test_the_table_fits_into_80_columns(clock: Clock) -> None:
    console = Console(file=StringIO(), width=80)
    table = LiveTable(console, clock)
    tell_a_story(table, clock)
    table.tell(EXPORT, "500 rows: all")
    lines = drawn(table, console)
    assert len(lines) == 4
    assert max(map(cell_len, lines)) <= 80
    assert " ".join(lines[2].split()) == "export 90151673 COMPLETE 2.2 s 0.5 s late 500 rows: all"
    assert lines[3].split()[:5] == ["file-import", "AAAAAASvrbY", "lost", "5.2", "s"]


@pytest.mark.parametrize("account", [None, "north", "陽子の会社のアカウント"])
def test_whatever_stands_in_a_row_it_is_one_line_of_80_columns(account: str | None, clock: Clock) -> None:
    console = Console(file=StringIO(), width=80)
    table = LiveTable(console, clock)
    table.follow(lambda task: 7199.9)
    ids = ("1", "78622132", "AAAAAASvrbY", "123e4567-e89b-42d3-a456-426614174000")
    for number, id in enumerate(ids):
        task = files.task(id, account=account, started_at=START - timedelta(days=number))
        table.add(task, "Größe 陽子 " * 9)
        show(table, change("WAITING_FOR_APPROVAL", task=task))
        table.load(task, number * 10**9, 10**12)
    clock.advance(100)
    lines = drawn(table, console)
    assert len(lines) == 2 + len(ids)
    assert max(map(cell_len, lines)) <= 80


@pytest.mark.parametrize(
    ("next_look", "shown"),
    [(2.04, "in 2.0 s"), (0.0, "now"), (600.0, "in 10 min"), (math.inf, "in line"), (None, "")],
)
def test_the_table_says_when_the_next_look_is(next_look: float | None, shown: str, clock: Clock) -> None:
    line = Line.begin(EXPORT, "all", clock())
    assert line.look(lambda task: next_look) == shown
    line.take(Change.of(change("COMPLETE", 0.25)), clock())
    assert line.look(lambda task: next_look) == "0.2 s late"


def test_what_is_no_task_yet_is_summed_up_below_the_rows_and_takes_the_room_of_one(clock: Clock) -> None:
    console = Console(file=StringIO(), width=80, height=12, force_terminal=True, color_system=None)
    table = LiveTable(console, clock)
    for number in range(20):
        table.add(files.task(f"{number}"), "")
    before = drawn(table, console)
    table.sum_up(lambda: "7 exports in line, of which " + "the next " * 20)
    lines = drawn(table, console)
    assert len(lines) == len(before) <= console.height
    assert lines[-1].startswith("7 exports in line")
    assert cell_len(lines[-1]) <= 80


def test_the_table_tells_bytes_and_speed_while_a_file_comes(clock: Clock) -> None:
    line = Line.begin(EXPORT, "all", clock())
    line.fetch(0, 80_000_000, clock())
    assert line.words == "0 bytes of 80.0 MB"
    clock.advance(2)
    line.fetch(6_200_000, 80_000_000, clock())
    assert line.words == "6.2 MB of 80.0 MB, 3.1 MB/s"
    line.fetch(6_200_000, None, clock())
    assert line.words == "6.2 MB, 3.1 MB/s"
    line.tell("people.csv")
    assert line.words == "people.csv"


def test_of_more_tasks_than_lines_those_on_their_way_are_in_sight(clock: Clock) -> None:
    console = Console(file=StringIO(), width=80, height=12)
    table = LiveTable(console, clock)
    tasks = [exports.task(str(number)) for number in range(40)]
    for task in tasks:
        table.add(task, "")
    for task in tasks[:35]:
        show(table, change("COMPLETE", task=task))
    lines = drawn(table, console)
    assert len(lines) <= console.height
    assert [line.split()[1] for line in lines[2:-1]] == ["33", "34", "35", "36", "37", "38", "39"]
    assert lines[-1] == "… and 33 more: 33 COMPLETE"


def test_there_is_room_for_one_line_at_least() -> None:
    lines = [Line.begin(exports.task(str(number)), "", START) for number in range(3)]
    assert in_sight(lines, -5) == (lines[:1], lines[1:])


def test_what_stands_in_a_file_is_no_markup(clock: Clock) -> None:
    out = StringIO()
    PlainLines(Console(file=out, width=40), clock).add(EXPORT, "[red]x[/] :smile: " + "y" * 80)
    assert out.getvalue().endswith("[red]x[/] :smile: " + "y" * 80 + "\n")


@pytest.mark.parametrize(
    ("terminal", "term", "kind"),
    [(True, "xterm", LiveTable), (True, "dumb", PlainLines), (False, "xterm", PlainLines)],
)
def test_only_a_terminal_gets_the_table(
    terminal: bool, term: str, kind: type[object], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    with board(Console(file=StringIO(), force_terminal=terminal), clock) as shown:
        assert isinstance(shown, kind)


def test_the_table_begins_to_move_with_its_first_task_and_ends_with_the_block(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = StringIO()
    with board(Console(file=out, force_terminal=True, width=80), clock) as shown:
        assert not shown.is_moving
        assert out.getvalue() == ""
        shown.add(EXPORT, "all")
        assert shown.is_moving
    assert not shown.is_moving
    assert out.getvalue().endswith("\x1b[?25h")


def test_a_task_begun_long_ago_keeps_its_age(clock: Clock) -> None:
    out = StringIO()
    old = exports.task("7", started_at=START - timedelta(hours=3))
    PlainLines(Console(file=out), clock).add(old, "")
    assert "3.0 h" in out.getvalue()


def objects(board: Callable[[JsonLines], object]) -> list[dict[str, object]]:
    out = StringIO()
    board(JsonLines(out, lambda: START))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_json_lines_have_an_object_an_event(clock: Clock) -> None:
    at = {"at": "2026-01-01T00:00:00.000Z"}
    export = {"kind": "export", "id": "90151673", "account": None}
    told = objects(lambda lines: tell_a_story(lines, clock))
    assert [line["event"] for line in told] == ["started", "started", "changed", "ended", "lost"]
    assert told[0] == {"event": "started", **at, **export, "about": "all"}
    assert told[2] == {"event": "changed", **at, **export, "status": "PENDING", "previous": None}
    ended = {"status": "COMPLETE", "previous": None, "succeeded": True, "lateness": 0.5}
    assert told[3] == {"event": "ended", **at, **export, **ended}
    assert told[4]["error"] == "TimedOutError"


def test_json_lines_name_the_correlation_id_of_a_refusal_even_behind_another_error() -> None:
    refusal = ForbiddenError("no", status=403, category="MISSING_SCOPES", correlation_id="abc")
    behind = VanishedError("gone", EXPORT)
    behind.__cause__ = refusal
    failed = [WatchFailed(task=EXPORT, previous=None, error=error, session=NOWHERE) for error in (refusal, behind)]
    told = objects(lambda lines: [show(lines, event) for event in failed])
    assert [line["correlation_id"] for line in told] == ["abc", "abc"]
    assert [line["http_status"] for line in told] == [403, 403]


def test_json_lines_tell_of_a_download_once_a_second_and_at_its_end(clock: Clock) -> None:
    out = StringIO()
    lines = JsonLines(out, clock)
    for done in (0, 10, 20, 30, 40):
        lines.load(EXPORT, done, 40)
        clock.advance(0.4)
    assert [json.loads(line)["bytes"] for line in out.getvalue().splitlines()] == [0, 30, 40]


def test_nowhere_shows_nothing(clock: Clock) -> None:
    nowhere = Board()
    nowhere.follow(lambda task: None)
    tell_a_story(nowhere, clock)
    nowhere.load(EXPORT, 1, 2)
    nowhere.tell(EXPORT, "")
    nowhere.say("x")
    assert not nowhere.is_moving
