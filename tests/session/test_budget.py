"""The budget: who gets a place and when, in virtual time. Numbers are those of the faults."""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise

import pytest

from hubspot_async.errors import DailyLimitError, InputError
from hubspot_async.session.budget import LONGEST_PAUSE, PROBE, Budget, RequestBudget, pause_after_refusal
from hubspot_async.wire.request import POLL, USER, Lane
from tests.session.test_window import headers

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=2)]

DAILY = DailyLimitError("used up", status=429, policy_name="DAILY")


def now() -> float:
    return asyncio.get_running_loop().time()


def known(limit: int | None = None, interval: float = 10.0) -> RequestBudget:
    """A budget that has heard an answer already."""
    budget = RequestBudget(limit, interval)
    budget.learn({})
    return budget


def full(lane: Lane = USER, limit: int = 10) -> RequestBudget:
    """A budget whose places were all taken just now."""
    budget = known(limit, 10.0)
    while budget.take(lane):
        pass
    return budget


class Queue:
    """Notes who got a place, and when."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.served: list[tuple[str, float]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def _wait(self, name: str, lane: Lane) -> None:
        await self.budget.acquire(lane)
        self.served.append((name, now()))

    async def join(self, lane: Lane, *names: str) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._wait(name, lane))
        await asyncio.sleep(0)

    async def leave(self, *names: str) -> None:
        for name in names:
            self.tasks[name].cancel()
        await asyncio.gather(*(self.tasks.pop(name) for name in names), return_exceptions=True)

    async def end(self) -> list[str]:
        await asyncio.gather(*self.tasks.values())
        return [name for name, _ in self.served]


@pytest.fixture
def nothing_is_left_unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


async def test_a_free_place_is_had_without_waiting():
    budget = known(10, 10.0)
    assert budget.ready_at(now()) <= now()
    assert budget.take(USER)
    await budget.acquire(POLL)
    assert now() == 0
    assert (budget.stats.granted, budget.stats.waited, budget.stats.refused) == (2, 0, 0)


async def test_who_came_first_is_served_first():
    queue = Queue(full())
    await queue.join(USER, *"abcdefghijkl")
    assert not queue.budget.take(USER)
    assert await queue.end() == [*"abcdefghijkl"]
    assert [round(at, 1) for _, at in queue.served] == [10.1] * 9 + [20.2] * 3
    assert queue.budget.stats.waited == 12


async def test_nobody_overtakes_those_who_wait_in_ones_lane():
    queue = Queue(full())
    await queue.join(USER, "first")
    queue.budget._window._taken.clear()  # type: ignore[attr-defined]  # as if the loop had been busy when it was due
    assert queue.budget.ready_at(now()) <= now()
    assert not queue.budget.take(USER)
    assert queue.budget.take(POLL)
    queue.budget.give_back(POLL)
    assert await queue.end() == ["first"]


async def test_places_alternate_between_lanes_that_both_wait():
    queue = Queue(full())
    await queue.join(USER, *"abcd")
    await queue.join(POLL, *"WXYZ")
    assert "".join(await queue.end()) == "WaXbYcZd"
    assert queue.served[-1][1] < 20.2, "a place was lost"


@pytest.mark.parametrize("lane", [USER, POLL])
async def test_an_idle_lanes_places_are_lent(lane: Lane):
    queue = Queue(known(100, 10.0))
    await queue.join(lane, *map(str, range(99)))
    await queue.end()
    assert now() < 10.1


@pytest.mark.parametrize("workers", [1, 4, 64])
async def test_each_lane_gets_its_half_when_both_want_more(workers: int):
    """However few wait at a time, and though the users' calls come in bursts."""
    budget = known(100, 10.0)
    granted: Counter[Lane] = Counter()

    async def call(lane: Lane) -> None:
        while True:
            await budget.acquire(lane)
            granted[lane] += now() >= 20
            await asyncio.sleep(0.05)

    users = [asyncio.create_task(call(USER)) for _ in range(100)]
    await asyncio.sleep(5)
    tasks = users + [asyncio.create_task(call(POLL)) for _ in range(workers)]
    await asyncio.sleep(215)
    for task in tasks:
        task.cancel()
    assert granted.total() >= 0.93 * 200 / 10.1 * 99
    assert granted[POLL] / granted.total() == pytest.approx(0.5, abs=0.02)


