"""Folders: an update that moves or renames a tree in the background."""

from __future__ import annotations

from hubspot_async.models.folders import FolderUpdate, FolderUpdateStatus
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.tasks import FOLDER_UPDATE, HubSpotTask
from hubspot_async.wire.request import Request, Sender
from hubspot_async.wire.versions import Family

task = FOLDER_UPDATE.task
"""Name a folder update by its bare id."""


async def update(session: Sender, folder: FolderUpdate) -> HubSpotTask[FolderUpdateStatus]:
    """Ask HubSpot to move or rename a folder with all below it; its result is the folder.

    Version 2026-09 has no such call: a session that pins it gets UnsupportedVersionError.
    """
    version = session.version_of(Family.FOLDERS, "update")
    request = Request("POST", Family.FOLDERS, version, "/update/async", TaskLocator, body=folder, is_start=True)
    answer = await session.send(request)
    return FOLDER_UPDATE.started(answer.id, request, session)


async def get_update_status(session: Sender, task: HubSpotTask[FolderUpdateStatus]) -> FolderUpdateStatus:
    """Look once at how far a folder update has come."""
    return await session.send(FOLDER_UPDATE.status_request(task))
