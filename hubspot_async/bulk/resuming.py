"""Exports that are gone on with from their journal alone: who lost the program, or never had one, still has that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from hubspot_async.bulk.exports import PER_DAY, AnyExport, ExportItem, ExportWork
from hubspot_async.bulk.jobs import Job, Progress
from hubspot_async.bulk.run import BulkRun
from hubspot_async.errors import HubSpotError, InputError, JournalError
from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import JobRecord, RunRecord
from hubspot_async.models.exports import ListExport, ViewExport
from hubspot_async.session.session import HubSpotSession
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.wire import codec

_KINDS: Mapping[str, Callable[[Any], AnyExport]] = {
    "VIEW": lambda document: codec.structure(document, ViewExport),
    "LIST": lambda document: codec.structure(document, ListExport),
}


async def resume_exports(
    session: HubSpotSession | Iterable[HubSpotSession],
    *,
    journal: Journal,
    downloads: int = 4,
    in_flight: int = 3,
    per_day: int | None = PER_DAY,
    timeout: float | None = None,
    overwrite: bool = False,
    restart_unknown: bool = False,
    progress: Progress | None = None,
    observer: WatchObserver | None = None,
) -> BulkRun[AnyExport, ExportItem]:
    """Make the run that goes on with the last `run_exports` of a journal, without its requests at hand.

    ::

        async with Journal.open("exports.sqlite") as journal:
            async with await resume_exports(session, journal=journal) as run:
                async for item in run:
                    ...  # ExportedFile | ExportFailed

    What is asked for, where the files go and how they are written stands in the journal; give a session for each of
    the accounts that have some left. If nothing is left to do, the run has no jobs. With *restart_unknown*, starts of
    which nobody knows whether HubSpot accepted them are made again, also where that has been told already. The other
    arguments are those of `run_exports`.

    Raises InputError where an account has no session, and JournalError for a request that cannot be read.
    """
    last = unfinished(await journal.runs(), restart_unknown=restart_unknown)
    if last is not None and restart_unknown:
        jobs = [await journal.reopened(job) if job.is_lost else job for job in last.jobs]
        last = evolve(last, jobs=tuple(jobs))
    sessions = [session] if isinstance(session, HubSpotSession) else list(session)
    options: Mapping[str, Any] = last.options if last else {}
    return BulkRun(
        ExportWork(
            downloads=downloads,
            overwrite=overwrite or options.get("overwrite") is True,
            escape_formulas=options.get("escape_formulas") is True,
        ),
        [_job(journal.path, record, session) for record, session in _whose(journal.path, last, sessions)],
        journal=journal,
        in_flight=in_flight,
        per_day=per_day,
        timeout=timeout,
        restart_unknown=restart_unknown,
        progress=progress,
        observer=observer,
    )


def unfinished(runs: Iterable[RunRecord], *, restart_unknown: bool = False) -> RunRecord | None:
    """Find the run of exports that is to be gone on with: the last one, if it is not over.

    With *restart_unknown* none is over that has a start of which nobody knows.
    """
    last = next((run for run in reversed(list(runs)) if run.work == ExportWork.name), None)
    if last is None or (last.closed_at is not None and not (restart_unknown and any(job.is_lost for job in last.jobs))):
        return None
    return last


def goes_on(run: RunRecord, wanted: Mapping[str | None, Iterable[AnyExport]]) -> bool:
    """Tell whether something of an unfinished run is wanted that is not over; *wanted* is by account."""
    left = {(job.account, job.asked) for job in run.jobs if job.told_at is None}
    asked = {(account, codec.dumps(each).decode()) for account, found in wanted.items() for each in found}
    return not left.isdisjoint(asked)


def _whose(
    journal: Path, run: RunRecord | None, sessions: Iterable[HubSpotSession]
) -> Iterator[tuple[JobRecord, HubSpotSession]]:
    """Find the session of each job; an account of which nothing is left to do needs none."""
    known = {session.account or None: session for session in sessions}
    for record in run.jobs if run else ():
        if record.account in known:
            yield record, known[record.account]
        elif record.told_at is None:
            raise InputError(f"session is missing for the account {record.account!r}, of which {journal} has exports")


def _job(journal: Path, record: JobRecord, session: HubSpotSession) -> Job[AnyExport]:
    if record.path is None:
        raise JournalError(f"{journal} does not say where the file of {record.name!r} is to be", path=journal)
    request = _request(journal, record)
    job = Job.of(session, request, asked=request, name=record.name, path=Path(record.path))
    if job.record.asked != record.asked:
        raise JournalError(f"{journal} asks for {record.name!r} in words that are none of ours", path=journal)
    return job


def _request(journal: Path, record: JobRecord) -> AnyExport:
    """Read what was asked for; whoever wrote it, it is checked like what a program asks for."""
    try:
        document = json.loads(record.asked)
        return _KINDS[document["exportType"]](document)
    except (ValueError, TypeError, KeyError, RecursionError, HubSpotError) as error:
        raise JournalError(f"{journal} asks for {record.name!r} in words that cannot be read", path=journal) from error
