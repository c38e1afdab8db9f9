"""The watches of one account: which to look at next. Pure: it is told the time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hubspot_async.tasks import EXPORT, HubSpotTask, Snapshot
from hubspot_async.watching.exportline import ExportLine
from hubspot_async.watching.turns import Turns
from hubspot_async.watching.watch import GONE, HELD, LOOKING, NOWHERE, Entry, Listing, Watch

if TYPE_CHECKING:
    from hubspot_async.models.values import Page
    from hubspot_async.watching.backoff import Backoff
    from hubspot_async.watching.hazard import Hazards
    from hubspot_async.wire.request import Sender

OUTAGE = 8
"""So many looks in a row that nobody answered make an outage, in which only one look at a time is made."""

LONGEST_SILENCE = 10.0
"""Seconds between two looks in an outage, at the most."""

LIST_PAUSE = 1.0
"""Seconds between two rounds through a list, at the least."""


class Group:
    """One account's watches: how each kind is looked at, and when."""

    def __init__(self, session: Sender, backoff: Backoff, hazards: Hazards) -> None:
        self.session = session
        self.watches: dict[HubSpotTask[Any], Watch] = {}
        self.has_place = False
        """Whether a place in the account's budget has been taken for the next look."""
        self.is_blocked = False
        """Whether it waits for such a place."""
        self.wake = math.inf
        """The time of its one valid entry in the schedule."""
        self.is_woken = False
        """Whether that time has to be found out anew."""
        self._backoff = backoff
        self._hazards = hazards
        self._turns = Turns(hazards)
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
        watch.count = self._turns.noted
        if watch.task.started_at is not None:
            watch.due = max(now, watch.born + self._backoff.pause(0.0))
        if watch.task.kind is EXPORT:
            self._exports.add(watch)
        elif watch.task.kind.list_request is not None:
            self._list(watch, now)
        self._turns.line_up(watch)

    def discard(self, watch: Watch, now: float, ended_at: float | None = None) -> None:
        """Drop a watch; of one that ended, learn *ended_at* what time."""
        if watch.bars & GONE:
            return
        watch.bars |= GONE
        if ended_at is not None:
            self._hazards.of(watch.task.kind).ended(*watch.ages(ended_at))
        if watch.task.kind is EXPORT:
            heir, freed = self._exports.remove(watch, ended_at)
            for other in freed:
                self._turns.move(other, now + self._pause(other, now - other.born))
            if heir is not None:
                self._turns.move(heir, max(now, heir.seen_at + self._pause(heir, heir.seen_at - heir.born)))
        if watch.listing is not None:
            self._unlist(watch, now)

    def next_time(self, now: float) -> float:
        """Tell when there is something to look at."""
        time = self._turns.next_time(now)
        return max(self._silent_until, time)

    def pick(self, now: float) -> Entry | None:
        """Take the entry to look at now."""
        entry = self._turns.take(now) if now >= self._silent_until else None
        if entry is None:
            return None
        if isinstance(entry, Listing) and entry.pages == 0:
            entry.begin_round()
        entry.bars |= LOOKING
        if self._unanswered >= OUTAGE:
            self._probes += 1
            self._silent_until = now + min(LONGEST_SILENCE, 2.0**self._probes)
        return entry

    def looked(self, entry: Entry, now: float) -> None:
        """Note that a look has been made, and plan the next one."""
        if isinstance(entry, Watch):
            since, age = entry.ages(now)
            if not entry.bars & GONE:
                self._hazards.of(entry.task.kind).survived(since, age)
            pause = self._pause(entry, age)
        else:
            assert isinstance(entry, Listing)
            pause = self._list_pause(entry, now)
        entry.bars &= ~LOOKING
        entry.seen_at = now
        entry.count = self._turns.noted
        if entry.stands == NOWHERE:
            entry.due = now + pause
            self._turns.line_up(entry)

    @property
    def is_out(self) -> bool:
        """Whether nobody answers, whatever is asked."""
        return self._unanswered >= OUTAGE

    def unanswered(self, now: float) -> None:
        """Note that nobody answered a look, whichever it was."""
        self._unanswered += 1
        if self._unanswered == OUTAGE:
            self._silent_until = now + 1.0

    def answered(self) -> bool:
        """Note that somebody did; tells whether that ends an outage."""
        was_out = self._unanswered >= OUTAGE
        if self._unanswered:
            self._unanswered, self._probes, self._silent_until = 0, 0, -math.inf
        return was_out

    def observe(self, watch: Watch, status: str, now: float) -> None:
        """Learn from the status of a task that was not given up."""
        if watch.task.kind is EXPORT:
            for other in self._exports.observe(watch, status):
                self._turns.move(other, now)

    def release(self, watch: Watch) -> None:
        """Let a held watch go on; its next look may be overdue by now."""
        if watch.bars & HELD:
            watch.bars &= ~HELD
            self._turns.line_up(watch)
            if watch.listing is not None:
                self._turns.line_up(watch.listing)

    def hasten(self, watch: Watch, now: float) -> None:
        """Let the next look be made now, held back or not: somebody wants to know."""
        watch.bars &= ~HELD
        entry = watch.listing if watch.listing is not None and watch.listing.is_in_use else watch
        if entry.due > now or entry.stands == NOWHERE:
            self._turns.move(entry, now)

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
            self._hazards.of(watch.task.kind).survived(*watch.ages(now))
            watch.seen_at = now
            if watch.stands == NOWHERE:
                watch.due = now + self._pause(watch, now - watch.born)
        if page.after and page.after != listing.after and len(listing.missing) > listing.pages:
            listing.after = page.after
            listing.bars &= ~LOOKING
            listing.due = now
            self._turns.line_up(listing)
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
        listing.bars &= ~LOOKING
        for watch in listing.members.values():
            self._turns.line_up(watch)

    def _end_round(self, listing: Listing, now: float) -> None:
        """Leave those whom no page has shown to looks of their own."""
        for id in listing.missing:
            watch = listing.members.pop(id, None)
            if watch is not None:
                watch.listing = None
                self._turns.line_up(watch)
        self.end_round(listing, now)

    def _list(self, watch: Watch, now: float) -> None:
        key = (watch.task.kind.name, watch.task.version)
        listing = self._listings.get(key)
        if listing is None:
            listing = self._listings[key] = Listing(watch.task.kind, watch.task.version, self, now - LIST_PAUSE)
        if watch.task.id in listing.members:  # one task under two names
            return
        listing.members[watch.task.id] = watch
        watch.listing = listing
        if listing.is_in_use and not listing.is_looking:
            self._turns.move(listing, min(listing.due, max(now, listing.seen_at + LIST_PAUSE)))

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
                self._turns.line_up(watch)

    def _list_pause(self, listing: Listing, now: float) -> float:
        """A page costs one look and shows many, so it may be read as much more often."""
        youngest = max((watch.born for watch in listing.members.values()), default=now)
        return max(LIST_PAUSE, self._backoff.pause(max(0.0, now - youngest)) / max(1, len(listing.members)))

    def _pause(self, watch: Watch, age: float) -> float:
        pause = self._backoff.pause(age if age > 0 else 0.0)
        if watch.task.kind is EXPORT:
            pause = max(self._backoff.pause(0.0), pause * self._exports.patience_for(watch))
        return pause
