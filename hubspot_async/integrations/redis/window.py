"""The places booked for this process, and its share of the limit where Redis is lost. Pure: it is told the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence

from attrs import frozen
from multidict import CIMultiDict

from hubspot_async.integrations.redis.books import Answer, Report
from hubspot_async.session.window import LEAST, MARGIN, Peak, Window
from hubspot_async.wire.headers import INTERVAL, LIMIT, REMAINING
from hubspot_async.wire.request import Lane

HOLD = 0.05
"""The share of an interval after which a place that nobody has used is given back."""


@frozen
class Lease:
    """A place booked for this process, and from when on it may be used."""

    name: str
    at: float


class SharedWindow(Window):
    """A window whose places are booked where all processes book theirs.

    What a window of one process knows, such as the even pace of polls, holds here too; over and above it each place
    needs a lease. Without the books it is a window of this process alone, with *share* of the limit.
    """

    def __init__(self, limit: int, interval: float, *, share: float, most: int | None = None) -> None:
        super().__init__(limit, interval, most)
        self.is_alone = False
        """Whether the books are lost."""
        self.leases: deque[Lease] = deque()
        self.returned: list[str] = []
        """Leases that were not used."""
        self.late: dict[str, float] = {}
        """How much later than booked those were used that were."""
        self.report: Report | None = None
        """What the last answer told that the books have not heard yet."""
        self._share = share
        self._used: deque[tuple[float, Lease]] = deque()
        self._elsewhere = 0
        self._careful_until = -math.inf

    @property
    def even_until(self) -> float:
        """Until when places are to be taken one by one."""
        return self._even_until

    @property
    def closed_until(self) -> float:
        """Until when nobody is let through."""
        return self._closed_until

    def whole(self, now: float) -> int:
        """Count how many places all processes together may take in one interval."""
        return super()._count_places(now)

    def rate(self, now: float) -> float:
        """Tell how many places a second are left to this process, as far as is known."""
        places = self.places(now)
        elsewhere = 0 if self.is_alone else self._elsewhere
        return max(LEAST * places, places - elsewhere) / self.interval

    def own_ready_at(self, lane: Lane, now: float) -> float:
        """Tell when *lane* may take a place if it has a lease."""
        return super().ready_at(lane, now)

    def ready_at(self, lane: Lane, now: float) -> float:
        """Tell when *lane* may take a place; infinity until one is booked."""
        own = super().ready_at(lane, now)
        if self.is_alone:
            return own
        self.let_go(now - HOLD * self.interval)
        return max(own, self.leases[0].at) if self.leases else math.inf

    def take(self, lane: Lane, now: float) -> None:
        """Use a place, and the lease for it."""
        super().take(lane, now)
        while self._used and self._used[0][0] < now - HOLD * self.interval:
            self._used.popleft()
        if self.leases and not self.is_alone:
            lease = self.leases.popleft()
            self._used.append((now, lease))
            if now > lease.at:
                self.late[lease.name] = now - lease.at

    def give_back(self, lane: Lane, at: float | None = None) -> None:
        """Return an unused place, and the lease for the next who comes."""
        super().give_back(lane, at)
        for used in reversed(self._used):
            if at is None or used[0] == at:
                self._used.remove(used)
                self.late.pop(used[1].name, None)
                self.leases.appendleft(used[1])
                return

    def let_go(self, before: float = math.inf) -> None:
        """Give back the leases that nobody has used, of those that begin *before* a time."""
        while self.leases and self.leases[0].at < before:
            self.returned.append(self.leases.popleft().name)

    def learn(self, headers: Mapping[str, str], now: float, took: float = 0.0) -> None:
        """Take the true limit from the headers of an answer; what others use of it the books tell."""
        if self.is_alone:
            super().learn(headers, now, took)
            return
        of_the_limit = CIMultiDict(headers)
        of_the_limit.popall(REMAINING, None)
        super().learn(of_the_limit, now, took)
        remaining = headers.get(REMAINING, "")
        used = self.limit - int(remaining) if remaining.isdecimal() and len(remaining) <= 9 else None
        self.report = Report(limit=self.limit, interval=self.interval, at=now, used=used)

    def hear(self, answer: Answer, names: Sequence[str], now: float) -> None:
        """Take what the books say: the places booked under *names*, and what other processes have found out."""
        delays = zip(names, answer.delays, strict=False)
        self.leases.extend(Lease(name, now + delay) for name, delay in delays)
        if answer.limit is not None:
            super().learn({LIMIT: str(answer.limit), INTERVAL: str(round(answer.interval * 1000))}, now)
        self._others = Peak()  # the books keep the largest
        self._others.note(answer.others, now, self.interval)
        self._counted_at = math.inf
        self._elsewhere = max(0, answer.taken - len(self._taken))
        if answer.closed_for > 0:
            self._closed_until = max(self._closed_until, now + answer.closed_for)
            self.go_evenly(self._closed_until, self._closed_until + self.interval)

    def lose(self, now: float) -> None:
        """Do without the books: with a share of the limit, once what they may have granted others has passed."""
        self.is_alone = True
        self.leases.clear()
        self.returned.clear()
        self.late.clear()
        self._counted_at = math.inf
        self._closed_until = max(self._closed_until, now + self.span(now))

    def find(self, now: float, careful_until: float) -> int:
        """Go by the books again, with no more than the share until then; gives how many places they have missed."""
        span = self.span(now)
        self.is_alone = False
        self._careful_until = careful_until
        self._counted_at = math.inf
        return sum(at + span > now for at in self._taken)

    def span(self, now: float) -> float:
        """Tell for how long a place is taken."""
        self._catch_up(now)
        return self._span

    def _count_places(self, now: float) -> int:
        whole = super()._count_places(now)
        if not self.is_alone and now >= self._careful_until:
            return whole
        # Of what HubSpot's answers show to be used by others, most is the other processes' share.
        most = self.limit if self._most is None else min(self.limit, self._most)
        return min(whole, max(1, int((most - math.ceil(most * MARGIN)) * self._share)))
