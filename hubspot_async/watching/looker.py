"""The workers' part of a watcher: each asks the schedule, takes a place, looks, and tells what it saw."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from attrs import evolve

from hubspot_async import facts
from hubspot_async.errors import HubSpotError, RateLimitError, TimedOutError
from hubspot_async.tasks import Snapshot
from hubspot_async.watching import rules
from hubspot_async.watching.bell import Bell
from hubspot_async.watching.group import Group
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.stats import Tally
from hubspot_async.watching.watch import GONE, HELD, NO_REMARKS, Entry, Listing, Remarks, Watch
from hubspot_async.wire.request import POLL, Sender

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

log = logging.getLogger("hubspot_async.watcher")

LATE = 1.0
"""Seconds past a deadline from which on the fault is ours, and the task gets one more look before it is given up."""


class Tell(Protocol):
    """Passes on what a look showed, or why a watch ended; *is_news* even under the same status."""

    def __call__(self, watch: Watch, news: Snapshot | HubSpotError, *, is_news: bool) -> None:
        """Tell it."""


class Looker:
    """Looks at what is due, whoever's it is, as soon as its account's budget has a place."""

    def __init__(self, schedule: Schedule, tally: Tally, tasks: TaskGroup, tell: Tell, observer: WatchObserver) -> None:
        self._schedule = schedule
        self._tally = tally
        self._tasks = tasks
        self._tell = tell
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._bell = Bell(self._loop)
        self._alarm = Bell(self._loop)

    def now(self) -> float:
        """Tell the time, in any thread."""
        return self._loop.time()

    def ring(self) -> None:
        """Say that something may be due earlier than it was."""
        self._bell.ring()

    def close(self) -> None:
        """Give back the places that nobody will use."""
        self._bell.ring_at(math.inf)
        self._alarm.ring_at(math.inf)
        for group in self._schedule.groups:
            if group.has_place:
                group.has_place = False
                group.session.budget.give_back(POLL)

    def limit(self, watch: Watch, deadline: float) -> None:
        """Set when a watch's time is up."""
        self._schedule.limit(watch, deadline)
        self._alarm.ring()

    async def keep_time(self) -> None:
        """Give up whose time is up, even while all workers wait for answers."""
        while True:
            now = self._loop.time()
            while (late := self._schedule.expired(now)) is not None:
                self._expire(late, now)
            self._alarm.ring_at(self._schedule.next_deadline)
            await self._alarm.wait()

    async def work(self) -> None:
        """Look, again and again; sleep while there is nothing to look at."""
        while True:
            now = self._loop.time()
            entry = self._pick(now)
            if isinstance(entry, Watch):
                await self._look(entry, now)
            elif isinstance(entry, Listing):
                await self._look_at_page(entry, now)
            else:
                await self._bell.wait()

    def _pick(self, now: float) -> Entry | None:
        """Choose an account with both something to look at and a place to do it, and what to look at."""
        while isinstance(group := self._schedule.next(now), Group):
            if not group.has_place and not self._take_place(group):
                continue
            group.has_place = False
            entry = group.pick(now)
            self._schedule.wake(group)
            if entry is not None:
                self._tally.polls += 1
                if self._bell.has_sleepers:
                    self._wake_another(now)
                return entry
            group.session.budget.give_back(POLL)
        self._bell.ring_at(group)
        return None

    def _wake_another(self, now: float) -> None:
        """Let one more worker see whether there is more to do; who is at work will see for himself."""
        choice = self._schedule.next(now)
        if isinstance(choice, Group):
            self._bell.ring()
        else:
            self._bell.ring_at(choice)

    def _take_place(self, group: Group) -> bool:
        """Take a place for a group; where there is none let somebody wait for it, and everyone else go on."""
        try:
            is_free = group.session.budget.take(POLL)
        except HubSpotError as error:
            self._fail_all(group, error)
            return False
        if not is_free:
            self._schedule.block(group)
            self._tasks.start_soon(self._wait_for_place, group)
        return is_free

    async def _wait_for_place(self, group: Group) -> None:
        try:
            await group.session.budget.acquire(POLL)
        except HubSpotError as error:
            self._fail_all(group, error)
        else:
            group.has_place = True
        self._schedule.unblock(group)
        now = self._loop.time()
        if group.has_place and group.next_time(now) > now:
            group.has_place = False
            group.session.budget.give_back(POLL)
        self._bell.ring()

    async def _look(self, watch: Watch, began: float) -> None:
        group = watch.group
        self._tally.requests += 1
        try:
            snapshot = await group.session.send(watch.task.kind.status_request(watch.task), lane=None)
        except HubSpotError as error:
            self._observer.looked((watch.task,), self._loop.time() - began, error)
            self._count(group, error)
            self._fail(watch, error)
        else:
            now = self._loop.time()
            self._observer.looked((watch.task,), now - began, None)
            if group.answered():
                self._tell_answered(group)
            await self._see(watch, snapshot, now)
        finally:
            self._schedule.wake(group)

    async def _look_at_page(self, listing: Listing, began: float) -> None:
        assert listing.kind.list_request is not None
        group = listing.group
        self._tally.requests += 1
        try:
            page = await group.session.send(listing.kind.list_request(listing.version, listing.after), lane=None)
        except HubSpotError as error:
            self._observer.looked((), self._loop.time() - began, error)
            self._count(group, error)
            self._fail_page(group, listing, error)
        else:
            now = self._loop.time()
            if group.answered():
                self._tell_answered(group)
            shown = group.page_shown(listing, page, now)
            self._observer.looked([watch.task for watch, _ in shown], now - began, None)
            for watch, snapshot in shown:
                await self._see(watch, snapshot, self._loop.time(), is_single=False)
        finally:
            self._schedule.wake(group)

    async def _see(self, watch: Watch, snapshot: Snapshot, now: float, *, is_single: bool = True) -> None:
        """Make of a look what the rules say."""
        if watch.bars & GONE:
            return
        before = watch.remarks
        if snapshot.status != watch.status:
            self._tally.moved(watch.status, snapshot.status)
            watch.status, watch.remarks = snapshot.status, NO_REMARKS
        if snapshot.is_terminal:
            await self._see_end(watch, snapshot, now)
            return
        if watch.remarks.failures:
            watch.remarks = evolve(watch.remarks, failures=0)
        if watch.task.kind.details_request is not None:
            await self._read_details(watch, snapshot, now)
            if watch.bars & GONE:
                return
        watch.group.observe(watch, snapshot.status, now)
        details = watch.remarks.details
        if details is not None and (error := rules.ended_by_details(watch.task, details)) is not None:
            self._end(watch, error)
            return
        self._tell(watch, snapshot, is_news=details is not before.details and rules.is_news(before.details, details))
        if is_single:
            watch.group.looked(watch, now)

    async def _see_end(self, watch: Watch, snapshot: Snapshot, now: float) -> None:
        if rules.lacks_result(watch.task, snapshot):
            self._wait_for_result(watch)
            return
        watch.remarks = Remarks(lateness=_lateness(snapshot, watch.group.session))
        await self._read_details(watch, snapshot, now)
        if watch.bars & GONE:
            return
        if snapshot.succeeded:
            watch.group.observe(watch, snapshot.status, now)
        self._end(watch, snapshot, now - (watch.remarks.lateness or 0.0))

    def _wait_for_result(self, watch: Watch) -> None:
        if watch.failed() >= rules.FEW:
            self._end(watch, rules.result_missing(watch.task))
        else:
            watch.group.looked(watch, self._loop.time())

    async def _read_details(self, watch: Watch, snapshot: Snapshot, now: float) -> None:
        """Read the fuller record of a task where that is called for; without it, too, there is something to tell."""
        age, request = now - watch.started, watch.task.kind.details_request
        if request is None or not rules.wants_details(watch.task, snapshot, age=age, read_at=watch.remarks.read_at):
            return
        watch.remarks = evolve(watch.remarks, read_at=age)
        self._tally.requests += 1
        try:
            details = await watch.group.session.send(request(watch.task), lane=POLL)
            watch.remarks = evolve(watch.remarks, details=details)
        except HubSpotError as error:
            log.debug("the record of %s could not be read: %s", watch.task, error, extra=_facts(watch, error))

    def _count(self, group: Group, error: HubSpotError) -> None:
        self._tally.refused += isinstance(error, RateLimitError)
        if not rules.is_outage(error):
            if not rules.passes(error) and group.answered():
                self._tell_answered(group)
            return
        was_out = group.is_out
        group.unanswered(self._loop.time())
        if group.is_out and not was_out:
            what = "%snobody answers, so one look at a time is made until somebody does: %s"
            log.warning(what, _whose(group), error, extra=_of_group(group) | facts.of_error(error))

    def _tell_answered(self, group: Group) -> None:
        log.info("%ssomebody answers again", _whose(group), extra=_of_group(group))

    def _fail(self, watch: Watch, error: HubSpotError) -> None:
        if not watch.is_scheduled:
            return
        failures = watch.remarks.failures if rules.passes(error) else watch.failed()
        now = self._loop.time()
        end = rules.given_up(watch.task, error, age=now - watch.started, failures=failures)
        if end is None:
            log.debug("a look at %s failed: %s", watch.task, error, extra=_facts(watch, error))
            watch.group.looked(watch, now)
        elif rules.concerns_all(end):
            self._fail_all(watch.group, end)
        else:
            self._end(watch, end)

    def _fail_page(self, group: Group, listing: Listing, error: HubSpotError) -> None:
        """Do without the list where HubSpot refuses it; what passes by itself only delays the next round."""
        listing.failures += not rules.passes(error)
        members = iter(listing.members.values())
        ends = (rules.given_up(watch.task, error, age=math.inf, failures=listing.failures) for watch in members)
        end = next(ends, None)
        if end is None:
            log.debug("a look at the list of %ss failed: %s", listing.kind.name, error)
            group.end_round(listing, self._loop.time())
        elif rules.concerns_all(end):
            self._fail_all(group, end)
        else:
            group.switch_off(listing)

    def _fail_all(self, group: Group, error: HubSpotError) -> None:
        for watch in list(group.watches.values()):
            if watch.is_scheduled:
                self._end(watch, error)
        self._wake(group)

    def _expire(self, watch: Watch, now: float) -> None:
        """Give up a watch whose time has run out; look once more where it was us who slept through it."""
        deadline = self._schedule.deadline_of(watch)
        if now - deadline > LATE and watch.due < deadline and not watch.bars & HELD:
            self._schedule.limit(watch, now + self.grace(watch.group))
            self.hasten(watch)
        else:
            self._end(watch, TimedOutError("not settled within its timeout", watch.task))
            self._wake(watch.group)

    def grace(self, group: Group) -> float:
        """Tell how long a look at each watch of a group may take, if all are to have one."""
        return LATE + 2 * len(group.watches) / group.session.budget.rate

    def _end(self, watch: Watch, news: Snapshot | HubSpotError, ended_at: float | None = None) -> None:
        """Tell the last of a watch and look at it no more."""
        watch.group.discard(watch, self._loop.time(), ended_at)
        self._tally.moved(watch.status, None)
        if isinstance(news, HubSpotError):
            self._tally.failed += 1
            log.warning("%s is given up: %s", watch.task, news, extra=_facts(watch, news))
        else:
            self._tally.ended(watch.remarks.lateness)
            level = logging.INFO if news.succeeded else logging.WARNING
            log.log(level, "%s is %s%s", watch.task, news.status, _why(watch, news), extra=_facts(watch, news))
        self._observer.ended(watch.task, news, watch.remarks.lateness)
        self._tell(watch, news, is_news=True)
        if not watch.is_owed:
            self._schedule.forget(watch)

    def hasten(self, watch: Watch) -> None:
        """Look at a watch as soon as may be: somebody wants to know."""
        watch.group.hasten(watch, self._loop.time())
        self._wake(watch.group)

    def forget(self, watch: Watch) -> None:
        """Drop a watch that nobody waits for any more."""
        self._observer.dropped(watch.task)
        self._tally.moved(watch.status, None)
        watch.group.discard(watch, self._loop.time())
        self._schedule.forget(watch)
        self._wake(watch.group)

    def _wake(self, group: Group) -> None:
        self._schedule.wake(group)
        self._bell.ring()


def _whose(group: Group) -> str:
    return f"{group.session.account}: " if group.session.account else ""


def _of_group(group: Group) -> dict[str, object]:
    return facts.known({"account": group.session.account})


def _facts(watch: Watch, news: Snapshot | HubSpotError) -> dict[str, object]:
    """Give the fields of a log record about a watch."""
    if isinstance(news, HubSpotError):
        return facts.of_task(watch.task) | facts.of_error(news)
    return facts.of_task(watch.task) | facts.known({"status": str(news.status), "lateness": watch.remarks.lateness})


def _why(watch: Watch, news: Snapshot) -> str:
    """Say why a task has not ended well, as far as HubSpot tells."""
    if news.succeeded:
        return ""
    state = getattr(watch.remarks.details, "export_state", None)
    reasons = [error.message for error in news.errors] or ([f"its record says {state}"] if state else [])
    return "".join(f": {reason}" for reason in reasons)


def _lateness(snapshot: Snapshot, session: Sender) -> float | None:
    """Tell how long ago the work had ended when this look found out."""
    ended = snapshot.completed_at
    return max(0.0, (session.now() - ended).total_seconds()) if isinstance(ended, datetime) else None
