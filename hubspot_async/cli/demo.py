"""`hubspot-async demo`: the main job from end to end, against a HubSpot of its own."""

from __future__ import annotations

import asyncio
import hashlib
import math
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, field, frozen
from rich.console import Console

from hubspot_async import (
    Filter,
    FolderUpdate,
    HubSpotError,
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    PublicCrmSearchRequest,
    StatusChange,
    TaskGroupWatcher,
    ViewExport,
    WatchFailed,
    exports,
    files,
    folders,
    imports,
    results,
)
from hubspot_async.cli import people
from hubspot_async.cli.compare import differences
from hubspot_async.cli.live import Board, Event, board, say
from hubspot_async.cli.sheet import Row, Sheet, choose_filter, equal
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.files import FileImportStatus
from hubspot_async.models.folders import FolderUpdateStatus
from hubspot_async.models.imports import Import
from hubspot_async.sandbox import Sandbox

INCOMING = "/demo/incoming"
ARCHIVE = "/demo/archive"

LIMIT = 600.0
"""Seconds after which a task is given up."""

STATUS_CALLS = ("exports.status", "imports.get", "imports.list", "files.import_status", "folders.update_status")

Step: TypeAlias = Callable[[StatusChange[Any]], Awaitable[None]]


def run(csv: Path | None, to: Path, task_seconds: float) -> int:
    """Do the job with *csv*, or with people made up, and say how it went."""
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        object_type = "demo_record" if csv else "CONTACT"
        sheet = Sheet.read(csv or people.write(Path(scratch, "people.csv")))
        to.mkdir(parents=True, exist_ok=True)
        report = Report(sheet)
        began = time.monotonic()
        with board(console) as shown:
            asyncio.run(demonstrate(sheet, object_type, to, task_seconds, shown, report))
    report.seconds = time.monotonic() - began
    report.print(console)
    return 1 if report.problems else 0


async def demonstrate(
    sheet: Sheet, object_type: str, to: Path, task_seconds: float, shown: Board, report: Report
) -> None:
    """Start tasks of all four kinds, watch them with one watcher, and go on from each as it ends."""
    async with (
        Sandbox(task_seconds) as sandbox,
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session) as watcher,
    ):
        job = Job(sheet, object_type, to, sandbox, session, watcher, shown, report)
        await job.begin()
        async for event in watcher:
            shown.show(event)
            await job.go_on(event)
        report.polls = sum(exchange.operation in STATUS_CALLS for exchange in sandbox.requests)
        report.problems += [f"{task} was left unfinished" for task in job.steps]