async def test_a_few_polls_leave_the_rest_to_the_users():
    budget = known(100, 10.0)
    granted: Counter[Lane] = Counter()
    waits: list[float] = []

    async def users() -> None:
        while True:
            await budget.acquire(USER)
            granted[USER] += 1

    async def poll() -> None:
        while True:
            began = now()
            await budget.acquire(POLL)
            waits.append(now() - began)
            granted[POLL] += 1
            await asyncio.sleep(1.0)

    tasks = [asyncio.create_task(users()) for _ in range(20)] + [asyncio.create_task(poll())]
    await asyncio.sleep(300)
    for task in tasks:
        task.cancel()
    assert granted.total() >= 0.9 * 300 / 10.1 * 99
    assert granted[POLL] >= 200
    assert sorted(waits)[len(waits) * 9 // 10] < 1.5


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_whoever_is_cancelled_while_waiting_costs_the_others_nothing():
    queue = Queue(full())
    await queue.join(USER, *"abcdefgh")
    await queue.join(POLL, *"XYZ")
    await queue.leave("a", "c", "h", "X")
    served = await queue.end()
    assert sorted(served) == [*"YZbdefg"]
    assert [name for name in served if name.islower()] == [*"bdefg"]
    assert queue.served[-1][1] < 20.2
    assert queue.budget.stats.granted == 9 + 7


async def test_a_lane_whose_waiters_all_left_keeps_no_places_from_the_other():
    budget = known(10, 10.0)
    queue = Queue(budget)
    budget.refused(None, {})
    await queue.join(POLL, "X")
    await asyncio.sleep(1)
    await queue.leave("X")
    await asyncio.sleep(120)
    assert [budget.take(USER) for _ in range(10)] == [True] * 9 + [False]


@pytest.mark.usefixtures("nothing_is_left_unheard")
@pytest.mark.parametrize("lane", [USER, POLL])
async def test_a_place_granted_to_someone_cancelled_at_that_moment_goes_to_the_next(lane: Lane):
    queue = Queue(full())
    await queue.join(lane, *map(str, range(10)))
    first = queue.tasks.pop("0")
    asyncio.get_running_loop().call_at(10.1, first.cancel)  # in the very turn of the loop that serves it
    with pytest.raises(asyncio.CancelledError):
        await first
    assert round(now(), 1) == 10.1
    assert queue.budget.stats.granted == 9 + (9 if lane is USER else 1), "it was cancelled before it had its place"
    assert await queue.end() == [str(number) for number in range(1, 10)]
    assert queue.served[-1][1] < 20.2, "the place was lost"
    assert queue.budget.stats.granted == 9 + 9


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_a_place_freed_just_after_someone_was_cancelled_goes_to_the_next():
    queue = Queue(full())
    await queue.join(USER, "a", "b")
    queue.tasks.pop("a").cancel()
    queue.budget.give_back(USER)
    assert await queue.end() == ["b"]
    assert now() == 0


async def test_waiting_in_vain_again_and_again_leaves_nothing_behind():
    budget = full()
    for _ in range(100):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await budget.acquire(USER)
    assert not any(budget._waiting.values())


async def test_a_place_returned_unused_goes_to_the_next():
    queue = Queue(full())
    await queue.join(USER, "a")
    queue.budget.give_back(USER)
    assert await queue.end() == ["a"]
    assert now() == 0


async def test_a_thousand_cancellations_at_any_moment_lose_no_place():
    budget = known(20, 1.0)
    queue = Queue(budget)
    await queue.join(USER, *(f"u{number}" for number in range(500)))
    await queue.join(POLL, *(f"p{number}" for number in range(500)))
    left = 1000
    for number in range(300):
        await asyncio.sleep(0.003 * (number % 7))
        for name in (f"u{number}", f"p{499 - number}"):
            if name in queue.tasks and not queue.tasks[name].done():
                await queue.leave(name)
                left -= 1
    await asyncio.gather(*queue.tasks.values())
    assert len(queue.served) == left
    assert budget.stats.granted == left
    assert now() <= 1.01 * (left / 19 + 2)


async def test_fault_133_ten_thousand_who_wait_are_cancelled_quickly():
    queue = Queue(full())
    await queue.join(USER, *map(str, range(10_000)))
    await queue.leave(*map(str, reversed(range(5_000, 10_000))))
    await queue.leave(*map(str, range(4_999)))
    assert await queue.end() == ["4999"]
    assert round(now(), 1) == 10.1


async def test_those_who_wait_hear_of_a_higher_limit_at_once():
    budget = known()
    queue = Queue(budget)
    await queue.join(USER, *map(str, range(150)))
    assert len(queue.served) == 99
    budget.learn(headers(190, 91))
    await queue.end()
    assert now() == 0


async def test_ready_at_tells_when_a_worker_may_come():
    budget = full()
    assert budget.ready_at(now()) == pytest.approx(10.1)
    assert not budget.take(POLL)
    await asyncio.sleep(10.11)
    assert budget.ready_at(now(), POLL) <= now()
    assert budget.take(POLL)


# 429.


async def test_fault_31_a_refusal_pauses_everyone_and_nobody_comes_in_a_burst_after_it():
    budget = known(10, 10.0)
    queue = Queue(budget)
    await budget.acquire(USER)
    budget.refused(None, {})
    await queue.join(USER, *"abcd")
    await queue.join(POLL, *"WXYZ")
    assert not budget.take(USER)
    assert not budget.take(POLL)
    await queue.end()
    times = [at for _, at in queue.served]
    assert times[0] >= 10
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))
    assert budget.stats.refused == 1


