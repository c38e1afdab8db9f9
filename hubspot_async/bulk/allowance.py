"""How many tasks of an account may be started in a day. Pure: it is told the time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from hubspot_async.journal.records import RunRecord

DAY = timedelta(hours=24)


class Allowance:
    """So many starts in any 24 hours; *taken* is when some of them were."""

    def __init__(self, most: int | None, taken: Iterable[datetime] = ()) -> None:
        self.most = most
        self._taken = deque(sorted(taken))

    def free_at(self, now: datetime) -> datetime:
        """Tell when the next start is allowed; *now* if it is so at once."""
        while self._taken and self._taken[0] + DAY <= now:
            self._taken.popleft()
        if self.most is None or len(self._taken) < self.most:
            return now
        return self._taken[len(self._taken) - self.most] + DAY

    def foresee(self, count: int, now: datetime) -> list[datetime]:
        """Tell when each of the next *count* starts is allowed, if each is made as soon as it is."""
        ahead = Allowance(self.most, self._taken)
        moments = []
        for _ in range(count):
            now = ahead.free_at(now)
            ahead.take(now)
            moments.append(now)
        return moments

    def take(self, now: datetime) -> None:
        """Count a start."""
        self._taken.append(now)

    def give_back(self) -> None:
        """Count the last one no more: it was refused."""
        if self._taken:
            self._taken.pop()


def starts_of(account: str | None, runs: Iterable[RunRecord], now: datetime) -> list[datetime]:
    """Give when tasks of an account were started, or may have been; never later than now, whatever a clock has said."""
    jobs = (job for run in runs for job in run.jobs if job.account == account)
    return [min(job.asked_at, now) for job in jobs if job.asked_at is not None]
