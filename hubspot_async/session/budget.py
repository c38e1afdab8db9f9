"""One request budget for all who send through a session."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Mapping
from copy import copy
from typing import Protocol

from hubspot_async.classes import frozen
from hubspot_async.errors import DailyLimitError, InputError
from hubspot_async.session.window import Window
from hubspot_async.wire.request import POLL, USER, Lane

PER_TEN_SECONDS = 100
"""HubSpot's lowest limit, of free and starter accounts (HubSpot's usage guidelines); headers tell the true one."""

LONGEST_PAUSE = 300.0
"""Seconds. A 429 that asks for more than this is about something else than ten seconds."""

PROBE = 60.0
"""Seconds between two requests that find out whether the day's count has begun again."""

_OTHER = {USER: POLL, POLL: USER}


@frozen
class BudgetStats:
    """What a budget has done so far."""

    granted: int
    """Places given, one for each request sent."""
    waited: int
    """How many had to wait for one."""
    refused: int
    """429 answers."""
    daily_limit: int | None
    """Requests a day, where HubSpot's headers tell (OAuth answers do not)."""
    daily_remaining: int | None
    """How many of them are left today."""


class Budget(Protocol):
    """What paces requests: one for a session, or one that several processes share."""

    @property
    def stats(self) -> BudgetStats:
        """What it has done so far."""
        ...

    @property
    def rate(self) -> float:
        """How many places a second there are, as far as is known."""
        ...

    def ready_at(self, now: float, lane: Lane = USER) -> float:
        """Tell when the next place may be free, by the event loop's clock; *now* or earlier means at once."""
        ...

    def take(self, lane: Lane) -> bool:
        """Take a place if one is free at once and nobody of the lane waits for it.

        Raises DailyLimitError where the day's requests are used up.
        """
        ...

    async def acquire(self, lane: Lane) -> None:
        """Wait for a place and take it. Raises DailyLimitError where the day's requests are used up."""
        ...

    def give_back(self, lane: Lane) -> None:
        """Return the place that *lane* has just taken, unused."""
        ...

    def learn(self, headers: Mapping[str, str], took: float = 0.0) -> None:
        """Take what the headers of an answer that *took* so many seconds tell of the limits."""
        ...

    def refused(self, retry_after: float | None, headers: Mapping[str, str]) -> None:
        """Pause everyone after a 429, for as long as HubSpot asks or for one interval."""
        ...

    def refused_for_today(self, error: DailyLimitError) -> None:
        """Answer everyone with *error* for a while, without asking HubSpot each time."""
        ...


