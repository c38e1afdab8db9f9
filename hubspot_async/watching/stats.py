"""What a watcher has done so far, in figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from hubspot_async.classes import frozen

KEPT = 10_000
"""Of how many finished tasks the lateness is kept, the newest of them."""


@frozen(kw_only=True)
class WatchStats:
    """Figures of a watcher; times are seconds, lateness is by HubSpot's clock."""

    watched: int
    """Tasks that are still looked at."""
    by_status: Mapping[str, int]
    """Those, by the status last seen; ``?`` where no look has been made yet."""
    settled: int
    """Tasks that ended."""
    failed: int
    """Watches that were given up."""
    polls: int
    """Looks made: at one task, or at a page of many."""
    requests: int
    """Requests sent, those for details included."""
    refused: int
    """429 answers among them."""
    lateness_mean: float | None
    """From the end of the work to the look that found out; None while nothing has ended."""
    lateness_p95: float | None

    def __str__(self) -> str:
        late = "" if self.lateness_mean is None else f", {self.lateness_mean:.1f} s late on average"
        return f"{self.settled} settled, {self.failed} failed, {self.watched} watched; {self.polls} polls{late}"


@frozen(kw_only=True)
class WatchEstimate:
    """What lateness to expect of the tasks watched now, from how many there are and how often they can be looked at."""

    watched: int
    polls_per_second: float
    """What the budgets leave for polls, while nobody else wants them."""
    lateness: float
    """Seconds: tasks / (2 · polls per second)."""


class Tally:
    """The counting behind `WatchStats`."""

    def __init__(self) -> None:
        self.polls = self.requests = self.refused = self.settled = self.failed = 0
        self.statuses: Counter[str] = Counter()
        self._late: list[float] = []

    def ended(self, lateness: float | None) -> None:
        """Count a task that ended."""
        self.settled += 1
        if lateness is None:
            return
        if len(self._late) < KEPT:
            self._late.append(lateness)
        else:
            self._late[self.settled % KEPT] = lateness

    def moved(self, before: str | None, after: str | None) -> None:
        """Count a task under another status; None is no task."""
        if before is not None:
            self.statuses[before] -= 1
        if after is not None:
            self.statuses[after] += 1

    def stats(self) -> WatchStats:
        """Sum up."""
        late = sorted(self._late)
        return WatchStats(
            watched=sum(self.statuses.values()),
            by_status={status: number for status, number in sorted(self.statuses.items()) if number},
            settled=self.settled,
            failed=self.failed,
            polls=self.polls,
            requests=self.requests,
            refused=self.refused,
            lateness_mean=math.fsum(late) / len(late) if late else None,
            lateness_p95=late[math.ceil(len(late) * 0.95) - 1] if late else None,
        )
