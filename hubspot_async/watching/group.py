"""The watches of one account: which to look at next. Pure: it is told the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from heapq import heapify, heappop, heappush, nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hubspot_async.tasks import EXPORT, HubSpotTask, Snapshot
from hubspot_async.watching.exportline import ExportLine
from hubspot_async.watching.watch import Entry, Listing, Watch

if TYPE_CHECKING:
    from hubspot_async.models.values import Page
    from hubspot_async.watching.backoff import Backoff
    from hubspot_async.watching.hazard import Hazards
    from hubspot_async.wire.request import Sender

BATCH = 20
"""Overdue entries are ranked anew after one in so many of them has been looked at."""

RANKED = 16_384
"""How many overdue entries are ranked at once, the longest overdue of them."""

PATIENCE = 2
"""No entry is passed over by more than this many times as many looks as there are entries."""

UNDER_WAY = 16
"""Looks that may be under way, and so pass over an entry, when it is chosen."""

OUTAGE = 8
"""So many looks in a row that nobody answered make an outage, in which only one look at a time is made."""

LONGEST_SILENCE = 10.0
"""Seconds between two looks in an outage, at the most."""

LIST_PAUSE = 1.0
"""Seconds between two rounds through a list, at the least."""


_COUNT = attrgetter("count")


class Group:
    """One account's watches: those not due yet in a heap, those overdue by the lateness expected of them."""

    def __init__(self, session: Sender, backoff: Backoff, hazards: Hazards) -> None:
        self.session = session
        self.watches: dict[HubSpotTask[Any], Watch] = {}
        self.count = 0
        """Looks made."""
        self.has_place = False
        """Whether a place in the account's budget has been taken for the next look."""
        self.is_blocked = False
        """Whether it waits for such a place."""
        self.wake = math.inf
        """The time of its one valid entry in the schedule."""
        self._backoff = backoff
        self._hazards = hazards
        self._heap: list[Entry] = []
        self._overdue: list[Entry] = []
        self._chosen: deque[Entry] = deque()
        self._exports = ExportLine()
        self._listings: dict[tuple[str, str], Listing] = {}
        self._unanswered = 0
        self._probes = 0
        self._silent_until = -math.inf

    def add(self, watch: Watch, now: float) -> None:
        """Take up a watch; its first look is due at once, of one just started a pause after that.

        An export's is due when its turn comes.
        """
        self.watches[watch.task] = watch
        watch.count = self.count
        if watch.task.started_at is not None:
            watch.due = max(now, watch.born + self._backoff.pause(0.0))
        if watch.task.kind is EXPORT:
            self._exports.add(watch)
        elif watch.task.kind.list_request is not None:
            self._list(watch, now)
        self._line_up(watch)

    def discard(self, watch: Watch, now: float, ended_at: float | None = None) -> None:
        """Drop a watch; of one that ended, learn *ended_at* what time."""
        if not watch.is_scheduled:
            return
        watch.is_scheduled = False
        if ended_at is not None:
            self._hazards.of(watch.task.kind).ended(*self._ages(watch, ended_at))
        if watch.task.kind is EXPORT:
            heir, freed = self._exports.remove(watch, ended_at)
            for other in freed:
                self._reschedule(other, now + self._pause(other, now))
            if heir is not None:
                self._reschedule(heir, max(now, heir.seen_at + self._pause(heir, heir.seen_at)))
        if watch.listing is not None:
            self._unlist(watch, now)

    def next_time(self, now: float) -> float:
        """Tell when there is something to look at."""
        self._prune()
        if self._chosen or self._overdue:
            return max(now, self._silent_until)
        return max(self._heap[0].due, self._silent_until) if self._heap else math.inf

    def pick(self, now: float) -> Entry | None:
        """Take the entry to look at now, the one from which most lateness is to be expected."""
        if now < self._silent_until:
            return None
        while self._heap and self._heap[0].due <= now:
            self._overdue.append(heappop(self._heap))
        while self._chosen or self._overdue:
            if not self._chosen:
                self._rank(now)
            if self._chosen:
                entry = self._chosen.popleft()
                entry.is_lined_up = False
                if entry.is_wanted:
                    if isinstance(entry, Listing) and entry.pages == 0:
                        entry.begin_round()
                    entry.is_looking = True
                    self.count += 1
                    if self._unanswered >= OUTAGE:
                        self._probes += 1
                        self._silent_until = now + min(LONGEST_SILENCE, 2.0**self._probes)
                    return entry
        return None

    def looked(self, entry: Entry, now: float) -> None:
        """Note that a look has been made, and plan the next one."""
        if isinstance(entry, Watch):
            if entry.is_scheduled:
                self._hazards.of(entry.task.kind).survived(*self._ages(entry, now))
            pause = self._pause(entry, now)
        else:
            assert isinstance(entry, Listing)
            pause = self._list_pause(entry, now)
        entry.is_looking = False
        entry.seen_at = now
        entry.count = self.count
        if not entry.is_lined_up:
            entry.due = now + pause
            self._line_up(entry)

    @property
    def is_out(self) -> bool:
        """Whether nobody answers, whatever is asked."""
        return self._unanswered >= OUTAGE

    def unanswered(self, now: float) -> None:
        """Note that nobody answered a look, whichever it was."""
        self._unanswered += 1
        if self._unanswered == OUTAGE:
            self._silent_until = now + 1.0

    def answered(self) -> None:
        """Note that somebody did."""
        self._unanswered, self._probes, self._silent_until = 0, 0, -math.inf

    def observe(self, watch: Watch, status: str, now: float) -> None:
        """Learn from the status of a task that was not given up."""
        if watch.task.kind is EXPORT:
            for other in self._exports.observe(watch, status):
                self._reschedule(other, now)

    def release(self, watch: Watch) -> None:
        """Let a held watch go on; its next look may be overdue by now."""
        if watch.is_held:
            watch.is_held = False
            self._line_up(watch)
            if watch.listing is not None:
                self._line_up(watch.listing)

    def hasten(self, watch: Watch, now: float) -> None:
        """Let the next look be made now, held back or not: somebody wants to know."""
        watch.is_held = False
        entry = watch.listing if watch.listing is not None and watch.listing.is_in_use else watch
        if entry.due > now or not entry.is_lined_up:
            self._reschedule(entry, now)

    # Pages of a list.

    def page_shown(self, listing: Listing, page: Page[Any], now: float) -> list[tuple[Watch, Snapshot]]:
        """Learn from a page; give the watches it shows, and plan the next page or the next round."""
        listing.pages += 1
        listing.failures = 0
        shown = []
        for snapshot in page.results:
            if snapshot.id in listing.missing:
                listing.missing.remove(snapshot.id)
                shown.append((listing.members[snapshot.id], snapshot))
        for watch, _ in shown:
            self._hazards.of(watch.task.kind).survived(*self._ages(watch, now))
            watch.seen_at = now
            if not watch.is_lined_up:
                watch.due = now + self._pause(watch, now)
        if page.after and page.after != listing.after and len(listing.missing) > listing.pages:
            listing.after = page.after
            listing.is_looking = False
            listing.due = now
            self._line_up(listing)
            self._single(listing)
        else:
            self._end_round(listing, now)
        return shown

    def end_round(self, listing: Listing, now: float) -> None:
        """Begin a new round through the list later."""
        listing.end_round()
        self.looked(listing, now)
        self._single(listing)

    def switch_off(self, listing: Listing) -> None:
        """Ask about each task by itself from now on."""
        listing.is_off = True
        listing.is_looking = False
        for watch in listing.members.values():
            self._line_up(watch)

    def _end_round(self, listing: Listing, now: float) -> None:
        """Leave those whom no page has shown to looks of their own."""
        for id in listing.missing:
            watch = listing.members.pop(id, None)
            if watch is not None:
                watch.listing = None
                self._line_up(watch)
        self.end_round(listing, now)

    def _list(self, watch: Watch, now: float) -> None:
        key = (watch.task.kind.name, watch.task.version)
        listing = self._listings.get(key)
        if listing is None:
            listing = self._listings[key] = Listing(watch.task.kind, watch.task.version, now - LIST_PAUSE)
        if watch.task.id in listing.members:  # one task under two names
            return
        listing.members[watch.task.id] = watch
        watch.listing = listing
        if listing.is_in_use and not listing.is_looking:
            self._reschedule(listing, min(listing.due, max(now, listing.seen_at + LIST_PAUSE)))

    def _unlist(self, watch: Watch, now: float) -> None:
        listing = watch.listing
        assert listing is not None
        listing.members.pop(watch.task.id, None)
        listing.missing.discard(watch.task.id)
        self._single(listing)

    def _single(self, listing: Listing) -> None:
        """Let the last one of a list be asked about by itself."""
        if not listing.is_in_use:
            listing.end_round()
            for watch in listing.members.values():
                self._line_up(watch)

    def _list_pause(self, listing: Listing, now: float) -> float:
        """A page costs one look and shows many, so it may be read as much more often."""
        youngest = max((watch.born for watch in listing.members.values()), default=now)
        return max(LIST_PAUSE, self._backoff.pause(max(0.0, now - youngest)) / max(1, len(listing.members)))

    # Lines: a heap by due time, then the overdue, then those chosen of them.

    def _line_up(self, entry: Entry) -> None:
        if not entry.is_lined_up and entry.is_wanted:
            entry.is_lined_up = True
            heappush(self._heap, entry)

    def _reschedule(self, entry: Entry, due: float) -> None:
        """Move an entry to another time; if it is overdue already it stays that."""
        if entry.is_lined_up and entry in self._heap:
            self._heap.remove(entry)
            heapify(self._heap)
            entry.is_lined_up = False
        if not entry.is_lined_up:
            entry.due = due
            self._line_up(entry)

    def _prune(self) -> None:
        """Drop those whom nobody wants to look at from where the next one is taken."""
        for line, at in ((self._chosen, 0), (self._overdue, -1)):
            while line and not line[at].is_wanted:
                line[at].is_lined_up = False
                del line[at]
        while self._heap and not self._heap[0].is_wanted:
            heappop(self._heap).is_lined_up = False

    def _rank(self, now: float) -> None:
        """Choose the next few of the overdue."""
        candidates = self._wanted(self._overdue[:RANKED])
        rest = self._overdue[RANKED:]
        if len(candidates) > 1:
            everyone = len(self._heap) + len(candidates) + len(rest)
            size = max(1, len(candidates) // BATCH)
            limit = max(everyone, PATIENCE * everyone - size - UNDER_WAY)
            chosen: list[Entry] = [entry for entry in candidates if isinstance(entry, Listing)]  # a page shows many
            chosen = chosen or self._impatient(candidates, limit)[:size]
            if not chosen:
                scores = {id(entry): self._score(entry, now) for entry in candidates}
                chosen = nlargest(size, candidates, key=lambda entry: scores[id(entry)])
            taken = {id(entry) for entry in chosen}
            self._chosen.extend(chosen)
            self._overdue = [entry for entry in candidates if id(entry) not in taken] + rest
        else:
            self._chosen.extend(candidates)
            self._overdue = rest

    def _wanted(self, entries: Iterable[Entry]) -> list[Entry]:
        wanted = []
        for entry in entries:
            if entry.is_wanted:
                wanted.append(entry)
            else:
                entry.is_lined_up = False
        return wanted

    def _impatient(self, entries: list[Entry], limit: float) -> list[Entry]:
        """Give those who must go first lest anyone be passed over too often, the longest passed over first.

        While they are looked at, one after the other, those behind them are passed over further.
        """
        line = sorted(entries, key=_COUNT)
        behind = max((at for at, entry in enumerate(line, 1) if self.count - entry.count + at > limit), default=0)
        return line[:behind]

    def _score(self, entry: Entry, now: float) -> float:
        """Give the lateness to expect of an entry."""
        assert isinstance(entry, Watch)
        hazard = self._hazards.of(entry.task.kind)
        since, until = self._ages(entry, now)
        risk = hazard.cumulative((since + until) / 2) - hazard.cumulative(since)
        return (until - since) * -math.expm1(-risk)

    def _ages(self, watch: Watch, until: float) -> tuple[float, float]:
        since = max(0.0, watch.seen_at - watch.born)
        return since, max(since, until - watch.born)

    def _pause(self, watch: Watch, now: float) -> float:
        pause = self._backoff.pause(max(0.0, now - watch.born))
        return max(self._backoff.pause(0.0), pause * self._exports.patience_for(watch))
