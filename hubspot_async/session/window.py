"""How many requests a span of time holds, and for whom. Pure: it is told the time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping

from hubspot_async.classes import define
from hubspot_async.wire.headers import DAILY_LIMIT, DAILY_REMAINING, INTERVAL, LIMIT, REMAINING
from hubspot_async.wire.request import POLL, Lane

MARGIN = 0.01
"""The share of the limit left unused."""

SLACK = (0.01, 0.05)
"""HubSpot counts arrivals where we count departures, so our interval is longer than its: by the longest time that an
answer took lately, and by these shares of it at the least and at the most."""

HANDFUL = 5
BURST = 0.1
"""So many polls may go at once, or this share of the limit if that is less; more are spread over the interval."""

CATCH_UP = 0.01
"""The share of an interval by which a place may be taken early where they go evenly, so that lateness costs none."""

BLINK = 0.001
"""The share of an interval in which nothing is counted anew, if nothing was learned."""

LEAST = 0.1
"""The share of the limit that we claim whatever others use of it, so that nobody is shut out for good."""

MEMORY = 6
"""Intervals in which a refusal is forgotten bit by bit, unless headers tell more."""

UNSURE = 0.05
"""The share of the limit that may be on its way for a guess at how much of it HubSpot has counted."""

_LIMITS = range(1, 100_001)
_INTERVALS = range(100, 60_001)


@define
class Peak:
    """The largest of the numbers noted in the last one or two periods."""

    _largest: float = 0.0
    _before: float = 0.0
    _end: float = -math.inf

    def note(self, number: float, now: float, period: float) -> bool:
        """Take in a number; tells whether it is the largest."""
        if now >= self._end:
            self._before = self._largest if now < self._end + period else 0.0
            self._largest, self._end = 0.0, now + period
        if number <= self._largest:
            return False
        self._largest = number
        return True

    def get(self, now: float, period: float) -> float:
        """Give the largest, or zero if there was none."""
        if now < self._end:
            return max(self._largest, self._before)
        return self._largest if now < self._end + period else 0.0


@define
class Pace:
    """An even pace, which those who are in time may be ahead of by a little."""

    due: float = -math.inf
    """When the next is to go."""
    _pause: float = 0.0

    def step(self, now: float, pause: float) -> None:
        """Let one go, and the next after *pause*."""
        self.due = max(now, self.due) + pause
        self._pause = pause

    def undo(self) -> None:
        """Take one step back."""
        self.due -= self._pause


class Window:
    """A sliding log: the places taken in the last *interval* seconds, of which there are *limit*.

    Not a bucket that refills: full at the start, it would let through twice the limit within one interval.
    What others use of the same limit is learned from HubSpot's answers and left to them; *most* is a cap of the
    user's own. Polls go evenly but for a handful; everyone does until the first answer has told what others use,
    after a refusal, and while the lanes compete.
    """

    def __init__(self, limit: int, interval: float, most: int | None = None) -> None:
        self.limit = limit
        self.interval = interval
        self.daily_limit: int | None = None
        self.daily_remaining: int | None = None
        self._most = most
        self._taken: deque[float] = deque()
        self._polls = Pace()
        self._all = Pace()
        self._even_until = math.inf
        self._closed_until = -math.inf
        self._others = Peak()
        self._others_at_refusal = 0.0
        self._trip = Peak()
        self._told: tuple[str | None, str | None] = (None, None)
        self._is_limit_told = False
        self._span, self._places, self._ahead = interval, 1, 0.0
        self._counted_at = self._stale_at = math.inf

    def places(self, now: float) -> int:
        """Count how many places we may take in one interval."""
        self._catch_up(now)
        return self._places

    def ready_at(self, lane: Lane, now: float) -> float:
        """Tell when *lane* may take a place: now, if that is not later than *now*; else not before."""
        self._catch_up(now)
        at = self._closed_until
        if len(self._taken) >= self._places and (freed := self._taken[0] + self._span) > at:
            at = freed
        if lane is POLL and (due := self._polls.due - self._ahead) > at:
            at = due
        if now < self._even_until and (due := self._all.due - CATCH_UP * self.interval) > at:
            at = due
        return at

    def take(self, lane: Lane, now: float) -> None:
        """Use a place, of which `ready_at` says that it is free."""
        if lane is POLL:
            # The free places are to last until others are freed.
            until_freed = self._taken[0] + self._span - now if self._taken else self._span
            free = max(1, self._places - len(self._taken))
            self._polls.step(now, max(self._span / self._places, until_freed / free))
        if now < self._even_until:
            self._all.step(now, self._span / self._places)
        self._taken.append(now)

    def give_back(self, lane: Lane, at: float | None = None) -> None:
        """Return an unused place of *lane*: the one taken *at* that time, or else the last."""
        if at is None:
            at = self._taken[-1] if self._taken else -math.inf
        if at in self._taken:
            self._taken.remove(at)
            if at < self._even_until:
                self._all.undo()
            if lane is POLL:
                self._polls.undo()

    def go_evenly(self, now: float, until: float) -> None:
        """Let places be taken one by one until then, for many want them."""
        if now >= self._even_until:
            self._all.due = now
        self._even_until = max(self._even_until, until)

    def learn(self, headers: Mapping[str, str], now: float, took: float = 0.0) -> None:
        """Take the true limit, and what others use of it, from the headers of an answer that *took* so long."""
        if DAILY_REMAINING in headers:
            self.daily_limit = _number(headers.get(DAILY_LIMIT), self.daily_limit)
            self.daily_remaining = _number(headers.get(DAILY_REMAINING), self.daily_remaining)
        told = headers.get(LIMIT), headers.get(INTERVAL)
        if told != self._told:
            self._told = told
            self._learn_limit(*told, now)
        is_new = self._trip.note(took, now, self.interval)
        if self._even_until == math.inf:
            self._even_until = now
        remaining = _number(headers.get(REMAINING)) if self._is_limit_told else None
        if remaining is not None:
            is_new |= self._others.note(self._count_others(self.limit - remaining, now, took), now, self.interval)
            if self._others_at_refusal and now >= self._closed_until + self.interval:
                self._others_at_refusal, is_new = 0.0, True
        if is_new:
            self._counted_at = math.inf

    def _learn_limit(self, limit_text: str | None, interval_text: str | None, now: float) -> None:
        limit, interval = _number(limit_text), _number(interval_text)
        self._counted_at = math.inf
        if interval is not None and interval in _INTERVALS:
            self.interval = interval / 1000
        self._is_limit_told = limit is not None and limit in _LIMITS
        if limit is not None and self._is_limit_told and limit != self.limit:
            self.limit = limit
            self._all.due = self._polls.due = now

    def refuse(self, now: float, pause: float) -> None:
        """Note a refusal, and that nobody is to be let through for so long.

        HubSpot does not count what it refuses; what it has let through of ours tells what others leave us.
        """
        self._catch_up(now)
        self._counted_at = math.inf
        if self._taken:
            self._taken.pop()
        known = self._others_at_refusal if now < self._closed_until else 0.0
        self._others_at_refusal = max(known, self.limit - len(self._taken))
        self._closed_until = max(self._closed_until, now + pause)
        self.go_evenly(self._closed_until, self._closed_until + self.interval)

    def _count_others(self, used: int, now: float, took: float) -> int:
        """Tell how much of what HubSpot has counted is others'.

        Ours are all in the log, so alone on an account this is nothing for certain. Beside others the log is too long:
        HubSpot had not counted those on their way, and had forgotten the oldest.
        """
        self._catch_up(now)
        least = used - len(self._taken)
        if least <= self.limit * MARGIN:
            return least
        on_their_way = len(self._taken) - bisect_right(self._taken, now - took)
        if on_their_way > self.limit * UNSURE:
            return least
        counted_at = now - took / 2
        ours = bisect_right(self._taken, counted_at) - bisect_right(self._taken, counted_at - self.interval)
        return used - ours

    def _others_by_refusal(self, now: float) -> float:
        """Tell what a refusal lets us think that others use: less and less, so that we find out bit by bit."""
        age = (now - self._closed_until) / self.interval - 1
        return self._others_at_refusal * min(1.0, max(0.0, 1 - age / MEMORY))

    def _catch_up(self, now: float) -> None:
        """Drop what is older than the span of the log, and count anew what was counted long ago."""
        if not self._counted_at <= now < self._stale_at:
            self._count(now)
        while self._taken and self._taken[0] + self._span <= now:
            self._taken.popleft()

    def _count(self, now: float) -> None:
        """Tell how long the log goes back, how many places there are in it, and by how much polls may be ahead."""
        shortest, longest = SLACK
        trip = self._trip.get(now, self.interval)
        self._span = self.interval + min(max(trip, shortest * self.interval), longest * self.interval)
        self._places = self._count_places(now)
        self._ahead = min((HANDFUL - 0.5) / self._places, BURST) * self._span
        self._counted_at, self._stale_at = now, now + BLINK * self.interval

    def _count_places(self, now: float) -> int:
        others = max(self._others.get(now, self.interval), self._others_by_refusal(now))
        left = self.limit - math.ceil(self.limit * MARGIN) - math.ceil(others)
        places = max(1, math.ceil(self.limit * LEAST), left)
        return places if self._most is None else min(places, self._most)


def _number(text: str | None, default: int | None = None) -> int | None:
    """Read a header that is a small whole number, and nothing else."""
    return int(text) if text and len(text) <= 9 and text.isascii() and text.isdigit() else default
