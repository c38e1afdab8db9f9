"""How many requests a span of time holds, and for whom. Pure: it is told the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from attrs import define

from hubspot_async.wire.request import POLL, USER, Lane

MARGIN = 0.01
"""The share of the limit left unused."""

SLACK = (0.01, 0.05)
"""HubSpot counts arrivals where we count departures, so our interval is longer than its: by the longest time that an
answer took lately, and by these shares of it at the least and at the most."""

BURST = 0.1
"""The share of an interval's polls that may go at once; more of them are spread evenly."""

LEAST = 0.1
"""The share of the limit that we claim whatever others use of it, so that nobody is shut out for good."""

MEMORY = 6
"""Intervals in which a refusal is forgotten bit by bit, unless headers tell more."""

_LIMITS = range(1, 100_001)
_INTERVALS = range(100, 60_001)


@define
class Peak:
    """The largest of the numbers noted in the last one or two periods."""

    _largest: float = 0.0
    _before: float = 0.0
    _end: float = -math.inf

    def note(self, number: float, now: float, period: float) -> None:
        """Take in a number."""
        if now >= self._end:
            self._before = self._largest if now < self._end + period else 0.0
            self._largest, self._end = 0.0, now + period
        self._largest = max(self._largest, number)

    def get(self, now: float, period: float) -> float:
        """Give the largest, or zero if there was none."""
        if now < self._end:
            return max(self._largest, self._before)
        return self._largest if now < self._end + period else 0.0


class Window:
    """A sliding log: the places taken in the last *interval* seconds, of which there are *limit*.

    Not a bucket that refills: full at the start, it would let through twice the limit within one interval.
    What others use of the same limit is learned from HubSpot's answers and left to them; *most* is a cap of the
    user's own. Half of the places belong to each lane; of the other's half it gets what that one does not want.
    """

    def __init__(self, limit: int, interval: float, most: int | None = None) -> None:
        self.limit = limit
        self.interval = interval
        self.daily_limit: int | None = None
        self.daily_remaining: int | None = None
        self._most = most
        self._taken: dict[Lane, deque[float]] = {USER: deque(), POLL: deque()}
        self._last = -math.inf
        self._poll_due = -math.inf
        self._closed_until = -math.inf
        self._others = Peak()
        self._others_at_refusal = 0.0
        self._trip = Peak()

    def places(self, now: float) -> int:
        """Count how many places we may take in one interval."""
        others = max(self._others.get(now, self.interval), self._others_by_refusal(now))
        left = self.limit - math.ceil(self.limit * MARGIN) - math.ceil(others)
        places = max(1, math.ceil(self.limit * LEAST), left)
        return places if self._most is None else min(places, self._most)

    def ready_at(self, lane: Lane, now: float, rival_until: float = -math.inf) -> float:
        """Tell when *lane* may take a place: now, if that is not later than *now*; else not before.

        *rival_until* is how long the other lane will want places too, as far as one knows.
        """
        span = self._forget(now)
        places = self.places(now)
        mine, half = self._taken[lane], (places + 1) // 2
        at = self._closed_until
        if self._used >= places:
            at = max(at, self._oldest + span)
        if rival_until > now and len(mine) >= half:
            at = max(at, min(mine[0] + span, rival_until))
        if lane is POLL:
            at = max(at, self._poll_due - BURST * self.interval)
        if self._is_careful(now):
            at = max(at, self._last + span / places)
        return at

    def take(self, lane: Lane, now: float, rival_until: float = -math.inf) -> None:
        """Use a place."""
        if lane is POLL:
            self._poll_due = max(now, self._poll_due) + self._pause_between_polls(now, rival_until)
        self._taken[lane].append(now)
        self._last = now

    def give_back(self, lane: Lane, at: float | None = None) -> None:
        """Return an unused place of *lane*: the one taken *at* that time, or else the last."""
        taken = self._taken[lane]
        if at is None:
            at = taken[-1] if taken else -math.inf
        if at in taken:
            taken.remove(at)

    def learn(self, headers: Mapping[str, str], now: float, took: float = 0.0) -> None:
        """Take the true limit, and what others use of it, from the headers of an answer that *took* so long."""
        limit = _number(headers.get("X-HubSpot-RateLimit-Max"))
        remaining = _number(headers.get("X-HubSpot-RateLimit-Remaining"))
        interval = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
        self.daily_limit = _number(headers.get("X-HubSpot-RateLimit-Daily"), self.daily_limit)
        self.daily_remaining = _number(headers.get("X-HubSpot-RateLimit-Daily-Remaining"), self.daily_remaining)
        self._trip.note(took, now, self.interval)
        if interval is not None and interval in _INTERVALS:
            self.interval = interval / 1000
        if limit is None or limit not in _LIMITS:
            return
        if limit != self.limit:
            self.limit, self._poll_due = limit, now
        if remaining is not None:
            self._forget(now)
            # HubSpot may not have counted all of ours yet, so this is the least that others can have used.
            self._others.note(limit - remaining - self._used, now, self.interval)
            if not self._is_careful(now):
                self._others_at_refusal = 0.0

    def refuse(self, now: float, pause: float) -> None:
        """Note a refusal, and that nobody is to be let through for so long.

        HubSpot does not count what it refuses; what it has let through of ours tells what others leave us.
        """
        self._forget(now)
        self.give_back(max(self._taken, key=lambda lane: max(self._taken[lane], default=-math.inf)))
        known = self._others_at_refusal if now < self._closed_until else 0.0
        self._others_at_refusal = max(known, self.limit - self._used)
        self._closed_until = max(self._closed_until, now + pause)

    def _pause_between_polls(self, now: float, rival_until: float) -> float:
        """Spread the polls so that the free places last until others are freed, and never faster than evenly."""
        span = self._forget(now)
        places = self.places(now)
        room = places - self._used
        if rival_until > now:
            room = min(room, (places + 1) // 2 - len(self._taken[POLL]))
        until_freed = self._oldest + span - now if self._used else span
        return max(span / places, until_freed / max(1, room))

    def _is_careful(self, now: float) -> bool:
        """Whether a pause has just been: all who waited come at once then, and must not all be sent at once."""
        return now < self._closed_until + self.interval

    def _others_by_refusal(self, now: float) -> float:
        """Tell what a refusal lets us think that others use: less and less, so that we find out bit by bit."""
        age = (now - self._closed_until) / self.interval - 1
        return self._others_at_refusal * min(1.0, max(0.0, 1 - age / MEMORY))

    @property
    def _used(self) -> int:
        return len(self._taken[USER]) + len(self._taken[POLL])

    @property
    def _oldest(self) -> float:
        return min(taken[0] for taken in self._taken.values() if taken)

    def _forget(self, now: float) -> float:
        """Drop what is older than an interval; gives how long that is here."""
        shortest, longest = SLACK
        slack = min(max(self._trip.get(now, self.interval), shortest * self.interval), longest * self.interval)
        span = self.interval + slack
        for taken in self._taken.values():
            while taken and taken[0] + span <= now:
                taken.popleft()
        return span


def _number(text: str | None, default: int | None = None) -> int | None:
    """Read a header that is a small whole number, and nothing else."""
    return int(text) if text and len(text) <= 9 and text.isascii() and text.isdigit() else default
