"""A call's own limits: as `asyncio.timeout` ends a task, and with one timer for all."""

import asyncio

import pytest

from hubspot_async.session.limits import Call, Limits

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]


def now() -> float:
    return asyncio.get_running_loop().time()


def asks_to_end() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


@pytest.mark.parametrize(("read", "total", "end"), [(10, 60, 10), (60, 10, 10), (None, 5, 5), (5, None, 5)])
async def test_a_call_ends_at_the_first_of_its_limits(read: float | None, total: float | None, end: float):
    limits = Limits(read, total)
    began = now()
    with pytest.raises(TimeoutError), Call(limits):
        await asyncio.sleep(100)
    assert now() - began == pytest.approx(end, abs=0.01)
    assert asks_to_end() == 0, "the task goes on as if nobody had cancelled it"
    await asyncio.sleep(100)


async def test_what_comes_prolongs_a_call_but_not_beyond_its_total():
    async def hear_for_ever(limits: Limits) -> None:
        with Call(limits) as call:
            while True:
                await asyncio.sleep(8)
                call.hear()

    began = now()
    with pytest.raises(TimeoutError):
        await hear_for_ever(Limits(10, 25))
    assert now() - began == pytest.approx(25, abs=0.01)


async def test_without_limits_a_call_takes_as_long_as_it_takes():
    with Call(Limits(None, None)):
        await asyncio.sleep(1e6)


async def test_a_call_in_time_is_left_alone_afterwards():
    limits = Limits(10, 10)
    with Call(limits):
        await asyncio.sleep(9)
    await asyncio.sleep(100)
    assert asks_to_end() == 0


async def test_each_of_many_calls_ends_at_its_own_time():
    limits, ended = Limits(10, 10), []

    async def take(start: float) -> None:
        await asyncio.sleep(start)
        with pytest.raises(TimeoutError), Call(limits):
            await asyncio.sleep(100)
        ended.append(now())

    began = now()
    await asyncio.gather(*(take(start) for start in range(5)))
    assert [time - began for time in ended] == pytest.approx([10, 11, 12, 13, 14], abs=0.01)


async def test_who_cancels_a_call_is_not_told_that_it_was_late():
    limits = Limits(10, 10)

    async def take() -> None:
        with Call(limits):
            await asyncio.sleep(100)

    task = asyncio.create_task(take())
    await asyncio.sleep(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("is_cancelled_first", [True, False])
async def test_cancelled_and_late_at_once_counts_as_cancelled(is_cancelled_first: bool):
    limits = Limits(10, 10)
    entered: list[Call] = []

    async def take() -> None:
        with Call(limits) as call:
            entered.append(call)
            await asyncio.sleep(100)

    task = asyncio.create_task(take())
    await asyncio.sleep(5)
    for end in (task.cancel, entered[0].end) if is_cancelled_first else (entered[0].end, task.cancel):
        end()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_of_the_callers_own_around_it_is_his():
    async def take(outer: asyncio.Timeout) -> None:
        async with outer:
            with Call(Limits(10, 10)):
                await asyncio.sleep(100)

    outer = asyncio.timeout(3)
    began = now()
    with pytest.raises(TimeoutError):
        await take(outer)
    assert outer.expired()
    assert now() - began == pytest.approx(3, abs=0.01)


async def test_an_error_of_the_calls_own_passes():
    with pytest.raises(ValueError, match="own"), Call(Limits(10, 10)):
        raise ValueError("own")


async def test_closed_limits_leave_no_timer():
    limits = Limits(10, 10)
    with Call(limits):
        limits.close()
        await asyncio.sleep(100)
