"""What a process has to tell the books, and what they have told it of the day. Pure: it is told the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from itertools import count
from uuid import uuid4

from hubspot_async.errors import DailyLimitError
from hubspot_async.integrations.redis.books import Answer, Ask
from hubspot_async.integrations.redis.midnight import next_midnight
from hubspot_async.integrations.redis.window import SharedWindow
from hubspot_async.session.budget import PROBE

AHEAD = 0.01
"""The share of an interval by which a place is booked before it is free."""


class News:
    """Gathers what there is to tell until the books are next asked for something."""

    def __init__(self, zone: tzinfo, daily_limit: int | None) -> None:
        self.is_refused = False
        """Whether HubSpot has refused a request, so that all are to pause."""
        self.is_used_up = False
        """Whether HubSpot has said that the requests of the day are."""
        self.is_open = False
        """Whether it has let one through after that."""
        self.missed = 0
        """Places used lately that the books know nothing of."""
        self.uncounted = 0
        """Requests of the day that the books know nothing of."""
        self.today = 0
        """Requests of the day that they do."""
        self._zone = zone
        self._daily_limit = daily_limit
        self._names = map(f"{uuid4().hex[:16]}-{{}}".format, count())
        self._born: str | None = None
        self._clock: float | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether it is to be told at once, and not with the next request for places."""
        return self.is_refused or self.is_used_up or self.missed > 0

    def write(self, window: SharedWindow, wanted: int, not_before: float, now: float) -> Ask:
        """Ask for so many places, and tell what there is to tell; it counts as told from here on."""
        report = window.report
        ask = Ask(
            names=self._name(wanted),
            places=window.whole(now),
            span=window.span(now),
            ahead=AHEAD * window.interval,
            not_before=max(0.0, not_before - now),
            returned=window.returned,
            late=window.late,
            missed=self._name(self.missed),
            report=report,
            age=now - report.at if report else 0.0,
            pause=max(0.0, window.closed_until - now) if self.is_refused else 0.0,
            is_used_up=self.is_used_up,
            is_open=self.is_open,
            uncounted=self.uncounted,
            daily_limit=self._daily_limit,
            midnight=0.0 if self._clock is None else next_midnight(self._clock + now, self._zone),
            probe=PROBE,
        )
        window.report, window.returned, window.late = None, [], {}
        self.is_refused = self.is_used_up = self.is_open = False
        self.missed = self.uncounted = 0
        return ask

    def unheard(self, ask: Ask) -> None:
        """Keep what must not be lost of what nobody has heard."""
        self.uncounted += ask.uncounted

    def read(self, answer: Answer, now: float) -> bool:
        """Take in what the books say; False if they are not those that were asked before."""
        is_same = self._born in (None, answer.born)
        self._born = answer.born
        self._clock = answer.now - now
        self.today = answer.today
        return is_same

    def used_up(self) -> DailyLimitError:
        """Say in our words what another process was told, or what the user's own limit says."""
        is_own = self._daily_limit is not None and self.today >= self._daily_limit
        reason = f"daily_limit allows {self._daily_limit}" if is_own else "so another process was told"
        return DailyLimitError(
            f"the day's requests are used up: {reason}", status=429, category="RATE_LIMITS", policy_name="DAILY"
        )

    def _name(self, number: int) -> Sequence[str]:
        return [next(self._names) for _ in range(number)]
