"""One request budget for all processes that use an account, kept in Redis."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import Self

import anyio
from attrs import evolve
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubspot_async.errors import DailyLimitError, InputError, SessionClosedError
from hubspot_async.integrations.redis.books import Answer, Books, Client
from hubspot_async.integrations.redis.midnight import read_zone
from hubspot_async.integrations.redis.news import AHEAD, News
from hubspot_async.integrations.redis.window import SharedWindow
from hubspot_async.session.budget import PER_TEN_SECONDS, BudgetStats, RequestBudget
from hubspot_async.watching.bell import Bell
from hubspot_async.wire.request import POLL, USER, Lane

log = logging.getLogger("hubspot_async.budget")

BATCH = 16
"""Places booked in one call at the most."""

NEWS = 1.0
"""Seconds. While somebody waits, what other processes have found out is at most so old."""

PATIENCE = 2.0
"""Seconds after which Redis counts as lost if it has not answered."""

RETRY = 1.0
"""Seconds between two tries to find it again."""


class RedisBudget(RequestBudget):
    """So many requests in any ten seconds, shared by every process and host that uses an account.

    Each place is booked in Redis, by Redis's own clock, so clocks that differ do no harm; the limits, what others use
    of them, a 429 and the end of the day's requests are learned by one process for all. Within a process users and
    polls share as in a `RequestBudget`; processes that all want more get equal parts.

    Where Redis is lost each process sends nothing for one interval, keeps to *share* of the limit from then on, and
    goes back to sharing when Redis is there again; the log of ``hubspot_async.budget`` says both, once.

    *redis* is the URL of a server, or a client of your own (``redis.asyncio.Redis`` or ``RedisCluster``), which is not
    closed. *account* names whose requests are counted together: a private app has ten seconds of its own (HubSpot's
    usage guidelines), so two apps of one account want two names. *share* is safe if it is at most one divided by the
    number of processes. A *limit* of your own is kept to even where HubSpot would allow more. *daily_limit* is how many
    requests of a day are let through, the day being that of *time_zone*, which is to be the account's.

    Enter it with ``async with``, in the event loop of the sessions that use it; any number of them may. Raises
    InputError for what cannot be right.
    """

    def __init__(
        self,
        redis: str | Client,
        account: str,
        *,
        limit: int | None = None,
        interval: float = 10.0,
        share: float = 0.1,
        daily_limit: int | None = None,
        time_zone: str = "UTC",
        prefix: str = "hubspot-async",
    ) -> None:
        super().__init__(limit, interval)
        _check(account, share, daily_limit, prefix)
        self._window = self._shared = SharedWindow(limit or PER_TEN_SECONDS, interval, share=share, most=limit)
        self._account = account
        self._daily_cap = daily_limit
        self._news = News(read_zone(time_zone), daily_limit)
        self._is_own = isinstance(redis, str)
        self._client = _connect(redis) if isinstance(redis, str) else redis
        self._books = Books(self._client, prefix, account)
        self._booker: asyncio.Task[None] | None = None
        self._is_open = False
        self._asked_at = self._retry_at = -math.inf

    def __repr__(self) -> str:
        return f"RedisBudget({self._account!r}, {self._window.limit}, {self._window.interval})"

    async def __aenter__(self) -> Self:
        if self._booker is not None:
            raise SessionClosedError("a RedisBudget is entered once")
        self._bell = Bell(asyncio.get_running_loop())
        try:
            await self._ask()
        except BaseException:
            await self._close()
            raise
        self._booker = asyncio.create_task(self._keep_booking(), name=f"{self!r} books places")
        self._is_open = True
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._booker is not None
        self._is_open = False
        self._booker.cancel()
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([self._booker])
            self._dismiss()
            if not self._booker.cancelled() and (error := self._booker.exception()) is not None:
                raise error
        finally:
            await self._close()

    @property
    def stats(self) -> BudgetStats:
        """What this process has done so far; the day's requests are those of all."""
        stats = super().stats
        if self._daily_cap is None:
            return stats
        return evolve(stats, daily_limit=self._daily_cap, daily_remaining=max(0, self._daily_cap - self._news.today))

    @property
    def rate(self) -> float:
        """How many places a second the other processes leave to this one, as far as is known."""
        return self._shared.rate(_time())

    @property
    def is_shared(self) -> bool:
        """Whether Redis answers; if not, this process keeps to its share of the limit."""
        return not self._shared.is_alone

    def ready_at(self, now: float, lane: Lane = USER) -> float:
        """Tell when the next place booked for this process is free; infinity until `acquire` has one booked."""
        return super().ready_at(now, lane)

    def take(self, lane: Lane) -> bool:
        """Take a place if one is booked, is free, and nobody of the lane waits for it.

        Raises DailyLimitError where the day's requests are used up.
        """
        if not self._is_open:
            raise SessionClosedError("a RedisBudget is used inside `async with`")
        return super().take(lane)

    def learn(self, headers: Mapping[str, str], took: float = 0.0) -> None:
        """Take what the headers of an answer that *took* so many seconds tell of the limits, for all processes."""
        self._news.is_open = self._news.is_open or self._daily_error is not None
        super().learn(headers, took)

    def refused(self, retry_after: float | None, headers: Mapping[str, str]) -> None:
        """Pause everyone, in every process, after a 429."""
        super().refused(retry_after, headers)
        self._news.is_refused = True
        self._ring()

    def refused_for_today(self, error: DailyLimitError) -> None:
        """Answer everyone, in every process, with an error, but for one request a minute, until one gets through."""
        super().refused_for_today(error)
        self._news.is_used_up, self._news.is_open = True, False
        self._ring()

    # What a budget of one process does too, and where the books come in.

    def _probe(self, error: DailyLimitError, now: float) -> None:
        """Leave it to the books who finds out whether the day has begun again."""
        if self._shared.is_alone:
            super()._probe(error, now)
        elif now < self._next_probe:
            raise copy(error)

    def _grant(self, lane: Lane, now: float) -> None:
        super()._grant(lane, now)
        self._news.uncounted += self._shared.is_alone

    def _wait(self, now: float) -> None:
        super()._wait(now)
        self._ring()

    def _ring(self) -> None:
        if self._is_open:
            self._bell.ring()

    # Booking.

    async def _keep_booking(self) -> None:
        """Book places for those who wait, and pass on news, until the budget is left."""
        while True:
            now = _time()
            at = self._next_ask(now)
            if at <= now:
                await self._ask()
                self._serve()
            else:
                self._bell.ring_at(at)
                await self._bell.wait()

    def _next_ask(self, now: float) -> float:
        """Tell when there is something to ask or to tell."""
        window = self._shared
        if window.is_alone:
            return self._retry_at
        if self._news.is_urgent:
            return now
        if not self._count_waiting():
            return math.inf
        news = self._asked_at + NEWS
        if len(window.leases) >= self._most_leases(now):
            return news
        at = max(self._own_ready_at(now), window.leases[-1].at if window.leases else now)
        return min(news, at - AHEAD * window.interval)

    async def _ask(self) -> None:
        """Ask the books once; if they do not answer they are lost until the next try."""
        now, window = _time(), self._shared
        self._asked_at = now
        wanted = 0 if window.is_alone else min(BATCH, self._most_leases(now) - len(window.leases))
        ask = self._news.write(window, wanted, self._own_ready_at(now), now)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._books.ask(ask)
        except (RedisError, OSError, ValueError) as error:
            self._news.unheard(ask)
            self._lose(error)
        else:
            self._hear(answer, ask.names)

    def _own_ready_at(self, now: float) -> float:
        """Tell when the first of those who wait may go if a place is booked for him."""
        lanes = (lane for lane in (USER, POLL) if self._waiting[lane])
        return min((self._shared.own_ready_at(lane, now) for lane in lanes), default=now)

    def _most_leases(self, now: float) -> int:
        """Count the places to have booked: one where they go one by one, for more would lie unused."""
        goes_singly = not self._waiting[USER] or now < self._shared.even_until
        return min(self._count_waiting(), 1) if goes_singly else self._count_waiting()

    def _count_waiting(self) -> int:
        return len(self._waiting[USER]) + len(self._waiting[POLL])

    def _hear(self, answer: Answer, names: Sequence[str]) -> None:
        now, window = _time(), self._shared
        window.hear(answer, names, now)
        is_same = self._news.read(answer, now)
        if window.is_alone or not is_same:
            self._find(now)
        if answer.shut_for > 0:
            self._close_for_today(self._news.used_up(), now + answer.shut_for)

    def _lose(self, error: Exception) -> None:
        now = _time()
        self._retry_at = now + RETRY
        if not self._shared.is_alone:
            self._shared.lose(now)
            share, reason = self._shared.places(now), str(error) or type(error).__name__
            log.warning("%r: Redis is lost, so this process keeps to %d requests: %s", self, share, reason)

    def _find(self, now: float) -> None:
        """Go by the books again, and tell them what they have missed; others need a moment to find them too."""
        what = "is back" if self._shared.is_alone else "has forgotten what was booked"
        self._news.missed = self._shared.find(now, now + 2 * RETRY)
        log.warning("%r: Redis %s; requests are shared from here on", self, what)

    # Leaving.

    def _dismiss(self) -> None:
        """Send away those who still wait."""
        for waiting in self._waiting.values():
            while waiting:
                place, _ = waiting.popitem(last=False)
                if not place.done():
                    place.set_exception(SessionClosedError("the RedisBudget was left while this waited for a place"))
                    place.exception()  # heard, even if who waited is being cancelled
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._bell.ring_at(math.inf)

    async def _close(self) -> None:
        """Give back what was booked, as far as Redis is there, and leave it."""
        with anyio.move_on_after(PATIENCE, shield=True):
            self._shared.let_go()
            if self._shared.returned or self._news.uncounted:
                await self._ask()
            if self._is_own:
                await self._client.aclose()


def _check(account: str, share: float, daily_limit: int | None, prefix: str) -> None:
    for name, value in (("account", account), ("prefix", prefix)):
        if not isinstance(value, str) or not value.strip() or "{" in value or "}" in value:
            raise InputError(f"{name} must be a name without braces, which are Redis's, not {value!r}")
    if not 0 < share <= 1:
        raise InputError(f"share must be above 0 and at most 1, not {share!r}")
    if daily_limit is not None and daily_limit < 1:
        raise InputError(f"daily_limit must be at least 1, not {daily_limit!r}")


def _connect(url: str) -> Redis:
    try:
        return Redis.from_url(
            url, retry=Retry(NoBackoff(), 1), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
    except ValueError as error:
        raise InputError(f"redis must be a URL such as redis://host:6379/0: {error}") from None


def _time() -> float:
    return asyncio.get_running_loop().time()
