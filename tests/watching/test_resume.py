"""A watcher with a journal: what is in it after whatever happens, and what the next one makes of it. In real time."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from hubspot_async import HubSpotSession, HubSpotTask, StatusChange, TaskGroupWatcher, ViewExport, WatchFailed, exports
from hubspot_async.endpoints.source_code import EXTRACT
from hubspot_async.errors import (
    BadRequestError,
    ForbiddenError,
    HubSpotError,
    InputError,
    JournalError,
    JournalInUseError,
    NotFoundError,
    UnauthorizedError,
    UnknownTaskKindError,
)
from hubspot_async.journal import Journal, TaskRecord
from hubspot_async.sandbox import Sandbox
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.tasks import EXPORT, FILE_IMPORT
from hubspot_async.watching.backoff import Constant
from tests.fakes import ScriptedSender
from tests.journal.books import all_bytes, left_open, names, read
from tests.journal.children import INTERRUPTED, MANY, child, hubspot, steps, watch_and_log, watch_until_interrupted
from tests.watching.loops import all_of, words

pytestmark = pytest.mark.asyncio

QUICK = Constant(0.001)
ONE, TWO, THREE = (FILE_IMPORT.task(id) for id in "123")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watch.sqlite"


def watch(session: ScriptedSender | None, journal: Journal | Path, **options: Any) -> TaskGroupWatcher:
    return TaskGroupWatcher(session, journal=journal, backoff=QUICK, **options)


async def ended(path: Path) -> dict[str, tuple[str | None, str | None]]:
    """The status last dealt with and the end of each task, by its id."""
    return {record.task.id: (record.status, record.ended) for record in await read(path)}


async def until(path: Path, is_so: Callable[[list[TaskRecord]], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so(await read(path)):
            await asyncio.sleep(0.002)


# What is written down, and when.


async def test_what_is_added_before_the_block_in_it_and_in_the_loop_is_in_the_journal(path: Path):
    session = hubspot({ONE: ["PENDING", "COMPLETE"], TWO: ["PENDING"], THREE: ["PENDING"]})
    watcher = watch(session, path)
    watcher.add(ONE)
    assert names(path.parent) == []
    async with watcher:
        await until(path, lambda found: {each.task for each in found} == {ONE})
        watcher.add(TWO)
        await until(path, lambda found: {each.task for each in found} == {ONE, TWO})
        async for event in watcher:
            if event.is_final:
                watcher.add(THREE)
                await until(path, lambda found: {each.task for each in found} == {ONE, TWO, THREE})
                break
    assert names(path.parent) == ["watch.sqlite"]
    assert await ended(path) == {"1": ("COMPLETE", "COMPLETE"), "2": ("PENDING", None), "3": (None, None)}


async def test_what_was_dealt_with_is_not_handed_out_again_and_what_was_not_is(path: Path):
    session = hubspot({ONE: ["PENDING", "PROCESSING"]})
    with pytest.raises(RuntimeError):
        await crash_at(2, session, path, ONE)
    assert await ended(path) == {"1": ("PENDING", None)}

    with pytest.raises(RuntimeError):
        await crash_at(1, hubspot({ONE: ["PENDING", "PROCESSING"]}), path)
    assert await ended(path) == {"1": ("PENDING", None)}

    async with watch(hubspot({ONE: ["PENDING", "PROCESSING"]}), path) as watcher:
        async for event in watcher:
            assert isinstance(event, StatusChange)
            assert (event.previous, event.current.status) == ("PENDING", "PROCESSING")
            break
    assert await ended(path) == {"1": ("PROCESSING", None)}

    with pytest.raises(RuntimeError):
        await crash_at(1, hubspot({ONE: ["PROCESSING", "PROCESSING", "COMPLETE"]}), path)
    assert await ended(path) == {"1": ("PROCESSING", None)}

    async with watch(hubspot({ONE: ["COMPLETE"]}), path) as watcher:
        (event,) = await all_of(watcher)
    assert isinstance(event, StatusChange)
    assert (event.previous, event.current.status) == ("PROCESSING", "COMPLETE")
    assert await ended(path) == {"1": ("COMPLETE", "COMPLETE")}

    silent = ScriptedSender()
    async with watch(silent, path) as watcher:
        assert await all_of(watcher) == []
    assert silent.requests == []


async def crash_at(count: int, session: ScriptedSender, path: Path, *tasks: HubSpotTask[Any]) -> None:
    """Fail with the event of that number in one's hands."""
    async with watch(session, path) as watcher:
        for task in tasks:
            watcher.add(task)
        async for _ in watcher:
            count -= 1
            if count == 0:
                raise RuntimeError("crash")


