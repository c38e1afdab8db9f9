"""One of each call that this package makes, by the name that a user knows it under."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from hubspot_async import (
    FileReplacement,
    FileUpdate,
    FileUpload,
    FolderInput,
    FolderUpdate,
    ImportFromUrl,
    ImportRequest,
    ViewExport,
    exports,
    files,
    folders,
    imports,
    source_code,
)
from hubspot_async.endpoints.source_code import FileExtractRequest
from hubspot_async.models.columns import ColumnMapping
from hubspot_async.models.imports import ImportFile
from hubspot_async.wire.request import USER, Lane, Request
from tests.fakes import ScriptedSender

T = TypeVar("T")

PLAN = ImportRequest("leads", [ImportFile("leads.csv", [ColumnMapping("Email", "email", column_object_type_id="0-1")])])
ELSEWHERE = Path("/tmp") / "hubspot-async-never-written"


class SentError(Exception):
    """A request came as far as the session; it goes no further."""

    def __init__(self, request: Request[Any]) -> None:
        super().__init__(str(request))
        self.request = request


class Catcher(ScriptedSender):
    """A session that sends nothing: it raises each request."""

    async def send(self, request: Request[T], *, lane: Lane | None = USER) -> T:
        raise SentError(request)

    @asynccontextmanager
    async def open(self, request: Request[bytes]) -> AsyncGenerator[Any, None]:
        raise SentError(request)
        yield


async def first(items: AsyncGenerator[object, None]) -> object:
    return await anext(items)


async def entered(manager: Any) -> object:
    async with manager as value:
        return value


Call = Callable[[Any, str | None], Awaitable[object]]
"""A call through a session; of a task it is told the version that made it."""

CALLS: Mapping[str, Call] = {
    "exports.start": lambda session, _: exports.start(session, ViewExport("CONTACT", ["email"])),
    "exports.get_status": lambda session, version: exports.get_status(session, exports.task("7", version=version)),
    "exports.get": lambda session, _: exports.get(session, "7"),
    "imports.start": lambda session, _: imports.start(session, PLAN, {"leads.csv": b"Email\n"}),
    "imports.get": lambda session, version: imports.get(session, imports.task("7", version=version)),
    "imports.iter_all": lambda session, _: first(imports.iter_all(session)),
    "imports.find": lambda session, _: imports.find(session, "leads"),
    "imports.cancel": lambda session, _: imports.cancel(session, "7"),
    "imports.iter_errors": lambda session, _: first(imports.iter_errors(session, 7)),
    "files.import_from_url": lambda session, _: files.import_from_url(
        session, ImportFromUrl("https://example.com/a.png", folder_path="/logos")
    ),
    "files.get_import_status": lambda session, version: files.get_import_status(
        session, files.task("AAAAEZ6whGI", version=version)
    ),
    "files.upload": lambda session, _: files.upload(session, FileUpload(b"x", name="a.txt", folder_id=7)),
    "files.replace": lambda session, _: files.replace(session, "7", FileReplacement(b"x", name="a.txt")),
    "files.get": lambda session, _: files.get(session, 7),
    "files.stat": lambda session, _: files.stat(session, "/logos/a.png"),
    "files.update": lambda session, _: files.update(session, "7", FileUpdate(name="b")),
    "files.delete": lambda session, _: files.delete(session, "7"),
    "files.gdpr_delete": lambda session, _: files.gdpr_delete(session, "7"),
    "files.get_signed_url": lambda session, _: files.get_signed_url(session, "7"),
    "files.download": lambda session, _: files.download(session, "7", ELSEWHERE),
    "files.open_content": lambda session, _: entered(files.open_content(session, "7")),
    "files.iter_search": lambda session, _: first(files.iter_search(session)),
    "folders.update": lambda session, _: folders.update(session, FolderUpdate("7", name="b")),
    "folders.get_update_status": lambda session, version: folders.get_update_status(
        session, folders.task("AAAAEZ6whGI", version=version)
    ),
    "folders.create": lambda session, _: folders.create(session, FolderInput("b")),
    "folders.get": lambda session, _: folders.get(session, "7"),
    "folders.get by path": lambda session, _: folders.get(session, "/logos/old"),
    "folders.rename": lambda session, _: folders.rename(session, "7", "b"),
    "folders.move": lambda session, _: folders.move(session, "7", "8"),
    "folders.delete": lambda session, _: folders.delete(session, 7),
    "folders.delete by path": lambda session, _: folders.delete(session, "/logos/old"),
    "folders.iter_search": lambda session, _: first(folders.iter_search(session)),
    "source_code.extract": lambda session, _: source_code.extract(session, FileExtractRequest("/site.zip")),
    "source_code.get_extract_status": lambda session, version: source_code.get_extract_status(
        session, source_code.task("7", version=version)
    ),
}
