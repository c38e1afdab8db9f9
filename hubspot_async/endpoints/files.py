"""Files of the file manager: an import from a URL in the background, and whatever is done at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from mimetypes import guess_type
from pathlib import Path

from attrs import evolve

from hubspot_async.disk.saving import saving
from hubspot_async.disk.sink import Behind
from hubspot_async.endpoints.naming import at_path, number
from hubspot_async.endpoints.paging import LIMIT, iter_pages
from hubspot_async.models import checks
from hubspot_async.models.files import File, FileImportStatus, FileStat, ImportFromUrl, SignedUrl, SignedUrlQuery
from hubspot_async.models.searches import FileSearch
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.models.uploads import FileReplacement, FileUpdate, FileUpload
from hubspot_async.models.values import Page
from hubspot_async.tasks import FILE_IMPORT, HubSpotTask
from hubspot_async.threads import in_thread
from hubspot_async.wire import codec
from hubspot_async.wire.request import FilePart, Form, Request, Sender
from hubspot_async.wire.versions import Family

task = FILE_IMPORT.task
"""Name a file import by its bare id."""


async def import_from_url(session: Sender, file: ImportFromUrl) -> HubSpotTask[FileImportStatus]:
    """Ask HubSpot to fetch a file from a URL into the file manager; its result is the file.

    Raises StartOutcomeUnknownError where the answer is lost: it may have begun, and is not asked for again.
    """
    version = session.version_of(Family.FILES)
    body = file if version == "v3" else _with_defaults(file)
    request = Request("POST", Family.FILES, version, "/import-from-url/async", TaskLocator, body=body, is_start=True)
    answer = await session.send(request)
    return FILE_IMPORT.started(answer.id, request, session)


def _with_defaults(file: ImportFromUrl) -> ImportFromUrl:
    """Dated versions require both words about duplicates, which v3 may go without."""
    return evolve(
        file,
        duplicate_validation_strategy=file.duplicate_validation_strategy or "NONE",
        duplicate_validation_scope=file.duplicate_validation_scope or "ENTIRE_PORTAL",
    )


async def get_import_status(session: Sender, task: HubSpotTask[FileImportStatus]) -> FileImportStatus:
    """Look once at how far a file import has come."""
    return await session.send(FILE_IMPORT.status_request(task))


async def upload(session: Sender, file: FileUpload) -> File:
    """Send a file into the file manager, piece by piece.

    Raises OSError where it cannot be read, and StartOutcomeUnknownError where the answer is lost: sent once more, the
    file might be there twice.
    """
    version = session.version_of(Family.FILES, "upload")
    place = {"folderId": file.folder_id, "folderPath": file.folder_path, "fileName": file.name}
    form = _form(file, place)
    return await session.send(Request("POST", Family.FILES, version, "", File, body=form, is_start=True))


async def replace(session: Sender, file_id: str | int, content: FileReplacement) -> File:
    """Give a file other content; its id, its name and its place stay."""
    version = session.version_of(Family.FILES, "replace")
    path = f"/{number(file_id, 'file_id')}"
    return await session.send(Request("PUT", Family.FILES, version, path, File, body=_form(content, {})))


def _form(file: FileUpload | FileReplacement, place: dict[str, str | None]) -> Form:
    """Make the form; what is said about the file goes as text that holds JSON, as HubSpot's guide has it."""
    options = {name: value for name, value in file.options.items() if value is not None}
    texts = {**place, "charsetHunch": file.charset_hunch, "options": codec.dumps(options).decode() if options else None}
    content_type = guess_type(file.file_name)[0] or "application/octet-stream"
    part = FilePart("file", file.file_name, file.source, content_type)
    return Form({name: text for name, text in texts.items() if text is not None}, (part,), about=file)


async def get(session: Sender, file_id: str | int, *, properties: str | Iterable[str] = ()) -> File:
    """Read HubSpot's record of a file; of *properties* only, if some are named."""
    version = session.version_of(Family.FILES, "get")
    path, query = f"/{number(file_id, 'file_id')}", {"properties": checks.words(properties)}
    return await session.send(Request("GET", Family.FILES, version, path, File, query=query))


async def stat(session: Sender, path: str, *, properties: str | Iterable[str] = ()) -> FileStat:
    """Read what there is at a path: the record of a file, or of a folder."""
    version = session.version_of(Family.FILES, "stat")
    query = {"properties": checks.words(properties)}
    return await session.send(Request("GET", Family.FILES, version, f"/stat/{at_path(path)}", FileStat, query=query))


async def update(session: Sender, file_id: str | int, change: FileUpdate) -> File:
    """Rename or move a file, or change who may see it and until when."""
    version = session.version_of(Family.FILES, "update")
    path = f"/{number(file_id, 'file_id')}"
    return await session.send(Request("PATCH", Family.FILES, version, path, File, body=change))


async def delete(session: Sender, file_id: str | int) -> None:
    """Delete a file; HubSpot keeps its content, where nobody sees it."""
    version = session.version_of(Family.FILES, "delete")
    await session.send(Request("DELETE", Family.FILES, version, f"/{number(file_id, 'file_id')}", None))


async def gdpr_delete(session: Sender, file_id: str | int) -> None:
    """Delete a file for good, content and record; HubSpot takes up to seven days for it (its guide to files)."""
    version = session.version_of(Family.FILES, "gdpr_delete")
    await session.send(Request("DELETE", Family.FILES, version, f"/{number(file_id, 'file_id')}/gdpr-delete", None))


async def get_signed_url(
    session: Sender,
    file_id: str | int,
    *,
    expiration_seconds: int | None = None,
    size: str | None = None,
    upscale: bool | None = None,
) -> SignedUrl:
    """Make a URL by which anyone may fetch a file for a while.

    Of an image *size* gives a smaller one: thumb, icon, medium or preview; *upscale* makes small images that large.
    """
    version = session.version_of(Family.FILES, "get_signed_url")
    query = SignedUrlQuery(expiration_seconds=expiration_seconds, size=size, upscale=upscale)
    path = f"/{number(file_id, 'file_id')}/signed-url"
    return await session.send(Request("GET", Family.FILES, version, path, SignedUrl, query=codec.query_of(query)))


def open_content(session: Sender, file_id: str | int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    """Read a file of any access as it comes: ``async with files.open_content(session, id) as pieces``.

    Of the known versions v3 and 2026-09 have this call.
    """
    version = session.version_of(Family.FILES, "download")
    return session.open(Request("GET", Family.FILES, version, f"/{number(file_id, 'file_id')}/download", bytes))


async def download(session: Sender, file_id: str | int, path: str | Path, *, overwrite: bool = False) -> Path:
    """Fetch a file of any access to *path*, where it is whole or not there.

    Raises InputError where *path* is taken and *overwrite* is not set, and OSError where it cannot be written.
    """
    target = Path(path)
    async with saving(target, overwrite=overwrite) as scratch, open_content(session, file_id) as pieces:
        sink = await in_thread(scratch.sink)
        async with Behind(sink) as behind:
            async for piece in pieces:
                await behind.add(piece)
        await in_thread(lambda: scratch.keep([sink], [target]))
    return target


def iter_search(session: Sender, search: FileSearch | None = None) -> AsyncGenerator[File, None]:
    """Find files, page by page; HubSpot goes no further than 10,000, so narrow the search where there are more."""
    version = session.version_of(Family.FILES, "iter_search")
    query = {**codec.query_of(search or FileSearch()), "limit": LIMIT}
    return iter_pages(session, Request("GET", Family.FILES, version, "/search", Page[File], query=query))
