"""Rows that somebody else may have made: a record, or a clear error, and never anything else."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubspot_async.errors import JournalError, UnknownTaskKindError
from hubspot_async.journal import JobRecord, Journal, RunRecord, TaskRecord, reading
from hubspot_async.tasks import EXPORT, HubSpotTask
from tests.fakes import path_of
from tests.journal.books import TASK, fill, left_open, note, tamper

READER = reading.Reader(())

GOOD_TASK = ("export", "90151673", "acme", TASK.to_json(), 1.0, "PENDING", None, None)
GOOD_JOB = (1, 0, "acme", "people", "{}", "/x", 1.0, TASK.to_json(), "PENDING", "done", '{"bytes": 3}', 2.0)
GOOD_RUN = (1, "exports", 1.0, '{"overwrite": false}')

DEEP = "[" * 200_000 + "]" * 200_000
HUGE = "9" * 5000


def a_task(**changed: object) -> str:
    return json.dumps({**json.loads(TASK.to_json()), **changed})


VALUES: tuple[object, ...] = (
    None,
    "",
    "\0",
    "\udcff",
    "x" * 100_000,
    b"\x80\x04.",
    0,
    -1,
    2**63 - 1,
    -(2**63),
    1e308,
    -1e308,
    float("inf"),
    253402300800.0,
    -62135596801.0,
    DEEP,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    HUGE,
    "null",
    "[]",
    "{}",
    '{"bytes": 1e999, "status": NaN}',
    "done",
    "failed",
    "DROP TABLE tasks",
    a_task(id="../../etc/passwd"),
    a_task(id="a\r\nHost: evil.example"),
    a_task(id="."),
    a_task(id=7),
    a_task(id="x" * 2000),
    a_task(version="https://evil.example/v3"),
    a_task(version="v1"),
    a_task(kind="__import__('os')"),
    a_task(kind=["export"]),
    a_task(kind=None),
    a_task(account={"a": 1}),
    a_task(account="a\nb"),
    a_task(started_at="2026-03-30T10:00:00"),
    a_task(started_at="9999-12-31T23:59:59-23:59"),
    a_task(started_at="0001-01-01T00:00:00+23:59"),
    a_task(started_at=1e308),
    a_task(extra=1),
)

cells = (
    st.sampled_from(VALUES)
    | st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)


@st.composite
def rows(draw: st.DrawFn, good: Sequence[object]) -> list[object]:
    """A good row, with some cells that may be anything."""
    row = list(good)
    for at in draw(st.sets(st.integers(0, len(row) - 1), min_size=1, max_size=4)):
        row[at] = draw(cells)
    return row


def made(read: Any, *arguments: object) -> object:
    """What a row becomes; None where it is refused as it should be."""
    try:
        return read(*arguments)  # type: ignore[no-any-return]
    except (ValueError, OverflowError, OSError):  # of which a kind unknown is one
        return None


@given(rows(GOOD_TASK))
@example(list(GOOD_TASK))
def test_fault_157_a_task_is_what_it_should_be_or_refused(row: list[object]):
    record = made(READER.task, row)
    if record is not None:
        assert isinstance(record, TaskRecord)
        assert record.key == (row[0], row[1], row[2])
        assert HubSpotTask.from_json(record.task.to_json()) == record.task
        assert record.added_at.tzinfo is not None


@given(rows(GOOD_JOB))
@example(list(GOOD_JOB))
def test_fault_157_so_is_a_job(row: list[object]):
    record = made(READER.job, row)
    if record is not None:
        assert isinstance(record, JobRecord)
        assert isinstance(record.said, dict)
        assert record.task is not None or record.outcome != "done"
        assert (record.name, record.asked, record.path, record.run, record.place) == (
            row[3],
            row[4],
            row[5],
            row[0],
            row[1],
        )


@given(rows(GOOD_RUN))
@example(list(GOOD_RUN))
def test_fault_157_and_a_run(row: list[object]):
    record = made(reading.run, row, ())
    assert record is None or isinstance(record, RunRecord)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize(
    ("good", "read"),
    [(GOOD_TASK, READER.task), (GOOD_JOB, READER.job), (GOOD_RUN, lambda row: reading.run(row, ()))],
    ids=["task", "job", "run"],
)
def test_each_cell_with_each_value(value: object, good: Sequence[object], read: Any):
    assert made(read, good) is not None
    for at in range(len(good)):
        made(read, [*good[:at], value, *good[at + 1 :]])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("statement", "value", "match"),
    [
        ("UPDATE tasks SET task = ?", a_task(id="../x", kind="?"), "kind is '\\?'"),
        ("UPDATE tasks SET task = ?", a_task(id=".."), "cannot be part of a path"),
        ("UPDATE tasks SET task = ?", a_task(id="a\nb"), "cannot be part of a path"),
        ("UPDATE tasks SET task = ?", a_task(id="1"), "under the name of another"),
        ("UPDATE tasks SET task = ?", a_task(account="other"), "under the name of another"),
        ("UPDATE tasks SET task = ?", DEEP, "not the JSON of a task"),
        ("UPDATE tasks SET task = ?", b"\x80\x04.", "text is due"),
        ("UPDATE tasks SET status = CAST(x'ff' AS TEXT)", None, "text is due"),
        ("UPDATE tasks SET status = ?", b"\x80\x04.", "text is due"),
        ("UPDATE tasks SET added_at = ?", 1e308, "out of range|too large|holds what cannot be"),
        ("UPDATE tasks SET added_at = ?", float("inf"), "infinity|out of range"),
        ("UPDATE tasks SET added_at = ?", "soon", "time is due"),
        ("UPDATE tasks SET ended_at = ?", 1e300, "holds what cannot be"),
        ("UPDATE jobs SET said = ?", '{"a":' * 100_000 + "1" + "}" * 100_000, "object is due"),
        ("UPDATE jobs SET said = ?", f'{{"bytes": {HUGE}}}', "digits"),
        ("UPDATE jobs SET said = ?", "[1]", "object is due"),
        ("UPDATE jobs SET said = ?", "{", "holds what cannot be"),
        ("UPDATE jobs SET outcome = ?", "perhaps", "perhaps"),
        ("UPDATE jobs SET task = ?", None, "of which no task is known"),
        ("UPDATE jobs SET asked_at = ?", 1e18, "holds what cannot be"),
        ("UPDATE jobs SET place = ?", "first", "number is due"),
        ("UPDATE jobs SET place = ?", 1e300, "number is due"),
        ("UPDATE runs SET work = CAST(x'ff' AS TEXT)", None, "text is due"),
        ("UPDATE runs SET began_at = ?", b"now", "time is due"),
        ("UPDATE runs SET options = ?", "[]", "object is due"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
async def test_faults_157_159_a_hostile_row_is_refused_in_one_line_that_names_the_file(
    tmp_path: Path, statement: str, value: object, match: str, read_only: bool
):
    path = tmp_path / "exports.sqlite"
    await fill(path)
    tamper(path, "DELETE FROM tasks WHERE id = '2'", statement, values=[value])
    expected = UnknownTaskKindError if "kind is" in match else JournalError
    async with Journal.open(path, read_only=read_only) as journal:
        with pytest.raises(expected, match=match) as raised:
            await (journal.tasks() if "tasks" in statement else journal.runs())
        message = str(raised.value)
    assert str(path) in message
    assert len(message.splitlines()) == 1
    assert len(message) < 500 + len(str(path))
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(("-wal", "-shm"))] == [path.name]


@pytest.mark.asyncio
async def test_an_error_of_reading_leaves_the_file_closed(tmp_path: Path):
    path = tmp_path / "exports.sqlite"
    await fill(path)
    tamper(path, "UPDATE tasks SET status = CAST(x'ff' AS TEXT)")
    async with Journal.open(path) as journal:
        with pytest.raises(JournalError) as raised:
            await journal.tasks()
    assert left_open(tmp_path) == []
    assert raised.value.__context__ is not None, "and with it where it was raised"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.asyncio
async def test_fault_157_a_task_that_is_believed_is_asked_for_where_hubspot_is(tmp_path: Path):
    """The journal names no host, and what an id holds stays one segment of the path."""
    path = tmp_path / "exports.sqlite"
    task = EXPORT.task("..%2f..?x=1#y")
    async with Journal.open(path) as journal:
        await journal.note([note(task)])
        (record,) = await journal.tasks()
    assert record.task.kind.status_request(record.task).target == path_of(task)
    assert "/..%252f..%3Fx%3D1%23y/" in path_of(task)
