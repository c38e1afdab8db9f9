"""Waking those who wait, one at a time, by a ring or when a time comes."""

from __future__ import annotations

import asyncio
import math
from collections import deque

_HAIR = 1e-5
"""Seconds. A loop may call that much too early, by its clock's resolution; what was waited for would not be due yet."""


class Bell:
    """Lets coroutines sleep until it rings, which wakes one of them; a ring that finds nobody asleep is not lost."""

    __slots__ = ("_is_rung", "_loop", "_sleepers", "_timer", "_when")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_rung = False
        self._sleepers: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._when = math.inf

    @property
    def has_sleepers(self) -> bool:
        """Whether a ring would wake anyone."""
        return bool(self._sleepers)

    def ring(self) -> None:
        """Wake the one who has slept longest, or whoever is about to sleep."""
        while self._sleepers:
            sleeper = self._sleepers.popleft()
            if not sleeper.done():
                sleeper.set_result(None)
                return
        self._is_rung = True

    def ring_at(self, when: float) -> None:
        """Ring when the loop's time is *when*, and not when it was set to ring before."""
        if when == self._when:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._when = when
        self._timer = None if when == math.inf else self._loop.call_at(when + _HAIR, self._ring_now)

    async def wait(self) -> None:
        """Sleep until the bell rings."""
        if not self._is_rung:
            sleeper = self._loop.create_future()
            self._sleepers.append(sleeper)
            try:
                await sleeper
            except asyncio.CancelledError:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)
                else:
                    self.ring()  # somebody else is to hear it
                raise
        self._is_rung = False

    def _ring_now(self) -> None:
        self._timer, self._when = None, math.inf
        self.ring()
