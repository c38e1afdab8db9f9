"""What time it is at HubSpot, by the Date headers of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class ServerClock:
    """The offset between HubSpot's clock and ours, known the better the more answers have come.

    A Date header names a whole second, so one answer tells the offset to within a second and the time of the way. Each
    moves what we believe no further than it must: answers from the beginning of a second push from one side, those
    from its end from the other, and a clock that is set, or goes wrong slowly, is followed.
    """

    __slots__ = ("_date", "_offset", "_second", "_wall")

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._offset: float | None = None
        self._date = ""
        self._second: float | None = None

    def observe(self, date: str, sent: float, received: float) -> None:
        """Learn from the *date* of an answer to a request *sent* and *received* then, by our wall clock in seconds."""
        if date != self._date:
            self._date, self._second = date, _read(date)
        second, offset = self._second, self._offset
        if second is None or received < sent:
            return
        if offset is None:
            self._offset = second + (1 - sent - received) / 2
        elif offset < second - received:
            self._offset = second - received
        elif offset > second + 1 - sent:
            self._offset = second + 1 - sent

    def now(self) -> datetime:
        """Tell the time at HubSpot; ours, until an answer has come."""
        ours = datetime.fromtimestamp(self._wall(), UTC)
        try:
            return ours + timedelta(seconds=self._offset or 0.0)
        except OverflowError:
            return ours


def _read(date: str) -> float | None:
    if len(date) > 64:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
