"""One request budget for all who send through a session."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from hubspot_async.errors import DailyLimitError, InputError
from hubspot_async.session.window import Window
from hubspot_async.wire.request import POLL, USER, Lane

PER_TEN_SECONDS = 100
"""HubSpot's lowest limit, of free and starter accounts (HubSpot's usage guidelines); headers tell the true one."""


LONGEST_PAUSE = 300.0
"""Seconds. A 429 that asks for more than this is about something else than ten seconds."""


@frozen
class BudgetStats:
    """What a budget has done so far."""

    granted: int
    """Places given, one for each request sent."""
    waited: int
    """How many of them had to wait."""
    refused: int
    """429 answers."""
    daily_limit: int | None
    """Requests a day, where HubSpot's headers tell (OAuth answers do not)."""
    daily_remaining: int | None


class Budget(Protocol):
    """What paces requests: one for a session, or one that several processes share."""

    @property
    def stats(self) -> BudgetStats:
        """What it has done so far."""
        ...

    def ready_at(self, now: float) -> float:
        """Tell when the next place may be free, by the event loop's clock; *now* or earlier means at once."""
        ...

    def take(self, lane: Lane) -> bool:
        """Take a place if one is free at once and nobody waits for it."""
        ...

    async def acquire(self, lane: Lane) -> None:
        """Wait for a place and take it. Raises DailyLimitError where the day's requests are used up."""
        ...

    def give_back(self) -> None:
        """Return a place that was taken and not used."""
        ...

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take what an answer's headers tell of the limits."""
        ...

    def refused(self, retry_after: float | None) -> None:
        """Pause everyone after a 429, for as long as HubSpot asks or for one interval."""
        ...

    def refused_for_today(self, error: DailyLimitError) -> None:
        """Answer everyone with *error* for a while, without asking HubSpot each time."""
        ...


class RequestBudget:
    """So many requests in any ten seconds, shared by all that one session sends.

    Two lanes: when users and polls both wait, places go to each in turn, so neither starves; within a lane who came
    first is served first; what one lane does not want the other may have. It starts with *limit* for *interval*
    seconds and learns the true numbers from HubSpot's answers.
    """

    def __init__(self, limit: int = PER_TEN_SECONDS, interval: float = 10.0) -> None:
        if limit < 1 or not interval > 0:
            raise InputError(f"a budget needs a limit and an interval above zero, not {limit} and {interval}")
        self._window = Window(limit, interval)
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {USER: deque(), POLL: deque()}
        self._last = POLL
        self._timer: asyncio.TimerHandle | None = None
        self._daily_error: DailyLimitError | None = None
        self._daily_until = 0.0
        self._granted = self._waited = self._refused = 0

    def __repr__(self) -> str:
        return f"RequestBudget({self._window.limit}, {self._window.interval})"

    @property
    def stats(self) -> BudgetStats:
        """What it has done so far."""
        window = self._window
        return BudgetStats(self._granted, self._waited, self._refused, window.daily_limit, window.daily_remaining)

    def ready_at(self, now: float) -> float:
        """Tell when the next place is free by the event loop's clock, not counting those who wait for it."""
        return self._window.ready_at(now)

    def take(self, lane: Lane) -> bool:
        """Take a place if one is free at once and nobody waits for it."""
        now = _time()
        self._check_daily(now)
        if self._waiting[USER] or self._waiting[POLL] or self._window.ready_at(now) > now:
            return False
        self._grant(lane, now)
        return True

    async def acquire(self, lane: Lane) -> None:
        """Wait for a place and take it; whoever is cancelled while waiting costs the others nothing."""
        if self.take(lane):
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(place)
        self._waited += 1
        self._set_timer()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Return a place that was taken and not used."""
        self._granted -= 1
        self._window.give_back()
        self._serve()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take what an answer's headers tell of the limits."""
        self._window.learn(headers, _time())

    def refused(self, retry_after: float | None) -> None:
        """Pause everyone after a 429, for as long as HubSpot asks or for one interval."""
        self._refused += 1
        now = _time()
        self._window.filled_by_others(now)
        is_sane = retry_after is not None and 0 < retry_after <= LONGEST_PAUSE
        self._window.close(now + (retry_after if is_sane and retry_after else self._window.interval))

    def refused_for_today(self, error: DailyLimitError) -> None:
        """Answer everyone with *error* for one interval, without asking HubSpot each time."""
        self._refused += 1
        self._daily_error, self._daily_until = error, _time() + self._window.interval
        for lane in self._waiting.values():
            while lane:
                place = lane.popleft()
                if not place.done():
                    place.set_exception(error)

    def _check_daily(self, now: float) -> None:
        if self._daily_error is not None and now < self._daily_until:
            raise self._daily_error.with_traceback(None)

    def _grant(self, lane: Lane, now: float) -> None:
        self._window.take(now)
        self._last = lane
        self._granted += 1

    def _serve(self) -> None:
        """Hand out what is free to those who wait, the lanes in turn."""
        now = _time()
        while (lane := self._next_lane()) is not None and self._window.ready_at(now) <= now:
            self._waiting[lane][0].set_result(None)
            _ = self._waiting[lane].popleft()
            self._grant(lane, now)
        self._set_timer()

    def _next_lane(self) -> Lane | None:
        for lane in self._waiting.values():
            while lane and lane[0].done():
                lane.popleft()
        turn = USER if self._last is POLL else POLL
        other = POLL if turn is USER else USER
        return turn if self._waiting[turn] else other if self._waiting[other] else None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._next_lane() is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._window.ready_at(loop.time()), loop.time()), self._serve)


def _time() -> float:
    return asyncio.get_running_loop().time()
