"""Imports by the dozen: each started when its turn comes, watched, and its rejected rows written to be corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import anyio
from attrs import field

from hubspot_async.bulk.jobs import Job, Progress, by_session
from hubspot_async.bulk.places import allow_own, check_clashes, make_room, place
from hubspot_async.bulk.run import BulkRun, Finishing, Said
from hubspot_async.classes import frozen
from hubspot_async.endpoints import imports
from hubspot_async.endpoints.sources import Files, find_sources, name_sources
from hubspot_async.errors import HubSpotError, InputError
from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import JobRecord, RunRecord
from hubspot_async.models.imports import Import, ImportRequest
from hubspot_async.results.names import safe_name
from hubspot_async.results.rejected import RejectedRows, write_rejected
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.events import StatusChange
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.wire.versions import Family

AnyImport: TypeAlias = tuple[ImportRequest, Files]


@frozen(kw_only=True)
class ImportedRows:
    """An import that ran to its end; single rows may have been rejected."""

    session: HubSpotSession = field(repr=False)
    """Whose it is."""
    request: ImportRequest
    task: HubSpotTask[Import]
    record: Import = field(repr=False)
    """HubSpot's record of it, with its counters."""
    rejected: tuple[RejectedRows, ...] = ()
    """The rows that HubSpot did not take, a file for each CSV of the import that was given as a path."""
    error: HubSpotError | None = None
    """Why they could not be written, if so: HubSpot still has them, for `results.write_rejected`."""

    def __str__(self) -> str:
        counters = self.record.metadata.counters
        return f"{self.task}: {counters.get('TOTAL_ROWS', 0):,} rows, {self.record.num_errors:,} errors"


@frozen(kw_only=True)
class ImportFailed:
    """An import that did not run to its end; the others go on."""

    session: HubSpotSession = field(repr=False)
    """Whose it was to be."""
    request: ImportRequest
    task: HubSpotTask[Import] | None
    """What HubSpot began; None if it began nothing, or nobody knows."""
    error: HubSpotError

    def __str__(self) -> str:
        return f"{self.task or self.request.name}: {self.error}"


ImportItem: TypeAlias = ImportedRows | ImportFailed


def run_imports(
    session: HubSpotSession | Mapping[HubSpotSession, Iterable[AnyImport]],
    requests: Iterable[AnyImport] | None = None,
    *,
    rejected: str | Path | None = None,
    journal: Journal | str | Path | None = None,
    in_flight: int = 3,
    timeout: float | None = None,
    overwrite: bool = False,
    restart_unknown: bool = False,
    progress: Progress | None = None,
    observer: WatchObserver | None = None,
) -> BulkRun[AnyImport, ImportItem]:
    """Start many imports and watch them; one item for each request says what came of it.

    ::

        async with run_imports(session, [(plan, "people.csv"), …], rejected="rejected/") as run:
            async for item in run: ...  # ImportedRows | ImportFailed

    Give a session and its requests, or many as ``{session: requests}``, whose sessions then have an ``account=`` each.
    A request is a pair, the plan and its files as `imports.start` takes them.

    At most *in_flight* imports of an account are started and unfinished (HubSpot runs three at once and defers more).
    With *rejected*, a folder, the rows that HubSpot did not take are written to <import name>.csv there, each with the
    reason, ready to be corrected and imported again, and of an import of several CSV files to <import name>-<name of
    the file>.csv; *overwrite* lets them replace a file that no run has made.

    A *journal* does for imports what it does for `run_exports`: requests are matched by account and plan. A start of
    which nobody knows whether HubSpot accepted it is looked for in HubSpot's list of imports, by its name; if it is not
    there it comes as an `ImportFailed`, or is made again with *restart_unknown*.

    *progress* is called with the `Job` for each step one takes, *observer* hears of each look (`WatchObserver`).

    Raises InputError before the first start where two imports would have one name for their rejected rows, a file is in
    the way, files and plan do not match, or a number is not above zero, and OSError where a file cannot be read; and
    where the block is entered, JournalError for a journal that cannot be gone on with, of which JournalInUseError says
    that somebody else writes to it.
    """
    is_many = isinstance(session, Mapping)
    jobs = [
        Job.of(
            each,
            request,
            asked=request[0],
            name=request[0].name,
            path=None
            if rejected is None
            else place(Path(rejected), each.account if is_many else None, request[0].name, ".csv"),
        )
        for each, found in by_session(session, requests).items()
        for request in found
    ]
    return BulkRun(
        ImportWork(overwrite=overwrite),
        jobs,
        journal=journal,
        in_flight=in_flight,
        per_day=None,
        timeout=timeout,
        restart_unknown=restart_unknown,
        progress=progress,
        observer=observer,
    )


