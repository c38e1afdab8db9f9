"""The jobs of a run: what each is to do, and what an unfinished run has done of it already."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import evolve, field

from hubspot_async.classes import define
from hubspot_async.errors import InputError
from hubspot_async.journal.books import Books
from hubspot_async.journal.records import JobRecord, RunRecord
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire import codec

R = TypeVar("R")

Progress: TypeAlias = "Callable[[Job[Any]], None]"
"""Hears of each step that a job takes: a new state, more bytes of its file. It is called from the event loop."""

log = logging.getLogger("hubspot_async.bulk")


@define(eq=False)
class Job(Generic[R]):
    """One request of a run, and how far it has come; to be looked at while the run goes on."""

    session: HubSpotSession = field(repr=False)
    request: R
    asked: object = field(repr=False)
    """The model that is sent for it."""
    _record: JobRecord = field(repr=False)
    own: frozenset[Path] = field(default=frozenset(), repr=False)
    """Files that earlier runs of the journal have made for it, which it may replace."""
    starts_at: datetime | None = field(default=None, repr=False)
    """When its start is allowed at the earliest, if it has to wait for the day's allowance."""
    bytes: int = field(default=0, repr=False)
    """Bytes of its file that have come."""
    total: int | None = field(default=None, repr=False)
    """Bytes of the whole file, where that is known."""
    progress: Progress | None = field(default=None, repr=False)
    """Hears of each step."""

    @classmethod
    def of(cls, session: HubSpotSession, request: R, *, asked: object, name: str, path: Path | None = None) -> Job[R]:
        """Make a job of a request, of which nothing is done yet; *asked* is the model that is sent for it."""
        record = JobRecord(
            run=0,
            place=0,
            account=session.account or None,
            name=name,
            asked=codec.dumps(asked).decode(),
            path=None if path is None else str(path),
        )
        return cls(session, request, asked, record)

    @property
    def record(self) -> JobRecord:
        """What the journal has of it, or would have."""
        return self._record

    @record.setter
    def record(self, record: JobRecord) -> None:
        self._record = record
        self._tell()

    def load(self, size: int, total: int | None) -> None:
        """Note how much of its file has come."""
        self.bytes, self.total = size, total
        self._tell()

    def _tell(self) -> None:
        if self.progress is not None:
            try:
                self.progress(self)
            except Exception:
                log.exception("progress= failed for %s", self.name)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.record.name

    @property
    def task(self) -> HubSpotTask[Any] | None:
        """What HubSpot has begun for it."""
        return self.record.task

    @property
    def path(self) -> Path:
        """Where its file is to be."""
        assert self.record.path is not None
        return Path(self.record.path)

    @property
    def state(self) -> str:
        """How far it has come: ``waiting``, ``starting``, HubSpot's word for its status, ``done`` or ``failed``."""
        if self.record.outcome is not None:
            return self.record.outcome.value
        if self.record.task is not None:
            return self.record.status or "PENDING"
        return "waiting" if self.record.asked_at is None else "starting"


def by_session(
    sessions: HubSpotSession | Mapping[HubSpotSession, Iterable[R]], requests: Iterable[R] | None
) -> dict[HubSpotSession, list[R]]:
    """Say whose requests they are, however it was put.

    Raises InputError where accounts cannot be told apart.
    """
    if not isinstance(sessions, Mapping):
        if requests is None:
            raise InputError("requests is missing: they stand beside the session, or in a mapping {session: requests}")
        return {sessions: list(requests)}
    if requests is not None:
        raise InputError("requests are given twice: the mapping has those of each session")
    accounts = [session.account for session in sessions]
    if len(accounts) > 1 and not (all(accounts) and len(set(accounts)) == len(accounts)):
        raise InputError("sessions of one run need an account= each, and no two the same one")
    return {session: list(each) for session, each in sessions.items()}


def match(runs: Iterable[RunRecord], wanted: Sequence[JobRecord]) -> list[JobRecord | None]:
    """Find each wanted job in the newest run that had it, by account and by what is asked, the first of equals first.

    A run goes on if something of it is wanted that is not over; then what is over of it is done. Everything else is
    to be done anew.
    """
    newest: dict[tuple[str | None, str], list[JobRecord]] = {}
    for run in runs:
        newest |= _by_asked(run.jobs)
    equals = {key: iter(records) for key, records in newest.items()}
    found = [next(equals.get((job.account, job.asked), iter(())), None) for job in wanted]
    going_on = {record.run for record in found if record is not None and record.told_at is None}
    return [record if record is not None and record.run in going_on else None for record in found]


def _by_asked(records: Iterable[JobRecord]) -> dict[tuple[str | None, str], list[JobRecord]]:
    found: dict[tuple[str | None, str], list[JobRecord]] = {}
    for record in sorted(records, key=lambda each: each.place):
        found.setdefault((record.account, record.asked), []).append(record)
    return found


def take_up(runs: Sequence[RunRecord], jobs: Sequence[Job[Any]], *, restart_unknown: bool) -> None:
    """Give each job the record that an unfinished run has of it, its file being where it is wanted now.

    With *restart_unknown* a start that was given up as unknown is so no more.
    """
    for job, record in zip(jobs, match(runs, [job.record for job in jobs]), strict=True):
        if record is None:
            continue
        if restart_unknown and record.asked_at is not None and record.task is None:
            record = evolve(record, outcome=None, said={}, told_at=None)
        job.record = record if record.told_at is not None else evolve(record, path=job.record.path)


async def write_down(
    books: Books, work: str, options: Mapping[str, Any], runs: Sequence[RunRecord], jobs: Sequence[Job[Any]]
) -> None:
    """Add the jobs that have no record yet to the run that goes on, or to a new one of *work* with these *options*."""
    paths = {(record.run, record.place): record.path for run in runs for record in run.jobs}
    new = []
    for job in jobs:
        key = (job.record.run, job.record.place)
        if key not in paths:
            new.append(job)
        elif paths[key] != job.record.path:
            job.record = await books.placed(job.record, job.record.path)
    if not new:
        return
    number = max((job.record.run for job in jobs), default=0) or await books.begin_run(work, options)
    first = max((1 + place for run, place in paths if run == number), default=0)
    for place, job in enumerate(new, first):
        job.record = evolve(job.record, run=number, place=place)
    await books.add_jobs([job.record for job in new])
