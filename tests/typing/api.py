"""What a type checker knows of what a user writes; never run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

from hubspot_async import (
    FolderUpdate,
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    StatusChange,
    TaskGroupWatcher,
    TaskKind,
    ViewExport,
    WatchFailed,
    exports,
    files,
    folders,
    imports,
    results,
    settle,
)
from hubspot_async.errors import HubSpotError, ResponseError, TaskError
from hubspot_async.models.exports import Export, ExportStatus
from hubspot_async.models.files import File, FileImportStatus
from hubspot_async.models.folders import Folder, FolderUpdateStatus
from hubspot_async.models.imports import Import, ImportState
from hubspot_async.models.problems import StandardError
from hubspot_async.models.tasks import ActionResponse, TaskStatus
from hubspot_async.models.values import SecretUrl, Time
from hubspot_async.results import SavedFile
from hubspot_async.tasks import Snapshot
from hubspot_async.wire.request import Sender
from hubspot_async.wire.versions import Family
from tests.fakes import ScriptedSender


async def one_export(session: HubSpotSession) -> None:
    task = await exports.start(session, ViewExport("CONTACT", ["email", "firstname"], export_name="people"))
    assert_type(task, HubSpotTask[ActionResponse[SecretUrl]])
    assert_type(await exports.start(session, ListExport(9, "CONTACT", "email")), HubSpotTask[ExportStatus])
    assert_type(exports.task("90151673"), HubSpotTask[ExportStatus])
    assert_type(exports.task(90151673, version="v3", account="acme"), HubSpotTask[ExportStatus])

    status = await exports.get_status(session, task)
    assert_type(status.status, TaskStatus)
    assert_type(status.completed_at, Time | None)
    assert_type(status.errors, tuple[StandardError, ...])
    assert_type(await exports.get(session, task), Export)

    done = await settle(session, task, timeout=600)
    assert_type(done, StatusChange[ActionResponse[SecretUrl]])
    assert_type(done.current.result, SecretUrl | None)
    assert_type(done.task, HubSpotTask[ActionResponse[SecretUrl]])
    assert_type(done.previous, str | None)
    assert_type(done.lateness, float | None)
    assert_type(done.succeeded, bool)

    assert_type(await results.download(session, task, "people.csv"), SavedFile)
    async with results.open_rows(session, task) as rows:
        async for row in rows:
            assert_type(row, dict[str, str])
    async with results.read_rows(Path("people.csv")) as rows:
        assert_type(rows.columns, list[str])
        async for batch in rows.batches(1000):
            assert_type(batch, list[dict[str, str]])


async def one_import(session: HubSpotSession) -> None:
    plan = ImportRequest.for_csv("people.csv", "0-1", {"Email": "email"}, key="Email", operation="UPSERT")
    assert_type(plan, ImportRequest)
    task = await imports.start(session, plan, "people.csv")
    assert_type(task, HubSpotTask[Import])
    await imports.start(session, plan, [Path("a.csv"), "b.csv"])
    with Path("c.csv").open("rb") as stream:
        await imports.start(session, plan, {"a.csv": Path("a.csv"), "b.csv": b"Email", "c.csv": stream})
    assert_type(imports.task("1"), HubSpotTask[Import])
    assert_type(await imports.get(session, task), Import)
    done = await settle(session, task)
    assert_type(done.current.state, ImportState)
    async for error in results.row_errors(session, task):
        assert_type(error, results.RowError)
        assert_type(error.column, str | None)
    assert_type(await results.write_rejected(session, task, "people.csv", Path("rejected.csv")), results.RejectedRows)
    assert_type(done.current.metadata.counters.get("ERRORS"), int | None)


async def one_file(session: HubSpotSession) -> None:
    task = await files.import_from_url(session, ImportFromUrl("https://a/logo.png", folder_path="/logos"))
    assert_type(task, HubSpotTask[ActionResponse[File]])
    assert_type(files.task("1"), HubSpotTask[FileImportStatus])
    assert_type(await files.get_import_status(session, task), ActionResponse[File])
    done = await settle(session, task)
    assert_type(done.current.result, File | None)


async def one_folder(session: HubSpotSession) -> None:
    task = await folders.update(session, FolderUpdate("42", name="archive", parent_folder_id="7"))
    assert_type(task, HubSpotTask[ActionResponse[Folder]])
    assert_type(folders.task("1"), HubSpotTask[FolderUpdateStatus])
    assert_type(await folders.get_update_status(session, task), ActionResponse[Folder])
    done = await settle(session, task)
    assert_type(done.current.result, Folder | None)


async def many(session: HubSpotSession, other: HubSpotSession, folder: HubSpotTask[FolderUpdateStatus]) -> None:
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(await exports.start(session, ViewExport("COMPANY", ["name", "domain"])))
        watcher.add(folder, timeout=600)
        watcher.add(imports.task(1), session=other)
        with watcher.held_open():
            pass
        async for event in watcher:
            assert_type(event, StatusChange[Any] | WatchFailed)
            assert_type(event.is_final, bool)
            match event:
                case StatusChange(task=task, current=current):
                    assert_type(task.kind.name, str)
                    current.status  # noqa: B018
                case WatchFailed(task=task, error=error):
                    assert_type(error, HubSpotError)

        done = await watcher.settle(folder, timeout=600)
        assert_type(done.current.result, Folder | None)
        async with watcher.follow(folder) as changes:
            async for change in changes:
                assert_type(change, StatusChange[ActionResponse[Folder]] | WatchFailed)
                if isinstance(change, StatusChange):
                    assert_type(change.current.result, Folder | None)


def a_task_as_a_value(folder: HubSpotTask[FolderUpdateStatus], kind: TaskKind[ActionResponse[str]]) -> None:
    assert_type(folder.to_json(), str)
    assert_type(HubSpotTask.from_json("{}", kinds=[kind]), HubSpotTask[Any])
    assert_type(folder.started_at, datetime | None)
    assert_type(kind.task("1"), HubSpotTask[ActionResponse[str]])
    own = TaskKind("extract", Family.SOURCE_CODE, "/extract/async/tasks/{id}/status", ActionResponse[object])
    assert_type(own.task(1).kind, TaskKind[ActionResponse[object]])


def what_satisfies_a_protocol(session: HubSpotSession, look: ActionResponse[File], record: Import) -> None:
    senders: list[Sender] = [session, ScriptedSender()]
    snapshots: list[Snapshot] = [look, record]
    del senders, snapshots


def what_errors_carry(refused: ResponseError, about: TaskError) -> None:
    assert_type(refused.retry_after, float | None)
    assert_type(about.task, HubSpotTask[Any])


async def what_a_checker_refuses(
    session: HubSpotSession,
    export: HubSpotTask[ExportStatus],
    folder: HubSpotTask[FolderUpdateStatus],
) -> None:
    """Each of these would be a mistake, and is one to both checkers: a superfluous ignore is an error too."""
    await exports.get_status(session, folder)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await results.download(session, folder, "x.csv")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await exports.start(session, FolderUpdate("1", name="a"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ViewExport("CONTACT")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ImportFromUrl("https://a", "/logos")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    export.id = "2"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    (await settle(session, folder)).current.counters  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] # noqa: B018
