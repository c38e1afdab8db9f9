"""What goes wrong around a watcher, by the numbers of the faults; in virtual time."""

import asyncio
import gc
import random
import tracemalloc
from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest

from hubspot_async import StatusChange, TaskGroupWatcher, WatchFailed, settle
from hubspot_async.errors import (
    BadRequestError,
    ConnectionFailedError,
    DailyLimitError,
    ForbiddenError,
    HubSpotError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResultMissingError,
    ServerError,
    TimedOutError,
    UnauthorizedError,
    VanishedError,
)
from hubspot_async.models.exports import Export, ExportState
from hubspot_async.session.budget import RequestBudget
from hubspot_async.tasks import EXPORT, FILE_IMPORT, FOLDER_UPDATE, IMPORT, KINDS, TaskKind
from hubspot_async.watching.backoff import Constant
from tests.fakes import ScriptedSender, look
from tests.watching.loops import (
    IMPORTS,
    LimitedSender,
    about,
    all_of,
    at,
    files,
    gaps,
    imports_page,
    lasting,
    longest_gap,
    now,
    words,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]

ONE, TWO = FILE_IMPORT.task("1"), FILE_IMPORT.task("2")

EXPIRED = UnauthorizedError("the token expired", status=401, category="EXPIRED_AUTHENTICATION")
UNSCOPED = ForbiddenError("files is missing", status=403, category="MISSING_SCOPES")
GONE = NotFoundError("nothing here", status=404)
DAILY = DailyLimitError("used up", status=429, policy_name="DAILY")
DOWN = ServerError("down", status=503)


# Whose fault it is.


@pytest.mark.parametrize("error", [EXPIRED, DAILY], ids=["25: 401", "33: daily limit"])
async def test_faults_25_33_what_refuses_a_whole_account_ends_its_watches_and_no_others(error: HubSpotError):
    refused, fine = ScriptedSender(account="refused", latency=0.1), ScriptedSender(account="fine")
    theirs = files(50, session=refused, seconds=lambda number: 100)
    for task in theirs:
        refused.script(task, lambda request: error if now() >= 10 else "PENDING")
    async with TaskGroupWatcher() as watcher:
        for task in theirs:
            watcher.add(task, session=refused)
        for task in files(10, session=fine, seconds=lambda number: 30):
            watcher.add(task, session=fine)
        events = await all_of(watcher)
    failed = [event for event in events if isinstance(event, WatchFailed)]
    assert {event.error for event in failed} == {error}
    assert sorted(event.task.id for event in failed) == sorted(task.id for task in theirs)
    assert Counter(words(event for event in events if event.is_final))["COMPLETE"] == 10
    assert len([time for time in refused.times if time >= 10]) <= 16, "but for those under way nobody asks again"
    assert max(refused.times) < 12


async def test_fault_33_a_budget_that_knows_the_day_is_used_up_ends_its_watches():
    """The place itself is refused then, before anything is sent."""
    session, other = LimitedSender(account="a"), ScriptedSender(account="b")
    tasks = files(30, session=session, seconds=lambda number: 1_000)
    imports = [IMPORT.task(number, account="a") for number in range(3)]
    session.script(IMPORTS, lambda request: imports_page(dict.fromkeys("012", "STARTED")))
    async with TaskGroupWatcher(session) as watcher:
        for task in [*tasks, *imports]:
            watcher.add(task)
        for task in files(3, session=other, seconds=lambda number: 100):
            watcher.add(task, session=other)
        await asyncio.sleep(20)
        sent = len(session.requests)
        session.budget.refused_for_today(DAILY)
        async with asyncio.timeout(200):
            events = await all_of(watcher)
        failed = [event for event in events if isinstance(event, WatchFailed)]
        assert len(failed) == 33
        assert {type(event.error) for event in failed} == {DailyLimitError}
        assert len(session.requests) <= sent + 1
        assert Counter(words(event for event in events if event.is_final))["COMPLETE"] == 3
        # And the day after, the same watcher goes on with new ones.
        await asyncio.sleep(100)
        session.script(tasks[0], ["COMPLETE"])
        watcher.add(tasks[0])
        assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_fault_33_who_waits_for_a_place_when_the_day_is_used_up_is_told():
    session = LimitedSender(limit=2)
    async with TaskGroupWatcher(session) as watcher:
        for task in files(30, session=session, seconds=lambda number: 1_000):
            watcher.add(task)
        await asyncio.sleep(5)
        session.budget.refused_for_today(DAILY)
        async with asyncio.timeout(1):
            events = await all_of(watcher)
    assert len([event for event in events if isinstance(event, WatchFailed)]) == 30


