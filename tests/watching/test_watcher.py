"""The watcher's promises, one by one, in virtual time."""

import asyncio
import gc
import math
from typing import Any

import pytest

from hubspot_async import HubSpotTask, StatusChange, TaskGroupWatcher, TaskKind, WatchFailed, settle
from hubspot_async.errors import (
    ForbiddenError,
    HubSpotError,
    InputError,
    InvalidResponseError,
    ServerError,
    TimedOutError,
    WatcherClosedError,
)
from hubspot_async.models.exports import Export, ExportState
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.tasks import EXPORT, FILE_IMPORT, FOLDER_UPDATE, IMPORT, KINDS
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.watch import Watch
from hubspot_async.wire.versions import Family
from tests.fakes import ScriptedSender
from tests.watching.loops import IMPORTS, LimitedSender, about, all_of, files, imports_page, lasting, now, words
from tests.watching.pure import standing

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]

ONE, TWO = FILE_IMPORT.task("1"), FILE_IMPORT.task("2")


# Events, and when there are no more.


async def test_every_task_ends_in_exactly_one_final_event():
    tasks = [kind.task("1") for kind in KINDS]
    session = ScriptedSender({task: lasting(5 + at, task.kind) for at, task in enumerate(tasks)})
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    finals = [event.task for event in events if event.is_final]
    assert finals == tasks
    assert all(event.succeeded for event in events if event.is_final)
    assert len(events) == 2 * len(tasks)