async def leave_by_break(watcher: TaskGroupWatcher) -> None:
    async for event in watcher:
        if event.is_final:
            break


async def leave_at_the_end(watcher: TaskGroupWatcher) -> None:
    async for _ in watcher:
        pass


async def leave_by_an_exception(watcher: TaskGroupWatcher) -> None:
    async for event in watcher:
        if event.is_final:
            raise RuntimeError("crash")


async def leave_cancelled(watcher: TaskGroupWatcher) -> None:
    async for event in watcher:
        if event.is_final:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)


async def leave_by_a_timeout(watcher: TaskGroupWatcher) -> None:
    async for event in watcher:
        if event.is_final:
            async with asyncio.timeout(0):
                await asyncio.sleep(10)


async def leave_by_a_scope(watcher: TaskGroupWatcher) -> None:
    async for event in watcher:
        if event.is_final:
            with anyio.fail_after(0):
                await anyio.sleep(10)


async def ask_for_the_next_and_fail(watcher: TaskGroupWatcher) -> None:
    with watcher.held_open():
        await leave_by_break(watcher)
        async with asyncio.timeout(0.05):
            await anext(aiter(watcher))


@pytest.mark.parametrize(
    ("leave", "error", "is_done_with"),
    [
        (leave_at_the_end, None, True),
        (leave_by_break, None, True),
        (leave_by_an_exception, RuntimeError, False),
        (leave_cancelled, asyncio.CancelledError, False),
        (leave_by_a_timeout, TimeoutError, False),
        (leave_by_a_scope, TimeoutError, False),
        (ask_for_the_next_and_fail, TimeoutError, True),
    ],
)
async def test_fault_116_however_the_block_is_left_the_journal_is_right(
    path: Path,
    leave: Callable[[TaskGroupWatcher], Awaitable[None]],
    error: type[BaseException] | None,
    is_done_with: bool,
):
    async def use() -> None:
        async with watch(hubspot({ONE: ["PENDING", "COMPLETE"]}), path) as watcher:
            watcher.add(ONE)
            await leave(watcher)

    using = asyncio.create_task(use())
    await asyncio.wait([using])
    raised = asyncio.CancelledError() if using.cancelled() else using.exception()
    assert raised is None if error is None else isinstance(raised, error)
    assert await ended(path) == {"1": ("COMPLETE", "COMPLETE") if is_done_with else ("PENDING", None)}
    async with watch(hubspot({ONE: ["COMPLETE"]}), path) as watcher:
        assert words(await all_of(watcher)) == ([] if is_done_with else ["COMPLETE"])
    assert await ended(path) == {"1": ("COMPLETE", "COMPLETE")}


@pytest.mark.parametrize("how", ["natively", "by a scope"])
async def test_what_was_added_is_written_down_although_everything_is_cancelled(path: Path, how: str):
    async def use() -> None:
        async with watch(hubspot({ONE: ["PENDING"]}), path) as watcher:
            await asyncio.sleep(0.01)
            watcher.add(ONE)
            if how == "natively":
                using.cancel()
            else:
                scope.cancel()

    with anyio.CancelScope() as scope:
        if how == "natively":
            using = asyncio.create_task(use())
            await asyncio.wait([using])
        else:
            await use()
    assert names(path.parent) == ["watch.sqlite"]
    assert await ended(path) == {"1": (None, None)}


