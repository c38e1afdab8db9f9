"""Killed, cramped, or cancelled at any moment: what was written is there whole, and nothing is left behind."""

import asyncio
import gc
import os
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from hubspot_async.journal import Journal
from hubspot_async.tasks import EXPORT
from tests.journal.books import TASK, begin, jobs_of, left_open, names, note, read, write
from tests.journal.children import (
    CONTEXT,
    FIFTY,
    child,
    count_up,
    counter,
    fill_a_disk,
    may_not_grow,
    open_and_close,
    open_until,
    start_one,
    told_by_child,
)

pytestmark = pytest.mark.asyncio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exports.sqlite"


# kill -9.


@pytest.mark.slow
async def test_fault_121_killed_while_writing_it_is_old_or_new_and_never_torn(path: Path):
    chance = random.Random(1)
    written = counter()
    for _ in range(12):
        before = written.value
        with child(count_up, path, written, before) as process:
            while written.value == before:
                await asyncio.sleep(0.001)
            await asyncio.sleep(chance.uniform(0, 0.015))
            process.kill()
            process.join()
        told = written.value
        looked = await read(path)
        assert len({record.status for record in looked}) == 1
        assert int(looked[0].status or 0) in (told, told + 1)
        async with Journal.open(path) as journal:
            assert await journal.tasks() == looked
        assert len(looked) == len(FIFTY)
        assert names(path.parent) == ["exports.sqlite"]
        written.value = int(looked[0].status or 0)
    assert written.value > 24


async def goes_on(folder: Path) -> None:
    """Whatever somebody who was killed has left there, it can be looked at, gone on with, and is tidy then."""
    path = folder / "exports.sqlite"
    if path.exists():
        assert len(await read(path)) < 2
    await write(path, note())
    assert len(await read(path)) == 1
    await write(path, note())
    assert names(folder) == ["exports.sqlite"]


@pytest.mark.slow
async def test_fault_121_killed_at_random_while_opening_the_first_it_is_made_whole_or_not_at_all(tmp_path: Path):
    chance = random.Random(2)
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        begun = CONTEXT.Event()
        with child(open_and_close, folder / "exports.sqlite", begun) as process:
            assert begun.wait(30)
            time.sleep(chance.uniform(0.005, 0.025))
            process.kill()
            process.join()
        await goes_on(folder)


async def test_fault_121_killed_at_each_step_of_opening_the_first_it_is_made_whole_or_not_at_all(tmp_path: Path):
    found: list[list[str]] = []
    for steps in range(1, 100):
        folder = tmp_path / str(steps)
        folder.mkdir()
        with child(open_until, folder / "exports.sqlite", steps) as process:
            process.join(30)
            is_over = process.exitcode == 0
        if names(folder) not in found:
            found.append(names(folder))
        await goes_on(folder)
        if is_over:
            break
    whole = "exports.sqlite"
    lock, part = f"{whole}-lock", f"{whole}-part"
    assert is_over
    assert found == [[], [lock], [lock, part], [whole, lock, part], [whole, lock], [whole]]


@pytest.mark.parametrize("answered", [False, True])
async def test_fault_122_killed_after_the_start_was_sent_it_is_known_to_have_been(path: Path, answered: bool):
    with child(start_one, path, answered) as process:
        process.join(30)
        assert process.exitcode == -9
    async with Journal.open(path) as journal:
        asked, unasked = await jobs_of(journal)
    assert asked.is_unknown is not answered
    assert asked.task == (TASK if answered else None)
    assert unasked.asked_at is None
    assert not unasked.is_unknown


# A full disk.


async def test_fault_124_where_nothing_more_goes_in_it_is_said_and_what_was_written_stays(path: Path):
    async with Journal.open(path) as journal:
        await journal.note([note()])
        await journal._run("PRAGMA max_page_count = 1")
        with pytest.raises(OSError, match="No space left on device"):
            await journal.note([note(EXPORT.task(number)) for number in range(1000)])
        assert [record.task for record in await journal.tasks()] == [TASK]
        await journal._run("PRAGMA max_page_count = 1000000")
        await journal.note([note(EXPORT.task(number)) for number in range(1000)])
    assert len(await read(path)) == 1001


async def test_fault_124_a_file_that_may_not_grow(path: Path):
    await write(path, note())
    error = told_by_child(may_not_grow, path, 200_000)
    assert isinstance(error, OSError)
    assert "disk I/O error" in str(error)
    assert 3 < len(await read(path)) < 200
    await write(path, note(EXPORT.task("2")))
    assert "2" in {record.task.id for record in await read(path)}


