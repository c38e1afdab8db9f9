"""The jobs of a run: what each is to do, and what an unfinished run has done of it already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import define, evolve, field

from hubspot_async.errors import InputError
from hubspot_async.journal.books import Books
from hubspot_async.journal.records import JobRecord, RunRecord
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire import codec

R = TypeVar("R")


@define(eq=False)
class Job(Generic[R]):
    """One request of a run, and how far it has come; to be looked at while the run goes on."""

    session: HubSpotSession = field(repr=False)
    request: R
    asked: object = field(repr=False)
    """The model that is sent for it."""
    record: JobRecord = field(repr=False)
    """What the journal has of it, or would have."""
    may_replace: bool = field(default=False, repr=False)
    """Whether a file in its place may be replaced: an earlier run made it, or nobody minds."""
    starts_at: datetime | None = field(default=None, repr=False)
    """When its start is allowed, if it has to wait for that."""
    bytes: int = field(default=0, repr=False)
    """Of its file, as far as it has come."""
    total: int | None = field(default=None, repr=False)
    """Of the whole file, where that is known."""

    @classmethod
    def of(cls, session: HubSpotSession, request: R, *, asked: object, name: str, path: Path | None = None) -> Job[R]:
        """Make a job of a request, of which nothing is done yet; *asked* is the model that is sent for it."""
        record = JobRecord(
            run=0,
            place=0,
            account=session.account,
            name=name,
            asked=codec.dumps(asked).decode(),
            path=None if path is None else str(path),
        )
        return cls(session, request, asked, record)

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
    if len(accounts) > 1 and (None in accounts or len(set(accounts)) < len(accounts)):
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
    place_among_equals: dict[tuple[str | None, str], int] = {}
    found: list[JobRecord | None] = []
    for job in wanted:
        key = (job.account, job.asked)
        place = place_among_equals[key] = place_among_equals.get(key, -1) + 1
        found.append(dict(enumerate(newest.get(key, ()))).get(place))
    going_on = {record.run for record in found if record is not None and record.told_at is None}
    return [record if record is not None and record.run in going_on else None for record in found]


def _by_asked(records: Iterable[JobRecord]) -> dict[tuple[str | None, str], list[JobRecord]]:
    found: dict[tuple[str | None, str], list[JobRecord]] = {}
    for record in sorted(records, key=lambda each: each.place):
        found.setdefault((record.account, record.asked), []).append(record)
    return found


async def take_up(books: Books, work: str, runs: Sequence[RunRecord], jobs: Sequence[Job[Any]]) -> None:
    """Give each job its record: that of the unfinished run, or one of a new run."""
    found = match(runs, [job.record for job in jobs])
    for job, record in zip(jobs, found, strict=True):
        if record is not None:
            moved = record.path != job.record.path
            job.record = await books.placed(record, job.record.path) if moved else record
    new = [job for job, record in zip(jobs, found, strict=True) if record is None]
    if not new:
        return
    going_on = max((record.run for record in found if record is not None), default=None)
    number = await books.begin_run(work) if going_on is None else going_on
    first = max((1 + job.place for run in runs if run.number == number for job in run.jobs), default=0)
    for place, job in enumerate(new, first):
        job.record = evolve(job.record, run=number, place=place)
    await books.add_jobs([job.record for job in new])
