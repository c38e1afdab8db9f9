"""What a bulk run notes of its work; here nowhere but in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from hubspot_async.journal.records import JobRecord, Outcome, RunRecord
from hubspot_async.tasks import HubSpotTask


class Books:
    """The steps of a job, each noted before the next is taken. A `Journal` writes them down."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall

    async def runs(self) -> list[RunRecord]:
        """Give the runs before this one, the oldest first."""
        return []

    async def begin_run(self, work: str, options: Mapping[str, Any]) -> int:
        """Begin a run of *work*, whose files are written as *options* say, and give its number."""
        return 0

    async def add_jobs(self, jobs: Sequence[JobRecord]) -> None:
        """Note what a run is to do."""

    async def placed(self, job: JobRecord, path: str | None) -> JobRecord:
        """Note that its file is to be in another place."""
        return await self._set(job, path=path)

    async def asking(self, job: JobRecord) -> JobRecord:
        """Note that its start is about to be sent: from here on HubSpot may be at work."""
        return await self._set(job, asked_at=self.now(), task=None, status=None, outcome=None, said={})

    async def unasked(self, job: JobRecord, before: datetime | None = None) -> JobRecord:
        """Note that the start was not sent after all, or refused; *before* is when an earlier one may have been."""
        return await self._set(job, asked_at=before)

    async def reopened(self, job: JobRecord) -> JobRecord:
        """Note that a start which was given up as unknown is so no more: it is to be dealt with."""
        return await self._set(job, outcome=None, said={}, told_at=None)

    async def started(self, job: JobRecord, task: HubSpotTask[Any]) -> JobRecord:
        """Note what HubSpot has begun."""
        return await self._set(job, task=task)

    async def seen(self, job: JobRecord, status: str) -> JobRecord:
        """Note the status word that a look has shown."""
        return await self._set(job, status=status)

    async def finishing(self, job: JobRecord, said: Mapping[str, Any]) -> JobRecord:
        """Note what its file is, just before that gets its name, so that it is known again."""
        return await self._set(job, said=said)

    async def ended(self, job: JobRecord, outcome: Outcome, said: Mapping[str, Any]) -> JobRecord:
        """Note what has come of it."""
        return await self._set(job, outcome=outcome, said=said)

    async def told(self, job: JobRecord) -> JobRecord:
        """Note that its item has been dealt with."""
        return await self._set(job, told_at=self.now())

    def now(self) -> datetime:
        """Tell the time, by the clock of this machine."""
        return datetime.fromtimestamp(self._wall(), UTC)

    async def _set(self, job: JobRecord, **changes: Any) -> JobRecord:
        return evolve(job, **changes)
