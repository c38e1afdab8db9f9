"""What the budget does under load, in virtual time against a model of HubSpot's limit. Numbers are the faults'.

`benchmarks/budget.py` measures the same with sockets and real time.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine

import pytest

from hubspot_async.sandbox import Sandbox
from hubspot_async.session.budget import RequestBudget
from hubspot_async.session.session import HubSpotSession
from hubspot_async.wire.request import POLL, USER
from tests.session.model import Client, Limit, busiest, hammer
from tests.session.test_statuses import LOOK

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]

QUICK = (0.0005, 0.002)
SLOW = (0.05, 0.4)


def now() -> float:
    return asyncio.get_running_loop().time()


def client(server: Limit, latency: tuple[float, float] = SLOW, *, seed: int = 1) -> Client:
    dice = random.Random(seed)
    return Client(server, RequestBudget(), lambda: dice.uniform(*latency))


@pytest.mark.parametrize(("limit", "calls"), [(1000, 5000), (100, 500), (190, 1000)])
@pytest.mark.parametrize("latency", [QUICK, SLOW], ids=["quick", "slow"])
async def test_alone_on_an_account_nothing_is_refused_and_hardly_a_place_is_lost(
    limit: int, calls: int, latency: tuple[float, float]
):
    server = Limit(limit)
    ours = client(server, latency)
    await hammer(calls, 200, ours.call)
    assert ours.refused == []
    assert busiest(server.arrivals, 10.0) <= limit
    assert calls / now() >= 0.95 * limit / 10


@pytest.mark.parametrize("latency", [(1.0, 3.0), (0.0, 9.0)], ids=["very slow", "uneven"])
async def test_however_slow_the_way_hardly_anything_is_refused(latency: tuple[float, float]):
    server = Limit(100)
    ours = client(server, latency)
    await hammer(1000, 100, ours.call)
    assert ours.error_share < 0.02
    assert busiest(server.arrivals, 10.0) <= 100


Others = Callable[[Limit, float], Coroutine[None, None, None]]


async def evenly(server: Limit, per_second: float) -> None:
    while True:
        server.arrive(now())
        await asyncio.sleep(1 / per_second)


async def in_bursts(server: Limit, per_second: float) -> None:
    while True:
        for _ in range(int(10 * per_second)):
            server.arrive(now())
        await asyncio.sleep(10)


async def at_random(server: Limit, per_second: float) -> None:
    dice = random.Random(3)
    while True:
        server.arrive(now())
        await asyncio.sleep(dice.expovariate(per_second))


@pytest.mark.parametrize("others", [evenly, in_bursts, at_random])
@pytest.mark.parametrize(("limit", "calls", "has_headers"), [(1000, 5000, True), (100, 1000, True), (100, 1000, False)])
async def test_beside_another_who_eats_half_of_the_limit_few_requests_are_refused(
    others: Others, limit: int, calls: int, has_headers: bool
):
    server = Limit(limit, has_headers=has_headers)
    ours = client(server)
    eating = asyncio.create_task(others(server, limit / 20))
    await asyncio.sleep(20)
    began = now()
    await hammer(calls, limit // 5, ours.call)
    eating.cancel()
    assert ours.error_share < (0.02 if has_headers else 0.05)
    share = calls / (now() - began) / (limit / 20)
    assert share > (0.6 if has_headers else 0.5), "what the other one leaves is hardly used"


async def test_when_the_other_one_goes_the_whole_limit_is_ours_again():
    server = Limit(100)
    ours = client(server, QUICK)
    eating = asyncio.create_task(evenly(server, 5))
    await asyncio.sleep(20)
    await hammer(200, 20, ours.call)
    eating.cancel()
    await asyncio.sleep(30)
    began = now()
    await hammer(500, 20, ours.call)
    assert 500 / (now() - began) >= 9.5


async def test_without_headers_a_lower_limit_than_ours_is_found_by_its_refusals():
    server = Limit(50, has_headers=False)
    ours = client(server)
    await hammer(1000, 50, ours.call)
    assert ours.error_share < 0.06


async def test_polls_and_calls_that_both_want_more_get_half_each_and_nothing_is_refused():
    server = Limit(190)
    ours = client(server)
    granted: Counter[str] = Counter()

    async def call(lane: object) -> None:
        while True:
            await ours.call(USER if lane is USER else POLL)
            granted["user" if lane is USER else "poll"] += now() > 20

    tasks = [asyncio.create_task(call(USER)) for _ in range(200)]
    tasks += [asyncio.create_task(call(POLL)) for _ in range(16)]
    await asyncio.sleep(120)
    for task in tasks:
        task.cancel()
    assert ours.refused == []
    assert granted["poll"] / granted.total() == pytest.approx(0.5, abs=0.02)
    assert granted.total() >= 0.93 * 19 * 100


@pytest.mark.looptime(noop_cycles=4)
async def test_fault_125_whoever_shares_a_session_stays_under_the_limit_together():
    async with (
        Sandbox(rate_limit=100) as sandbox,
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
    ):
        lanes = [USER, POLL, POLL] * 100
        await asyncio.gather(*(session.send(LOOK, lane=lane) for lane in lanes))
        assert {exchange.status for exchange in sandbox.requests} == {200}
        assert busiest([exchange.at for exchange in sandbox.requests], 10.0) <= 100
        assert now() < 45


@pytest.mark.parametrize("late", [0.0, 15.0])
@pytest.mark.parametrize(("limit", "calls"), [(100, 1000), (1000, 10_000)])
async def test_fault_126_two_processes_on_one_limit_both_slow_down_and_both_get_on(late: float, limit: int, calls: int):
    server = Limit(limit)
    both = [client(server, seed=3), client(server, seed=4)]
    ends: list[float] = []

    async def run(number: int) -> None:
        await asyncio.sleep(late * number)
        await hammer(calls, 100, both[number].call)
        ends.append(now())

    await asyncio.gather(run(0), run(1))
    assert busiest(server.arrivals, 10.0) <= limit
    refused = [at for each in both for at in each.refused]
    assert len(refused) <= limit + 0.02 * calls, "both began at once with all that each thought it had, but once only"
    assert sum(at > late + 5 for at in refused) / (2 * calls) < 0.01
    assert 2 * calls / ends[-1] >= 0.75 * limit / 10, "they spend their time in pauses"


async def test_fault_22_31_after_a_pause_a_thousand_who_waited_come_evenly():
    server = Limit(100)
    ours = client(server, QUICK)
    ours.budget.refused(None, server.headers())
    await hammer(300, 300, ours.call)
    assert ours.refused == []
    assert min(server.arrivals) >= 10
    first = [at for at in server.arrivals if at < 20]
    assert busiest(first, 1.0) <= 12
