"""Starting a job so that no crash makes it be started twice."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar

import anyio

from hubspot_async.bulk.allowance import Allowance
from hubspot_async.bulk.jobs import Job
from hubspot_async.errors import HubSpotError, StartOutcomeUnknownError
from hubspot_async.journal.books import Books
from hubspot_async.session.starts import UnansweredStart, how_to_check
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire.versions import Family

R = TypeVar("R")

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
        self._under_way: set[anyio.CancelScope] = set()

    def hurry(self) -> None:
        """Give the starts under way a last moment."""
        for scope in self._under_way:
            scope.deadline = anyio.current_time() + LAST_ANSWER

    async def start(self, job: Job[Any], allowance: Allowance) -> HubSpotTask[Any]:
        """Start a job, or find what HubSpot began of it before.

        Raises StartOutcomeUnknownError where that cannot be told and nobody asked for another start.
        """
        if job.record.is_unknown:
            task = await self._work.find(job)
            if task is not None:
                job.record = await self._books.started(job.record, task)
                return task
            if not self._restart_unknown:
                start = self.unanswered(job)
                raise StartOutcomeUnknownError(f"HubSpot may have accepted it, or not: {start}", start=start)
        try:
            return await self._send(job)
        except StartOutcomeUnknownError:
            raise
        except HubSpotError:
            allowance.give_back()
            raise

    def unanswered(self, job: Job[Any]) -> UnansweredStart:
        """Say what was asked by a start that another process has sent."""
        return UnansweredStart(
            request=f"the start of {job.name}",
            asked=job.asked,
            at=job.record.asked_at or self._books.now(),
            account=job.record.account,
            how_to_check=how_to_check(self._work.family),
        )

    async def _send(self, job: Job[Any]) -> HubSpotTask[Any]:
        with anyio.CancelScope(shield=True) as scope:
            self._under_way.add(scope)
            try:
                job.record = await self._books.asking(job.record)
                task = await self._work.start(job)
                job.record = await self._books.started(job.record, task)
            finally:
                self._under_way.discard(scope)
            return task
        if not any(each.asked is job.asked for each in job.session.unanswered_starts):  # it waited for its turn
            with anyio.CancelScope(shield=True):
                job.record = await self._books.unasked(job.record)
        await anyio.lowlevel.checkpoint()
        raise AssertionError("unreachable")