async def test_a_task_that_is_added_again_while_its_end_is_dealt_with_is_not_over(path: Path):
    async with watch(hubspot({ONE: ["COMPLETE"]}), path) as watcher:
        watcher.add(ONE)
        async for _ in watcher:
            watcher.add(ONE)
            break
    assert await ended(path) == {"1": (None, None)}


async def test_only_what_is_added_is_in_the_journal(path: Path):
    session = hubspot({ONE: ["PENDING", "COMPLETE"], TWO: ["PENDING", "COMPLETE"], THREE: ["COMPLETE"]})
    async with watch(session, path) as watcher:
        watcher.add(THREE)
        assert (await watcher.settle(ONE)).succeeded
        async with watcher.follow(TWO) as changes:
            assert len(await all_of(changes)) == 2
        assert words(await all_of(watcher)) == ["COMPLETE"]
    assert await ended(path) == {"3": ("COMPLETE", "COMPLETE")}


# How tasks end otherwise.


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (UnauthorizedError("expired", status=401, category="EXPIRED_AUTHENTICATION"), None),
        (ForbiddenError("files is missing", status=403, category="MISSING_SCOPES"), None),
        (ForbiddenError("not yours", status=403), "ForbiddenError"),
        (BadRequestError("no", status=400), None),
        (NotFoundError("nothing here", status=404), "VanishedError"),
    ],
    ids=lambda value: f"{value.status} {value.category}" if isinstance(value, HubSpotError) else str(value),
)
async def test_faults_25_82_what_says_nothing_of_the_task_leaves_it_open(
    path: Path, error: HubSpotError, end: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hubspot_async.watching.rules.GRACE", -1.0)
    async with watch(hubspot({ONE: ["PENDING", error]}), path) as watcher:
        watcher.add(ONE)
        *_, event = await all_of(watcher)
        assert isinstance(event, WatchFailed)
    assert await ended(path) == {"1": ("PENDING", end)}
    async with watch(hubspot({ONE: ["COMPLETE"]}), path) as watcher:
        assert words(await all_of(watcher)) == ([] if end else ["COMPLETE"])


async def test_fault_64_what_timed_out_is_taken_up_again(path: Path):
    async with watch(hubspot({ONE: ["PENDING"]}), path) as watcher:
        watcher.add(ONE, timeout=0.05)
        assert words(await all_of(watcher)) == ["PENDING", "TimedOutError"]
    assert await ended(path) == {"1": ("PENDING", None)}
    async with watch(hubspot({ONE: ["PENDING", "COMPLETE"]}), path) as watcher:
        assert words(await all_of(watcher)) == ["COMPLETE"]


# Whose tasks they are.


def of(task: HubSpotTask[Any], account: str | None) -> HubSpotTask[Any]:
    return FILE_IMPORT.task(task.id, account=account)


async def test_fault_123_each_account_takes_up_its_own(path: Path):
    tasks = [of(ONE, "acme"), of(ONE, "other"), of(TWO, "other")]
    sessions = {name: ScriptedSender(account=name) for name in ("acme", "other", "third")}
    for task in tasks:
        sessions[str(task.account)].script(task, steps("PENDING"))
    async with watch(sessions["acme"], path) as watcher:
        for task in tasks:
            watcher.add(task, session=sessions[str(task.account)])
    for task in tasks:
        sessions[str(task.account)].script(task, steps("COMPLETE"))

    async with watch(sessions["third"], path) as watcher:
        assert await all_of(watcher) == []
    async with watch(None, path) as watcher:
        assert await all_of(watcher) == []
        assert await watcher.resume(sessions["third"]) == []
        assert set(await watcher.resume(sessions["other"])) == set(tasks[1:])
        assert {event.task for event in await all_of(watcher)} == set(tasks[1:])
    async with watch(sessions["acme"], path) as watcher:
        assert await watcher.resume(sessions["other"]) == []
        events = await all_of(watcher)
        assert [(event.task, event.session) for event in events] == [(tasks[0], sessions["acme"])]


async def test_a_bare_id_is_taken_up_by_the_account_that_it_was_added_for(path: Path):
    acme, other = (hubspot({ONE: ["PENDING", "COMPLETE"]}, account=name) for name in ("acme", "other"))
    async with watch(acme, path) as watcher:
        watcher.add(ONE)
        watcher.add(ONE, session=other)
    assert {(each.account, each.ended) for each in await read(path)} == {("acme", None), ("other", None)}
    async with watch(acme, path) as watcher:
        events = await all_of(watcher)
        assert {(event.task, event.session) for event in events} == {(ONE, acme)}
    assert {(each.account, each.ended) for each in await read(path)} == {("acme", "COMPLETE"), ("other", None)}


async def test_accounts_without_names_cannot_be_told_apart(path: Path):
    one, two = hubspot({ONE: ["COMPLETE"]}), hubspot({TWO: ["COMPLETE"]})
    async with watch(one, path) as watcher:
        watcher.add(ONE)
        with pytest.raises(InputError, match="give each session an account="):
            watcher.add(TWO, session=two)
        with pytest.raises(InputError, match="give each session an account="):
            await watcher.resume(two)
        assert words(await all_of(watcher)) == ["COMPLETE"]
    watcher = watch(None, path)
    watcher.add(ONE, session=one)
    watcher.add(TWO, session=two)
    with pytest.raises(InputError, match="give each session an account="):
        await watcher.__aenter__()
    assert names(path.parent) == ["watch.sqlite"]
    async with TaskGroupWatcher(one) as watcher:
        watcher.add(ONE)
        watcher.add(TWO, session=two)


async def test_there_is_nothing_to_resume_without_a_journal(path: Path):
    async with TaskGroupWatcher() as watcher:
        with pytest.raises(InputError, match="pass journal= to the watcher"):
            await watcher.resume(ScriptedSender())
    with pytest.raises(InputError, match="enter it"):
        await watch(None, path).resume(ScriptedSender())


async def test_what_is_resumed_twice_is_watched_once_and_seen_once(path: Path):
    session = hubspot({ONE: ["PENDING", "COMPLETE"], TWO: ["PENDING"]})
    async with watch(session, path) as watcher:
        watcher.add(ONE)
        watcher.add(TWO)
        seen = []
        async for event in watcher:
            seen.append((event.task, *words([event])))
            assert set(await watcher.resume(session)) == {ONE, TWO} - ({ONE} if (ONE, "COMPLETE") in seen else set())
            if len(seen) == 3:
                break
    assert Counter(seen) == Counter([(ONE, "PENDING"), (ONE, "COMPLETE"), (TWO, "PENDING")])


async def test_what_is_added_again_after_a_restart_goes_on_where_it_was(path: Path):
    async with watch(hubspot({ONE: ["PENDING"]}), path) as watcher:
        watcher.add(ONE)
        await anext(aiter(watcher))
    watcher = watch(hubspot({ONE: ["PENDING", "PENDING", "COMPLETE"]}), path)
    watcher.add(ONE)
    async with watcher:
        watcher.add(ONE)
        events = await all_of(watcher)
    assert [(event.previous, *words([event])) for event in events] == [("PENDING", "COMPLETE")]


async def test_a_kind_of_ones_own_is_resumed_where_the_journal_knows_it(path: Path):
    task = EXTRACT.task("7")
    async with watch(hubspot({task: ["PENDING"]}), path) as watcher:
        watcher.add(task)
        await anext(aiter(watcher))
    refused = watch(hubspot({}), path)
    refused.add(ONE)
    with pytest.raises(UnknownTaskKindError, match=r"watch\.sqlite.*source-code-extract.*Journal\.open\(kinds=…\)"):
        await refused.__aenter__()
    async with Journal.open(path, kinds=[EXTRACT]) as journal:
        assert {record.task.id for record in await journal.tasks()} == {"1", "7"}, "what was added is not lost"
        async with watch(hubspot({task: ["PENDING", "COMPLETE"], ONE: ["COMPLETE"]}), journal) as watcher:
            assert words(await all_of(watcher), task) == ["COMPLETE"]


# Whose the journal is.


async def test_a_journal_that_is_open_stays_so_and_may_serve_several(path: Path):
    one, two = (ScriptedSender(account=name) for name in ("acme", "other"))
    tasks = [FILE_IMPORT.task(number, account="acme") for number in range(20)]
    others = [FILE_IMPORT.task(number, account="other") for number in range(20)]
    for session, each in [(one, task) for task in tasks] + [(two, task) for task in others]:
        session.script(each, steps("PENDING", "PROCESSING", "COMPLETE"))

    async def use(session: ScriptedSender, tasks: list[HubSpotTask[Any]]) -> None:
        async with watch(session, journal) as watcher:
            for task in tasks:
                watcher.add(task)
            events = await all_of(watcher)
        assert Counter(event.task for event in events if event.is_final) == Counter(tasks)

    async with Journal.open(path) as journal:
        await asyncio.gather(use(one, tasks), use(two, others))
        assert {record.task for record in await journal.tasks()} == {*tasks, *others}
        assert await journal.tasks(only_open=True) == []


async def test_a_journal_that_another_one_writes_to_is_refused_and_may_be_had_later(path: Path):
    watcher = watch(hubspot({ONE: ["COMPLETE"]}), path)
    watcher.add(ONE)
    async with Journal.open(path):
        with pytest.raises(JournalInUseError):
            await watcher.__aenter__()
    async with watcher:
        assert words(await all_of(watcher)) == ["COMPLETE"]
    assert await ended(path) == {"1": ("COMPLETE", "COMPLETE")}


async def test_fault_127_a_journal_closed_under_the_watcher_is_said_to_be(path: Path):
    async with Journal.open(path) as journal:
        pass
    with pytest.raises(JournalError, match="was closed"):
        await watch(hubspot({}), journal).__aenter__()


# What cannot be written.


@asynccontextmanager
async def full(journal: Journal) -> AsyncIterator[None]:
    """A disk on which there is no more room."""
    await journal._run("PRAGMA max_page_count = 1")
    yield
    await journal._run("PRAGMA max_page_count = 1000000")


async def test_fault_124_a_full_disk_is_said_at_the_next_step_and_costs_no_event(path: Path, caplog: Any):
    tasks = [EXPORT.task(f"{number}-{'x' * 900}") for number in range(30)]
    session = hubspot({task: ["COMPLETE"] for task in (ONE, *tasks)})
    seen = []
    async with Journal.open(path) as journal, watch(session, journal) as watcher:
        watcher.add(ONE)
        events = aiter(watcher)
        seen.append(await anext(events))
        async with full(journal):
            for task in tasks:
                watcher.add(task)
            for _ in range(3):
                with pytest.raises(OSError, match="No space left on device"):
                    await anext(events)
            assert [record.ended for record in await journal.tasks()] == [None]
        seen += await all_of(events)
        assert Counter(event.task for event in seen) == Counter([ONE, *tasks])
    assert len(await ended(path)) == 31
    assert {end for _, end in (await ended(path)).values()} == {"COMPLETE"}
    assert "a task that was added is not in the journal yet: [Errno 28] No space left on device" in caplog.text


async def test_fault_124_a_disk_that_is_full_when_the_block_is_left_is_said(path: Path, caplog: Any):
    tasks = [EXPORT.task(f"{number}-{'x' * 900}") for number in range(30)]

    async def leave(journal: Journal, error: Exception | None) -> None:
        async with watch(hubspot({task: ["PENDING"] for task in tasks}), journal) as watcher:
            await journal._run("PRAGMA max_page_count = 1")
            for task in tasks:
                watcher.add(task)
            if error is not None:
                raise error

    async with Journal.open(path) as journal:
        with pytest.raises(OSError, match="No space left on device"):
            await leave(journal, None)
        mine = RuntimeError("mine")
        with pytest.raises(RuntimeError) as raised:
            await leave(journal, mine)
        assert raised.value is mine
    assert "tasks that were added are not in the journal: [Errno 28] No space" in caplog.text


# Cancelled and killed at any moment.


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
async def test_fault_119_an_event_is_seen_or_seen_again_wherever_its_consumer_is_cancelled(path: Path, part: int):
    """A thousand times, at random points of real time, and seen by as many as it takes."""
    chance = random.Random(part)
    cancelled = 0
    async with Journal.open(path) as journal:
        for number in range(250):
            task = EXPORT.task(number)
            session = hubspot({task: ["PENDING", "COMPLETE"]})
            seen: list[str] = []
            attempts = 0
            while await see(journal, session, task, seen, chance.uniform(0, 0.004) if attempts < 2 else None):
                attempts += 1
            cancelled += attempts
            assert seen[-1] == "COMPLETE", "an event is gone"
            assert len(seen) <= len(set(seen)) + attempts, "what was dealt with was seen again"
            assert await journal.tasks(only_open=True) == []
    assert cancelled > 100


async def see(
    journal: Journal, session: ScriptedSender, task: HubSpotTask[Any], seen: list[str], patience: float | None
) -> bool:
    """Watch until the end, or be cancelled before; tell which."""
    added = asyncio.Event()

    async def use() -> None:
        async with watch(session, journal) as watcher:
            if not seen:
                watcher.add(task)
            added.set()
            async for event in watcher:
                seen.extend(words([event]))
                await asyncio.sleep(0)

    using = asyncio.create_task(use())
    await added.wait()
    if patience is not None:
        await asyncio.wait([using], timeout=patience)
        using.cancel()
    await asyncio.wait([using])
    return using.cancelled() or using.result() is not None


async def test_who_is_cancelled_while_entering_or_leaving_leaves_the_journal_to_others(path: Path):
    async def use() -> None:
        async with watch(hubspot({ONE: ["PENDING"]}), path) as watcher:
            watcher.add(ONE)
            await asyncio.sleep(0)

    await use()
    chance = random.Random(6)
    for _ in range(30):
        using = asyncio.create_task(use())
        await asyncio.wait([using], timeout=chance.uniform(0, 0.02))
        using.cancel()
        await asyncio.wait([using])
        assert left_open(path.parent) == []
        with anyio.move_on_after(chance.uniform(0, 0.02)):
            await use()
        assert left_open(path.parent) == []
    await use()
    assert names(path.parent) == ["watch.sqlite"]
    assert await ended(path) == {"1": (None, None)}


async def test_fault_142_an_interrupt_ends_it_at_once_and_what_was_in_ones_hands_comes_again(path: Path):
    log = path.with_name("log")
    with child(watch_until_interrupted, path, log) as process:
        while not log.exists():
            await asyncio.sleep(0.001)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(5)
        assert process.exitcode == INTERRUPTED
    log.unlink()
    assert names(path.parent) == ["watch.sqlite"]
    assert Counter(record.status for record in await read(path)) == {None: len(MANY)}


async def test_fault_120_killed_between_an_event_and_the_journal_it_is_seen_again(path: Path):
    log = path.with_name("log")
    with child(watch_and_log, path, log, 1) as process:
        process.join(30)
        assert process.exitcode == -9
    assert {record.status for record in await read(path)} == {None}
    (first,) = log.read_text().splitlines()
    id = first.partition(" ")[0]
    with child(watch_and_log, path, log, None) as process:
        process.join(30)
        assert process.exitcode == 0
    assert Counter(log.read_text().splitlines())[first] == 2
    assert Counter(log.read_text().splitlines())[f"{id} PENDING COMPLETE"] == 1


@pytest.mark.slow
async def test_fault_120_killed_at_random_moments_no_event_is_gone(path: Path):
    chance = random.Random(5)
    log = path.with_name("log")
    kills = 0
    for _ in range(15):
        with child(watch_and_log, path, log, chance.randrange(1, 6)) as process:
            while not log.exists():
                await asyncio.sleep(0.001)
            if kills % 2:
                await asyncio.sleep(chance.uniform(0, 0.03))
                process.kill()
            process.join(30)
            kills += process.exitcode == -9
        await read(path)
    with child(watch_and_log, path, log, None) as process:
        process.join(30)
        assert process.exitcode == 0
    seen = Counter(log.read_text().splitlines())
    finals = {line.split()[0] for line in seen if line.endswith("COMPLETE")}
    assert finals == {task.id for task in MANY}
    assert seen.total() <= len(seen) + kills
    assert kills > 10
    assert {end for _, end in (await ended(path)).values()} == {"COMPLETE"}


# What is not in it.


async def test_faults_144_156_no_token_no_url_and_no_pickle_is_in_the_journal(path: Path):
    found: set[bytes] = set()

    async def look() -> None:
        while True:
            found.update(all_bytes(path.parent).values())
            await asyncio.sleep(0.01)

    async with Sandbox(task_seconds=0.05) as sandbox:
        sandbox.declare("CONTACT", ["email"])
        options: dict[str, Any] = {"base_url": sandbox.url, "account": "acme", "retry": RetryPolicy(attempts=1)}
        session, stranger = HubSpotSession(sandbox.token, **options), HubSpotSession("pat-eu1-s3cret", **options)
        looking = asyncio.create_task(look())
        async with session, stranger:
            async with watch(None, path) as watcher:
                for number in range(5):
                    export = ViewExport("CONTACT", ["email"], export_name=f"people {number}")
                    watcher.add(await exports.start(session, export), session=session)
                watcher.add(EXPORT.task("404", account="acme"), session=stranger)
                events = await all_of(watcher)
            urls = [event.current.result for event in events if isinstance(event, StatusChange) and event.succeeded]
            assert len(urls) == 5
            assert any(isinstance(event, WatchFailed) for event in events)
        looking.cancel()
    found.update(all_bytes(path.parent).values())
    assert len(found) > 3
    for url in urls:
        assert "Signature=" in url
    for secret in [sandbox.token, "s3cret", "Signature", "http", "Bearer", *urls, *map(query_of, urls)]:
        assert not any(secret.encode() in content for content in found), secret
    assert not any(b"hubspot_async" in content or b"\x80\x04\x95" in content for content in found)
    assert any(b'"account": "acme"' in content for content in found)


def query_of(url: str) -> str:
    return url.partition("?")[2]


async def test_fault_158_nor_is_what_hubspot_says_of_a_failure(path: Path):
    error = BadRequestError("your token pat-eu1-s3cret is odd", status=400, correlation_id="c0rrelation")
    async with watch(hubspot({ONE: [error]}), path) as watcher:
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["BadRequestError"]
        assert not any(b"s3cret" in content for content in all_bytes(path.parent).values())
    assert not any(b"s3cret" in content or b"c0rrelation" in content for content in all_bytes(path.parent).values())


# What it costs who has none.


COLD = """
import sys
import hubspot_async.watching.watcher
heavy = [name for name in sys.modules if name in ("sqlite3", "aiosqlite") or name.startswith("hubspot_async.journal")]
sys.exit(heavy or 0)
"""


async def test_a_watcher_without_a_journal_loads_nothing_of_one():
    command = [sys.executable, "-c", COLD]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
