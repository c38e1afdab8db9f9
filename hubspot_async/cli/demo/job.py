"""`hubspot-async demo`: the main job from end to end, against a HubSpot of its own."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, field

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
    exports,
    files,
    folders,
    imports,
    results,
)
from hubspot_async.cli.demo import people
from hubspot_async.cli.demo.report import Report
from hubspot_async.cli.demo.sheet import Row, Sheet, choose_filter, equal
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.console import Terminal
from hubspot_async.cli.screen.line import Change, Event
from hubspot_async.cli.screen.table import board
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.files import FileImportStatus
from hubspot_async.models.folders import FolderUpdateStatus
from hubspot_async.models.imports import Import
from hubspot_async.sandbox import Sandbox

INCOMING = "/demo/incoming"
ARCHIVE = "/demo/archive"

LIMIT = 600.0
"""Seconds after which a task is given up."""

Step: TypeAlias = Callable[[StatusChange[Any]], Awaitable[None]]


def run(csv: Path | None, to: Path, task_seconds: float) -> int:
    """Do the job with *csv*, or with people made up, and say how it went."""
    console = Terminal(sys.stdout)
    with tempfile.TemporaryDirectory() as scratch:
        sheet = Sheet.read(csv or people.write(Path(scratch, "people.csv")))
        to.mkdir(parents=True, exist_ok=True)
        report = Report(sheet)
        with board(console) as shown:
            object_type = "demo_record" if csv else "CONTACT"
            asyncio.run(demonstrate(sheet, object_type, to, task_seconds, shown, report))
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
        type_id = sandbox.declare(object_type, {name: column for column, name in sheet.properties.items()})
        job = Job(sheet, type_id, to, sandbox, session, watcher, shown, report)
        await job.begin()
        async for event in watcher:
            shown.show(event.task, Change.of(event))
            await job.go_on(event)
        report.stats = watcher.stats


@define(eq=False)
class Job:
    """The job: what is started, and what follows when a task has ended well."""

    sheet: Sheet
    object_type: str
    to: Path
    sandbox: Sandbox
    session: HubSpotSession
    watcher: TaskGroupWatcher
    shown: Board
    report: Report
    steps: dict[HubSpotTask[Any], Step] = field(factory=dict)

    async def begin(self) -> None:
        """Start what can start at once: the file's rows become records, and the file itself is imported from a URL."""
        await self._import_records()
        await self._import_file()

    async def go_on(self, event: Event) -> None:
        """Do what follows on an event; one task's failure leaves the others be."""
        if not event.is_final:
            return
        self.report.take(event)
        step = self.steps.pop(event.task)
        if isinstance(event, StatusChange) and event.succeeded:
            try:
                await step(event)
            except HubSpotError as error:
                self.report.fail(f"{event.task}: {error}")

    def _watch(self, task: HubSpotTask[Any], about: str, then: Step) -> None:
        self.shown.add(task, about)
        self.steps[task] = then
        self.watcher.add(task, timeout=LIMIT)

    # An import, whose records are exported three ways.

    async def _import_records(self) -> None:
        sheet = self.sheet
        plan = ImportRequest.for_csv(
            sheet.path,
            self.object_type,
            sheet.properties,
            key=sheet.key,
            operation="UPSERT" if sheet.key else "CREATE",
        )
        task = await imports.start(self.session, plan, sheet.path)
        self._watch(task, f"the rows of {sheet.path.name}", then=self._export_records)

    async def _export_records(self, done: StatusChange[Import]) -> None:
        rows = self.sheet.rows
        self.report.check("the rows imported", done.current.metadata.counters.get("TOTAL_ROWS"), len(rows))
        self.report.check("the rows refused", done.current.num_errors, 0)
        await self._export_all()
        await self._export_by_filter()
        await self._export_by_list()

    async def _export_all(self) -> None:
        export = ViewExport(self.object_type, self._properties, export_name="all")
        task = await exports.start(self.session, export)
        self._watch(task, "all", then=self._fetch("all", "all", self.sheet.rows))

    async def _export_by_filter(self) -> None:
        column, value = choose_filter(self.sheet)
        search = PublicCrmSearchRequest(filters=[Filter(self.sheet.properties[column], "EQ", value)])
        export = ViewExport(
            self.object_type, self._properties, export_name="filtered", public_crm_search_request=search
        )
        task = await exports.start(self.session, export)
        wanted = [row for row in self.sheet.rows if equal(row[column], value)]
        about = f"{column} = {value}"
        self._watch(task, about, then=self._fetch(about, "filtered", wanted))

    async def _export_by_list(self) -> None:
        ids = [record["hs_object_id"] for record in self.sandbox.records(self.object_type)]
        list_id = self.sandbox.add_list(self.object_type, ids[::3])
        export = ListExport(list_id, self.object_type, self._properties, export_name="listed")
        task = await exports.start(self.session, export)
        about = f"list {list_id}"
        self._watch(task, about, then=self._fetch(about, "listed", self.sheet.rows[::3]))

    @property
    def _properties(self) -> list[str]:
        return list(self.sheet.properties.values())

    def _fetch(self, about: str, name: str, wanted: Sequence[Row]) -> Step:
        """Make the step that downloads an export and holds it against the rows it should have."""

        async def fetch(done: StatusChange[ExportStatus]) -> None:
            path = self.to / f"{self.sheet.path.stem}-{name}.csv"
            saved = await results.download(self.session, done.task, path, overwrite=True)
            async with results.read_rows(saved.path) as rows:
                self.report.check(f"the header of {path}", rows.columns, list(self.sheet.header))
                back = [row async for row in rows]
            self.report.compare(saved, wanted, back)
            self.shown.tell(done.task, f"{len(back)} rows: {about}")

        return fetch

    # A file import, and a new name for the folder that the file came into.

    async def _import_file(self) -> None:
        url = self.sandbox.host_file(self.sheet.path.name, self.sheet.path.read_bytes(), "text/csv")
        task = await files.import_from_url(self.session, ImportFromUrl(url, folder_path=INCOMING))
        self._watch(task, f"into {INCOMING}", then=self._rename_folder)

    async def _rename_folder(self, done: StatusChange[FileImportStatus]) -> None:
        file, content = done.current.result, self.sheet.path.read_bytes()
        assert file is not None
        self.report.check("the imported file's size", file.size, len(content))
        self.report.check("the imported file's MD5", file.file_md5, md5(content, usedforsecurity=False).hexdigest())
        update = FolderUpdate(file.parent_folder_id or "", name=ARCHIVE.rpartition("/")[2])
        task = await folders.update(self.session, update)
        self._watch(task, f"now {ARCHIVE}", then=self._look_at_folder)

    async def _look_at_folder(self, done: StatusChange[FolderUpdateStatus]) -> None:
        assert done.current.result is not None
        self.report.check("the folder's new path", done.current.result.path, ARCHIVE)
