"""Waking one who waits, by a ring or at a time."""

from __future__ import annotations

import asyncio
import math

_HAIR = 1e-5
"""Seconds. A loop may call that much too early, by its clock's resolution; what was waited for would not be due yet."""


class Bell:
    """Lets one coroutine sleep until it is rung or a time comes; a ring before the sleep is not lost."""

    __slots__ = ("_is_rung", "_loop", "_sleeper")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_rung = False
        self._sleeper: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Wake the sleeper, now or as soon as there is one."""
        self._is_rung = True
        self._wake()

    async def wait_until(self, when: float) -> None:
        """Sleep until rung, or until *when* by the loop's time."""
        if not self._is_rung:
            self._sleeper = self._loop.create_future()
            timer = None if when == math.inf else self._loop.call_at(when + _HAIR, self._wake)
            try:
                await self._sleeper
            finally:
                self._sleeper = None
                if timer is not None:
                    timer.cancel()
        self._is_rung = False

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)
