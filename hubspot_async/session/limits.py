"""How long a call may take, with one timer for all that are under way."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self


class Limits:
    """Ends calls of which *read* seconds long nothing comes, or that take *total* seconds; None is no limit.

    aiohttp would set two timers for each call, which is 12 of the 71 µs that it takes for one (64 under way).
    """

    def __init__(self, read: float | None, total: float | None) -> None:
        self._read = math.inf if read is None else read
        self._total = math.inf if total is None else total
        self._loop = asyncio.get_running_loop()
        self._calls: set[Call] = set()
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Wait for no end any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, time: float) -> None:
        self._timer = self._loop.call_at(time, self._ring, time) if time < math.inf else None

    def _ring(self, time: float) -> None:
        """End the calls that are late, and wait for the next that may be."""
        now = max(time, self._loop.time())  # the loop may call a hair too early
        for call in [call for call in self._calls if self._end(call) <= now]:
            self._calls.remove(call)
            call.end()
        self._ring_at(min(map(self._end, self._calls), default=math.inf))

    def _end(self, call: Call) -> float:
        return min(call.heard + self._read, call.began + self._total)


class Call:
    """A call within *limits*: entered it may be ended from outside, and raises TimeoutError then.

    It is to a task what `asyncio.timeout` is, for less than half of the work.
    """

    __slots__ = ("_is_late", "_limits", "_requests", "_task", "began", "heard")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def __enter__(self) -> Self:
        limits = self._limits
        loop = limits._loop
        task = asyncio.current_task(loop)
        assert task is not None
        self._task, self._requests, self._is_late = task, task.cancelling(), False
        self.began = self.heard = now = loop.time()
        limits._calls.add(self)
        if limits._timer is None:  # a timer that is set rings no later than this call can be late
            limits._ring_at(now + min(limits._read, limits._total))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._limits._calls.discard(self)
        if self._is_late and self._task.uncancel() <= self._requests and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc

    def hear(self) -> None:
        """Note that something has come."""
        self.heard = self._limits._loop.time()

    def end(self) -> None:
        """Make it late."""
        self._is_late = True
        self._task.cancel()
