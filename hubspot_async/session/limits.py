"""How long a call may take, with one timer for all that are under way."""

from __future__ import annotations

import asyncio
import math


class Limits:
    """Ends calls of which *read* seconds long nothing comes, or that take *total* seconds; None is no limit.

    aiohttp would set two timers for each call, which is 12 of the 71 µs that it takes for one (64 under way).
    """

    def __init__(self, read: float | None, total: float | None) -> None:
        self._read = math.inf if read is None else read
        self._total = math.inf if total is None else total
        self._loop = asyncio.get_running_loop()
        self._began: dict[asyncio.Timeout, float] = {}
        self._heard: dict[asyncio.Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, call: asyncio.Timeout) -> None:
        """Let the time of *call* begin, which has been entered and has no end of its own."""
        now = self._loop.time()
        self._began[call] = self._heard[call] = now
        if self._timer is None:  # a timer that is set rings no later than this call can be late
            self._ring_at(now + min(self._read, self._total))

    def heard(self, call: asyncio.Timeout) -> None:
        """Note that something has come, if the time of *call* ever began."""
        if call in self._heard:
            self._heard[call] = self._loop.time()

    def over(self, call: asyncio.Timeout) -> None:
        """Note that *call* is over, if it ever began."""
        self._began.pop(call, None)
        self._heard.pop(call, None)

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
        for call in [call for call in self._began if self._end(call) <= now]:
            self.over(call)
            call.reschedule(now)
        self._ring_at(min(map(self._end, self._began), default=math.inf))

    def _end(self, call: asyncio.Timeout) -> float:
        return min(self._heard[call] + self._read, self._began[call] + self._total)
