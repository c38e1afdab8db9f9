"""Folders of the file manager: a background update, and whatever is done at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from hubspot_async.endpoints.naming import at_path, number
from hubspot_async.endpoints.paging import LIMIT, iter_pages
from hubspot_async.models import checks
from hubspot_async.models.folders import Folder, FolderChange, FolderInput, FolderUpdate, FolderUpdateStatus
from hubspot_async.models.searches import FolderSearch
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.models.values import Page
from hubspot_async.tasks import FOLDER_UPDATE, HubSpotTask
from hubspot_async.wire import codec
from hubspot_async.wire.request import Request, Sender
from hubspot_async.wire.versions import Family

task = FOLDER_UPDATE.task
"""Name a folder update by its bare id."""


async def update(session: Sender, folder: FolderUpdate) -> HubSpotTask[FolderUpdateStatus]:
    """Ask HubSpot to move or rename a folder with all below it; for an answer at once there are `rename` and `move`.

    The result is the folder. Version 2026-09 has no such call: a session that pins it gets UnsupportedVersionError.
    Raises StartOutcomeUnknownError where the answer is lost: it may have begun, and is not asked for again.
    """
    version = session.version_of(Family.FOLDERS, "update")
    request = Request("POST", Family.FOLDERS, version, "/update/async", TaskLocator, body=folder, is_start=True)
    answer = await session.send(request)
    return FOLDER_UPDATE.started(answer.id, request, session)


async def get_update_status(session: Sender, task: HubSpotTask[FolderUpdateStatus]) -> FolderUpdateStatus:
    """Look once at how far a folder update has come."""
    return await session.send(FOLDER_UPDATE.status_request(task))


async def create(session: Sender, folder: FolderInput) -> Folder:
    """Make a folder."""
    version = session.version_of(Family.FOLDERS, "create")
    return await session.send(Request("POST", Family.FOLDERS, version, "", Folder, body=folder, is_start=True))


async def get(session: Sender, folder: str | int, *, properties: str | Iterable[str] = ()) -> Folder:
    """Read HubSpot's record of a folder, given by id or by path; of *properties* only, if some are named."""
    version = session.version_of(Family.FOLDERS, "get")
    query = {"properties": checks.words(properties)}
    return await session.send(Request("GET", Family.FOLDERS, version, f"/{_key(folder)}", Folder, query=query))


async def rename(session: Sender, folder_id: str | int, name: str) -> Folder:
    """Give a folder another name, at once."""
    return await _change(session, folder_id, FolderChange(name=name))


async def move(
    session: Sender, folder_id: str | int, parent_folder_id: str | int, *, name: str | None = None
) -> Folder:
    """Put a folder into another one, at once, under another *name* if one is given."""
    return await _change(session, folder_id, FolderChange(parent_folder_id=parent_folder_id, name=name))


async def _change(session: Sender, folder_id: str | int, change: FolderChange) -> Folder:
    version = session.version_of(Family.FOLDERS)
    path = f"/{number(folder_id, 'folder_id')}"
    return await session.send(Request("PATCH", Family.FOLDERS, version, path, Folder, body=change))


async def delete(session: Sender, folder: str | int) -> None:
    """Delete a folder, given by id or by path, and all that is in it."""
    version = session.version_of(Family.FOLDERS, "delete")
    await session.send(Request("DELETE", Family.FOLDERS, version, f"/{_key(folder)}", None))


def iter_search(session: Sender, search: FolderSearch | None = None) -> AsyncGenerator[Folder, None]:
    """Find folders, page by page; HubSpot goes no further than 10,000, so narrow the search where there are more."""
    version = session.version_of(Family.FOLDERS, "iter_search")
    query = {**codec.query_of(search or FolderSearch()), "limit": LIMIT}
    return iter_pages(session, Request("GET", Family.FOLDERS, version, "/search", Page[Folder], query=query))


def _key(folder: str | int) -> str:
    """Tell an id from a path: whatever is made of digits only is an id, unless a slash is before it."""
    text = str(folder)
    return number(text, "folder") if text.isascii() and text.isdigit() else at_path(text)