class ImportWork:
    """How imports are started, and what is made of those that are over."""

    name = "imports"
    family = Family.IMPORTS

    def __init__(self, *, overwrite: bool) -> None:
        self._overwrite = overwrite
        self.options = {"overwrite": overwrite}
        self._known: set[HubSpotTask[Any]] = set()

    async def prepare(self, jobs: Sequence[Job[AnyImport]], runs: Sequence[RunRecord]) -> None:
        """See that the files can be read, make the folders, and refuse files that would clash."""
        self._known = {job.task for run in runs for job in run.jobs if job.task is not None}
        await anyio.to_thread.run_sync(check_sources, jobs)
        places = [(job, target.path) for job in jobs for target in targets(job)]
        check_clashes(places)
        allow_own(jobs, runs, files_of)
        await anyio.to_thread.run_sync(partial(make_room, places, overwrite=self._overwrite))

    async def start(self, job: Job[AnyImport]) -> HubSpotTask[Import]:
        """Upload the files and have HubSpot begin."""
        plan, files = job.request
        try:
            task = await imports.start(job.session, plan, files)
        except OSError as error:
            raise InputError(f"{job.name} cannot be sent, for a file of it cannot be read: {error}") from error
        self._known.add(task)
        return task

    async def find(self, job: Job[AnyImport]) -> HubSpotTask[Import] | None:
        """Look for it in HubSpot's list, among those that are no other job's."""
        task = await imports.find(job.session, job.name, since=job.record.asked_at, besides=self._known)
        if task is not None:
            self._known.add(task)
        return task

    async def finish(
        self, job: Job[AnyImport], done: StatusChange[Any], finishing: Finishing
    ) -> tuple[ImportItem, Said]:
        """Write the rows that HubSpot did not take."""
        record: Import = done.current
        wanted = targets(job) if record.num_errors else []
        said = {"files": [target.path.name for target in wanted]}
        if wanted:
            await finishing(said)
        rejected, error = await self._write(job, done.task, wanted)
        item = ImportedRows(
            session=job.session,
            request=job.request[0],
            task=done.task,
            record=record,
            rejected=tuple(rejected),
            error=error,
        )
        return item, said

    async def _write(
        self, job: Job[AnyImport], task: HubSpotTask[Any], wanted: Iterable[Target]
    ) -> tuple[list[RejectedRows], HubSpotError | None]:
        rejected: list[RejectedRows] = []
        for target in wanted:
            may_replace = self._overwrite or target.path in job.own
            try:
                _check_there(target.source)
                written = await write_rejected(
                    job.session, task, target.source, target.path, file_name=target.name, overwrite=may_replace
                )
            except HubSpotError as error:
                return rejected, error
            rejected.append(written)
        return rejected, None

    async def recall(self, job: Job[AnyImport]) -> None:
        """Remember nothing: HubSpot still has all of it."""

    def failed(self, job: Job[AnyImport], error: HubSpotError) -> ImportItem:
        """Say why it did not run to its end."""
        return ImportFailed(session=job.session, request=job.request[0], task=job.task, error=error)


@frozen
class Target:
    """Where the rows of a file go that HubSpot does not take."""

    name: str
    """Of the file, as the import has it."""
    source: Path
    path: Path


def check_sources(jobs: Iterable[Job[AnyImport]]) -> None:
    """See that the files of what is still to be started can be read. Synchronous; a thread runs it.

    Raises InputError where files and plan do not match, and OSError where one cannot be read.
    """
    for job in jobs:
        if job.record.asked_at is None:
            find_sources(*job.request)


def targets(job: Job[AnyImport]) -> list[Target]:
    """Give the CSV files of an import that lie on the disk, each with the place for those of its rows not taken."""
    if job.record.path is None:
        return []
    plan, files = job.request
    kinds = {file.file_name: file.file_format for file in plan.files}
    found = name_sources(plan, files)
    sources = {name: source for name, source in found.items() if isinstance(source, Path) and kinds[name] == "CSV"}
    if len(sources) == 1:
        return [Target(name, source, job.path) for name, source in sources.items()]
    stem = job.path.stem
    return [
        Target(name, source, job.path.with_stem(f"{stem}-{safe_name(Path(name).stem)}"))
        for name, source in sources.items()
    ]


def files_of(record: JobRecord) -> list[Path]:
    """Name the files of rejected rows that were made for an import, as its record says."""
    names = record.said.get("files")
    if record.path is None or not isinstance(names, list):
        return []
    folder = Path(record.path).parent
    return [folder / name for name in names if isinstance(name, str)]


def _check_there(source: Path) -> None:
    if not source.is_file():
        raise InputError(f"{source} is gone, which the rows that were not taken are to be copied from")
