"""Imports by the dozen: each started when its turn comes, watched, and its rejected rows written to be corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from anyio import to_thread
from attrs import field, frozen

from hubspot_async.bulk.jobs import Job, by_session
from hubspot_async.bulk.places import allow_own, check_clashes, make_room, place
from hubspot_async.bulk.run import BulkRun, Said
from hubspot_async.endpoints import imports
from hubspot_async.endpoints.sources import Files, find_sources
from hubspot_async.errors import HubSpotError
from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import RunRecord
from hubspot_async.models.imports import Import, ImportRequest
from hubspot_async.results.rejected import RejectedRows, write_rejected
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.events import StatusChange
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
    """The rows that HubSpot did not take, a file for each file of the import that had some and is at hand."""

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
) -> BulkRun[AnyImport, ImportItem]:
    """Start many imports and watch them; one item for each request says what came of it.

    ::

        async with run_imports(session, [(plan, "people.csv"), …], rejected="rejected/") as run:
            async for item in run: ...  # ImportedRows | ImportFailed

    Give a session and its requests, or many as ``{session: requests}``, whose sessions then have an ``account=`` each.
    A request is a pair, the plan and its files as `imports.start` takes them.

    At most *in_flight* imports of an account are started and unfinished (HubSpot runs three at once and defers more).
    With *rejected*, a folder, the rows that HubSpot did not take are written to <import name>.csv there, each with the
    reason, ready to be corrected and imported again; *overwrite* lets them replace a file that no run has made.

    A *journal* does for imports what it does for `run_exports`. A start of which nobody knows whether HubSpot accepted
    it is looked for in HubSpot's list of imports, by its name; if it is not there it comes as an `ImportFailed`, or is
    made again with *restart_unknown*.

    Raises InputError before the first start where two imports would have one name for their rejected rows.
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
    )


class ImportWork:
    """How imports are started, and what is made of those that are over."""

    name = "imports"
    family = Family.IMPORTS

    def __init__(self, *, overwrite: bool) -> None:
        self._overwrite = overwrite
        self._known: set[HubSpotTask[Any]] = set()

    async def prepare(self, jobs: Sequence[Job[AnyImport]], runs: Sequence[RunRecord]) -> None:
        """Make the folders, and refuse files that would clash."""
        self._known = {job.task for run in runs for job in run.jobs if job.task is not None}
        writing = [job for job in jobs if job.record.path is not None]
        check_clashes(writing)
        allow_own(writing, runs, overwrite=self._overwrite)
        await to_thread.run_sync(make_room, writing)

    async def start(self, job: Job[AnyImport]) -> HubSpotTask[Import]:
        """Upload the files and have HubSpot begin."""
        plan, files = job.request
        return await imports.start(job.session, plan, files)

    async def find(self, job: Job[AnyImport]) -> HubSpotTask[Import] | None:
        """Look for it in HubSpot's list, among those that are no other job's."""
        task = await imports.find(job.session, job.name, since=job.record.asked_at)
        if task is None or task in self._known:
            return None
        self._known.add(task)
        return task

    async def finish(self, job: Job[AnyImport], done: StatusChange[Any]) -> tuple[ImportItem, Said]:
        """Write the rows that HubSpot did not take."""
        record: Import = done.current
        plan, files = job.request
        rejected = []
        if job.record.path is not None and record.num_errors:
            sources = csv_sources(plan, files)
            for source in sources:
                path = job.path if len(sources) == 1 else job.path.with_stem(f"{job.path.stem}-{source.stem}")
                found = await write_rejected(job.session, done.task, source, path, overwrite=job.may_replace)
                rejected.append(found)
        item = ImportedRows(session=job.session, request=plan, task=done.task, record=record, rejected=tuple(rejected))
        return item, {}

    async def recall(self, job: Job[AnyImport], said: Said) -> None:
        """Remember nothing: HubSpot still has all of it."""

    def failed(self, job: Job[AnyImport], error: HubSpotError) -> ImportItem:
        """Say why it did not run to its end."""
        return ImportFailed(session=job.session, request=job.request[0], task=job.task, error=error)


def csv_sources(plan: ImportRequest, files: Files) -> list[Path]:
    """Give the files of an import that are CSV and at hand on the disk."""
    found = find_sources(plan, files)
    kinds = {file.file_name: file.file_format for file in plan.files}
    return [source for name, source in found.items() if isinstance(source, Path) and kinds[name] == "CSV"]
