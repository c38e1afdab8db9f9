"""The sandbox's one clock: durations by the event loop's time, timestamps by a wall clock tied to it."""

import asyncio
import math
import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """Tells the time of one sandbox; under virtual time its dates move with the loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._origin = 0.0
        self._ahead = 0.0
        self._dated = (0, "")

    def start(self) -> None:
        """Tie the wall clock to the running loop, from this moment on."""
        self._loop = asyncio.get_running_loop()
        self._origin = time.time() - self._loop.time()

    @property
    def running(self) -> bool:
        """Whether the sandbox has been entered."""
        return self._loop is not None

    def now(self) -> float:
        """Seconds on the event loop's clock, and those it was put forward; of the loop's none before it is entered."""
        return self._ahead + (0.0 if self._loop is None else self._loop.time())

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        if not seconds >= 0:
            raise ValueError(f"a clock is put forward by a number of seconds, not by {seconds!r}")
        self._ahead += seconds

    def epoch(self, at: float) -> float:
        """The moment *at* (loop time) in seconds since 1970."""
        return self._origin + at

    def loop_time(self, epoch: float) -> float:
        """The moment *epoch* (seconds since 1970) in loop time."""
        return epoch - self._origin

    def milliseconds(self, at: float) -> int:
        """The moment *at* as HubSpot writes it in a few places: an epoch in milliseconds."""
        return int(self.epoch(at) * 1000)

    def iso(self, at: float) -> str:
        """The moment *at* as HubSpot writes it nearly everywhere."""
        moment = datetime.fromtimestamp(self.epoch(at), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def http_date(self) -> str:
        """Now, for a `Date` header."""
        second = math.floor(self.epoch(self.now()))
        if second != self._dated[0]:
            self._dated = (second, formatdate(second, usegmt=True))
        return self._dated[1]