async def test_fault_124_a_disk_that_is_full(path: Path):
    told = told_by_child(fill_a_disk, path.parent)
    if isinstance(told, str):
        pytest.skip(told)
    assert not isinstance(told, Exception)
    errors, count, found = told
    assert [error.strerror for error in errors] == ["No space left on device (database or disk is full)"] * 3
    assert found == count > 10


async def test_fault_124_a_disk_that_is_full_before_there_is_a_journal(path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left"):
        await write(path)
    assert names(path.parent) == []


async def test_it_never_grows_past_what_can_be_opened_again(path: Path):
    async with Journal.open(path) as journal:
        ((pages,),) = await journal._run("PRAGMA max_page_count")
        ((size,),) = await journal._run("PRAGMA page_size")
    assert pages * size == 2**30


# Cancelled.


async def look(path: Path, *, read_only: bool) -> bool:
    async with Journal.open(path, read_only=read_only) as journal:
        await journal.tasks()
    return True


async def natively(path: Path, *, read_only: bool, after: float, times: int = 1) -> bool:
    task = asyncio.create_task(look(path, read_only=read_only))
    await asyncio.sleep(after)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([task])
    return not task.cancelled() and task.result()


async def several_times(path: Path, *, read_only: bool, after: float) -> bool:
    return await natively(path, read_only=read_only, after=after, times=3)


async def by_a_scope(path: Path, *, read_only: bool, after: float) -> bool:
    with anyio.move_on_after(after):
        return await look(path, read_only=read_only)
    return False


async def seconds_of_a_look(path: Path, *, read_only: bool) -> float:
    begun = time.perf_counter()
    await look(path, read_only=read_only)
    return time.perf_counter() - begun


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("cancelled", [natively, several_times, by_a_scope])
async def test_cancelled_while_opening_or_closing_nothing_is_left_behind(
    path: Path, cancelled: Callable[..., Awaitable[bool]], read_only: bool
):
    await write(path, note())
    usual = min([await seconds_of_a_look(path, read_only=read_only) for _ in range(5)])
    chance = random.Random(3)
    finished = 0
    for _ in range(40):
        finished += await cancelled(path, read_only=read_only, after=chance.uniform(0, 1.3 * usual))
        assert left_open(path.parent) == []
        async with Journal.open(path):
            pass
    assert finished < 40
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)
            assert not thread.is_alive()
    assert names(path.parent) == ["exports.sqlite"]
    gc.collect()  # what was collected without being closed would warn now


async def test_cancelled_while_writing_it_is_written_or_not(path: Path):
    chance = random.Random(4)
    async with Journal.open(path) as journal:
        (job,) = await begin(journal)
        done = 0
        for _ in range(100):
            task = asyncio.create_task(journal.asking(job))
            await asyncio.sleep(chance.uniform(0, 0.002))
            task.cancel()
            ended, _ = await asyncio.wait([task])
            done += not ended.pop().cancelled()
            (found,) = await jobs_of(journal)
            assert found.is_unknown or found == job
            job = await journal.unasked(found)
        assert (await jobs_of(journal)) == [job]


async def test_an_exception_in_the_block_comes_out_as_itself_and_what_was_written_stays(path: Path):
    async def fail() -> None:
        async with Journal.open(path) as journal:
            await journal.note([note()])
            raise mine

    mine = RuntimeError("mine")
    with pytest.raises(RuntimeError) as raised:
        await fail()
    assert raised.value is mine
    assert names(path.parent) == ["exports.sqlite"]
    assert len(await read(path)) == 1


FORGOTTEN = """
import asyncio, sys
from hubspot_async.journal import Journal
from hubspot_async.journal.journal import Note
from hubspot_async.tasks import EXPORT

loop = asyncio.new_event_loop()
opening = Journal.open(sys.argv[1])
journal = loop.run_until_complete(opening.__aenter__())
loop.run_until_complete(journal.note([Note(task=EXPORT.task("1"), account=None)]))
if sys.argv[2] == "closed":
    loop.close()
"""


@pytest.mark.parametrize("loop", ["closed", "open"])
async def test_fault_128_one_that_nobody_closes_does_not_keep_the_process(path: Path, loop: str):
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORGOTTEN, path, loop, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(child.communicate(), 20)
    assert (child.returncode, errors) == (0, b"")
    assert len(await read(path)) == 1
    await write(path)
    assert names(path.parent) == ["exports.sqlite"]
