"""What time it is at HubSpot, by the Date headers of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class ServerClock:
    """The offset between HubSpot's clock and ours, known the better the more answers have come.

    A Date header names a whole second, so one answer tells the offset to within a second; as answers fall at other
    parts of a second, the bounds close in on it.
    """

    __slots__ = ("_earliest", "_last", "_latest", "_wall")

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._earliest = float("-inf")
        self._latest = float("inf")
        self._last = ""

    def observe(self, date: str, sent: float, received: float) -> None:
        """Learn from the *date* of an answer to a request *sent* and *received* then, by our wall clock in seconds."""
        if date == self._last:
            return
        self._last = date
        second = _read(date)
        if second is None:
            return
        earliest, latest = second - received, second + 1 - sent
        self._earliest, self._latest = max(self._earliest, earliest), min(self._latest, latest)
        if self._earliest > self._latest:  # one of the two clocks was set
            self._earliest, self._latest = earliest, latest

    def now(self) -> datetime:
        """Tell the time at HubSpot; ours, until an answer has come."""
        known = self._latest != float("inf")
        offset = (self._earliest + self._latest) / 2 if known else 0.0
        return datetime.fromtimestamp(self._wall(), UTC) + timedelta(seconds=offset)


def _read(date: str) -> float | None:
    if len(date) > 64:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
