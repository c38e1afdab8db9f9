"""Files: an import from a URL, which HubSpot does in the background."""

from __future__ import annotations

from attrs import evolve

from hubspot_async.models.files import FileImportStatus, ImportFromUrl
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.tasks import FILE_IMPORT, HubSpotTask
from hubspot_async.wire.request import Request, Sender
from hubspot_async.wire.versions import Family

task = FILE_IMPORT.task
"""Name a file import by its bare id."""


async def import_from_url(session: Sender, file: ImportFromUrl) -> HubSpotTask[FileImportStatus]:
    """Ask HubSpot to fetch a file from a URL into the file manager; its result is the file."""
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
