"""Beginning whatever a request asks for."""

from __future__ import annotations

from typing import Any

from hubspot_async.endpoints import exports, files, folders, imports
from hubspot_async.errors import InputError
from hubspot_async.integrations.plain import Request
from hubspot_async.models.exports import ListExport, ViewExport
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.models.folders import FolderUpdate
from hubspot_async.models.imports import ImportRequest
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire.request import Sender


async def start(session: Sender, request: Request, paths: imports.Files | None = None) -> HubSpotTask[Any]:
    """Ask HubSpot to begin what *request* says; *paths* are the files of an import, and of nothing else."""
    if (paths is not None) is not isinstance(request, ImportRequest):
        raise InputError("an import needs its files, and nothing else takes any")
    match request:
        case ViewExport() | ListExport():
            return await exports.start(session, request)
        case ImportRequest():
            assert paths is not None
            return await imports.start(session, request, paths)
        case ImportFromUrl():
            return await files.import_from_url(session, request)
        case FolderUpdate():
            return await folders.update(session, request)
