"""Two budgets in one process, one Redis: what one of them learns, and what becomes of places nobody uses."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis, RedisCluster

from hubspot_async import HubSpotSession, ImportFromUrl, TaskGroupWatcher, files
from hubspot_async.errors import DailyLimitError, InputError, SessionClosedError
from hubspot_async.integrations.redis import RedisBudget
from hubspot_async.integrations.redis import budget as budget_module
from hubspot_async.integrations.redis import news as news_module
from hubspot_async.sandbox import Sandbox
from hubspot_async.wire.request import POLL, USER
from tests.distributed.redis.conftest import RedisServer
from tests.session.test_window import headers

pytestmark = pytest.mark.asyncio

DAILY = DailyLimitError("used up", status=429, policy_name="DAILY")


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest_asyncio.fixture
async def here(redis_server: RedisServer) -> AsyncIterator[RedisBudget]:
    async with RedisBudget(redis_server.url, "acme") as budget:
        yield budget


@pytest_asyncio.fixture
async def there(redis_server: RedisServer) -> AsyncIterator[RedisBudget]:
    async with RedisBudget(redis_server.url, "acme") as budget:
        yield budget


async def use(budget: RedisBudget, number: int) -> float:
    """Use so many places; gives how long that took."""
    began = now()
    await asyncio.gather(*(budget.acquire(USER) for _ in range(number)))
    return now() - began


async def heard(budget: RedisBudget) -> None:
    """Let a budget know the limit, and the books with it."""
    await budget.acquire(USER)
    budget.learn(headers(100, 99))
    await budget.acquire(USER)


async def test_a_burst_is_had_at_once_and_what_one_takes_the_other_lacks(here: RedisBudget, there: RedisBudget):
    await heard(here)
    await heard(there)
    assert await use(here, 60) < 1
    assert await use(there, 35) < 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await there.acquire(USER)
    assert (here.stats.granted, there.stats.granted) == (62, 37)


async def test_places_go_one_by_one_until_the_limit_is_known(here: RedisBudget, there: RedisBudget):
    took = await asyncio.gather(use(here, 5), use(there, 5))
    assert max(took) > 0.8, "together they went faster than the lowest limit allows"


async def test_a_limit_that_one_learns_holds_for_the_other(here: RedisBudget, there: RedisBudget):
    await here.acquire(USER)
    here.learn(headers(190, 180))
    await here.acquire(USER)
    await there.acquire(USER)
    assert there._window.limit == 190
    assert there.rate > 16


async def test_what_others_use_is_left_to_them(here: RedisBudget, there: RedisBudget):
    await heard(here)
    here.learn(headers(100, 40))  # 60 used, of which two are ours
    await here.acquire(USER)
    await there.acquire(USER)
    there.learn({})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await use(there, 45)
    assert here.stats.granted + there.stats.granted == 41


async def test_a_refusal_pauses_the_other_too(here: RedisBudget, there: RedisBudget):
    await heard(here)
    await heard(there)
    here.refused(3.0, {})
    await asyncio.sleep(0.2)
    began = now()
    await there.acquire(USER)
    assert 2.5 < now() - began < 3.5
    assert (here.stats.refused, there.stats.refused) == (1, 0)


async def test_a_refusal_reaches_one_who_waits_already(here: RedisBudget, there: RedisBudget):
    await heard(here)
    await heard(there)
    await use(here, 95)
    waiting = asyncio.create_task(there.acquire(USER))
    await asyncio.sleep(7)
    here.refused(8.0, {})
    began = now()
    await waiting
    assert now() - began > 7


async def test_the_end_of_the_day_is_everyones_error_and_one_finds_out_for_all(
    here: RedisBudget, there: RedisBudget, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(news_module, "PROBE", 2.0)
    await heard(here)
    await heard(there)
    waiting = asyncio.create_task(there.acquire(POLL))
    here.refused_for_today(DAILY)
    await asyncio.sleep(0.2)
    await asyncio.gather(waiting, return_exceptions=True)
    with pytest.raises(DailyLimitError, match="another process"):
        await there.acquire(USER)
    with pytest.raises(DailyLimitError, match="used up"):
        there.take(POLL)
    await asyncio.sleep(2.2)
    outcomes = await asyncio.gather(*(there.acquire(USER) for _ in range(5)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1, "one request is to find out"
    there.learn({})
    await there.acquire(USER)
    here.learn({})
    await here.acquire(USER)


async def test_a_daily_limit_of_ones_own_counts_all_and_ends_with_the_accounts_day(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
):
    midnights: list[float] = []

    def midnight(clock: float, _zone: Any) -> float:
        midnights.append(clock)
        return midnights[0] + 4 if clock < midnights[0] + 4 else clock + 86_400

    monkeypatch.setattr(news_module, "next_midnight", midnight)
    async with (
        RedisBudget(redis_server.url, "acme", daily_limit=10, time_zone="Asia/Tokyo") as here,
        RedisBudget(redis_server.url, "acme", daily_limit=10, time_zone="Asia/Tokyo") as there,
    ):
        await heard(here)
        await heard(there)
        await use(here, 4)
        outcomes = await asyncio.gather(*(there.acquire(USER) for _ in range(3)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), type(None), DailyLimitError]
        with pytest.raises(DailyLimitError, match="daily_limit allows 10"):
            await here.acquire(USER)
        assert (here.stats.daily_limit, here.stats.daily_remaining) == (10, 0)
        await asyncio.sleep(4)
        await here.acquire(USER)
        await there.acquire(USER)
        assert there.stats.daily_remaining == 8


async def test_who_is_cancelled_leaves_his_place_to_the_next(here: RedisBudget, there: RedisBudget):
    await heard(here)
    await heard(there)
    await use(here, 95)
    first = [asyncio.create_task(there.acquire(USER)) for _ in range(3)]
    await asyncio.sleep(0.5)
    for task in first:
        task.cancel()
    await asyncio.gather(*first, return_exceptions=True)
    began = now()
    assert await use(there, 50) < 10.5
    assert now() - began > 8
    assert there.stats.granted == 52


async def test_a_place_given_back_goes_to_whoever_comes(here: RedisBudget):
    await heard(here)
    await here.acquire(POLL)
    here.give_back(POLL)
    assert here.take(POLL), "it is booked and free"
    assert not here.take(POLL), "no other is"


async def test_leaving_sends_those_away_who_wait_and_gives_back_what_was_booked(
    redis_server: RedisServer, there: RedisBudget
):
    async with RedisBudget(redis_server.url, "acme") as here:
        await heard(here)
        await use(here, 97)
        waiting = [asyncio.create_task(here.acquire(USER)) for _ in range(3)]
        await asyncio.sleep(0.1)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SessionClosedError] * 3
    async with Redis.from_url(redis_server.url) as client:
        assert await client.zcard("hubspot-async:{acme}:places") == 99
    with pytest.raises(SessionClosedError):
        await here.acquire(USER)
    with pytest.raises(SessionClosedError, match="once"):
        await here.__aenter__()


async def test_a_client_of_ones_own_is_used_and_not_closed(redis_server: RedisServer):
    async with Redis.from_url(redis_server.url, decode_responses=True) as client:
        async with RedisBudget(client, "acme", prefix="of mine") as budget:
            await budget.acquire(USER)
        assert await client.ping()
        assert sorted(await client.keys()) == ["of mine:{acme}:facts", "of mine:{acme}:places"]
        assert all([await client.pttl(key) > 0 for key in await client.keys()]), "what nobody needs is forgotten"


async def test_a_cluster_keeps_an_accounts_books_in_one_place(redis_cluster: RedisServer):
    async with RedisCluster.from_url(redis_cluster.url) as client, RedisBudget(client, "acme") as budget:
        await heard(budget)
        assert await use(budget, 50) < 1
        assert budget.is_shared


async def test_accounts_do_not_share(redis_server: RedisServer, here: RedisBudget):
    await heard(here)
    await use(here, 95)
    async with RedisBudget(redis_server.url, "globex") as other:
        await heard(other)
        assert await use(other, 90) < 1


async def test_without_redis_it_begins_with_its_share_and_finds_it_later(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    redis_server.kill()
    async with RedisBudget(redis_server.url, "acme", interval=1.0, share=0.5) as budget:
        assert not budget.is_shared
        await asyncio.gather(*(budget.acquire(USER) for _ in range(10)))
        redis_server.start()
        while not budget.is_shared:
            await asyncio.sleep(0.1)
        await budget.acquire(POLL)
    assert [record.levelno for record in caplog.records if record.name == "hubspot_async.budget"] == [
        logging.WARNING,
        logging.WARNING,
    ]


async def test_books_that_were_wiped_are_noticed(
    redis_server: RedisServer, here: RedisBudget, caplog: pytest.LogCaptureFixture
):
    await heard(here)
    await use(here, 50)
    async with Redis.from_url(redis_server.url) as client:
        await client.flushall()
        await here.acquire(USER)
        await asyncio.sleep(0.2)
        assert await client.zcard("hubspot-async:{acme}:places") >= 52, "what was sent lately is booked again"
    assert "has forgotten what was booked" in caplog.text


async def test_a_redis_that_takes_no_writes_is_lost(
    redis_server: RedisServer, here: RedisBudget, caplog: pytest.LogCaptureFixture
):
    await heard(here)
    async with Redis.from_url(redis_server.url) as client:
        await client.config_set("maxmemory", "1")
        waiting = asyncio.create_task(here.acquire(USER))
        await asyncio.sleep(0.5)
        assert not here.is_shared
        await client.config_set("maxmemory", "0")
        await asyncio.wait_for(waiting, 20)
    assert "OOM" in caplog.text or "maxmemory" in caplog.text


async def test_two_watchers_share_it(redis_server: RedisServer):
    async with Sandbox(task_seconds=1.0, rate_limit=50, interval=2.0) as sandbox:
        url = sandbox.host_file("logo.png", b"not really a picture")

        async def host() -> list[bool]:
            async with (
                RedisBudget(redis_server.url, "acme", interval=2.0) as budget,
                HubSpotSession(sandbox.token, base_url=sandbox.url, budget=budget) as session,
                TaskGroupWatcher(session) as watcher,
            ):
                for number in range(20):
                    wanted = ImportFromUrl(url, folder_path="/logos", name=f"{id(budget)}-{number}")
                    watcher.add(await files.import_from_url(session, wanted))
                return [event.succeeded async for event in watcher if event.is_final]

        outcomes = await asyncio.gather(host(), host())
        assert outcomes == [[True] * 20] * 2
        assert not [each for each in sandbox.requests if each.status == 429]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"account": "a{b}"}, "braces"),
        ({"account": " "}, "account"),
        ({"redis": "http://somewhere"}, "redis"),
        ({"share": 0}, "share"),
        ({"share": 1.5}, "share"),
        ({"daily_limit": 0}, "daily_limit"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"limit": 0}, "limit"),
        ({"prefix": ""}, "prefix"),
    ],
)
async def test_bad_input_is_named(options: dict[str, Any], word: str):
    with pytest.raises(InputError, match=word):
        RedisBudget(**{"redis": "redis://127.0.0.1", "account": "acme", **options})


async def test_no_password_is_shown(caplog: pytest.LogCaptureFixture):
    budget = RedisBudget("redis://user:hidden-word@127.0.0.1:1/0", "acme")
    async with budget:
        assert not budget.is_shared
    assert "hidden-word" not in caplog.text + repr(budget)
    assert budget_module.log.name == "hubspot_async.budget"
