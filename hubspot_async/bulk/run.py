"""A run: each job is started when its turn comes, watched, and brought to its end; what came of it is handed out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import anyio

from hubspot_async.bulk.allowance import Allowance, starts_of
from hubspot_async.bulk.day import Day
from hubspot_async.bulk.jobs import Job, Progress, take_up, write_down
from hubspot_async.bulk.starting import Startable, Starting
from hubspot_async.errors import (
    HubSpotError,
    InputError,
    JournalError,
    TaskNotSucceededError,
    TimedOutError,
    WatcherClosedError,
)
from hubspot_async.journal import failures
from hubspot_async.journal.books import Books
from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import Outcome, RunRecord
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.background import Background
from hubspot_async.watching.events import StatusChange, WatchFailed
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.watching.watcher import TaskGroupWatcher

R = TypeVar("R")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Said = Mapping[str, Any]

Finishing = Callable[[Said], Awaitable[None]]
"""Notes what is about to be on the disk under its name, so that it is known again."""


class Work(Startable[R], Protocol[R, T_co]):
    """What the jobs of a run have in common: what is started, and what is made of its end."""

    @property
    def name(self) -> str:
        """What is done: ``exports`` or ``imports``."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """How files are written, for whoever goes on with the run from its journal alone."""
        ...

    async def prepare(self, jobs: Sequence[Job[R]], runs: Sequence[RunRecord]) -> None:
        """Refuse what cannot work, before the first start; *runs* are those that the journal has."""
        ...

    async def finish(self, job: Job[R], done: StatusChange[Any], finishing: Finishing) -> tuple[T_co, Said]:
        """Make of a task that ended well what it was for, and give it also as JSON; *finishing* is to be told before.

        What it says then stands in the job's record, for `recall`, should the process be killed before this is over.
        """
        ...

    async def recall(self, job: Job[R]) -> T_co | None:
        """Give what was made of it before, if it is there."""
        ...

    def failed(self, job: Job[R], error: HubSpotError) -> T_co:
        """Make the item of a job that came to nothing."""
        ...


class BulkRun(Generic[R, T]):
    """Jobs on their way, and an async iterator over what came of them, each as soon as it is over.

    Enter and leave it in one asyncio task. Leaving it early stops it; what HubSpot has begun goes on there, and the
    next call with the same journal takes it up. An item is done with when the next one is asked for or the block is
    left without an exception: after a crash one that was not may be seen again, and none is missing.

    An ``OSError`` of your own disk, or a `JournalError`, ends the iteration; with a journal, the next call goes on.
    Outside of the block, iterating raises `WatcherClosedError`.
    """

    def __init__(
        self,
        work: Work[R, T],
        jobs: Sequence[Job[R]],
        *,
        journal: Journal | str | Path | None,
        in_flight: int,
        per_day: int | None,
        timeout: float | None,
        restart_unknown: bool,
        progress: Progress | None = None,
        observer: WatchObserver | None = None,
    ) -> None:
        if in_flight < 1:
            raise InputError(f"in_flight must be at least 1, not {in_flight}")
        if per_day is not None and per_day < 1:
            raise InputError(f"per_day must be at least 1, or None, not {per_day}")
        if timeout is not None and not timeout > 0:
            raise InputError(f"timeout must be a positive number of seconds or None, not {timeout!r}")
        self.jobs: tuple[Job[R], ...] = tuple(jobs)
        """All of them, in the order of the requests; look at them as often as you like."""
        self.earlier: tuple[Job[R], ...] = ()
        """Those whose item an earlier attempt at this run has handed out; they are not handed out again."""
        self._work = work
        self._journal = journal
        self._in_flight = in_flight
        self._per_day = per_day
        self._timeout = timeout
        self._restart_unknown = restart_unknown
        self._progress = progress
        self._observer = observer
        self._owed = len(self.jobs)
        self._done: deque[tuple[Job[R], T]] = deque()
        self._handed: Job[R] | None = None
        self._news = asyncio.Event()
        self._failure: JournalError | OSError | None = None
        self._is_open = self._was_entered = self._is_waiting = False

    async def __aenter__(self) -> Self:
        if self._was_entered:
            raise WatcherClosedError("a run is entered once; make another one")
        self._was_entered = True
        async with AsyncExitStack() as stack:
            self._books = await _opened(self._journal, stack)
            runs = [run for run in await self._books.runs() if run.work == self._work.name]
            take_up(runs, self.jobs, restart_unknown=self._restart_unknown)
            await self._work.prepare(self.jobs, runs)
            await write_down(self._books, self._work.name, self._work.options, runs, self.jobs)
            self.earlier = tuple(job for job in self.jobs if job.record.told_at is not None)
            self._owed = len(self.jobs) - len(self.earlier)
            stack.push_async_exit(self._finish)
            self._watcher = await stack.enter_async_context(TaskGroupWatcher(observer=self._observer))
            self._group = await stack.enter_async_context(Background())
            self._starting = Starting(self._books, self._work, restart_unknown=self._restart_unknown)
            stack.callback(self._leave)
            for job in self.jobs:
                job.progress = self._progress
            self._set_out(runs)
            self._is_open = True
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(exc_type, exc, traceback)

    def next_look(self, job: Job[R]) -> float | None:
        """Tell in how many seconds a job's task is looked at next, as `TaskGroupWatcher.next_look` does."""
        if not self._is_open or job.task is None:
            return None
        return self._watcher.next_look(job.task, session=job.session)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._is_waiting:
            raise HubSpotError("somebody waits for the next item of this run already")
        self._is_waiting = True
        try:
            return await self._next()
        finally:
            self._is_waiting = False

    async def _next(self) -> T:
        self._check_open()
        await self._tell()
        while not self._done:
            if self._failure is not None:
                raise self._failure
            if self._owed == 0:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
            self._check_open()
        self._handed, item = self._done.popleft()
        self._owed -= 1
        return item

    def _check_open(self) -> None:
        if not self._is_open:
            raise WatcherClosedError("the run is not open: iterate it inside `async with`")

    async def _tell(self) -> None:
        """Note that the last item has been dealt with."""
        if self._handed is not None:
            self._handed.record = await self._books.told(self._handed.record)
            self._handed = None

    def _leave(self) -> None:
        self._is_open = False
        self._news.set()
        self._starting.hurry()

    async def _finish(self, _type: object, exc: BaseException | None, _traceback: object) -> None:
        if exc is None:
            await self._tell()

    # One coroutine for each account, and one for each job that is under way.

    def _set_out(self, runs: Sequence[RunRecord]) -> None:
        jobs = [job for job in self.jobs if job.record.told_at is None]
        for job in jobs:
            if job.record.is_made:
                self._group.start_soon(self._carry, job, self._recall)
        for found in _by_account(job for job in jobs if not job.record.is_made):
            taken = starts_of(found[0].record.account, runs, self._books.now())
            day = Day(Allowance(self._per_day, taken), self._books.now)
            day.foresee([job for job in found if job.record.asked_at is None], self._work.name)
            self._group.start_soon(self._begin, found, day)

    async def _begin(self, jobs: Sequence[Job[R]], day: Day) -> None:
        """Let the jobs of an account go, a few at a time, first those that are under way."""
        places = anyio.Semaphore(self._in_flight)
        for job in sorted(jobs, key=lambda job: job.record.asked_at is None):
            await places.acquire()
            self._group.start_soon(self._carry, job, partial(self._bring, places, day))

    async def _carry(self, job: Job[R], bring: Callable[[Job[R]], Awaitable[T]]) -> None:
        """Bring a job to its end, and what came of it to whoever asks."""
        try:
            self._done.append((job, await self._outcome(job, bring)))
        except (JournalError, OSError) as error:
            self._failure = self._failure or error
        self._news.set()

    async def _outcome(self, job: Job[R], bring: Callable[[Job[R]], Awaitable[T]]) -> T:
        try:
            return await bring(job)
        except JournalError:
            raise
        except HubSpotError as error:
            job.record = await self._books.ended(job.record, Outcome.FAILED, failures.written(error))
            return self._work.failed(job, error)

    async def _bring(self, places: anyio.Semaphore, day: Day, job: Job[R]) -> T:
        """Start a job, unless that has been done, see it through, and make of it what it was for."""
        try:
            task = job.task or await self._starting.start(job, day)
            done = await self._see_through(job, task)
        finally:
            places.release()
        return await self._make(job, done)

    async def _recall(self, job: Job[R]) -> T:
        """Give what came of a job before, made again if it is gone."""
        if job.record.outcome is Outcome.FAILED:
            error = failures.read(job.record.said, task=job.task, start=self._starting.unanswered(job))
            return self._work.failed(job, error)
        item = await self._work.recall(job)
        if item is None:
            assert job.task is not None
            return await self._make(job, await self._see_through(job, job.task))
        if job.record.outcome is None:
            job.record = await self._books.ended(job.record, Outcome.DONE, job.record.said)
        return item

    async def _make(self, job: Job[R], done: StatusChange[Any]) -> T:
        async def finishing(said: Said) -> None:
            job.record = await self._books.finishing(job.record, said)

        item, said = await self._work.finish(job, done, finishing)
        job.record = await self._books.ended(job.record, Outcome.DONE, said)
        return item

    async def _see_through(self, job: Job[R], task: HubSpotTask[Any]) -> StatusChange[Any]:
        """Follow a task to its end. Raises what ends it otherwise than well."""
        with anyio.move_on_after(self._timeout):
            async with self._watcher.follow(task, session=job.session) as changes:
                async for event in changes:
                    if isinstance(event, WatchFailed):
                        raise event.error.with_traceback(None)
                    job.record = await self._books.seen(job.record, str(event.current.status))
                    if event.succeeded:
                        return event
                    if event.is_final:
                        raise TaskNotSucceededError(_ended_as(event), task)
        raise TimedOutError(f"not settled within {self._timeout} s", task)


async def _opened(journal: Journal | str | Path | None, stack: AsyncExitStack) -> Books:
    if isinstance(journal, str | Path):
        return await stack.enter_async_context(Journal.open(journal))
    return journal or Books()


def _by_account(jobs: Iterable[Job[R]]) -> Iterable[list[Job[R]]]:
    found: dict[HubSpotSession, list[Job[R]]] = {}
    for job in jobs:
        found.setdefault(job.session, []).append(job)
    return found.values()


def _ended_as(event: StatusChange[Any]) -> str:
    """Say how a task ended, in HubSpot's words, the finer one too where it was read."""
    finer = getattr(event.details, "export_state", None)
    return f"its status is {event.current.status}" + (f", and its state {finer}" if finer else "")