@define(eq=False)
class Job:
    """The job: what is started, and what follows on the end of each task."""

    sheet: Sheet
    object_type: str
    to: Path
    sandbox: Sandbox
    session: HubSpotSession
    watcher: TaskGroupWatcher
    shown: Board
    report: Report
    steps: dict[HubSpotTask[Any], Step] = field(factory=dict)
    """What to do when a task has ended well."""

    async def begin(self) -> None:
        """Start what can start at once: the file's rows become records, and the file itself is imported from a URL."""
        labels = {name: column for column, name in self.sheet.properties.items()}
        self.object_type = self.sandbox.declare(self.object_type, labels)
        await self._import_records()
        await self._import_file()

    async def go_on(self, event: Event) -> None:
        """Do what follows on an event; one task's failure leaves the others be."""
        if event.is_final:
            self.report.take(event)
            step = self.steps.pop(event.task)
            match event:
                case StatusChange(succeeded=True):
                    try:
                        await step(event)
                    except HubSpotError as error:
                        self.report.problems.append(f"{event.task}: {error}")
                case StatusChange(current=current):
                    self.report.problems.append(f"{event.task} ended as {current.status}")
                case WatchFailed(error=error):
                    self.report.problems.append(f"{event.task}: {error}")

    def _watch(self, task: HubSpotTask[Any], about: str, then: Step) -> None:
        self.shown.add(task, about)
        self.steps[task] = then
        self.watcher.add(task, timeout=LIMIT)

    # An import; its records are exported three ways.

    async def _import_records(self) -> None:
        sheet = self.sheet
        operation = "UPSERT" if sheet.key else "CREATE"
        plan = ImportRequest.for_csv(sheet.path, self.object_type, sheet.properties, key=sheet.key, operation=operation)
        task = await imports.start(self.session, plan, sheet.path)
        self._watch(task, f"{sheet.path.name} to records", self._export_records)

    async def _export_records(self, done: StatusChange[Import]) -> None:
        counters = done.current.metadata.counters
        self.report.check("TOTAL_ROWS", counters.get("TOTAL_ROWS"), len(self.sheet.rows))
        self.report.check("ERRORS", done.current.num_errors, 0)
        await self._export_all()
        await self._export_by_filter()
        await self._export_by_list()

    async def _export_all(self) -> None:
        export = ViewExport(self.object_type, self.properties, export_name="all")
        self._fetch(await exports.start(self.session, export), "all", "all", self.sheet.rows)

    async def _export_by_filter(self) -> None:
        column, value = choose_filter(self.sheet)
        search = PublicCrmSearchRequest(filters=[Filter(self.sheet.properties[column], "EQ", value)])
        export = ViewExport(self.object_type, self.properties, export_name="filtered", public_crm_search_request=search)
        wanted = [row for row in self.sheet.rows if equal(row[column], value)]
        self._fetch(await exports.start(self.session, export), f"{column} = {value}", "filtered", wanted)

    async def _export_by_list(self) -> None:
        ids = [record["hs_object_id"] for record in self.sandbox.records(self.object_type)]
        list_id = self.sandbox.add_list(self.object_type, ids[::3])
        export = ListExport(list_id, self.object_type, self.properties, export_name="listed")
        self._fetch(await exports.start(self.session, export), "every third", "listed", self.sheet.rows[::3])

    @property
    def properties(self) -> list[str]:
        """What each export asks for: every column of the file."""
        return list(self.sheet.properties.values())

    def _fetch(self, task: HubSpotTask[ExportStatus], about: str, name: str, wanted: Iterable[Row]) -> None:
        async def fetch(done: StatusChange[ExportStatus]) -> None:
            path = self.to / f"{self.sheet.path.stem}-{name}.csv"
            saved = await results.download(self.session, done.task, path, overwrite=True)
            async with results.read_rows(saved.path) as rows:
                self.report.check(f"the header of {path}", rows.columns, list(self.sheet.header))
                back = [row async for row in rows]
            self.report.compare(path, list(wanted), back)
            self.report.files.append(SavedRows(path, len(back), saved.bytes))
            self.shown.tell(task, f"{about}: {len(back)} rows")

        self._watch(task, about, fetch)

    # A file import; the folder that the file came into is renamed.

    async def _import_file(self) -> None:
        url = self.sandbox.host_file(self.sheet.path.name, self.sheet.path.read_bytes(), "text/csv")
        task = await files.import_from_url(self.session, ImportFromUrl(url, folder_path=INCOMING))
        self._watch(task, f"{self.sheet.path.name} to {INCOMING}", self._rename_folder)

    async def _rename_folder(self, done: StatusChange[FileImportStatus]) -> None:
        file, content = done.current.result, self.sheet.path.read_bytes()
        assert file is not None
        self.report.check("the imported file's size", file.size, len(content))
        self.report.check(
            "the imported file's MD5", file.file_md5, hashlib.md5(content, usedforsecurity=False).hexdigest()
        )
        update = FolderUpdate(file.parent_folder_id or "", name=ARCHIVE.rpartition("/")[2])
        self._watch(await folders.update(self.session, update), f"{INCOMING} to {ARCHIVE}", self._look_at_folder)

    async def _look_at_folder(self, done: StatusChange[FolderUpdateStatus]) -> None:
        assert done.current.result is not None
        self.report.check("the folder's new path", done.current.result.path, ARCHIVE)


@frozen
class SavedRows:
    """An export on the disk."""

    path: Path
    rows: int
    bytes: int


@define(eq=False)
class Report:
    """What came of it all."""

    sheet: Sheet
    tasks: list[Event] = field(factory=list)
    files: list[SavedRows] = field(factory=list)
    problems: list[str] = field(factory=list)
    polls: int = 0
    seconds: float = 0.0

    def take(self, event: Event) -> None:
        """Count a final event."""
        self.tasks.append(event)

    def check(self, what: str, came: object, expected: object) -> None:
        """Hold something that came back against what it has to be."""
        if came != expected:
            self.problems.append(f"{what} is {came!r}, not {expected!r}")

    def compare(self, path: Path, sent: list[Row], back: list[dict[str, str]]) -> None:
        """Hold the rows of an export against the rows that went in."""
        found = differences(self.sheet.header, sent, back, key=self.sheet.key)
        self.problems += [f"{path}: {difference}" for difference in found]
