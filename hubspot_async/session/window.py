"""How many requests a span of time holds. Pure: it is told the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

MARGIN = 0.02
"""The share of the limit left unused, for HubSpot counts arrivals where we count departures."""

SLACK = 0.01
"""By how much our window is longer than HubSpot's, for the same reason."""


class Window:
    """A sliding log: the places taken in the last *interval* seconds, of which there are *limit*.

    Not a bucket that refills: full at the start, it would let through twice the limit within one interval.
    What others use of the same limit is learned from HubSpot's headers and kept free.
    """

    def __init__(self, limit: int, interval: float) -> None:
        self.limit = limit
        self.interval = interval
        self._taken: deque[float] = deque()
        self._others = 0
        self._others_until = -math.inf
        self._closed_until = -math.inf
        self.daily_limit: int | None = None
        self.daily_remaining: int | None = None

    def places(self, now: float) -> int:
        """Count how many places we may take in one interval."""
        ours = self.limit - math.ceil(self.limit * MARGIN)
        return max(1, ours - (self._others if now < self._others_until else 0))

    def ready_at(self, now: float) -> float:
        """Tell when the next place is free; *now* or earlier means at once."""
        self._forget(now)
        places = self.places(now)
        if len(self._taken) < places:
            return self._closed_until
        return max(self._closed_until, self._taken[len(self._taken) - places] + self._span)

    def take(self, now: float) -> None:
        """Use a place."""
        self._taken.append(now)

    def give_back(self) -> None:
        """Return the place taken last, unused."""
        if self._taken:
            self._taken.pop()

    def close(self, until: float) -> None:
        """Let nobody through before *until*: HubSpot said so."""
        self._closed_until = max(self._closed_until, until)

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Take the true limit, and what others use of it, from the headers of an answer."""
        limit = _number(headers.get("X-HubSpot-RateLimit-Max"))
        remaining = _number(headers.get("X-HubSpot-RateLimit-Remaining"))
        interval = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
        self.daily_limit = _number(headers.get("X-HubSpot-RateLimit-Daily"), self.daily_limit)
        self.daily_remaining = _number(headers.get("X-HubSpot-RateLimit-Daily-Remaining"), self.daily_remaining)
        if interval:
            self.interval = interval / 1000
        if limit:
            self.limit = limit
            if remaining is not None:
                self._forget(now)
                self._note_others(limit - remaining - len(self._taken), now)

    def filled_by_others(self, now: float) -> None:
        """Note a refusal: whatever we have not taken ourselves, others have."""
        self._forget(now)
        self._note_others(self.limit - len(self._taken), now)

    def _note_others(self, count: int, now: float) -> None:
        self._others = min(max(0, count), self.limit)
        self._others_until = now + self.interval

    @property
    def _span(self) -> float:
        return self.interval * (1 + SLACK)

    def _forget(self, now: float) -> None:
        start = now - self._span
        while self._taken and self._taken[0] <= start:
            self._taken.popleft()


def _number(text: str | None, default: int | None = None) -> int | None:
    """Read a header that is a small whole number, and nothing else."""
    return int(text) if text and len(text) <= 9 and text.isascii() and text.isdigit() else default
