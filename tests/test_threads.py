"""Work that is never left alone half way, whoever is cancelled."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from hubspot_async.threads import in_thread, whole

pytestmark = pytest.mark.asyncio


class Door:
    """A context that takes its time, and tells how far it has come."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[str]:
        await self._take("enter")
        try:
            yield "inside"
        finally:
            await self._take("leave")

    async def _take(self, step: str) -> None:
        self.said.append(step)
        self.reached.set()
        await self.go_on.wait()
        self.said.append(f"{step} done")


async def go(door: Door) -> None:
    async with whole(door.passed()) as inside:
        await asyncio.sleep(0)  # where a scope that is over says so
        door.said.append(inside)
        door.go_on.clear()
        door.reached.clear()


WHOLE = ["enter", "enter done", "inside", "leave", "leave done"]


@pytest.mark.parametrize("times", [1, 3])
async def test_who_is_cancelled_while_entering_has_entered_and_left(times: int):
    door = Door()
    going = asyncio.create_task(go(door))
    await door.reached.wait()
    for _ in range(times):
        going.cancel()
        await asyncio.sleep(0)
        assert not going.done()
    door.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert door.said == ["enter", "enter done", "leave", "leave done"]


async def test_who_is_cancelled_while_leaving_has_left():
    door = Door()
    door.go_on.set()
    going = asyncio.create_task(go(door))
    while "leave" not in door.said:
        await asyncio.sleep(0)
    going.cancel()
    await asyncio.sleep(0)
    assert not going.done()
    door.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert door.said == WHOLE


@pytest.mark.parametrize("step", ["enter", "leave"])
async def test_so_it_is_with_a_scope(step: str):
    door = Door()
    door.go_on.set()
    if step == "enter":
        door.go_on.clear()
    async with anyio.create_task_group() as group:
        group.start_soon(go, door)
        while step not in door.said:
            await asyncio.sleep(0)
        group.cancel_scope.cancel()
        asyncio.get_running_loop().call_soon(door.go_on.set)
    assert door.said == (WHOLE if step == "leave" else ["enter", "enter done", "leave", "leave done"])


async def test_an_exception_inside_comes_out_as_itself():
    door = Door()
    door.go_on.set()
    mine = RuntimeError("mine")

    async def fail() -> None:
        async with whole(door.passed()):
            raise mine

    with pytest.raises(RuntimeError) as raised:
        await fail()
    assert raised.value is mine
    assert door.said == ["enter", "enter done", "leave", "leave done"]


async def test_what_cannot_be_entered_is_not_left():
    @asynccontextmanager
    async def shut() -> AsyncIterator[None]:
        raise OSError("shut")
        yield

    async def fail() -> None:
        async with whole(shut()):
            raise AssertionError("unreachable")

    with pytest.raises(OSError, match="shut"):
        await fail()


async def test_who_is_cancelled_while_a_thread_works_is_so_when_it_is_over():
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait()
        done.set()

    working = asyncio.create_task(in_thread(work))
    while not begun.is_set():
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.sleep(0)
    assert not working.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert done.is_set()
