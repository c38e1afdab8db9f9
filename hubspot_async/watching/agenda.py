"""Who is due when. Pure; to be put down or moved costs the same for one as for 100,000."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count

from hubspot_async.watching.watch import NOWHERE, OVERDUE, WAITING, Entry

SLOTS = 64
"""Slots a second. Only the entries of a slot that has begun are put in order: one heap of all would take some 100 bytes
more for each, and keep what is moved in it twice. With few slots many begin at once, and hold up the event loop."""

_LAST_SLOT = 2**62
"""Of those who are due at a time too far off to be counted, such as never."""


class Agenda:
    """Entries by the time they are due, in slots; those of the slots that have begun are in order.

    Nothing is ever searched for: one that is dropped, or put down under another time, is passed over where it was.
    """

    __slots__ = ("_begins", "_later", "_numbers", "_order", "_soon", "_until", "size")

    def __init__(self) -> None:
        self.size = 0
        """How many stand here."""
        self._soon: list[tuple[float, int, Entry]] = []
        self._until = -math.inf
        """When the slots that have begun end."""
        self._later: dict[int, _Slot] = {}
        self._order: list[int] = []
        self._begins = math.inf
        self._numbers = count()

    def put(self, entry: Entry) -> None:
        """Put down an entry that stands nowhere."""
        entry.stands = WAITING
        self.size += 1
        due = entry.due
        if due < self._until:
            heappush(self._soon, (due, next(self._numbers), entry))
            return
        slot = _slot(due)
        if (later := self._later.get(slot)) is not None:
            later.put(entry)
        else:
            self._later[slot] = _Slot(entry)
            heappush(self._order, slot)
        self._begins = min(self._begins, due)

    def drop(self, entry: Entry) -> None:
        """Let go of an entry, if it stands here."""
        if entry.stands != WAITING:
            return
        entry.stands = NOWHERE
        self.size -= 1
        later = self._later.get(_slot(entry.due))
        if later is not None:
            later.size -= 1
            if not later.size:
                del self._later[_slot(entry.due)]
                self._begins = -math.inf

    def next_time(self, now: float) -> float:
        """Tell when the first of those who are wanted is due; this may be a slot early."""
        if now >= self._begins:
            self._begin_slots(now)
        while self._soon:
            due, _, entry = self._soon[0]
            if entry.stands == WAITING and entry.due == due:
                if entry.is_wanted:
                    return due
                self.drop(entry)
            heappop(self._soon)
        return self._begins

    def take(self, now: float, most: int) -> list[Entry]:
        """Take those who are due, the first of them if there are more than *most*; they are overdue then."""
        if now >= self._begins:
            self._begin_slots(now)
        taken: list[Entry] = []
        while self._soon and self._soon[0][0] <= now and len(taken) < most:
            due, _, entry = heappop(self._soon)
            if entry.stands == WAITING and entry.due == due:
                entry.stands = OVERDUE
                taken.append(entry)
        self.size -= len(taken)
        return taken

    def _begin_slots(self, now: float) -> None:
        """Put in order what is in the slots that have begun."""
        self._begins = math.inf
        while self._order:
            number = self._order[0]
            slot = self._later.get(number)
            if slot is not None:
                if slot.first > now:
                    self._begins = slot.first
                    return
                self._begin(number, slot)
            heappop(self._order)

    def _begin(self, number: int, slot: _Slot) -> None:
        self._until = (number + 1) / SLOTS
        del self._later[number]
        for entry in slot.entries:
            if _slot(entry.due) == number:
                heappush(self._soon, (entry.due, next(self._numbers), entry))


class _Slot:
    """Those who are due within the same fraction of a second, as they came."""

    __slots__ = ("entries", "first", "size")

    def __init__(self, entry: Entry) -> None:
        self.entries = [entry]
        self.size = 1
        """How many of them have not been dropped since."""
        self.first = entry.due
        """When the first of them is due, or was."""

    def put(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.size += 1
        if entry.due < self.first:
            self.first = entry.due


def _slot(due: float) -> int:
    return int(due * SLOTS) if due < _LAST_SLOT else _LAST_SLOT
