"""The exports of one account, which HubSpot makes one at a time, in the order of their starts. Pure."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter

from hubspot_async.watching.watch import PARKED, Watch

ACTIVE = 2
"""How many of the unfinished are looked at: the one at work, and the next, to see whether the order is kept."""

FIRST, NEXT = 0.95, 8.0
"""By how much the pauses are longer for the export at work, alone of its account to be looked at, and for the next."""

DOUBTFUL = 3
"""So many looks in a row at a first that has not begun make one look at each of the parked worth its price."""


class ExportLine:
    """Unfinished exports, oldest first; all but the first two are parked until their turn comes.

    Where one is seen to begin before the one ahead of it is done, the order is not kept, and nobody is parked any more.
    While the first does not begin, another one may be at work: then the parked are looked at too, ever more rarely.
    """

    def __init__(self) -> None:
        self._line: list[Watch] = []
        self._is_kept = True
        self._ahead_of_turn: Watch | None = None
        self._idle_looks = 0
        self._doubt_at = DOUBTFUL

    def add(self, watch: Watch) -> None:
        """Put an export in its place."""
        if not self._line:
            self._is_kept, self._ahead_of_turn = True, None
        insort(self._line, watch, key=attrgetter("started"))
        if self._is_kept:
            watch.bars |= PARKED
        self._unpark()

    def remove(self, watch: Watch, ended_at: float | None) -> tuple[Watch | None, list[Watch]]:
        """Take an export out, whose work *ended_at* some time if it is known.

        Gives the one whose work begins then, and those who need no longer wait to be looked at.
        """
        if watch not in self._line:
            return None, []
        was_first = self._line[0] is watch
        if was_first:
            self._ahead_of_turn = None
            self._idle_looks, self._doubt_at = 0, DOUBTFUL
        self._line.remove(watch)
        heir = self._line[0] if self._is_kept and was_first and self._line else None
        if heir is not None and ended_at is not None:
            heir.born = heir.seen_at = max(heir.born, ended_at)
        return heir, self._unpark()

    def observe(self, watch: Watch, status: str) -> list[Watch]:
        """Learn from a look at an export; give those to be looked at because of it."""
        if not self._is_kept or watch not in self._line:
            return []
        first = self._line[0]
        if watch is first:
            return self._observe_first(status)
        if watch not in self._line[:ACTIVE]:
            watch.bars |= PARKED
        if status != "PENDING" and not first.is_looking:
            self._ahead_of_turn = watch
            return [first]
        return []

    def _observe_first(self, status: str) -> list[Watch]:
        if status != "COMPLETE" and self._ahead_of_turn is not None:
            self._is_kept = False
            return self._unpark()
        self._idle_looks = self._idle_looks + 1 if status == "PENDING" else 0
        if self._idle_looks < self._doubt_at:
            return []
        self._doubt_at *= 2
        doubted = self._line[ACTIVE:]
        for watch in doubted:
            watch.bars &= ~PARKED
        return doubted

    def patience_for(self, watch: Watch) -> float:
        """Give by how much longer to pause for a task than its age alone would have it; 1 for one that is no export."""
        if not self._is_kept or watch not in self._line[:ACTIVE]:
            return 1.0
        return FIRST if watch is self._line[0] else NEXT

    def _unpark(self) -> list[Watch]:
        """Free those whose turn has come, and park the one who was pushed back; give the freed."""
        active = self._line[:ACTIVE] if self._is_kept else self._line
        freed = [watch for watch in active if watch.bars & PARKED]
        for watch in freed:
            watch.bars &= ~PARKED
        for watch in self._line[len(active) : len(active) + 1]:
            watch.bars |= PARKED
        return freed
