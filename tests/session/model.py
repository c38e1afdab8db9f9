"""HubSpot's limit as a model, and clients that call it in virtual time: no sockets, so hours pass in a moment."""

import asyncio
import random
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable

from attrs import define, field

from hubspot_async.session.budget import Budget
from hubspot_async.wire.request import USER, Lane


@define
class Limit:
    """What HubSpot counts: arrivals in a rolling window; a refused one is not counted."""

    limit: int = 1000
    interval: float = 10.0
    has_headers: bool = True
    arrivals: list[float] = field(factory=list)
    refusals: list[float] = field(factory=list)
    _counted: deque[float] = field(factory=deque)

    def arrive(self, now: float) -> bool:
        """Count one request, or refuse it."""
        while self._counted and self._counted[0] <= now - self.interval:
            self._counted.popleft()
        if len(self._counted) >= self.limit:
            self.refusals.append(now)
            return False
        self._counted.append(now)
        self.arrivals.append(now)
        return True

    def headers(self) -> dict[str, str]:
        if not self.has_headers:
            return {}
        return {
            "X-HubSpot-RateLimit-Max": str(self.limit),
            "X-HubSpot-RateLimit-Remaining": str(self.limit - len(self._counted)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.interval * 1000)),
        }


@define(eq=False)
class Client:
    """Somebody who calls through a budget, as a session does."""

    server: Limit
    budget: Budget
    latency: Callable[[], float] = field(factory=lambda: random.Random(7).random)
    sent: list[float] = field(factory=list)
    refused: list[float] = field(factory=list)

    async def call(self, lane: Lane = USER) -> None:
        """Send until it is accepted."""
        loop = asyncio.get_running_loop()
        while True:
            await self.budget.acquire(lane)
            began = loop.time()
            self.sent.append(began)
            await asyncio.sleep(self.latency() * 0.5)
            is_accepted, headers = self.server.arrive(loop.time()), self.server.headers()
            await asyncio.sleep(self.latency() * 0.5)
            if is_accepted:
                self.budget.learn(headers, loop.time() - began)
                return
            self.refused.append(began)
            self.budget.refused(None, headers)

    @property
    def error_share(self) -> float:
        return len(self.refused) / max(1, len(self.sent))


async def hammer(count: int, workers: int, call: Callable[[], Awaitable[None]]) -> None:
    """Make *count* calls from so many coroutines."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(work() for _ in range(workers)))


def busiest(times: list[float], span: float) -> int:
    """Count the most that fall within any *span* seconds, its end left out."""
    times = sorted(times)
    return max((index + 1 - bisect_right(times, at - span) for index, at in enumerate(times)), default=0)
