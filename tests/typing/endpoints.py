"""What a type checker knows of the calls beyond the four kinds of task; never run."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any, assert_type

from hubspot_async import (
    ColumnMapping,
    FileReplacement,
    FileSearch,
    FileUpdate,
    FileUpload,
    FolderInput,
    FolderSearch,
    HubSpotSession,
    HubSpotTask,
    Request,
    exports,
    files,
    folders,
    imports,
    settle,
    source_code,
)
from hubspot_async.endpoints.paging import iter_pages
from hubspot_async.endpoints.source_code import FileExtractRequest
from hubspot_async.models.exports import Export
from hubspot_async.models.files import File, FileStat, SignedUrl
from hubspot_async.models.folders import Folder
from hubspot_async.models.imports import Import
from hubspot_async.models.rowerrors import ImportRowError
from hubspot_async.models.tasks import ActionResponse, TaskStatus
from hubspot_async.models.values import Page, SecretUrl


async def imports_beyond_their_start(session: HubSpotSession, task: HubSpotTask[Import]) -> None:
    assert_type(imports.iter_all(session), AsyncGenerator[Import, None])
    async for error in imports.iter_errors(session, task, with_row_data=True, with_messages=True):
        assert_type(error, ImportRowError)
    imports.iter_errors(session, 7)
    imports.iter_errors(session, task, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type((await imports.cancel(session, "7")).status, TaskStatus)
    found = await imports.find(session, "leads")
    assert_type(found, HubSpotTask[Import] | None)
    if found:
        assert_type((await settle(session, found)).current, Import)
    await imports.cancel(session, exports.task("7"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(await exports.get(session, 7), Export)
    assert_type(ColumnMapping.reference("Email", "0-2", "0-1", 280), ColumnMapping)


async def pieces() -> AsyncIterator[bytes]:
    yield b""


async def all_about_files(session: HubSpotSession) -> None:
    for source in ("a.png", Path("a.png"), b"", io.BytesIO(b"")):
        assert_type(await files.upload(session, FileUpload(source, folder_id=7, name="a")), File)
    await files.upload(session, FileUpload(pieces(), folder_path="/a", name="a", ttl="P3M"))
    FileUpload(7, folder_id=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(await files.replace(session, 7, FileReplacement("a.png")), File)
    assert_type(await files.update(session, "7", FileUpdate(parent_folder_id=7)), File)
    assert_type(await files.get(session, "7", properties=["name"]), File)
    assert_type(await files.stat(session, "/a.png"), FileStat)
    assert_type(await files.get_signed_url(session, "7", size="thumb"), SignedUrl)
    assert_type((await files.get_signed_url(session, "7")).url, SecretUrl)
    assert_type(await files.download(session, "7", "a.png", overwrite=True), Path)
    async with files.open_content(session, "7") as content:
        assert_type(content, AsyncIterator[bytes])
    async for file in files.iter_search(session, FileSearch(ids=["7", 8], sort="name", parent_folder_ids=7)):
        assert_type(file, File)


async def all_about_folders(session: HubSpotSession) -> None:
    assert_type(await folders.create(session, FolderInput("a", parent_folder_id=7)), Folder)
    assert_type(await folders.get(session, "/a"), Folder)
    assert_type(await folders.rename(session, 7, "b"), Folder)
    assert_type(await folders.move(session, "7", 8), Folder)
    assert_type(folders.iter_search(session, FolderSearch(id_gte="7")), AsyncGenerator[Folder, None])


async def calls_of_ones_own(session: HubSpotSession) -> None:
    task = await source_code.extract(session, FileExtractRequest("/a.zip"))
    assert_type(task, HubSpotTask[ActionResponse[None]])
    request = Request.raw("GET", "/crm/v3/owners", Page[File], query={"limit": 5})
    assert_type(await session.send(request), Page[File])
    assert_type(iter_pages(session, request), AsyncGenerator[File, None])
    assert_type(await session.send(Request.raw("GET", "/crm/v3/owners", dict)), dict[Any, Any])
