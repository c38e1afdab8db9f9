"""Folders: made, found, moved at once or in the background, deleted with all that is in them."""

from aiohttp import web

from hubspot_async.sandbox.answers import answer, invalid, not_found
from hubspot_async.sandbox.fields import Fields
from hubspot_async.sandbox.routes.file_views import folder_view
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation, action, opaque_id
from hubspot_async.sandbox.routes.paging import only, search
from hubspot_async.sandbox.work.folder_updates import FolderUpdate
from hubspot_async.sandbox.work.library import ROOT, Folder


async def create(call: Call) -> web.Response:
    """Make a folder below another, or at the top."""
    body = await call.fields()
    body.demand("name")
    folder = call.account.library.create_folder(body.text("name"), _read_parent(body, call), call.now)
    return answer(folder_view(folder, call), status=201)


async def get(call: Call) -> web.Response:
    """Show the folder of an id, or at a path."""
    return answer(only(folder_view(_find(call), call), call.request.query))


async def delete(call: Call) -> web.Response:
    """Delete a folder and all that is in it."""
    call.account.library.delete_folder(_find(call).id, call.now)
    return web.Response(status=204)


async def patch(call: Call) -> web.Response:
    """Rename or move a folder, and what is in it, at once."""
    folder, body = _find(call), await call.fields()
    name, parent = body.text("name") or None, _new_parent(body, call)
    return answer(folder_view(call.account.library.change_folder(folder.id, name, parent, call.now), call))


async def search_folders(call: Call) -> web.Response:
    """Search the folders that are not deleted."""
    folders = [folder for folder in call.account.library.folders.values() if folder.archived_at is None]
    return answer(search(call.request.query, [folder_view(folder, call) for folder in folders]))


async def update(call: Call) -> web.Response:
    """Accept a renaming or moving to be done in the background."""
    body = await call.fields()
    body.demand("id")
    folder = call.account.library.folder(_folder_id(body.text("id")))
    world = call.world
    task = FolderUpdate(
        world.opaque(),
        call.account.name,
        call.now,
        world.duration(FolderUpdate.kind),
        folder_id=folder.id,
        name=body.text("name") or None,
        parent=_new_parent(body, call),
        library=call.account.library,
    )
    world.launch(call.account, task)
    links = call.links(f"/files/v3/folders/update/async/tasks/{task.id}/status")
    return answer({"id": task.id, "links": links}, status=202)


async def update_status(call: Call) -> web.Response:
    """Say how far an update is; when it is complete, with the folder."""
    task = call.find(FolderUpdate, opaque_id(call.path("taskId")))
    body = action(task, call) | {"taskId": task.id}
    if body["status"] == "COMPLETE" and task.result is not None:
        body["result"] = folder_view(task.result, call)
    return answer(body)


def _find(call: Call) -> Folder:
    """By id if the path is made of digits only, else by path."""
    key, library = call.path("folder"), call.account.library
    if key.isdigit():
        return library.folder(_folder_id(key))
    folder = library.folder_at(key)
    if folder is None:
        raise not_found(f"No folder found at {key}")
    return folder


def _folder_id(text: str) -> str:
    if not text.isdigit():
        raise invalid(f"Folder id {text[:64]!r} could not be decoded", context={"id": [text[:64]]})
    if int(text) == 0:
        raise invalid("id must be > 0", context={"id": [text]})
    return str(int(text))


def _read_parent(body: Fields, call: Call) -> str:
    library = call.account.library
    path = body.text("parentPath") or body.text("parentFolderPath")
    if "parentFolderId" in body:
        if path:
            raise invalid("Give either parentFolderId or parentPath", context={"parentPath": [path]})
        return library.folder(_folder_id(body.text("parentFolderId"))).id
    folder = library.folder_at(path)
    if folder is None and path.strip("/"):
        raise not_found(f"No folder found at {path}")
    return folder.id if folder else ROOT


def _new_parent(body: Fields, call: Call) -> str | None:
    if "parentFolderId" not in body:
        return None
    return call.account.library.folder(_folder_id(body.text("parentFolderId"))).id


_READ = ("files", "files.read", "files.ui_hidden.read")
_WRITE = ("files", "files.write", "files.ui_hidden.write")
_DELETE = ("files", "files.delete", "files.ui_hidden.write")
_STATUS = "/update/async/tasks/{taskId}/status"
_MOVES = ("v3", "2025-09", "2026-03")
_FULL = ("v3", "2026-03", "2026-09")  # 2025-09 came out with a few calls only

FOLDERS = Family(
    {version: f"/files/{version}/folders" for version in VERSIONS},
    (
        Operation("folders.update", "POST", "/update/async", update, _WRITE, versions=_MOVES),
        Operation("folders.update_status", "GET", _STATUS, update_status, _WRITE, versions=_MOVES),
        Operation("folders.create", "POST", "", create, _WRITE, _FULL),
        Operation("folders.search", "GET", "/search", search_folders, _READ),
        Operation("folders.get", "GET", "/{folder:.+}", get, _READ, _FULL),
        Operation("folders.patch", "PATCH", r"/{folder:\d+}", patch, _WRITE),
        Operation("folders.delete", "DELETE", "/{folder:.+}", delete, _DELETE, _FULL),
    ),
)
