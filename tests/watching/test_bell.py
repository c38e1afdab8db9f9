"""Waking those who wait, one at a time."""

import asyncio

import pytest

from hubspot_async.watching.bell import Bell
from tests.watching.loops import about, now

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]


@pytest.fixture
def woken() -> list[tuple[str, float]]:
    return []


def sleeper(name: str, bell: Bell, woken: list[tuple[str, float]]) -> asyncio.Task[None]:
    async def sleep() -> None:
        await bell.wait()
        woken.append((name, now()))

    return asyncio.create_task(sleep())


def new_bell() -> Bell:
    return Bell(asyncio.get_running_loop())


async def test_a_ring_wakes_the_one_who_has_slept_longest(woken: list[tuple[str, float]]):
    bell = new_bell()
    tasks = [sleeper(name, bell, woken) for name in "abc"]
    await asyncio.sleep(1)
    assert bell.has_sleepers
    bell.ring()
    await asyncio.sleep(1)
    assert woken == [("a", 1)]
    bell.ring()
    bell.ring()
    await asyncio.gather(*tasks)
    assert [name for name, _ in woken] == ["a", "b", "c"]
    assert not bell.has_sleepers


async def test_a_ring_that_finds_nobody_asleep_is_heard_by_the_next_and_by_him_only(woken: list[tuple[str, float]]):
    bell = new_bell()
    bell.ring()
    bell.ring()
    first, second = (sleeper(name, bell, woken) for name in "ab")
    await asyncio.sleep(1)
    assert woken == [("a", 0)]
    bell.ring()
    await asyncio.gather(first, second)


async def test_it_rings_when_it_was_last_set_to(woken: list[tuple[str, float]]):
    bell = new_bell()
    first, second = (sleeper(name, bell, woken) for name in "ab")
    for when in (9.0, 3.0, 5.0, 5.0):
        bell.ring_at(when)
    await first
    assert now() == about(5)
    await asyncio.sleep(60)
    assert [name for name, _ in woken] == ["a"]
    bell.ring_at(70.0)
    await second
    assert now() == about(70)


async def test_it_may_be_set_not_to_ring():
    bell = new_bell()
    waiting = asyncio.create_task(bell.wait())
    bell.ring_at(5.0)
    bell.ring_at(float("inf"))
    await asyncio.sleep(60)
    assert not waiting.done()
    waiting.cancel()


async def test_who_is_cancelled_is_forgotten_and_what_he_heard_is_passed_on(woken: list[tuple[str, float]]):
    bell = new_bell()
    first, second, third = (sleeper(name, bell, woken) for name in "abc")
    await asyncio.sleep(1)
    first.cancel()
    await asyncio.wait([first])
    bell.ring()
    second.cancel()
    await third
    assert woken == [("c", 1)]
    assert not bell.has_sleepers
