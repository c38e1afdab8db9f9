"""Starting a job so that no crash makes it be started twice."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from math import inf
from typing import Any, Protocol, TypeVar

import anyio

from hubspot_async.bulk.day import Day
from hubspot_async.bulk.jobs import Job
from hubspot_async.errors import HubSpotError, StartOutcomeUnknownError
from hubspot_async.journal.books import Books
from hubspot_async.session.starts import UnansweredStart, how_to_check
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire.versions import Family

R = TypeVar("R")

log = logging.getLogger("hubspot_async.bulk")

LAST_ANSWER = 1.0
"""Seconds that a start under way has to be answered when the run is left, lest its outcome be unknown."""


class Startable(Protocol[R]):
    """What knows how to start jobs."""

    @property
    def family(self) -> Family:
        """Whose calls start them."""
        ...

    def start(self, job: Job[R]) -> Awaitable[HubSpotTask[Any]]:
        """Have HubSpot begin it."""
        ...

    def find(self, job: Job[R]) -> Awaitable[HubSpotTask[Any] | None]:
        """Find what HubSpot began, after a start whose answer was never read; None where that cannot be told."""
        ...


class Starting:
    """Writes down that a start will be sent, sends it, and writes down what HubSpot began.

    Who is cancelled meanwhile waits a moment for the answer.
    """

    def __init__(self, books: Books, work: Startable[Any], *, restart_unknown: bool) -> None:
        self._books = books
        self._work = work
        self._restart_unknown = restart_unknown
        self._waiting: set[anyio.CancelScope] = set()
        self._last_moment = inf

    def hurry(self) -> None:
        """Give the starts under way a last moment, and send no more."""
        self._last_moment = anyio.current_time() + LAST_ANSWER
        for scope in self._waiting:
            scope.deadline = self._last_moment

    async def start(self, job: Job[Any], day: Day) -> HubSpotTask[Any]:
        """Start a job, or find what HubSpot began of it when nobody read the answer.

        Raises StartOutcomeUnknownError where that cannot be told and nobody asked for another start.
        """
        if job.record.is_unknown:
            start = self.unanswered(job)
            lost = StartOutcomeUnknownError(f"HubSpot may have accepted it, or not: {start}", start=start)
        else:
            try:
                return await self._send(job, day)
            except StartOutcomeUnknownError as error:
                lost = error
        task = await self._found(job)
        if task is not None:
            job.record = await self._books.started(job.record, task)
            return task
        if not self._restart_unknown:
            raise lost
        return await self._send(job, day)

    def unanswered(self, job: Job[Any]) -> UnansweredStart:
        """Say what was asked by a start that another process has sent."""
        return UnansweredStart(
            request=f"the start of {job.name}",
            asked=job.asked,
            at=job.record.asked_at or self._books.now(),
            account=job.record.account,
            how_to_check=how_to_check(self._work.family),
        )

    async def _found(self, job: Job[Any]) -> HubSpotTask[Any] | None:
        try:
            return await self._work.find(job)
        except HubSpotError as error:
            log.warning("%s could not be looked for: %s", job.name, error)
            return None

    async def _send(self, job: Job[Any], day: Day) -> HubSpotTask[Any]:
        """Send a start, and have the journal say what is known of it, whatever happens meanwhile."""
        await day.turn(job)
        await anyio.lowlevel.checkpoint_if_cancelled()
        before = job.record.asked_at
        with anyio.CancelScope(shield=True):
            job.record = await self._books.asking(job.record)
            try:
                task = await self._answer(job)
            except StartOutcomeUnknownError:
                raise
            except (HubSpotError, OSError):
                day.give_back()
                job.record = await self._books.unasked(job.record, before)
                raise
            if task is not None:
                job.record = await self._books.started(job.record, task)
                return task
            if not any(each.asked is job.asked for each in job.session.unanswered_starts):  # it waited for its turn
                job.record = await self._books.unasked(job.record, before)
        await anyio.lowlevel.checkpoint()
        raise AssertionError("unreachable")

    async def _answer(self, job: Job[Any]) -> HubSpotTask[Any] | None:
        """Have HubSpot begin it; None if the run is left, and the last moment over."""
        if self._last_moment < inf:
            return None
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                return await self._work.start(job)
            finally:
                self._waiting.discard(scope)
        return None
