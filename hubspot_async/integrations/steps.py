"""The steps of a task that every engine takes: to begin it, and to wait for its end."""

from __future__ import annotations

from typing import Any

from hubspot_async.endpoints import exports, files, folders, imports
from hubspot_async.endpoints.sources import Files
from hubspot_async.errors import HubSpotError, InputError, WatcherClosedError
from hubspot_async.integrations.plain import Plain, Request, write_outcome
from hubspot_async.models.exports import ListExport, ViewExport
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.models.folders import FolderUpdate
from hubspot_async.models.imports import ImportRequest
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.rules import concerns_all
from hubspot_async.watching.watcher import TaskGroupWatcher
from hubspot_async.wire.request import Sender


async def start(session: Sender, request: Request, paths: Files | None = None) -> HubSpotTask[Any]:
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


async def settle(watcher: TaskGroupWatcher, task: HubSpotTask[Any], session: Sender | None = None) -> Plain:
    """Wait for the end of *task*, and write what became of it; that it can be watched no longer is an outcome too.

    What concerns the whole account, such as the end of the day's requests, is raised.
    """
    try:
        return write_outcome(await watcher.settle(task, session=session), task)
    except HubSpotError as error:
        if concerns_all(error) or isinstance(error, InputError | WatcherClosedError):
            raise
        return write_outcome(error, task)
