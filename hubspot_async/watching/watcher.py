"""The watcher: a few workers that look, and a queue that hands out what has changed."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio

from hubspot_async.errors import HubSpotError, InputError, TimedOutError, WatcherClosedError
from hubspot_async.tasks import HubSpotTask, Snapshot
from hubspot_async.watching.background import Background
from hubspot_async.watching.backoff import Backoff
from hubspot_async.watching.bell import Bell
from hubspot_async.watching.events import StatusChange, WatchFailed
from hubspot_async.watching.followers import Follower, make_event
from hubspot_async.watching.looker import LATE, Looker
from hubspot_async.watching.observer import Guarded, WatchObserver
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.stats import Tally, WatchEstimate, WatchStats
from hubspot_async.watching.watch import HELD, Watch
from hubspot_async.wire.request import Sender

if TYPE_CHECKING:
    from hubspot_async.journal.journal import Journal
    from hubspot_async.watching.checkpoint import Checkpoint

S = TypeVar("S", bound=Snapshot)

WORKERS = 16
"""Looks under way at once, for ten tasks or ten thousand."""


class TaskGroupWatcher:
    """Looks at any number of tasks, of any kind and any number of accounts, and hands out what changes.

    Iterate it for the changes of all tasks added; `settle` and `follow` are for those who wait for one task only.
    Enter and leave it in one asyncio task. Leaving the block stops looking; the work at HubSpot goes on.
    *session* is whose tasks these are unless `add` names another one, *backoff* how long to wait between looks, and
    *workers* bounds the looks under way at once. *observer* hears of each look, to measure it.

    With a *journal*, or the path of one, what `add` was given survives a crash from the moment it is written down,
    which is soon: entering the block takes up the tasks of *session* that have not ended, and `resume` those of another
    one. An event is done with when the next one is asked for or the block is left without an exception; after a crash
    one that was not may be seen again, and none is missing. A task that timed out, or whose session was refused, is
    taken up again; one that was only settled or followed is not in the journal. What cannot be written is kept: whoever
    asks for the next event gets the ``OSError``, and may ask again. Sessions of several accounts need an ``account=``;
    watchers may share an open `Journal`, one for each account.

    Raises InputError for *workers* below one.
    """

    def __init__(
        self,
        session: Sender | None = None,
        *,
        backoff: Backoff | None = None,
        workers: int = WORKERS,
        journal: Journal | str | Path | None = None,
        observer: WatchObserver | None = None,
    ) -> None:
        if workers < 1:
            raise InputError(f"workers must be at least 1, not {workers}")
        self._session = session
        self._workers = workers
        self._schedule = Schedule(backoff)
        self._tally = Tally()
        self._observer = Guarded(observer) if observer is not None else WatchObserver()
        self._queue: deque[Watch] = deque()
        self._owed = 0
        self._holders = 0
        self._consumer: weakref.ref[_Events] | None = None
        self._journal = journal
        self._checkpoint: Checkpoint | None = None
        self._is_open = False
        self._was_left = False

    async def __aenter__(self) -> Self:
        if self._is_open or self._was_left:
            raise WatcherClosedError("a watcher is entered once")
        self._news = Bell(asyncio.get_running_loop())
        self._left = asyncio.Event()
        async with AsyncExitStack() as stack:
            if self._journal is not None:
                await self._open(self._journal, stack)
                if self._session is not None:
                    await self.resume(self._session)
            stack.callback(self._give_back)
            group = await stack.enter_async_context(Background())
            self._looker = Looker(self._schedule, self._tally, group, self._tell, self._observer)
            self._is_open = True
            stack.push(self._leave)
            group.start_soon(self._looker.keep_time)
            for _ in range(self._workers):
                group.start_soon(self._looker.work)
            if self._checkpoint is not None:
                group.start_soon(self._checkpoint.keep)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(exc_type, exc, traceback)

    def add(self, task: HubSpotTask[Any], *, session: Sender | None = None, timeout: float | None = None) -> None:
        """Watch *task* and hand out its changes, the first being its status at the next look.

        A task that is watched already stays one watch. After *timeout* seconds without an end it is given up with a
        `TimedOutError`; without one it is watched for ever. Raises InputError for a task of another account than the
        session's, and WatcherClosedError after the block was left.
        """
        _check_timeout(timeout)
        if self._checkpoint is not None:
            self._checkpoint.check(session or self._session)
        watch = self._watch(task, session)
        if self._owe(watch) and self._checkpoint is not None:
            self._checkpoint.added(task, watch.group.session)
        if timeout is not None:
            limit = self._looker.limit if self._is_open else self._schedule.limit
            limit(watch, _time() + timeout)

    async def resume(self, session: Sender) -> list[HubSpotTask[Any]]:
        """Add the tasks of *session* that the journal has and that have not ended, and give them.

        The status that was last dealt with is not handed out again. Raises InputError where there is no journal,
        JournalError where it cannot be read, and UnknownTaskKindError for a kind of your own that `Journal.open` was
        not told of.
        """
        if self._checkpoint is None:
            raise InputError("there is no journal to resume from: pass journal= to the watcher, and enter it")
        found = await self._checkpoint.unfinished(session)
        for record in found:
            watch = self._watch(record.task, session)
            if watch.news is None:
                watch.handed = watch.handed or record.status
            self._owe(watch)
        return [record.task for record in found]

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Keep the iteration from ending while someone may still add tasks."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if self._is_open:
                self._news.ring()

    @asynccontextmanager
    async def follow(
        self, task: HubSpotTask[S], *, session: Sender | None = None
    ) -> AsyncIterator[AsyncIterator[StatusChange[S] | WatchFailed]]:
        """Give the changes of one task to whoever asks, from its present status to its final event.

        Adds the task if it is new. Any number may follow one task, each at its own pace; none takes anything from the
        watcher's own iteration, which does not hand out a task that was only followed. Raises InputError for a task of
        another account than the session's, and WatcherClosedError outside of the watcher's block, or where it is left
        before the task is settled.
        """
        with self._following(task, session) as follower:
            yield follower

    async def settle(
        self, task: HubSpotTask[S], *, session: Sender | None = None, timeout: float | None = None
    ) -> StatusChange[S]:
        """Wait for the end of *task*, adding it if it is new, and give its final change, successful or not.

        Raises TimedOutError after *timeout* seconds (no timeout waits for ever), WatcherClosedError where the watcher
        is left first, and whatever else ends the watch without an end of the task.
        """
        _check_timeout(timeout)
        with self._following(task, session) as follower:
            with anyio.move_on_after(timeout) as limit:
                return await follower.last()
            if _time() - limit.deadline > LATE:  # it was us who slept through it
                self._looker.hasten(follower.watch)
                with anyio.move_on_after(self._looker.grace(follower.watch.group)):
                    return await follower.last()
        raise TimedOutError(f"not settled within {timeout} s", task)

    def __aiter__(self) -> _Events:
        events = _Events(self)
        self._hand_out_to(events)
        return events

    @property
    def stats(self) -> WatchStats:
        """What has been done so far, in figures."""
        return self._tally.stats()

    def estimate(self) -> WatchEstimate:
        """Tell what lateness to expect of the tasks added so far, by the rates their budgets allow."""
        groups = [group for group in self._schedule.groups if group.watches]
        worst = max((len(group.watches) / (2 * group.session.budget.rate) for group in groups), default=0.0)
        return WatchEstimate(
            watched=sum(len(group.watches) for group in groups),
            polls_per_second=sum(group.session.budget.rate for group in groups),
            lateness=worst,
        )

    def next_look(self, task: HubSpotTask[Any], *, session: Sender | None = None) -> float | None:
        """Tell in how many seconds *task* is looked at next, 0 while it is; infinity where it waits for others' ends.

        None where no look is planned. Any thread may ask, so that a screen can count down.
        """
        whose = session or self._session
        watch = self._schedule.find(task, whose) if whose is not None and self._is_open else None
        return watch.next_look(self._looker.now()) if watch is not None else None

    async def progress(self, every: float = 10.0) -> AsyncGenerator[WatchStats, None]:
        """Give the figures every so many seconds until the block is left, for whoever must show that work goes on."""
        while self._is_open:
            yield self.stats
            with anyio.move_on_after(every):
                await self._left.wait()

    # Inside: what `add` keeps, and what the queue hands out. The workers' part is in looker.py.

    async def _open(self, journal: Journal | str | Path, stack: AsyncExitStack) -> None:
        """Have a journal for as long as the block lasts; one that was opened elsewhere is not closed here."""
        from hubspot_async.journal.journal import Journal
        from hubspot_async.watching.checkpoint import Checkpoint

        if not isinstance(journal, Journal):
            journal = await stack.enter_async_context(Journal.open(journal))
        self._checkpoint = Checkpoint(journal)
        for watch in self._schedule.watches:
            if watch.is_owed:
                self._checkpoint.check(watch.group.session)
                self._checkpoint.added(watch.task, watch.group.session)
        stack.push_async_exit(self._checkpoint.finish)

    def _give_back(self) -> None:
        self._looker.close()

    def _leave(self, *_: object) -> None:
        """Look no more, and tell all who wait."""
        self._is_open, self._was_left = False, True
        for watch in self._schedule.watches:
            for follower in watch.followers:
                follower.close()
            if watch.is_scheduled:
                self._observer.dropped(watch.task)
        self._news.ring()
        self._left.set()

    def _watch(self, task: HubSpotTask[Any], session: Sender | None) -> Watch:
        if self._was_left:
            raise WatcherClosedError("this watcher has been left")
        session = session or self._session
        if session is None:
            raise InputError("session= must say whose task it is, since the watcher was given none")
        if task.account is not None and task.account != session.account:
            raise InputError(f"{task} cannot be watched through a session of {session.account or 'an unnamed account'}")
        now = _time()
        watch = self._schedule.find(task, session)
        if watch is None:
            watch = self._schedule.add(task, session, _born(task, session, now), now)
            self._tally.moved(None, watch.status)
            self._observer.added(task, session)
            self._ring()
        return watch

    @contextmanager
    def _following(self, task: HubSpotTask[S], session: Sender | None) -> Iterator[Follower[S]]:
        self._check_open()
        watch = self._watch(task, session)
        follower: Follower[S] = Follower(watch)
        if watch.news is not None:
            follower.tell(watch.news)
        watch.follow(follower)
        self._looker.hasten(watch)
        try:
            yield follower
        finally:
            watch.unfollow(follower)
            if watch.is_scheduled and not watch.followers:
                if not watch.is_owed:
                    self._looker.forget(watch)
                elif watch.is_queued:
                    watch.bars |= HELD

    def _owe(self, watch: Watch) -> bool:
        """Have the iterator hand out the end of a watch, and tell whether that is new."""
        if watch.is_owed:
            return False
        watch.is_owed = True
        self._owed += 1
        if watch.news is not None:
            self._enqueue(watch)
        return True

    def _ring(self) -> None:
        if self._is_open:
            self._looker.ring()

    def _check_open(self) -> None:
        if not self._is_open:
            raise WatcherClosedError("the watcher is not open: use it inside `async with`")

    def _tell(self, watch: Watch, news: Snapshot | HubSpotError, *, is_news: bool) -> None:
        """Pass on what a look showed, to followers at once, and to the queue if the iterator owes it to anyone."""
        for follower in watch.followers:
            follower.tell(news, is_news=is_news)
        if is_news or isinstance(news, HubSpotError) or news.status != watch.handed:
            was_queued, watch.news = watch.is_queued, news
            if watch.is_queued and not was_queued:
                self._enqueue(watch)
        if watch.news is not None and watch.is_owed and not watch.followers:
            watch.bars |= HELD

    def _enqueue(self, watch: Watch) -> None:
        self._queue.append(watch)
        if self._is_open:
            self._news.ring()

    def _hand_out_to(self, events: _Events) -> None:
        """See to it that there is one loop at a time."""
        before = self._consumer() if self._consumer else None
        if before not in (None, events) and not before.is_over:
            raise HubSpotError("this watcher is iterated already; use follow() for one more reader of a task")
        self._consumer = weakref.ref(events)

    async def _next_event(self) -> StatusChange[Any] | WatchFailed:
        if self._checkpoint is not None:
            await self._checkpoint.save()
        while not self._queue:
            self._check_open()
            if self._owed == 0 and self._holders == 0:
                raise StopAsyncIteration
            await self._news.wait()
        self._check_open()
        return self._take(self._queue.popleft())

    def _take(self, watch: Watch) -> StatusChange[Any] | WatchFailed:
        """Hand out the news of a watch in one step: whatever is cancelled, they are taken or still there."""
        news, watch.news = watch.news, None
        assert news is not None
        event = make_event(watch, watch.handed, news)
        if isinstance(news, HubSpotError) or news.is_terminal:
            watch.is_owed = False
            self._owed -= 1
            self._schedule.forget(watch)
        else:
            watch.handed = news.status
            watch.group.release(watch)
            self._schedule.wake(watch.group)
            self._ring()
        if self._checkpoint is not None:
            self._checkpoint.handed(event)
        return event


class _Events:
    """One iteration over a watcher."""

    def __init__(self, watcher: TaskGroupWatcher) -> None:
        self._watcher = watcher
        self._is_waiting = False
        self.is_over = False
        """Whether the loop over it has ended: there was no more to come, or the wait for it was broken off."""

    def __aiter__(self) -> _Events:
        return self

    async def __anext__(self) -> StatusChange[Any] | WatchFailed:
        if self._is_waiting:
            raise HubSpotError("somebody waits for the next event of this iteration already")
        self._watcher._hand_out_to(self)
        self._is_waiting, self.is_over = True, False
        try:
            return await self._watcher._next_event()
        except BaseException:
            self.is_over = True
            raise
        finally:
            self._is_waiting = False


def _time() -> float:
    return asyncio.get_running_loop().time()


def _born(task: HubSpotTask[Any], session: Sender, now: float) -> float:
    """Tell when a task began by the time that *now* is of; for one of unknown age, now."""
    if task.started_at is None:
        return now
    return now - max(0.0, (session.now() - task.started_at).total_seconds())


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None and not timeout > 0:
        raise InputError(f"timeout must be a positive number of seconds or None, not {timeout!r}")


async def settle(session: Sender, task: HubSpotTask[S], *, timeout: float | None = None) -> StatusChange[S]:
    """Wait for the end of one task and give its final change, successful or not (see ``succeeded``).

    Raises TimedOutError after *timeout* seconds; without one it waits for ever. Raises whatever else ends the watch
    without an end of the task: VanishedError, ResponseError, ResultMissingError.
    """
    async with TaskGroupWatcher(session, workers=1) as watcher:
        return await watcher.settle(task, timeout=timeout)