class RequestBudget:
    """So many requests in any ten seconds, shared by all that one session sends.

    Two lanes: when users and polls both want places, half go to each, so neither starves; within a lane who came
    first is served first; what one lane does not want the other may have. Polls are spread over the interval.

    It begins with HubSpot's lowest limit and learns the true one from the answers. A *limit* of your own is kept to
    even where HubSpot would allow more. *interval* is in seconds, and HubSpot's is ten.

    Raises InputError for a limit or an interval that is not above zero.
    """

    def __init__(self, limit: int | None = None, interval: float = 10.0) -> None:
        if (limit is not None and limit < 1) or not 0 < interval < math.inf:
            raise InputError(f"a budget needs a limit and an interval above zero, not {limit} and {interval}")
        self._window = Window(limit or PER_TEN_SECONDS, interval, most=limit)
        # Ordered, for who waits in the middle may be cancelled. A place is the time of its grant, or why there is none.
        self._waiting: dict[Lane, OrderedDict[asyncio.Future[float | DailyLimitError], None]] = {
            USER: OrderedDict(),
            POLL: OrderedDict(),
        }
        self._last = POLL
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._daily_error: DailyLimitError | None = None
        self._next_probe = -math.inf
        self._granted = self._waited = self._refused = 0

    def __repr__(self) -> str:
        return f"RequestBudget({self._window.limit}, {self._window.interval})"

    @property
    def stats(self) -> BudgetStats:
        """What it has done so far."""
        window = self._window
        return BudgetStats(self._granted, self._waited, self._refused, window.daily_limit, window.daily_remaining)

    @property
    def rate(self) -> float:
        """How many places a second there are, as far as is known."""
        return self._window.places(self._time()) / self._window.interval

    def ready_at(self, now: float, lane: Lane = USER) -> float:
        """Tell when the next place is free by the event loop's clock, not counting those who wait for it."""
        return self._window.ready_at(lane, now)

    def take(self, lane: Lane) -> bool:
        """Take a place if one is free at once and nobody of the lane waits for it.

        Raises DailyLimitError where the day's requests are used up.
        """
        now = self._time()
        if self._daily_error is not None:
            self._probe(self._daily_error, now)
        if self._waiting[lane] or self._window.ready_at(lane, now) > now:
            return False
        self._grant(lane, now)
        return True

    async def acquire(self, lane: Lane) -> None:
        """Wait for a place and take it; whoever is cancelled while waiting costs the others nothing.

        Raises DailyLimitError where the day's requests are used up.
        """
        if self.take(lane):
            return
        place = self._running_loop().create_future()
        self._waiting[lane][place] = None
        self._waited += 1
        self._wait(self._time())
        try:
            outcome = await place
        except asyncio.CancelledError:
            self._leave(lane, place)
            raise
        if isinstance(outcome, DailyLimitError):
            raise outcome

    def give_back(self, lane: Lane) -> None:
        """Return the place that *lane* has just taken, unused."""
        self._return(lane, None)

    def learn(self, headers: Mapping[str, str], took: float = 0.0) -> None:
        """Take what the headers of an answer that *took* so many seconds tell of the limits."""
        self._daily_error = None
        self._window.learn(headers, self._time(), took)
        self._serve()

    def refused(self, retry_after: float | None, headers: Mapping[str, str]) -> None:
        """Pause everyone after a 429, for as long as HubSpot asks or for one interval."""
        self._refused += 1
        now = self._time()
        self._window.learn(headers, now)
        self._window.refuse(now, pause_after_refusal(retry_after, self._window.interval))
        self._wait(now)

    def refused_for_today(self, error: DailyLimitError) -> None:
        """Answer everyone with *error*, but for one request a minute, until one gets through."""
        self._refused += 1
        self._close_for_today(error, self._time() + PROBE)

    def _close_for_today(self, error: DailyLimitError, until: float) -> None:
        self._daily_error, self._next_probe = error, until
        for waiting in self._waiting.values():
            while waiting:
                place, _ = waiting.popitem(last=False)
                if not place.done():
                    place.set_result(copy(error))

    def _probe(self, error: DailyLimitError, now: float) -> None:
        """Answer with *error*, but for one request a minute."""
        if now < self._next_probe:
            raise copy(error)
        self._next_probe = now + PROBE

    def _grant(self, lane: Lane, now: float) -> None:
        self._window.take(lane, now)
        self._last = lane
        self._granted += 1

    def _leave(self, lane: Lane, place: asyncio.Future[float | DailyLimitError]) -> None:
        """Clear up behind someone who was cancelled, perhaps just after getting a place."""
        self._waiting[lane].pop(place, None)
        if place.done() and not place.cancelled() and isinstance(at := place.result(), float):
            self._return(lane, at)
        else:
            self._serve()

    def _return(self, lane: Lane, at: float | None) -> None:
        self._granted -= 1
        self._window.give_back(lane, at)
        self._serve()

    def _serve(self, now: float = -math.inf) -> None:
        """Hand out what is free to those who wait, the lanes in turn."""
        if not (self._waiting[USER] or self._waiting[POLL]):
            return
        now = max(now, self._time())
        self._share(now)
        while (lane := self._next_lane(now)) is not None:
            place, _ = self._waiting[lane].popitem(last=False)
            if not place.done():
                self._grant(lane, now)
                place.set_result(now)
        self._wait(now)

    def _next_lane(self, now: float) -> Lane | None:
        for lane in (_OTHER[self._last], self._last):
            if self._waiting[lane] and self.ready_at(now, lane) <= now:
                return lane
        return None

    def _share(self, now: float) -> None:
        """Let places go one by one while both lanes wait.

        Were many free at once, a lane where few wait at a time would get few of them.
        """
        if self._waiting[USER] and self._waiting[POLL]:
            self._window.go_evenly(now, now + self._window.interval)

    def _wait(self, now: float) -> None:
        """See to it that those who wait are served as soon as a place is free."""
        self._share(now)
        at = min((self.ready_at(now, lane) for lane in (USER, POLL) if self._waiting[lane]), default=math.inf)
        if self._timer is not None:
            if self._timer.when() == at and not self._timer.cancelled():
                return
            self._timer.cancel()
            self._timer = None
        if at < math.inf:
            self._timer = self._running_loop().call_at(at, self._on_time, at)

    def _on_time(self, at: float) -> None:
        self._timer = None
        self._serve(at)  # the loop may call a hair too early

    def _time(self) -> float:
        loop = self._loop
        if loop is None or not loop.is_running():
            loop = self._running_loop()
        return loop.time()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Give the running loop, and remember it: to ask asyncio for it is a system call before Python 3.12."""
        self._loop = loop = asyncio.get_running_loop()
        return loop


def pause_after_refusal(retry_after: float | None, interval: float) -> float:
    """Choose the pause after a 429: what HubSpot asks for if that is sane, else an interval."""
    if retry_after is None or not 0 < retry_after <= LONGEST_PAUSE:
        return interval
    return max(retry_after, interval / 10)