async def test_fault_26_missing_scopes_end_the_watches_of_that_family_only():
    file, export = FILE_IMPORT.task("1"), EXPORT.task("1")
    session = ScriptedSender({file: [UNSCOPED], export: lasting(5, EXPORT)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(file)
        watcher.add(export)
        events = await all_of(watcher)
    assert words(events, file) == ["ForbiddenError"]
    assert words(events, export) == ["PROCESSING", "COMPLETE"]


@pytest.mark.parametrize("error", [GONE, ForbiddenError("no such export", status=403)], ids=["404", "403"])
async def test_fault_27_a_task_unknown_in_its_first_moments_is_looked_for_again(error: HubSpotError):
    session = ScriptedSender({ONE: lambda request: error if now() < 12 else "COMPLETE"})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(FILE_IMPORT.task("1", started_at=session.now()))
        assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_fault_27_and_given_up_after_them():
    session = ScriptedSender({ONE: lambda request: GONE})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(FILE_IMPORT.task("1", started_at=session.now()))
        (event,) = await all_of(watcher)
    assert isinstance(event, WatchFailed)
    assert isinstance(event.error, VanishedError)
    assert 15 < now() < 20


@pytest.mark.parametrize("error", [GONE, DOWN], ids=["404", "503"])
async def test_fault_70_a_single_miss_in_the_middle_is_looked_at_again(error: HubSpotError):
    session = ScriptedSender({ONE: lambda request: error if 99 < now() < 102 else lasting(300)(request)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["PROCESSING", "COMPLETE"]


async def test_fault_70_a_task_that_vanished_ends_and_the_others_go_on():
    session = ScriptedSender({ONE: lambda request: "PROCESSING" if now() < 60 else GONE, TWO: lasting(200)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        watcher.add(TWO)
        events = await all_of(watcher)
    assert words(events, ONE) == ["PROCESSING", "VanishedError"]
    assert words(events, TWO) == ["PROCESSING", "COMPLETE"]
    assert len([time for time in session.looks_at(ONE) if time >= 60]) == 2


async def test_fault_70_an_outage_before_it_does_not_spare_the_second_look():
    answers: list[object] = ["PENDING", DOWN, DOWN, DOWN, GONE, "COMPLETE"]
    session = ScriptedSender({ONE: answers})
    task = FILE_IMPORT.task("1", started_at=session.now() - timedelta(hours=1))
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        assert words(await all_of(watcher)) == ["PENDING", "COMPLETE"]


async def test_fault_56_an_answer_without_its_essentials_fails_that_task_only():
    session = ScriptedSender({ONE: lambda request: InvalidResponseError("'status' is missing"), TWO: lasting(20)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        watcher.add(TWO)
        events = await all_of(watcher)
    assert words(events, ONE) == ["InvalidResponseError"]
    assert words(events, TWO) == ["PROCESSING", "COMPLETE"]
    assert len(session.looks_at(ONE)) == 3


async def test_fault_56_an_import_that_spoils_the_list_fails_alone():
    tasks = [IMPORT.task(number) for number in range(4)]
    session = ScriptedSender({task: lasting(20, IMPORT, id=task.id) for task in tasks[1:]})
    session.script(tasks[0], lambda request: InvalidResponseError("'state' is missing"))
    session.script(IMPORTS, lambda request: InvalidResponseError("'results[0].state' is missing"))
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    assert Counter(words(event for event in events if event.is_final)) == {"DONE": 3, "InvalidResponseError": 1}


async def test_a_request_that_is_wrong_ends_the_watch_with_hubspots_words():
    session = ScriptedSender({ONE: [BadRequestError("id could not be decoded", status=400)]})
    with pytest.raises(BadRequestError, match="could not be decoded"):
        await settle(session, ONE)


# Outages.


@pytest.mark.parametrize("kinds", [[DOWN], [DOWN, ConnectionFailedError("reset"), RequestTimeoutError("slow")]])
async def test_fault_46_with_a_third_of_the_looks_failing_all_tasks_end_for_less_than_half_more(
    kinds: list[HubSpotError],
):
    async def requests(chance: float) -> int:
        dice, errors, start = random.Random(4), cycle(kinds), now()
        session = ScriptedSender()
        tasks = [FILE_IMPORT.task(number) for number in range(100)]
        for task in tasks:
            script = lasting(start + 5 + int(task.id), id=task.id)
            session.script(
                task, lambda request, script=script: next(errors) if dice.random() < chance else script(request)
            )
        async with TaskGroupWatcher(session) as watcher:
            for task in tasks:
                watcher.add(task)
            events = await all_of(watcher)
        assert words(event for event in events if event.is_final) == ["COMPLETE"] * 100
        return len(session.requests)

    assert await requests(0.3) < 1.5 * await requests(0)


async def test_fault_47_while_nothing_works_looks_slow_down_to_a_probe_and_then_all_goes_on():
    session = LimitedSender()
    tasks = files(100, session=session, seconds=lambda number: 500 + number)
    broken = {task: lasting(500 + int(task.id), id=task.id) for task in tasks}
    for task, script in broken.items():
        session.script(task, lambda request, script=script: DOWN if 100 <= now() < 400 else script(request))
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    assert words(event for event in events if event.is_final) == ["COMPLETE"] * 100
    in_the_outage = [time for time in session.times if 110 < time < 400]
    assert len(in_the_outage) < 40
    back = [time for time in session.times if 400 <= time < 430]
    assert len(back) > 100, "all are looked at again soon"
    assert session.refused == 0


@pytest.mark.parametrize("error", [ConnectionFailedError("unreachable"), DOWN], ids=["22", "47"])
async def test_faults_22_47_one_task_alone_outlives_an_outage_of_ten_minutes(error: HubSpotError):
    session = ScriptedSender({ONE: lambda request: error if 5 < now() < 605 else lasting(610)(request)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["PROCESSING", "COMPLETE"]
    assert now() < 630
    assert len(session.requests) < 100


async def test_fault_31_a_429_pauses_all_looks_of_the_account_and_ends_none():
    session = LimitedSender(limit=100)
    tasks = files(40, session=session, seconds=lambda number: 60)
    for task in tasks:
        script = lasting(60, id=task.id)
        session.script(task, lambda request, script=script: _refuse(session) if 25 < now() < 25.2 else script(request))
    async with TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
        refused = [time for time in session.times if 25 < time < 25.2]
        assert watcher.stats.refused == len(refused) > 0
    assert words(event for event in events if event.is_final) == ["COMPLETE"] * 40
    assert not [time for time in session.times if max(refused) < time < min(refused) + 10]


def _refuse(session: LimitedSender) -> RateLimitError:
    session.budget.refused(None, {})
    return RateLimitError("too many", status=429)


# Words.


async def test_fault_55_a_word_unknown_is_handed_out_and_looked_at_further():
    session = ScriptedSender({ONE: ["PENDING", "PAUSED", "PAUSED", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        events = await all_of(watcher)
    assert words(events) == ["PENDING", "PAUSED", "COMPLETE"]
    assert [event.is_final for event in events] == [False, False, True]


async def test_fault_63_a_word_in_another_case_ends_a_task_too():
    session = ScriptedSender({ONE: [look(FILE_IMPORT, "complete ", result={"id": "1"})]})
    assert (await settle(session, ONE)).current.status == "COMPLETE"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_fault_64_a_task_that_is_stuck_is_looked_at_ever_more_rarely_until_its_time_is_up(kind: TaskKind[Any]):
    task = kind.task("1")
    session = ScriptedSender({task: lambda request: "PROCESSING"})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task, timeout=86_400)
        events = await all_of(watcher)
    assert words(events) == ["PROCESSING", "TimedOutError"]
    assert now() == about(86_400)
    pauses = gaps(session.looks_at(task))
    assert pauses == [about(pause) for pause in sorted(pauses)]
    assert 55 < pauses[-1] < 60.01
    assert len(pauses) < 1_800


async def test_fault_65_a_state_that_goes_back_is_reported_once():
    session = ScriptedSender({ONE: ["PROCESSING", "PENDING", "PENDING", "PROCESSING", "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        events = await all_of(watcher)
    assert words(events) == ["PROCESSING", "PENDING", "PROCESSING", "COMPLETE"]


async def test_fault_66_after_complete_nobody_looks_again():
    session = ScriptedSender({ONE: ["COMPLETE", "PROCESSING"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        assert words(await all_of(watcher)) == ["COMPLETE"]
        await asyncio.sleep(1_000)
    assert session.looks.total() == 1


async def test_fault_67_complete_with_errors_is_a_success_that_carries_them():
    done = look(FILE_IMPORT, "COMPLETE", numErrors=2, errors=[{"message": "one", "category": "X"}])
    settled = await settle(ScriptedSender({ONE: [done]}), ONE)
    assert settled.succeeded
    assert (settled.current.num_errors, settled.current.errors[0].message) == (2, "one")


async def test_fault_68_canceled_is_an_end_without_success():
    session = ScriptedSender({ONE: ["PENDING", "CANCELED"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        *_, last = await all_of(watcher)
    assert isinstance(last, StatusChange)
    assert (last.is_final, last.succeeded) == (True, False)


@pytest.mark.parametrize("word", ["FAILED", "REVERTED", "CANCELED"])
async def test_fault_69_an_import_that_waits_goes_on_and_one_that_failed_or_was_reverted_is_over(word: str):
    task = IMPORT.task("1")
    session = ScriptedSender({task: ["STARTED", "DEFERRED", "PROCESSING", word]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        events = await all_of(watcher)
    assert words(events) == ["STARTED", "DEFERRED", "PROCESSING", word]
    assert not events[-1].succeeded


async def test_fault_71_a_result_that_comes_late_is_waited_for():
    bare = look(FILE_IMPORT, "COMPLETE", result=None)
    session = ScriptedSender({ONE: ["PENDING", bare, bare, "COMPLETE"]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        events = await all_of(watcher)
    assert words(events) == ["PENDING", "COMPLETE"]
    assert isinstance(events[-1], StatusChange)
    assert events[-1].current.result.id == "204471837"


async def test_fault_71_a_result_that_never_comes_is_given_up():
    bare = look(FILE_IMPORT, "COMPLETE", result=None)
    session = ScriptedSender({ONE: [bare, bare, bare]})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        (event,) = await all_of(watcher)
    assert isinstance(event, WatchFailed)
    assert isinstance(event.error, ResultMissingError)
    assert event.error.task is ONE


@pytest.mark.parametrize("result", ["/relative", "ftp://x/y", "javascript:alert(1)"])
async def test_fault_72_the_watcher_hands_out_what_came_and_fetches_nothing(result: str):
    session = ScriptedSender({EXPORT.task("1"): [look(EXPORT, "COMPLETE", result=result)]})
    done = await settle(session, EXPORT.task("1"))
    assert done.current.result == result
    assert session.looks.total() == 1


async def test_fault_74_links_are_not_followed():
    seen = look(FILE_IMPORT, "PENDING", links={"status": "https://evil.example/status"})
    session = ScriptedSender({ONE: [seen, "COMPLETE"]})
    await settle(session, ONE)
    assert {request.target for request in session.requests} == {
        "/files/2026-03/files/import-from-url/async/tasks/1/status"
    }


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_fault_81_a_task_that_was_over_before_gives_one_event_at_once(kind: TaskKind[Any]):
    task = kind.task("1")
    session = ScriptedSender({task: lasting(0, kind)})
    await asyncio.sleep(3_600)
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        events = await all_of(watcher)
    assert len(events) == 1
    assert events[0].succeeded
    assert now() == 3_600


@pytest.mark.parametrize("is_old", [True, False], ids=["taken up again", "by bare ids"])
async def test_fault_81_many_exports_that_were_over_before_are_found_out_in_seconds(is_old: bool):
    session = ScriptedSender()
    started_at = session.now() if is_old else None
    tasks = [EXPORT.task(number, started_at=started_at) for number in range(30)]
    for number, task in enumerate(tasks):
        session.script(task, lasting(60 * number, EXPORT, id=task.id))
    await asyncio.sleep(3_600)
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = await all_of(watcher)
    assert len(events) == 30
    assert now() < 3_603
    assert session.looks.total() == 30


async def test_fault_82_a_task_older_than_hubspot_keeps_has_vanished():
    session = ScriptedSender({ONE: [GONE, GONE]})
    task = FILE_IMPORT.task("1", started_at=session.now() - timedelta(days=100))
    async with TaskGroupWatcher(session) as watcher:
        with pytest.raises(VanishedError):
            await watcher.settle(task)


async def test_fault_84_fifty_queued_exports_are_looked_at_gently_for_hours():
    session = LimitedSender()
    tasks = [EXPORT.task(number) for number in range(50)]
    ends = [300.0 * (number + 1) for number in range(50)]

    def script(number: int) -> Any:
        def answer(request: object) -> object:
            if now() >= ends[number]:
                return look(EXPORT, "COMPLETE", id=str(number), completedAt=at(ends[number]))
            return "PROCESSING" if number == 0 or now() >= ends[number - 1] else "PENDING"

        return answer

    for number, task in enumerate(tasks):
        session.script(task, script(number))
        record = Export(id=str(number), export_state=ExportState.ENQUEUED)
        session.script(f"/crm/exports/2026-03/export/{number}", lambda request, record=record: record)
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        finals = [event async for event in watcher if event.is_final]
        stats = watcher.stats
    assert [event.task for event in finals] == tasks
    assert stats.polls < 100 * 50, "one-second loops would have asked 382,500 times"
    assert stats.lateness_mean is not None
    assert stats.lateness_mean < 5


async def test_exports_that_end_out_of_order_are_all_looked_at_from_then_on():
    tasks = [EXPORT.task(number) for number in range(6)]
    session = ScriptedSender({task: lambda request: "PENDING" if now() < 30 else "COMPLETE" for task in tasks})
    session.script(tasks[0], lasting(2_000, EXPORT, id="0"))
    session.script(tasks[1], lambda request: "PENDING" if now() < 5 else "COMPLETE")
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        ends = {event.task: now() async for event in watcher if event.is_final}
    assert max(ends[task] for task in tasks[1:]) < 50


# Leaving, cancelling, handing over.


async def test_fault_113_cancelling_while_looking_returns_at_once_and_comes_through():
    session = ScriptedSender({ONE: lambda request: "PENDING"}, latency=3_600)

    watching = asyncio.create_task(_watch_to_the_end(session))
    await asyncio.sleep(10)
    assert session.under_way == 1
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert now() < 11
    assert session.under_way == 0
    assert len(asyncio.all_tasks()) == 1


async def test_fault_115_an_exception_in_the_body_comes_out_as_itself():
    class MineError(Exception):
        pass

    session = ScriptedSender({ONE: lasting(100)}, latency=1)
    mine = MineError("x")
    with pytest.raises(MineError) as caught:
        await _raise_in_the_body(session, mine)
    assert caught.value is mine
    assert caught.value.__context__ is None
    assert session.under_way == 0
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), ExceptionGroup("mine", [ValueError()])])
async def test_fault_115_so_does_one_of_pythons_own_and_a_group(error: BaseException):
    with pytest.raises(type(error)) as caught:
        await _raise_in_the_body(ScriptedSender({ONE: lasting(100)}), error)
    assert caught.value is error


async def _raise_in_the_body(session: ScriptedSender, error: BaseException) -> None:
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        async for _ in watcher:
            raise error


async def _watch_to_the_end(session: ScriptedSender) -> None:
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        await all_of(watcher)


async def test_fault_116_a_timeout_around_the_loop_fires_once():
    session = ScriptedSender({ONE: lasting(100)}, latency=0.5)
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(10):
            await _watch_to_the_end(session)
    assert not isinstance(caught.value, TimedOutError)
    assert now() == about(10)
    assert session.under_way == 0
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0
    await asyncio.sleep(1)


async def test_fault_116_so_does_one_inside_and_the_watcher_goes_on():
    session = ScriptedSender({ONE: lasting(100)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await all_of(watcher)
        assert words(await all_of(watcher)) == ["COMPLETE"]


async def test_a_stranger_among_the_errors_is_not_swallowed():
    """A script of a test that is wrong, say: it must not be lost, and the consumer not wait for ever."""
    with pytest.raises(ExceptionGroup, match="unhandled") as caught:
        await _watch_to_the_end(ScriptedSender())
    assert isinstance(caught.value.exceptions[0], AssertionError)


async def test_fault_117_a_slow_consumer_costs_no_memory_and_loses_no_end():
    session = ScriptedSender()
    tasks = files(2_000, session=session, seconds=lambda number: 30 + number / 100)
    async with TaskGroupWatcher(session, backoff=Constant(1)) as watcher:
        for task in tasks:
            watcher.add(task)
        await asyncio.sleep(5)
        gc.collect()
        tracemalloc.start()
        await asyncio.sleep(2 * 3_600)
        assert session.looks.total() == 2_000, "an untaken change holds back"
        assert tracemalloc.get_traced_memory()[0] < 200_000
        tracemalloc.stop()
        ended = Counter[str]()
        async for event in watcher:
            ended[event.task.id] += event.is_final
            if len(session.requests) < 2_100:
                await asyncio.sleep(60)
    assert ended == Counter(task.id for task in tasks)
    assert session.looks.total() == 4_000


@pytest.mark.parametrize("part", range(4))
async def test_fault_119_an_event_is_seen_or_seen_again_wherever_its_consumer_is_cancelled(part: int):
    """1,000 repeats: the consumer is cancelled at a moment before, at, or after the hand-over."""
    dice = random.Random(part)
    for _ in range(250):
        session = ScriptedSender({ONE: ["PENDING", "PROCESSING", "COMPLETE"], TWO: ["COMPLETE"]})
        seen: list[Any] = []
        async with TaskGroupWatcher(session, backoff=Constant(0.001)) as watcher:
            watcher.add(ONE)
            watcher.add(TWO)
            for _ in range(3):
                steps = dice.randrange(40)
                consumer = asyncio.create_task(_consume(watcher, seen, is_slow=bool(steps % 2)))
                for _ in range(steps):
                    await asyncio.sleep(dice.choice([0, 0, 0, 0.0005]))
                consumer.cancel()
                await asyncio.wait([consumer])
            await _consume(watcher, seen)
        assert words(seen, ONE) == ["PENDING", "PROCESSING", "COMPLETE"]
        assert words(seen, TWO) == ["COMPLETE"]


async def _consume(watcher: TaskGroupWatcher, seen: list[Any], *, is_slow: bool = False) -> None:
    async for event in watcher:
        seen.append(event)
        if is_slow:
            await asyncio.sleep(0)


@pytest.mark.parametrize("part", range(2))
async def test_fault_119_and_so_with_a_timeout_around_each_step(part: int):
    dice = random.Random(part)
    tasks = files(200, session=(session := ScriptedSender()), seconds=lambda number: 2 + number / 100)
    seen: list[Any] = []
    async with TaskGroupWatcher(session, backoff=Constant(0.1)) as watcher:
        for task in tasks:
            watcher.add(task)
        events = aiter(watcher)
        while True:
            try:
                seen.append(await asyncio.wait_for(anext(events), dice.choice([0.1, 0.05, 0.01001, 0.00001])))
            except TimeoutError:
                continue
            except StopAsyncIteration:
                break
    assert Counter((event.task.id, event.is_final) for event in seen) == Counter(
        (task.id, is_final) for task in tasks for is_final in (False, True)
    )


async def test_a_settle_that_is_cancelled_leaves_nobody_followed():
    session = ScriptedSender({ONE: lasting(1_000)})
    async with TaskGroupWatcher(session) as watcher:
        for _ in range(20):
            waiting = asyncio.create_task(watcher.settle(ONE))
            await asyncio.sleep(0.5)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert watcher.stats.watched == 0
        (group,) = watcher._schedule.groups
        assert group.watches == {}


# Many.


@pytest.mark.slow
async def test_fault_132_ten_thousand_tasks_of_one_account_all_end_and_none_is_starved():
    """The longest gap between two looks at a task is measured against 2 × waiting tasks / poll rate."""
    dice = random.Random(132)
    crowd = Crowd()
    for _ in range(8_000):
        crowd.start(FILE_IMPORT, 8 * dice.lognormvariate(0, 0.5))
    for _ in range(2_000):
        crowd.start(FOLDER_UPDATE, dice.uniform(300, 1_200))
    async with TaskGroupWatcher(crowd) as watcher:
        for task in crowd.ends:
            watcher.add(task)
        async for event in watcher:
            crowd.take(event)
    assert len(crowd.ended) == 10_000
    assert crowd.refused == 0
    assert crowd.worst <= 2


async def test_fault_132_nor_is_anyone_while_ever_new_ones_come_that_are_likelier_to_end():
    dice = random.Random(132)
    crowd = Crowd()
    for _ in range(200):
        crowd.start(FOLDER_UPDATE, 400)
    for _ in range(300):
        crowd.start(FILE_IMPORT, 8 * dice.lognormvariate(0, 0.5))
    async with TaskGroupWatcher(crowd) as watcher:
        for task in crowd.ends:
            watcher.add(task)
        async for event in watcher:
            if crowd.take(event) and len(crowd.ends) < 1_900:
                watcher.add(crowd.start(FILE_IMPORT, now() + 8 * dice.lognormvariate(0, 0.5)))
    assert len(crowd.ended) == 1_900
    assert crowd.refused == 0
    assert 1.2 < crowd.worst <= 2


class Crowd(LimitedSender):
    """Many tasks of one account of 100 requests in ten seconds, kept as little more than the times of their ends."""

    def __init__(self) -> None:
        super().__init__(limit=100)
        self.ends: dict[Any, float] = {}
        self.ended: set[Any] = set()
        self.worst = 0.0
        """The longest that a task was passed over, by how long a look at each of those waiting takes."""
        self._most = 0
        self._by_target: dict[str, Any] = {}
        self._looked: dict[str, tuple[float, int]] = {}

    def start(self, kind: TaskKind[Any], end: float) -> Any:
        task = kind.task(len(self.ends))
        self.ends[task] = end
        target = kind.status_request(task).target
        self._by_target[target] = task
        self._looked[target] = now(), 0
        return task

    def take(self, event: Any) -> bool:
        """Note what became of a task; tell whether that was its end."""
        if event.is_final:
            assert event.succeeded
            assert event.task not in self.ended
            self.ended.add(event.task)
        return bool(event.is_final)

    async def send(self, request: Any, *, lane: Any = None) -> Any:
        assert lane is None
        time, waiting = now(), len(self.ends) - len(self.ended)
        if len(self.times) >= self.limit and self.times[-self.limit] > time - 10:
            self.refused += 1
        self.times.append(time)
        task = self._by_target[request.target]
        self._most = max(self._most, waiting)
        before, waited = self._looked[request.target]
        waited = waited or self._most
        if waited > 400:  # with fewer it is the pauses that make the gaps
            self.worst = max(self.worst, (time - before) * self.budget.rate / waited)
        self._looked[request.target] = time, waiting
        await asyncio.sleep(0)
        return lasting(self.ends[task], task.kind, id=task.id)(request)


async def test_every_place_that_is_taken_is_used_or_given_back():
    session, dice = LimitedSender(limit=20), random.Random(3)
    tasks = files(60, session=session, seconds=lambda number: 10 + number)

    async def drop_in(task: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(dice.uniform(0, 5))
            with pytest.raises(TimeoutError):
                await watcher.settle(task, timeout=dice.choice([0.01, 0.2, 1]))

    late = files(70, session=session, seconds=lambda number: 10_000 if number >= 60 else 10 + number)[60:]
    async with TaskGroupWatcher(session) as watcher, asyncio.TaskGroup() as group:
        for task in tasks:
            watcher.add(task)
        for task in late:
            group.create_task(drop_in(task))
        assert len([event async for event in watcher if event.is_final]) == 60
    assert session.refused == 0
    assert session.budget.stats.granted == len(session.requests)


async def test_polls_are_spread_over_the_window_not_sent_in_a_burst():
    session = LimitedSender(limit=100)
    async with TaskGroupWatcher(session) as watcher:
        for task in files(1_000, session=session, seconds=lambda number: 1_000):
            watcher.add(task)
        await asyncio.sleep(40)
    per_second = Counter(int(time) for time in session.times if time > 10)
    assert max(per_second.values()) <= 12
    assert min(per_second[second] for second in range(11, 40)) >= 8
    assert session.refused == 0


# Clocks.


class Jumping(ScriptedSender):
    """A session whose wall clock is set while it is used."""

    jump = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.jump


@pytest.mark.parametrize("hours", [1, -1], ids=["forward", "back"])
@pytest.mark.parametrize("kind", [FILE_IMPORT, EXPORT], ids=["file-import", "export"])
async def test_fault_135_a_wall_clock_that_jumps_makes_no_burst_and_no_long_sleep(hours: int, kind: TaskKind[Any]):
    session = Jumping()
    tasks = [kind.task(number, started_at=session.now()) for number in range(10)]
    for number, task in enumerate(tasks):
        session.script(task, lasting(100 + 10 * number, kind, id=task.id))
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks[:9]:
            watcher.add(task)
        await _take(watcher, until=50)
        session.jump = timedelta(hours=hours)
        watcher.add(tasks[9])
        ends = {event.task: now() async for event in watcher if event.is_final}
    assert len(ends) == 10
    assert max(now_ - (100 + 10 * number) for number, now_ in enumerate(ends[task] for task in tasks)) < 35
    assert all(count <= 16 for count in Counter(int(time) for time in session.times).values())


async def _take(watcher: TaskGroupWatcher, *, until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await all_of(watcher)
    except TimeoutError:
        pass


def _oversleep(seconds: float) -> None:
    """Let the loop's time pass while nothing runs, as it does when a consumer blocks it or a laptop sleeps."""
    loop: Any = asyncio.get_running_loop()
    loop.setup_looptime(start=loop.time() + seconds)


@pytest.mark.parametrize("hours", [8])
async def test_fault_136_after_a_long_sleep_there_is_one_round_of_looks(hours: float):
    session = LimitedSender()
    tasks = files(80, session=session, seconds=lambda number: 3_600 + number)
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        await _take(watcher, until=100)
        before = session.looks.total()
        _oversleep(hours * 3_600)
        events = await all_of(watcher)
    assert words(events) == ["COMPLETE"] * 80
    assert session.looks.total() - before == 80
    assert session.refused == 0
    after = [time for time in session.times if time > 8 * 3_600]
    assert max(Counter(round(time) for time in after).values()) <= 20


async def test_fault_137_a_loop_blocked_for_thirty_seconds_makes_no_false_timeouts_and_no_burst():
    session = LimitedSender()
    tasks = files(300, session=session, seconds=lambda number: 40)
    settled = files(310, session=session, seconds=lambda number: 40)[300:]
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task, timeout=50)
        waits = [asyncio.create_task(watcher.settle(task, timeout=50)) for task in settled]
        await _take(watcher, until=35)
        before = len(session.requests)
        _oversleep(30)
        events = await all_of(watcher)
        assert Counter(words(events)) == {"COMPLETE": 300}
        assert [done.succeeded for done in await asyncio.gather(*waits)] == [True] * 10
    assert len(session.requests) - before == 310
    assert session.refused == 0


async def test_fault_137_who_is_not_done_by_then_is_given_up_all_the_same():
    session = ScriptedSender({ONE: lasting(1_000), TWO: lasting(1_000)})
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(ONE, timeout=50)
        waiting = asyncio.create_task(watcher.settle(TWO, timeout=50))
        await _take(watcher, until=35)
        _oversleep(30)
        assert words(await all_of(watcher)) == ["TimedOutError"]
        with pytest.raises(TimedOutError):
            await waiting
    assert now() < 70


async def test_a_deadline_that_passes_on_time_brings_no_further_look():
    session = ScriptedSender({ONE: lasting(1_000)})
    async with TaskGroupWatcher(session, backoff=Constant(7)) as watcher:
        watcher.add(ONE, timeout=10)
        assert words(await all_of(watcher)) == ["PROCESSING", "TimedOutError"]
    assert session.looks_at(ONE) == [0, about(7)]
    assert longest_gap(session, ONE) == about(7)


async def test_fault_125_two_watchers_of_one_session_stay_under_its_limit():
    session = LimitedSender(limit=50, budget=RequestBudget(50))

    async def watch(first: int) -> int:
        async with TaskGroupWatcher(session) as watcher:
            for task in tasks[first : first + 100]:
                watcher.add(task)
            return len([event async for event in watcher if event.is_final])

    tasks = files(200, session=session, seconds=lambda number: 30)
    assert await asyncio.gather(watch(0), watch(100)) == [100, 100]
    assert session.refused == 0
