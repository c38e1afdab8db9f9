"""Whose turn it is among those whose time has come. Pure: it is told the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING

from hubspot_async.watching.agenda import Agenda
from hubspot_async.watching.watch import NOWHERE, OVERDUE, Entry, Listing, Watch

if TYPE_CHECKING:
    from hubspot_async.watching.hazard import Hazards

BATCH = 20
"""Overdue entries are ranked anew after one in so many of them has been looked at."""

RANKED = 4_096
"""How many overdue entries are ranked at once, the longest overdue of them; more would hold up the event loop."""

PATIENCE = 2
"""No entry is passed over by more than this many times as many looks as there are entries."""

SHARED = 128
"""The number of looks that is noted with an entry is renewed after so many looks as a 128th of the entries, and shared
by as many: it is an object, and one of its own for each of 100,000 would take 3 MiB. It lags behind, never ahead, so
that an entry seems to have been passed over longer than it was."""

UNDER_WAY = 16
"""Looks that may be under way, and so pass over an entry, when it is chosen."""

_COUNT = attrgetter("count")


class Turns:
    """Entries not due yet on an agenda; the overdue by the lateness expected of them, so many chosen at a time."""

    def __init__(self, hazards: Hazards) -> None:
        self.count = 0
        """Looks made."""
        self.noted = 0
        """The number of them to note with whom it is now, the same for many."""
        self._hazards = hazards
        self._agenda = Agenda()
        self._overdue: list[Entry] = []
        self._chosen: deque[Entry] = deque()

    def line_up(self, entry: Entry) -> None:
        """Let an entry wait for the time it is due, unless it waits already."""
        if entry.stands == NOWHERE and entry.is_wanted:
            self._agenda.put(entry)

    def move(self, entry: Entry, due: float) -> None:
        """Let an entry be due at another time; if it is overdue already it stays that."""
        if entry.stands != OVERDUE:
            self._agenda.drop(entry)
            entry.due = due
            self.line_up(entry)

    def next_time(self, now: float) -> float:
        """Tell when there is somebody to look at; this may be a slot early."""
        chosen, overdue = self._chosen, self._overdue
        while chosen and not chosen[0].is_wanted:
            chosen.popleft().stands = NOWHERE
        while overdue and not overdue[-1].is_wanted:
            overdue.pop().stands = NOWHERE
        return now if chosen or overdue else self._agenda.next_time(now)

    def take(self, now: float) -> Entry | None:
        """Take the one to look at now, from whom most lateness is to be expected."""
        self._overdue += self._agenda.take(now, RANKED - len(self._overdue))
        while self._chosen or self._overdue:
            if self._chosen:
                entry = self._chosen.popleft()
            elif len(self._overdue) == 1:
                entry = self._overdue.pop()
            else:
                self._rank(now)
                continue
            entry.stands = NOWHERE
            if entry.is_wanted:
                self.count += 1
                if self.count - self.noted > (self._agenda.size + len(self._overdue)) // SHARED:
                    self.noted = self.count
                return entry
        return None

    def _rank(self, now: float) -> None:
        """Choose the next few of the overdue."""
        candidates = self._overdue = _wanted(self._overdue)
        everyone = self._agenda.size + len(candidates)
        size = max(1, len(candidates) // BATCH)
        limit = max(everyone, PATIENCE * everyone - size - UNDER_WAY)
        chosen: list[Entry] = [entry for entry in candidates if isinstance(entry, Listing)]  # a page shows many
        chosen = chosen or self._impatient(candidates, limit)[:size] or self._likeliest(candidates, size, now)
        taken = {id(entry) for entry in chosen}
        self._overdue = [entry for entry in candidates if id(entry) not in taken]
        self._chosen.extend(chosen)

    def _impatient(self, entries: list[Entry], limit: float) -> list[Entry]:
        """Give those who must go first lest anyone be passed over too often, the longest passed over first.

        While they are looked at, one after the other, those behind them are passed over further.
        """
        line = sorted(entries, key=_COUNT)
        behind = max((at for at, entry in enumerate(line, 1) if self.count - entry.count + at > limit), default=0)
        return line[:behind]

    def _likeliest(self, entries: list[Entry], size: int, now: float) -> list[Entry]:
        scores = {id(entry): self._score(entry, now) for entry in entries}
        return nlargest(size, entries, key=lambda entry: scores[id(entry)])

    def _score(self, entry: Entry, now: float) -> float:
        """Give the lateness to expect of an entry."""
        assert isinstance(entry, Watch)
        hazard = self._hazards.of(entry.task.kind)
        since, until = entry.ages(now)
        risk = hazard.cumulative((since + until) / 2) - hazard.cumulative(since)
        return (until - since) * -math.expm1(-risk)


def _wanted(entries: Iterable[Entry]) -> list[Entry]:
    wanted = []
    for entry in entries:
        if entry.is_wanted:
            wanted.append(entry)
        else:
            entry.stands = NOWHERE
    return wanted
