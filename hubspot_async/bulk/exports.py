"""Exports by the dozen: each started when its turn comes, watched, and on the disk as soon as it is ready."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import anyio
from attrs import field

from hubspot_async.bulk import finished
from hubspot_async.bulk.jobs import Job, Progress, by_session
from hubspot_async.bulk.places import allow_own, check_clashes, make_room, place
from hubspot_async.bulk.run import BulkRun, Finishing, Said
from hubspot_async.classes import frozen
from hubspot_async.endpoints import exports
from hubspot_async.errors import HubSpotError, InputError
from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import RunRecord
from hubspot_async.models.exports import ExportStatus, ListExport, ViewExport
from hubspot_async.results.download import SavedFile, UnnamedFile, unnamed
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import in_steps, in_thread
from hubspot_async.watching.events import StatusChange
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.wire.versions import Family

AnyExport: TypeAlias = ViewExport | ListExport

PER_DAY = 30
"""Exports that HubSpot makes for an account in 24 hours (HubSpot's guide to exports)."""


@frozen(kw_only=True)
class ExportedFile:
    """An export that is on the disk, whole."""

    session: HubSpotSession = field(repr=False)
    """Whose it is."""
    request: AnyExport
    task: HubSpotTask[ExportStatus]
    file: SavedFile
    remarks: tuple[str, ...] = ()
    """What HubSpot says went wrong with parts of it, if anything did."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.file.path

    def __str__(self) -> str:
        return f"{self.task}: {self.file.path}, {self.file.bytes:,} bytes"


@frozen(kw_only=True)
class ExportFailed:
    """An export of which there is no file; the others go on."""

    session: HubSpotSession = field(repr=False)
    """Whose it was to be."""
    request: AnyExport
    task: HubSpotTask[ExportStatus] | None
    """What HubSpot began; None if it began nothing, or nobody knows."""
    error: HubSpotError

    def __str__(self) -> str:
        return f"{self.task or self.request.export_name}: {self.error}"


ExportItem: TypeAlias = ExportedFile | ExportFailed


def run_exports(
    session: HubSpotSession | Mapping[HubSpotSession, Iterable[AnyExport]],
    requests: Iterable[AnyExport] | None = None,
    *,
    into: str | Path,
    journal: Journal | str | Path | None = None,
    downloads: int = 4,
    in_flight: int = 3,
    per_day: int | None = PER_DAY,
    timeout: float | None = None,
    overwrite: bool = False,
    escape_formulas: bool = False,
    restart_unknown: bool = False,
    progress: Progress | None = None,
    observer: WatchObserver | None = None,
) -> BulkRun[AnyExport, ExportItem]:
    """Start many exports, watch them, and fetch each as soon as it is ready; one item for each request says what came.

    ::

        async with run_exports(session, requests, into="exports/", journal="exports.sqlite") as run:
            async for item in run:
                ...  # ExportedFile | ExportFailed

    Give a session and its requests, or many as ``{session: requests}``, whose sessions then have an ``account=`` each.
    A file becomes *into*/<export name>.csv (``.xlsx``, ``.xls``), and of many accounts
    *into*/<account>/<export name>.csv.

    At most *in_flight* exports of an account are started and unfinished (HubSpot makes one at a time), *per_day* are
    started in 24 hours, of which the journal remembers those of other runs, and *downloads* files come at once. An
    export that is not done after *timeout* seconds is given up.

    With a *journal*, or the path of one, a run that was killed is gone on with by the next call: requests are matched
    by account and content, finished files are not fetched twice and started exports not started again. A start of which
    nobody knows whether HubSpot accepted it comes as an `ExportFailed` with a `StartOutcomeUnknownError`, or is made
    again with *restart_unknown*. Once every request has had its item, the next call begins a new run, and replaces the
    files of the one before; a file that no run of this journal has made is replaced only with *overwrite*.

    *progress* is called with the `Job` for each step one takes, *observer* hears of each look (`WatchObserver`).

    Raises InputError before the first start where two exports would have one name, a file is in the way, or a number is
    not above zero; and where the block is entered, JournalError for a journal that cannot be gone on with, of which
    JournalInUseError says that somebody else writes to it.
    """
    is_many = isinstance(session, Mapping)
    work = ExportWork(downloads=downloads, overwrite=overwrite, escape_formulas=escape_formulas)
    jobs = [
        Job.of(
            each,
            request,
            asked=request,
            name=request.export_name,
            path=place(
                Path(into), each.account if is_many else None, request.export_name, f".{request.format.lower()}"
            ),
        )
        for each, found in by_session(session, requests).items()
        for request in found
    ]
    return BulkRun(
        work,
        jobs,
        journal=journal,
        in_flight=in_flight,
        per_day=per_day,
        timeout=timeout,
        restart_unknown=restart_unknown,
        progress=progress,
        observer=observer,
    )


class ExportWork:
    """How exports are started, and made into files."""

    name = "exports"
    family = Family.EXPORTS

    def __init__(self, *, downloads: int, overwrite: bool, escape_formulas: bool) -> None:
        if downloads < 1:
            raise InputError(f"downloads must be at least 1, not {downloads}")
        self._places = anyio.Semaphore(downloads)
        self._overwrite = overwrite
        self._escape_formulas = escape_formulas
        self.options = {"overwrite": overwrite, "escape_formulas": escape_formulas}

    async def prepare(self, jobs: Sequence[Job[AnyExport]], runs: Sequence[RunRecord]) -> None:
        """Make the folders, and refuse files that would clash."""
        places = [(job, job.path) for job in jobs]
        check_clashes(places)
        check_numbered(jobs)
        allow_own(jobs, runs, finished.files_of)
        await anyio.to_thread.run_sync(partial(make_room, places, overwrite=self._overwrite))

    async def start(self, job: Job[AnyExport]) -> HubSpotTask[ExportStatus]:
        """Have HubSpot begin it."""
        return await exports.start(job.session, job.request)

    async def find(self, job: Job[AnyExport]) -> None:
        """Find nothing: HubSpot has no list of exports."""

    async def finish(
        self, job: Job[AnyExport], done: StatusChange[Any], finishing: Finishing
    ) -> tuple[ExportItem, Said]:
        """Fetch its file."""
        remarks = tuple(error.message for error in done.current.errors)
        async with self._places, self._fetched(job, done.task) as file:
            item = ExportedFile(
                session=job.session, request=job.request, task=done.task, file=file.saved, remarks=remarks
            )
            said = {**finished.figures(file.saved), "remarks": list(remarks)}
            self._check_free(job, file.saved)
            await finishing(said)
            try:
                await file.keep()
            except FileExistsError:
                self._check_free(job, file.saved)
                raise
        await in_thread(lambda: finished.drop(job.own.difference(file.saved.paths)))
        return item, said

    def _check_free(self, job: Job[AnyExport], file: SavedFile) -> None:
        """Refuse to replace what no run has made, and what has come there since the run began."""
        for path in file.paths:
            if path not in job.own and not self._overwrite and os.path.lexists(path):
                raise InputError(f"path {path} exists, and no run has made it; pass overwrite=True to replace it")

    def _fetched(
        self, job: Job[AnyExport], task: HubSpotTask[ExportStatus]
    ) -> AbstractAsyncContextManager[UnnamedFile]:
        return unnamed(
            job.session,
            task,
            job.path,
            progress=job.load,
            overwrite=self._overwrite or bool(job.own),
            escape_formulas=self._escape_formulas,
        )

    async def recall(self, job: Job[AnyExport]) -> ExportItem | None:
        """Give the file again, if it is the one that was to be there."""
        assert job.task is not None
        file = await in_steps(finished.find_again(job.record))
        if file is None:
            return None
        await in_thread(lambda: finished.drop(job.own.difference(file.paths)))
        remarks = tuple(map(str, job.record.said.get("remarks") or ()))
        return ExportedFile(session=job.session, request=job.request, task=job.task, file=file, remarks=remarks)

    def failed(self, job: Job[AnyExport], error: HubSpotError) -> ExportItem:
        """Say why there is no file."""
        return ExportFailed(session=job.session, request=job.request, task=job.task, error=error)


def check_numbered(jobs: Sequence[Job[AnyExport]]) -> None:
    """Refuse a name that a spreadsheet of several files may need for one of them.

    Raises InputError.
    """
    taken = {str(job.path).casefold() for job in jobs}
    for job in jobs:
        whole = re.fullmatch(_NUMBERED, str(job.path).casefold())
        if whole is not None and job.request.format != "CSV" and whole[1] + whole[2] in taken:
            raise InputError(f"{job.path} may be needed for a part of another export; give {job.name!r} another name")


_NUMBERED = r"(?s)(.*)-\d+(\.[a-z]+)"
"""The name that `results.download` gives to one of several spreadsheets."""
