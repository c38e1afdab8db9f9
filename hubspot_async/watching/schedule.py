"""What to look at next, and when. Pure: it is told the time, and knows neither clock nor event loop."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from attrs import frozen

from hubspot_async.watching.backoff import Backoff, SquareRoot
from hubspot_async.watching.watch import Watch


@frozen(eq=False)
class Poll:
    """One look to be made now."""

    watch: Watch


@frozen(eq=False)
class Expiry:
    """A watch whose time has run out."""

    watch: Watch


class Schedule:
    """The watches by when each is due: a heap with one valid entry for each.

    A watch is waiting for its due time, or being looked at, or held until its change is taken; its deadline counts in
    all three.
    """

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or SquareRoot()
        self._heap: list[tuple[float, int, Watch]] = []
        self._numbers = count()

    def add(self, watch: Watch, now: float) -> None:
        """Take up a watch; its first look is due at once."""
        watch.is_scheduled = True
        watch.due = now
        self._push(watch)

    def discard(self, watch: Watch) -> None:
        """Drop a watch; a look under way will find nobody to tell."""
        watch.is_scheduled = False
        watch.wake = _NEVER

    def next(self, now: float) -> Poll | Expiry | float | None:
        """Give the look to make now, a watch whose time is up, or else when to ask again; None if nothing waits."""
        while self._heap:
            wake, _, watch = self._heap[0]
            if wake != watch.wake:
                heappop(self._heap)
            elif wake > now:
                return wake
            else:
                heappop(self._heap)
                watch.wake = _NEVER
                if watch.deadline is not None and watch.deadline <= now:
                    return Expiry(watch)
                watch.is_looking = True
                self._push(watch)
                return Poll(watch)
        return None

    def looked(self, watch: Watch, now: float, *, hold: bool) -> None:
        """Note that a look has been made; with *hold* the next one waits until its change is taken."""
        watch.is_looking = False
        watch.is_held = hold
        watch.due = now + self._backoff.pause(max(0.0, now - watch.born))
        self._push(watch)

    def release(self, watch: Watch) -> None:
        """Let a held watch go on; its next look may be overdue by now."""
        watch.is_held = False
        self._push(watch)

    def hasten(self, watch: Watch, now: float) -> None:
        """Let the next look be made now, held back or not: somebody wants to know."""
        watch.is_held = False
        watch.due = min(watch.due, now)
        self._push(watch)

    def limit(self, watch: Watch, deadline: float) -> None:
        """Set when the watch's time is up."""
        watch.deadline = deadline
        self._push(watch)

    def _push(self, watch: Watch) -> None:
        """Enter the watch under the next time anything is to happen to it."""
        if not watch.is_scheduled:
            return
        times = [watch.deadline] if watch.deadline is not None else []
        if not watch.is_looking and not watch.is_held:
            times.append(watch.due)
        wake = min(times, default=_NEVER)
        if wake != watch.wake:
            watch.wake = wake
            if wake != _NEVER:
                heappush(self._heap, (wake, next(self._numbers), watch))


_NEVER = float("inf")