async def test_an_event_says_what_it_was_before_and_is_only_made_of_a_change():
    session = ScriptedSender({ONE: ["PENDING", "PENDING", "PROCESSING", "PROCESSING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        events = await all_of(watcher)
    assert [(event.previous, event.current.status) for event in events if isinstance(event, StatusChange)] == [
        (None, "PENDING"),
        ("PENDING", "PROCESSING"),
        ("PROCESSING", "COMPLETE"),
    ]
    assert [event.is_final for event in events] == [False, False, True]
    assert {event.session for event in events} == {session}
    assert session.looks.total() == 5


async def test_a_final_event_tells_how_late_it_is():
    session = ScriptedSender({ONE: lasting(2.75)})
    done = await settle(session, ONE)
    assert done.lateness == about(0.25)


async def test_an_iteration_over_nothing_is_over():
    async with TaskGroupWatcher(ScriptedSender()) as watcher:
        assert await all_of(watcher) == []
        assert await all_of(watcher) == []


async def test_an_iteration_is_held_open_for_who_still_adds():
    session = ScriptedSender({ONE: ["COMPLETE"], TWO: lasting(12)})

    async def add_later() -> None:
        with watcher.held_open():
            await asyncio.sleep(10)
            watcher.add(TWO)
            await asyncio.sleep(10)

    async with TaskGroupWatcher(session) as watcher, asyncio.TaskGroup() as group:
        watcher.add(ONE)
        group.create_task(add_later())
        await asyncio.sleep(0)
        assert words(await all_of(watcher)) == ["COMPLETE", "PROCESSING", "COMPLETE"]
        assert now() == 20


async def test_several_may_hold_it_open():
    async def hold(seconds: float) -> None:
        with watcher.held_open():
            await asyncio.sleep(seconds)

    async with TaskGroupWatcher(ScriptedSender()) as watcher, asyncio.TaskGroup() as group:
        for seconds in (5, 9):
            group.create_task(hold(seconds))
        await asyncio.sleep(0)
        assert await all_of(watcher) == []
        assert now() == 9


async def test_an_iteration_may_be_taken_up_again_after_a_later_add():
    session = ScriptedSender({ONE: ["COMPLETE"], TWO: ["PENDING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["COMPLETE"]
        watcher.add(TWO)
        assert words(await all_of(watcher)) == ["PENDING", "COMPLETE"]


async def test_tasks_may_be_added_before_the_block_is_entered():
    session = ScriptedSender({ONE: ["COMPLETE"]})
    watcher = TaskGroupWatcher(session)
    watcher.add(ONE, timeout=100)
    await asyncio.sleep(5)
    assert session.requests == []
    async with watcher:
        assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_fault_131_tasks_may_be_added_while_iterating():
    chain = [FILE_IMPORT.task(number) for number in range(50)]
    session = ScriptedSender({task: ["PENDING", "COMPLETE"] for task in chain})
    ended = []
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(chain[0])
        async for event in watcher:
            if event.is_final:
                ended.append(event.task)
                if len(ended) < len(chain):
                    watcher.add(chain[len(ended)])
    assert ended == chain


# One loop at a time.


async def test_fault_118_a_second_loop_is_refused_while_the_first_is_alive():
    session = ScriptedSender({ONE: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        seen = []
        async for event in watcher:
            seen.append(event)
            with pytest.raises(HubSpotError, match="iterated already"):
                async for _ in watcher:
                    pass
        assert words(seen) == ["PROCESSING", "COMPLETE"]


async def test_fault_118_two_asyncio_tasks_cannot_share_a_watcher():
    session = ScriptedSender({ONE: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        first = asyncio.create_task(all_of(watcher))
        await asyncio.sleep(1)
        with pytest.raises(HubSpotError, match="iterated already"):
            await all_of(watcher)
        assert words(await first) == ["PROCESSING", "COMPLETE"]


async def test_two_who_wait_on_one_iterator_are_refused():
    session = ScriptedSender({ONE: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        events = aiter(watcher)
        watcher.add(ONE)
        await anext(events)
        waiting = asyncio.create_task(anext(events))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        with pytest.raises(HubSpotError, match="waits for the next event"):
            await anext(events)
        assert (await waiting).is_final


async def test_fault_114_after_a_break_a_new_loop_goes_on():
    session = ScriptedSender({ONE: ["PENDING", "PROCESSING", "COMPLETE"]})
    seen = []
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        for _ in range(3):
            async for event in watcher:
                seen.append(event)
                break
    assert words(seen) == ["PENDING", "PROCESSING", "COMPLETE"]
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_a_loop_whose_wait_was_broken_off_may_be_followed_by_another_at_once():
    session = ScriptedSender({ONE: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        try:
            async with asyncio.timeout(2):
                await all_of(watcher)
        except TimeoutError:
            assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_an_iterator_whose_wait_was_broken_off_goes_on_unless_another_has_begun():
    session = ScriptedSender({ONE: lasting(5), TWO: lasting(9)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        watcher.add(TWO)
        events = aiter(watcher)
        assert words([await anext(events), await anext(events)]) == ["PROCESSING", "PROCESSING"]
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 1)
        assert words([await anext(events)]) == ["COMPLETE"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 1)
        async for _ in watcher:
            with pytest.raises(HubSpotError, match="iterated already"):
                await anext(events)


# Slow consumers.


async def test_an_untaken_change_holds_back_the_next_look_at_its_task():
    session = ScriptedSender({ONE: ["PENDING", "COMPLETE"], TWO: lasting(50)})
    async with TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        watcher.add(ONE)
        await asyncio.sleep(100)
        assert session.looks_at(ONE) == [0]
        events = aiter(watcher)
        assert words([await anext(events)]) == ["PENDING"]
        await asyncio.sleep(0.5)
        assert session.looks_at(ONE) == [0, 100]
        assert words([await anext(events)]) == ["COMPLETE"]


async def test_unless_somebody_follows_it_and_then_the_newer_change_replaces_the_older():
    session = ScriptedSender({ONE: ["PENDING", "PROCESSING", "PROCESSING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        async with watcher.follow(ONE) as changes:
            assert words(await all_of(changes)) == ["PENDING", "PROCESSING", "COMPLETE"]
        events = await all_of(watcher)
    assert words(events) == ["COMPLETE"]
    assert events[0].previous is None


async def test_when_the_last_follower_leaves_an_untaken_change_holds_back_again():
    session = ScriptedSender({ONE: lasting(1_000)})
    async with TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        watcher.add(ONE)
        async with watcher.follow(ONE):
            await asyncio.sleep(3.5)
        assert len(session.looks_at(ONE)) == 4
        await asyncio.sleep(100)
        assert len(session.looks_at(ONE)) == 4


async def test_a_change_that_is_replaced_keeps_its_place_and_its_previous():
    session = ScriptedSender({ONE: ["PENDING", "PROCESSING", "COMPLETE"], TWO: lasting(2)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        watcher.add(TWO)
        events = aiter(watcher)
        assert (await anext(events)).task == ONE
        await watcher.settle(ONE)
        await asyncio.sleep(10)
        rest = await all_of(events)
        assert [(event.task, event.previous, *words([event])) for event in rest] == [
            (TWO, None, "PROCESSING"),
            (ONE, "PENDING", "COMPLETE"),
            (TWO, "PROCESSING", "COMPLETE"),
        ]


# Settling one task.


async def test_settle_waits_for_the_end_and_gives_it():
    session = ScriptedSender({ONE: ["PENDING", "PROCESSING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        done = await watcher.settle(ONE)
    assert (done.current.status, done.previous, done.succeeded) == ("COMPLETE", "PROCESSING", True)


async def test_settle_gives_an_unsuccessful_end_too():
    session = ScriptedSender({ONE: ["CANCELED"]})
    done = await settle(session, ONE)
    assert done.is_final
    assert not done.succeeded
    failed = await settle(ScriptedSender({IMPORT.task("1"): ["FAILED"]}), IMPORT.task("1"))
    assert not failed.succeeded


async def test_settle_raises_what_a_failed_watch_carries():
    session = ScriptedSender({ONE: [ForbiddenError("no", status=403, category="MISSING_SCOPES")]})
    async with TaskGroupWatcher(session) as watcher:
        with pytest.raises(ForbiddenError, match="no"):
            await watcher.settle(ONE)
        assert watcher.stats.failed == 1
    with pytest.raises(ForbiddenError):
        await settle(ScriptedSender({ONE: [ForbiddenError("no", status=403, category="MISSING_SCOPES")]}), ONE)


async def test_settle_times_out_with_an_error_that_is_pythons_own_too():
    session = ScriptedSender({ONE: lasting(1_000)})
    async with TaskGroupWatcher(session) as watcher:
        with pytest.raises(TimeoutError, match=r"file-import 1: not settled within 7\.5 s") as caught:
            await watcher.settle(ONE, timeout=7.5)
        assert now() == 7.5
        looks = session.looks.total()
        await asyncio.sleep(100)
        assert session.looks.total() == looks
    assert isinstance(caught.value, TimedOutError)
    assert caught.value.task is ONE
    with pytest.raises(TimedOutError):
        await settle(session, ONE, timeout=5)


async def test_without_a_timeout_settle_waits_for_ever():
    session = ScriptedSender({ONE: lasting(1e5)})
    assert (await settle(session, ONE)).succeeded
    assert 1e5 < now() < 1e5 + 61


async def test_many_settle_one_task_and_share_its_looks():
    session = ScriptedSender({ONE: lasting(30)})
    async with TaskGroupWatcher(session) as watcher:
        done = await asyncio.gather(*(watcher.settle(ONE) for _ in range(100)))
    assert {each.current.status for each in done} == {"COMPLETE"}
    assert session.looks.total() < 30


async def test_one_who_gives_up_waiting_leaves_the_others_waiting():
    session = ScriptedSender({ONE: lasting(30)})
    async with TaskGroupWatcher(session) as watcher:
        patient = asyncio.create_task(watcher.settle(ONE))
        with pytest.raises(TimedOutError):
            await watcher.settle(ONE, timeout=3)
        impatient = asyncio.create_task(watcher.settle(ONE))
        await asyncio.sleep(1)
        impatient.cancel()
        assert (await patient).succeeded
        with pytest.raises(asyncio.CancelledError):
            await impatient


async def test_a_settled_task_that_was_added_is_still_owed_to_the_iterator():
    session = ScriptedSender({ONE: ["PENDING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        assert (await watcher.settle(ONE)).succeeded
        assert (await watcher.settle(ONE)).succeeded, "its end is known still"
        assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_a_task_that_is_over_may_be_asked_for_again():
    session = ScriptedSender({ONE: ["COMPLETE", "COMPLETE", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        await all_of(watcher)
        assert (await watcher.settle(ONE)).previous is None
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["COMPLETE"]


# Followers.


async def test_a_follower_begins_with_the_present_status():
    session = ScriptedSender({ONE: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        events = aiter(watcher)
        await anext(events)
        await asyncio.sleep(50.3)
        async with watcher.follow(ONE) as changes:
            first = await anext(changes)
            assert now() == 50.3
        assert isinstance(first, StatusChange)
        assert (first.previous, first.current.status) == (None, "PROCESSING")


async def test_each_follower_has_its_own_pace_and_misses_only_what_was_replaced():
    session = ScriptedSender({ONE: lasting(9)})
    session.script(ONE, lambda request: "PENDING" if now() < 3 else "PROCESSING" if now() < 9 else "COMPLETE")
    seen: dict[float, list[Any]] = {}

    async def follow(pause: float) -> None:
        async with watcher.follow(ONE) as changes:
            seen[pause] = []
            async for event in changes:
                seen[pause].append((event.previous, *words([event])))
                await asyncio.sleep(pause)

    async with TaskGroupWatcher(session) as watcher:
        await asyncio.gather(follow(0), follow(20))
    assert seen[0] == [(None, "PENDING"), ("PENDING", "PROCESSING"), ("PROCESSING", "COMPLETE")]
    assert seen[20] == [(None, "PENDING"), ("PENDING", "COMPLETE")]


async def test_following_takes_nothing_from_the_iterator_and_is_not_owed_to_it():
    session = ScriptedSender({ONE: lasting(10), TWO: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(TWO)
        async with watcher.follow(ONE) as changes, watcher.follow(TWO) as others:
            events = await all_of(watcher)
            assert now() < 7
            assert words(events) == ["PROCESSING", "COMPLETE"]
            assert {event.task for event in events} == {TWO}
            assert words(await all_of(changes)) == ["PROCESSING", "COMPLETE"]
            assert words(await all_of(others)) == ["COMPLETE"]


async def test_a_followed_task_may_be_added_later_and_is_owed_from_then_on():
    session = ScriptedSender({ONE: lasting(10)})
    async with TaskGroupWatcher(session) as watcher:
        async with watcher.follow(ONE) as changes:
            await anext(changes)
            watcher.add(ONE)
        assert words(await all_of(watcher)) == ["PROCESSING", "COMPLETE"]


async def test_a_follower_that_is_asked_after_the_end_has_no_more():
    session = ScriptedSender({ONE: ["COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher, watcher.follow(ONE) as changes:
        assert words(await all_of(changes)) == ["COMPLETE"]
        assert words(await all_of(changes)) == []


async def test_a_task_nobody_follows_any_more_is_looked_at_no_more_and_leaves_no_memory():
    session = ScriptedSender({ONE: lasting(1_000), TWO: ["COMPLETE"]})
    async with TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        async with watcher.follow(ONE), watcher.follow(ONE):
            await asyncio.sleep(5.5)
        await watcher.settle(TWO)
        looks = session.looks.total()
        assert looks == 7
        (group,) = watcher._schedule.groups
        assert group.watches == {}
        await asyncio.sleep(100)
        assert session.looks.total() == looks
        assert standing(group) == []
        assert watcher.stats.watched == 0


async def test_thousands_of_tasks_one_after_the_other_leave_no_memory():
    session = ScriptedSender()
    tasks = files(300, session=session, seconds=lambda number: 0)
    async with TaskGroupWatcher(session) as watcher:
        for _ in range(8):
            await asyncio.gather(*(watcher.settle(task, timeout=3_600) for task in tasks))
            for task in tasks:
                watcher.add(task, timeout=3_600)
            assert len(await all_of(watcher)) == 300
        gc.collect()
        assert len([each for each in gc.get_objects() if isinstance(each, Watch)]) < 900


# Leaving.


async def test_leaving_ends_every_wait_and_looks_no_more():
    session = ScriptedSender({ONE: lasting(1_000), TWO: lasting(1_000)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(TWO)

        async def follow() -> None:
            async with watcher.follow(ONE) as changes:
                async for _ in changes:
                    pass

        async def iterate() -> None:
            async for _ in watcher:
                pass

        waits = [asyncio.create_task(wait) for wait in (watcher.settle(ONE), watcher.settle(TWO), follow(), iterate())]
        await asyncio.sleep(10)
    left_at, looks = now(), session.looks.total()
    for wait in waits:
        with pytest.raises(WatcherClosedError):
            await wait
    assert now() == left_at
    await asyncio.sleep(100)
    assert session.looks.total() == looks
    assert len(asyncio.all_tasks()) == 1


async def test_a_follower_may_still_read_what_it_was_told_before_the_block_was_left():
    session = ScriptedSender({ONE: ["PENDING", "COMPLETE"], TWO: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        done, cut_off = watcher.follow(ONE), watcher.follow(TWO)
        done_changes, cut_changes = await done.__aenter__(), await cut_off.__aenter__()
        await asyncio.sleep(10)
    assert words(await all_of(done_changes)) == ["COMPLETE"]
    assert words([await anext(cut_changes)]) == ["PROCESSING"]
    with pytest.raises(WatcherClosedError, match="file-import 2"):
        await anext(cut_changes)
    for follow in (done, cut_off):
        await follow.__aexit__(None, None, None)


async def test_a_watcher_that_was_left_takes_no_more():
    session = ScriptedSender({ONE: ["PENDING"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        await asyncio.sleep(1)
    with pytest.raises(WatcherClosedError):
        watcher.add(TWO)
    with pytest.raises(WatcherClosedError):
        await watcher.settle(ONE)
    with pytest.raises(WatcherClosedError):
        await all_of(watcher)
    with pytest.raises(WatcherClosedError):
        async with watcher.follow(ONE):
            pass
    with pytest.raises(WatcherClosedError):
        async with watcher:
            pass


async def test_fault_130_a_watcher_that_was_never_entered_says_so():
    watcher = TaskGroupWatcher(ScriptedSender())
    watcher.add(ONE)
    with pytest.raises(WatcherClosedError, match="async with"):
        await all_of(watcher)
    with pytest.raises(WatcherClosedError, match="async with"):
        await watcher.settle(ONE)


# Timeouts.


async def test_each_task_may_have_its_own_timeout():
    tasks = files(4, session=(session := ScriptedSender()), seconds=lambda number: 100)
    async with TaskGroupWatcher(session) as watcher:
        for seconds, task in enumerate(tasks[:3], start=5):
            watcher.add(task, timeout=seconds + 0.5)
        watcher.add(tasks[3])
        ends = [(now(), event.task.id, *words([event])) async for event in watcher if event.is_final]
    assert [end[0] for end in ends[:3]] == [about(5.5), about(6.5), about(7.5)]
    assert [end[1:] for end in ends] == [(id, "TimedOutError") for id in "012"] + [("3", "COMPLETE")]


@pytest.mark.parametrize("workers", [1, 16])
async def test_a_timeout_is_kept_though_all_workers_wait_for_answers(workers: int):
    session = ScriptedSender(latency=600)
    tasks = files(20, session=session, seconds=lambda number: 0)
    async with TaskGroupWatcher(session, workers=workers) as watcher:
        for task in tasks:
            watcher.add(task, timeout=5)
        events = await all_of(watcher)
        assert now() == about(5)
        assert words(events) == ["TimedOutError"] * 20


async def test_a_watch_that_timed_out_says_what_was_seen_last_and_whose_it_is():
    session = ScriptedSender({ONE: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE, timeout=5)
        _, failed = await all_of(watcher)
    assert isinstance(failed, WatchFailed)
    assert isinstance(failed.error, TimeoutError)
    assert (failed.previous, failed.session, failed.is_final, failed.succeeded) == ("PROCESSING", session, True, False)


async def test_a_timeout_replaces_a_change_that_nobody_took():
    session = ScriptedSender({ONE: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE, timeout=5)
        await asyncio.sleep(50)
        (event,) = await all_of(watcher)
    assert words([event]) == ["TimedOutError"]
    assert event.previous is None


async def test_a_timeout_counts_from_the_add_and_the_last_one_counts():
    session = ScriptedSender({ONE: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        await asyncio.sleep(50)
        watcher.add(ONE, timeout=5)
        watcher.add(ONE)
        events = await all_of(watcher)
        assert now() == about(55)
    assert words(events)[-1] == "TimedOutError"


@pytest.mark.parametrize("timeout", [0, -1, math.nan, -math.inf])
async def test_a_timeout_of_nothing_is_refused(timeout: float):
    session = ScriptedSender()
    async with TaskGroupWatcher(session) as watcher:
        with pytest.raises(InputError, match="timeout must be a positive number"):
            watcher.add(ONE, timeout=timeout)
        with pytest.raises(InputError, match="timeout must be a positive number"):
            await watcher.settle(ONE, timeout=timeout)
        assert watcher.stats.watched == 0


async def test_a_timeout_may_be_infinite():
    session = ScriptedSender({ONE: lasting(5), TWO: lasting(5)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE, timeout=math.inf)
        assert (await watcher.settle(TWO, timeout=math.inf)).succeeded
        assert words(await all_of(watcher))[-1] == "COMPLETE"


# Whose tasks.


async def test_tasks_of_several_accounts_come_through_one_iterator():
    sessions = [ScriptedSender(account=name) for name in ("north", "south", "west")]
    tasks = [task for session in sessions for task in files(5, session=session, seconds=lambda number: number + 2)]
    async with TaskGroupWatcher() as watcher:
        for session in sessions:
            for task in tasks:
                if task.account == session.account:
                    watcher.add(task, session=session)
        events = await all_of(watcher)
    assert sorted((event.task.account, event.task.id) for event in events if event.is_final) == sorted(
        (task.account, task.id) for task in tasks
    )
    assert all(event.session.account == event.task.account for event in events)


async def test_fault_75_one_id_in_two_sessions_is_two_tasks():
    here, there = ScriptedSender({ONE: lasting(3)}), ScriptedSender({ONE: lasting(6)})
    async with TaskGroupWatcher(here) as watcher:
        watcher.add(ONE)
        watcher.add(ONE, session=there)
        ends = [event.session async for event in watcher if event.is_final]
    assert ends == [here, there]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_faults_75_77_a_task_added_twice_is_one_watch(kind: TaskKind[Any]):
    session = ScriptedSender({kind.task("1"): lasting(5, kind)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(kind.task("1"))
        watcher.add(kind.task(1))
        await asyncio.sleep(2)
        watcher.add(kind.task("1"))
        assert len([event for event in await all_of(watcher) if event.is_final]) == 1
    assert session.most_under_way == 1
    assert watcher.stats.settled == 1


async def test_a_task_of_another_account_is_refused():
    async with TaskGroupWatcher(ScriptedSender(account="north")) as watcher:
        with pytest.raises(InputError, match="file-import 1 of south cannot be watched through a session of north"):
            watcher.add(FILE_IMPORT.task("1", account="south"))
        assert watcher.stats.watched == 0
    async with TaskGroupWatcher(ScriptedSender()) as watcher:
        with pytest.raises(InputError, match="an unnamed account"):
            watcher.add(FILE_IMPORT.task("1", account="south"))


async def test_a_watcher_without_a_session_must_be_told_one():
    async with TaskGroupWatcher() as watcher:
        with pytest.raises(InputError, match="session="):
            watcher.add(ONE)
        assert (await watcher.settle(ONE, session=ScriptedSender({ONE: ["COMPLETE"]}))).succeeded


async def test_one_import_under_two_names_has_two_ends():
    session = ScriptedSender(account="acme")
    mine, bare, other = IMPORT.task("1", account="acme"), IMPORT.task("1"), IMPORT.task("2", account="acme")
    for task in (mine, other):
        session.script(task, lasting(30, IMPORT, id=task.id))
    session.script(IMPORTS, lambda request: imports_page(dict.fromkeys("12", "DONE" if now() >= 30 else "STARTED")))
    async with TaskGroupWatcher(session) as watcher:
        for task in (mine, bare, other):
            watcher.add(task, timeout=100)
        events = await all_of(watcher)
    assert words(event for event in events if event.is_final) == ["DONE"] * 3


# Kinds.


async def test_a_kind_of_ones_own_is_watched_like_the_four():
    extract = TaskKind(
        "extract", Family.SOURCE_CODE, "/extract/async/tasks/{id}/status", ActionResponse[object], has_result=False
    )
    task: HubSpotTask[Any] = extract.task(7)
    session = ScriptedSender({task: ["PENDING", "COMPLETE"]})
    done = await settle(session, task)
    assert done.succeeded
    assert done.current.result is None


async def test_imports_are_looked_at_by_their_list_from_two_on():
    tasks = [IMPORT.task(number) for number in range(60)]
    session = ScriptedSender(
        {IMPORTS: lambda request: imports_page({task.id: _state(int(task.id)) for task in reversed(tasks)})}
    )
    session.script(tasks[59], lasting(69, IMPORT, id="59"))
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    assert sorted(int(event.task.id) for event in events if event.is_final) == list(range(60))
    assert session.looks[IMPORTS] <= 71
    assert session.looks.total() <= 73


def _state(number: int) -> str:
    return "DONE" if now() >= 10 + number else "PROCESSING"


async def test_imports_that_the_list_does_not_show_are_asked_about_alone():
    shown, deep = [IMPORT.task(number) for number in range(5)], IMPORT.task("deep")
    session = ScriptedSender({deep: lasting(20, IMPORT, id="deep")})
    session.script(IMPORTS, lambda request: imports_page({task.id: _state(int(task.id)) for task in shown}))
    session.script(shown[4], lasting(14, IMPORT, id="4"))
    async with TaskGroupWatcher(session) as watcher:
        for task in [*shown, deep]:
            watcher.add(task)
        events = await all_of(watcher)
    assert len([event for event in events if event.is_final]) == 6
    assert len(session.looks_at(deep)) > 5


@pytest.mark.parametrize("error", [ForbiddenError("no", status=403), ServerError("down", status=500)], ids=str)
async def test_without_the_list_imports_are_asked_about_each_by_itself(error: HubSpotError):
    tasks = [IMPORT.task(number) for number in range(5)]
    session = ScriptedSender({task: lasting(20, IMPORT, id=task.id) for task in tasks})
    refused = isinstance(error, ForbiddenError)

    def pages(request: object) -> object:
        if refused or now() < 10:
            return error
        return imports_page({task.id: "DONE" if now() >= 20 else "STARTED" for task in tasks})

    session.script(IMPORTS, pages)
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    assert words(event for event in events if event.is_final) == ["DONE"] * 5
    assert (session.looks[IMPORTS] == 1) is refused


async def test_fault_56_one_broken_page_does_not_end_the_use_of_the_list():
    tasks = [IMPORT.task(number) for number in range(5)]
    answers: list[object] = [InvalidResponseError("cut off")]
    session = ScriptedSender({task: lasting(20, IMPORT, id=task.id) for task in tasks})

    def pages(request: object) -> object:
        return answers.pop() if answers else imports_page({task.id: "DONE" for task in tasks})

    session.script(IMPORTS, pages)
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        assert words(await all_of(watcher)) == ["DONE"] * 5
    assert session.looks == {IMPORTS: 2}


async def test_details_of_a_canceled_export_are_on_the_event():
    task = EXPORT.task("9")
    record = Export(id="9", export_state=ExportState.FAILED)
    session = ScriptedSender({task: ["PENDING", "CANCELED"], "/crm/exports/2026-03/export/9": [record]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        pending, canceled = await all_of(watcher)
    assert isinstance(pending, StatusChange)
    assert isinstance(canceled, StatusChange)
    assert (pending.details, canceled.details) == (None, record)
    assert not canceled.succeeded


async def test_an_export_that_newly_waits_for_approval_is_told_once_more_and_then_no_more():
    task = EXPORT.task("9")
    record = Export(id="9", export_state=ExportState.PENDING_APPROVAL)
    session = ScriptedSender({"/crm/exports/2026-03/export/9": lambda request: record})
    session.script(task, lambda request: "PENDING" if now() < 5_000 else "COMPLETE")
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        events = await all_of(watcher)
    assert words(events) == ["PENDING", "PENDING", "COMPLETE"]
    assert [event.details for event in events if isinstance(event, StatusChange)] == [None, record, None]
    assert 5 < session.looks["/crm/exports/2026-03/export/9"] < 10


async def test_an_export_whose_record_says_failed_ends_although_its_status_is_pending():
    task = EXPORT.task("9")
    session = ScriptedSender({task: lambda request: "PENDING"})
    session.script("/crm/exports/2026-03/export/9", [Export(id="9", export_state=ExportState.FAILED)])
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        assert words(await all_of(watcher)) == ["PENDING", "TaskNotSucceededError"]


async def test_a_record_that_cannot_be_read_holds_nothing_up():
    task = EXPORT.task("9")
    session = ScriptedSender({task: ["CANCELED"]})
    session.script("/crm/exports/2026-03/export/9", [ServerError("down", status=503)])
    done = await settle(session, task)
    assert (done.current.status, done.details) == ("CANCELED", None)


# Workers.


async def test_no_more_looks_are_under_way_than_there_are_workers():
    session = ScriptedSender(latency=5)
    tasks = files(40, session=session, seconds=lambda number: 30)
    async with TaskGroupWatcher(session, workers=7) as watcher:
        for task in tasks:
            watcher.add(task)
        await all_of(watcher)
    assert session.most_under_way == 7


async def test_an_account_that_answers_slowly_or_is_out_of_places_holds_nobody_up():
    poor, rich = LimitedSender(limit=1, account="poor"), ScriptedSender(account="rich")
    async with TaskGroupWatcher() as watcher:
        for task in files(20, session=poor, seconds=lambda number: 0):
            watcher.add(task, session=poor)
        for task in files(20, session=rich, seconds=lambda number: 5):
            watcher.add(task, session=rich)
        ends = [(event.session.account, now()) async for event in watcher if event.is_final]
    assert max(when for account, when in ends if account == "rich") < 7
    assert len([account for account, _ in ends if account == "poor"]) == 20
    assert poor.refused == 0


async def test_a_watcher_needs_a_worker():
    with pytest.raises(InputError, match="workers must be at least 1"):
        TaskGroupWatcher(workers=0)


async def test_a_backoff_of_ones_own_paces_the_looks():
    session = ScriptedSender({ONE: lasting(95)})
    async with TaskGroupWatcher(session, backoff=Constant(10)) as watcher:
        watcher.add(ONE)
        await all_of(watcher)
    assert session.looks_at(ONE) == [about(10.0 * number) for number in range(11)]


# Figures.


async def test_stats_tell_what_was_done():
    lost = FILE_IMPORT.task("lost")
    session = ScriptedSender({ONE: lasting(2.5), TWO: lasting(4.25), lost: lasting(1_000)})
    async with TaskGroupWatcher(session) as watcher:
        before = watcher.stats
        watcher.add(ONE)
        watcher.add(TWO)
        watcher.add(lost, timeout=10)
        added = watcher.stats
        await asyncio.sleep(0.5)
        looked = watcher.stats
        await all_of(watcher)
        after = watcher.stats
    assert (before.watched, before.polls, before.lateness_mean, before.lateness_p95) == (0, 0, None, None)
    assert (added.watched, dict(added.by_status)) == (3, {"?": 3})
    assert (looked.watched, dict(looked.by_status), looked.polls) == (3, {"PROCESSING": 3}, 3)
    assert (after.watched, dict(after.by_status), after.settled, after.failed) == (0, {}, 2, 1)
    assert after.polls == after.requests == session.looks.total()
    assert after.refused == 0
    assert after.lateness_mean == pytest.approx((0.5 + 0.75) / 2, abs=0.1)
    assert after.lateness_p95 == pytest.approx(0.75, abs=0.1)
    assert str(after).startswith("2 settled, 1 failed, 0 watched; ")


async def test_details_are_requests_but_no_polls():
    task = EXPORT.task("9")
    session = ScriptedSender({task: ["CANCELED"]})
    session.script("/crm/exports/2026-03/export/9", [ServerError("down", status=503)])
    async with TaskGroupWatcher(session) as watcher:
        await watcher.settle(task)
        assert (watcher.stats.polls, watcher.stats.requests) == (1, 2)


async def test_an_estimate_is_made_before_the_start():
    poor, rich = LimitedSender(limit=10, account="poor"), LimitedSender(limit=100, account="rich")
    watcher = TaskGroupWatcher()
    assert watcher.estimate().lateness == 0
    for session in (poor, rich):
        for task in files(500, session=session, seconds=lambda number: 0):
            watcher.add(task, session=session)
    estimate = watcher.estimate()
    assert estimate.watched == 1_000
    assert estimate.polls_per_second == pytest.approx(poor.budget.rate + rich.budget.rate)
    assert estimate.lateness == pytest.approx(500 / (2 * poor.budget.rate))
    assert poor.requests == []


async def test_progress_is_told_every_so_often_until_the_block_is_left():
    session = ScriptedSender({ONE: lasting(34)})
    told: list[tuple[float, int]] = []

    async def heartbeat() -> None:
        async for stats in watcher.progress(every=10):
            told.append((now(), stats.watched))  # noqa: PERF401 - one at a time

    async with asyncio.TaskGroup() as group, TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        watcher.add(ONE)
        group.create_task(heartbeat())
        await all_of(watcher)
    assert told == [(0.0, 1), (10.0, 1), (20.0, 1), (30.0, 1)]
    assert now() == about(34), "whoever tells progress holds up nobody who leaves"


async def test_folder_updates_and_files_of_one_id_are_two_tasks():
    folder = FOLDER_UPDATE.task("1")
    session = ScriptedSender({ONE: lasting(2), folder: lasting(3, FOLDER_UPDATE)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        watcher.add(folder)
        events = await all_of(watcher)
    assert [event.task for event in events if event.is_final] == [ONE, folder]


async def test_a_task_of_known_age_is_paced_by_it():
    session = ScriptedSender({ONE: lasting(300)})
    await asyncio.sleep(100)
    task = FILE_IMPORT.task("1", started_at=session.now())
    await asyncio.sleep(100)
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        await all_of(watcher)
    assert session.looks_at(ONE)[:2] == [200, about(205)]
