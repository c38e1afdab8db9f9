"""Work that would hold up the event loop, in a thread that is never left alone with a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import TypeVar

import anyio

T = TypeVar("T")

_SPELL = 0.02
"""Seconds that a thread goes on before anybody may cancel."""


async def in_thread(work: Callable[[], T], *, interrupt: Callable[[], None] | None = None) -> T:
    """Do *work* in a thread. Whoever is cancelled meanwhile is so when it is over, and its outcome is lost.

    *interrupt* is called then, for work that may take long and can be told to end.
    """
    return await outlast(begin(work), interrupt=interrupt)


def begin(work: Callable[[], T]) -> asyncio.Task[T]:
    """Have *work* done in a thread, to be waited for with `outlast`."""
    return asyncio.create_task(anyio.to_thread.run_sync(work))


async def outlast(task: asyncio.Task[T], *, interrupt: Callable[[], None] | None = None) -> T:
    """Wait for the end of *task*, whatever is cancelled: a thread goes on with the file that we would close."""
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
                if interrupt is not None:
                    interrupt()
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # which is thereby taken note of
        raise cancelled
    return task.result()


@asynccontextmanager
async def whole(context: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave *context*, each to its end, whatever is cancelled meanwhile."""
    entering = asyncio.create_task(context.__aenter__())
    try:
        yield await outlast(entering)
    finally:
        if not entering.cancelled() and entering.exception() is None:
            await outlast(asyncio.create_task(context.__aexit__(None, None, None)))


async def in_steps(work: Generator[object, None, T]) -> T:
    """Do *work* in a thread, some steps at a time, so that it can be cancelled in between."""
    try:
        while True:
            outcome = await in_thread(lambda: _some_steps(work))
            if outcome is not None:
                return outcome[0]
    finally:
        await in_thread(work.close)


def _some_steps(work: Generator[object, None, T]) -> tuple[T] | None:
    end = monotonic() + _SPELL
    try:
        while monotonic() < end:
            next(work)
    except StopIteration as stop:
        return (stop.value,)
    return None
