"""How long a call may take, with one timer for all that are under way."""

from __future__ import annotations

import asyncio


class Limits:
    """Ends calls that take longer than so many *seconds*; None lets them take their time.

    All may take equally long, so they come to their ends in the order in which they began, and only the first end has
    to be waited for. A timer for each call is the dearest of what aiohttp does for it.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._ends: dict[asyncio.Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, call: asyncio.Timeout) -> None:
        """Let the time of *call* begin, which has been entered and has no end of its own."""
        if self._seconds is None:
            return
        self._ends[call] = end = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(end, self._end_late_ones)

    def over(self, call: asyncio.Timeout) -> None:
        """Note that *call* is over, if it ever began."""
        self._ends.pop(call, None)

    def close(self) -> None:
        """Wait for no end any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_late_ones(self) -> None:
        self._timer = None
        now = self._loop.time()
        for call, end in list(self._ends.items()):
            if end > now:
                self._timer = self._loop.call_at(end, self._end_late_ones)
                break
            self.over(call)
            call.reschedule(now)