async def test_fault_31_a_refusal_pauses_for_the_interval_of_its_headers():
    budget = known()
    budget.refused(None, headers(100, 0, 3_000))
    await budget.acquire(USER)
    assert now() == 3


async def test_a_pause_holds_back_those_who_wait_already():
    queue = Queue(full())
    await queue.join(USER, "a")
    await asyncio.sleep(5)
    queue.budget.refused(20.0, {})
    await queue.end()
    assert now() == 25


async def test_many_refusals_of_one_burst_are_one_pause():
    budget = known()
    for _ in range(50):
        budget.take(USER)
    for _ in range(50):
        budget.refused(None, {})
    await budget.acquire(USER)
    assert now() == 10


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [(None, 10), (5.0, 5), (0.0, 10), (-1.0, 10), (0.001, 1), (1e9, 10), (LONGEST_PAUSE, LONGEST_PAUSE)],
)
async def test_fault_32_only_a_sane_retry_after_is_heeded(retry_after: float | None, pause: float):
    assert pause_after_refusal(retry_after, 10.0) == pause
    budget = known()
    budget.refused(retry_after, {})
    await budget.acquire(USER)
    assert now() == pause


# The day's count.


@pytest.mark.parametrize(
    "ask", [lambda budget: budget.acquire(USER), lambda budget: asyncio.sleep(0, budget.take(POLL))]
)
async def test_fault_33_a_daily_refusal_is_everyones_error_at_once(ask: Callable[[Budget], Awaitable[object]]):
    budget = known()
    budget.refused_for_today(DAILY)
    for _ in range(3):
        with pytest.raises(DailyLimitError, match="used up") as caught:
            await ask(budget)
        assert caught.value is not DAILY, "one exception raised by many grows a traceback of them all"
    assert (budget.stats.granted, budget.stats.refused) == (0, 1)


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_fault_33_those_who_wait_hear_of_it_too():
    queue = Queue(full())
    await queue.join(USER, "a")
    await queue.join(POLL, "X")
    queue.budget.refused_for_today(DAILY)
    outcomes = await asyncio.gather(*queue.tasks.values(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DailyLimitError, DailyLimitError]
    assert outcomes[0] is not outcomes[1]
    assert now() == 0


async def test_fault_33_nobody_hammers_one_request_a_minute_finds_out():
    budget = known()
    budget.refused_for_today(DAILY)
    await asyncio.sleep(PROBE)
    assert budget.take(USER)
    with pytest.raises(DailyLimitError):
        budget.take(USER)
    budget.learn({})
    assert budget.take(USER)


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_waiters_cancelled_as_the_days_end_is_told_leave_no_error_behind():
    queue = Queue(full())
    await queue.join(USER, "a", "b")
    queue.budget.refused_for_today(DAILY)
    await queue.leave("a", "b")
    assert queue.budget.stats.granted == 9


async def test_stats_tell_of_the_day():
    budget = known()
    budget.learn({"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "249999"})
    assert (budget.stats.daily_limit, budget.stats.daily_remaining) == (250_000, 249_999)


@pytest.mark.parametrize(
    ("limit", "interval"), [(0, 10.0), (-1, 10.0), (10, 0.0), (10, float("inf")), (10, float("nan"))]
)
async def test_a_budget_of_nothing_is_refused(limit: int, interval: float):
    with pytest.raises(InputError):
        RequestBudget(limit, interval)


async def test_a_budget_may_be_used_in_one_loop_after_the_other():
    budget = full()

    def run() -> float:
        async def wait() -> float:
            await budget.acquire(USER)
            return now()

        return asyncio.run(wait())

    budget._window = known(10, 10.0)._window  # its times were those of this loop
    assert await asyncio.to_thread(run) > 0
