"""Files: uploads, imports from a URL, and all that can be done with a file afterwards."""

import re

from aiohttp import web

from hubspot_async.sandbox.answers import Json, answer, invalid, not_found
from hubspot_async.sandbox.blobs import BlobPayload
from hubspot_async.sandbox.fields import Fields, parse_json
from hubspot_async.sandbox.routes.file_views import file_view, folder_view
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation, action, opaque_id
from hubspot_async.sandbox.routes.paging import only, read_time, search
from hubspot_async.sandbox.signing import content_disposition
from hubspot_async.sandbox.uploads import read_form
from hubspot_async.sandbox.work.file_imports import FileImport, UnreachableError, fetch, name_in
from hubspot_async.sandbox.work.library import ACCESS, SCOPES, STRATEGIES, File, Placing, split_name

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?)?", re.IGNORECASE)
_PERIOD_DAYS = (365.0, 30.0, 7.0, 1.0, 1 / 24)
_DAY = 86_400.0
_SIZES = frozenset({"THUMB", "ICON", "MEDIUM", "PREVIEW"})


async def import_from_url(call: Call) -> web.Response:
    """Accept a URL; the file behind it is fetched at once and kept when the task ends."""
    body = await call.fields()
    body.demand("url", "access")
    if call.version != "v3":
        body.demand("overwrite", "duplicateValidationStrategy", "duplicateValidationScope")
    url = body.text("url")
    name = body.text("name") or name_in(url)
    if "." not in name and split_name(name_in(url))[1]:
        name = f"{name}.{split_name(name_in(url))[1]}"
    placing = _read_placing(body, name, body.text("folderId"), body.text("folderPath"), call)
    world = call.world
    task = FileImport(
        world.opaque(), call.account.name, call.now, world.duration(FileImport.kind), placing, call.account.library
    )
    world.launch(call.account, task)
    world.in_background(_bring(task, url, call))
    links = call.links(f"/files/v3/files/import-from-url/async/tasks/{task.id}/status")
    return answer({"id": task.id, "links": links}, status=202)


async def _bring(task: FileImport, url: str, call: Call) -> None:
    try:
        blob = await fetch(call.world.client, url, call.world.disk)
    except UnreachableError as error:
        task.missed(str(error), url, call.now)
    else:
        task.arrived(blob, call.now)
    call.account.replan(task)


async def import_status(call: Call) -> web.Response:
    """Say how far an import from a URL is; when it is complete, with the file."""
    task = call.find(FileImport, opaque_id(call.path("taskId")))
    body = action(task, call) | {"taskId": task.id}
    if body["status"] == "COMPLETE" and task.result is not None:
        body["result"] = file_view(task.result, call)
    return answer(body)


async def upload(call: Call) -> web.Response:
    """Take in a file that comes with the request."""
    form = await read_form(call.request, "file", call.world.disk)
    upload = form.only_file()
    options = Fields(parse_json(form.texts.get("options", "{}")), "options")
    options.demand("access")
    name = form.texts.get("fileName") or upload.name
    if not name:
        raise invalid("The file needs a name", context={"fileName": []})
    placing = _read_placing(options, name, form.texts.get("folderId", ""), form.texts.get("folderPath", ""), call)
    file = call.account.library.put(placing, upload.blob, call.now)
    return answer(file_view(file, call), status=201)


async def replace(call: Call) -> web.Response:
    """Give a file new bytes under its old id."""
    file = _find(call)
    form = await read_form(call.request, "file", call.world.disk)
    upload = form.only_file()
    options = Fields(parse_json(form.texts.get("options", "{}")), "options")
    file.access = options.word("access", ACCESS, file.access)
    if "expiresAt" in options:
        file.expires = _moment(options, call)
    call.account.library.replace_content(file, upload.blob, split_name(upload.name)[1], call.now)
    return answer(file_view(file, call))


async def get(call: Call) -> web.Response:
    """Show a file."""
    return answer(only(file_view(_find(call), call), call.request.query))


async def stat(call: Call) -> web.Response:
    """Show the file or the folder at a path."""
    path, library = call.path("path"), call.account.library
    file = library.file_at(path)
    if file is not None:
        return answer({"file": only(file_view(library.file(file.id, call.now), call), call.request.query)})
    folder = library.folder_at(path)
    if folder is None:
        raise not_found(f"Nothing found at {path}")
    return answer({"folder": only(folder_view(folder, call), call.request.query)})


async def update(call: Call) -> web.Response:
    """Rename, move or reclassify a file, at once."""
    file, body = _find(call), await call.fields()
    if call.version != "v3":
        body.demand("clearExpires")
    parent = None
    if "parentFolderId" in body or "parentFolderPath" in body:
        parent = _read_parent(body.text("parentFolderId"), body.text("parentFolderPath"), call)
    call.account.library.change_file(file, body.text("name") or None, parent, call.now)
    file.access = body.word("access", ACCESS, file.access)
    file.usable_in_content = body.flag("isUsableInContent", default=file.usable_in_content)
    if body.flag("clearExpires"):
        file.expires = None
    elif "expiresAt" in body:
        file.expires = _moment(body, call)
    return answer(file_view(file, call))


async def delete(call: Call) -> web.Response:
    """Archive a file."""
    call.account.library.delete_file(_find(call), call.now)
    return web.Response(status=204)


async def gdpr_delete(call: Call) -> web.Response:
    """Delete a file with its bytes."""
    file = _find(call)
    call.account.library.delete_file(file, call.now)
    call.world.disk.drop(call.account.library.files.pop(file.id).blob.file)
    return web.Response(status=204)


async def signed_url(call: Call) -> web.Response:
    """Make a URL by which anyone may fetch a file for a while."""
    file = _find(call)
    seconds = call.request.query.get("expirationSeconds", "3600")
    Fields(dict(call.request.query), "query").word("size", _SIZES)
    if not seconds.isdigit() or int(seconds) == 0:
        raise invalid("expirationSeconds must be positive", context={"expirationSeconds": [seconds]})
    path = f"/files/{call.account.hub_id}/{file.id}/{file.full_name}"
    shown: Json = {
        "url": call.world.signer.url(path, file.full_name, float(seconds)),
        "expiresAt": call.world.clock.iso(call.now + int(seconds)),
        "name": file.name,
        "extension": file.extension,
        "size": file.blob.size,
        "type": file.type,
    }
    return answer(shown)


async def download(call: Call) -> web.Response:
    """Serve a file's bytes to whoever may use the API."""
    file = _find(call)
    disposition = content_disposition(file.full_name)
    return web.Response(
        body=BlobPayload(file.blob),
        headers={"Content-Type": file.media_type, "Content-Disposition": disposition},
    )


async def search_files(call: Call) -> web.Response:
    """Search the files that are neither hidden nor deleted."""
    files = [
        file
        for file in call.account.library.files.values()
        if file.archived_at is None and not file.is_hidden and (file.expires is None or file.expires > call.now)
    ]
    return answer(search(call.request.query, [file_view(file, call) for file in files]))


def _find(call: Call) -> File:
    file_id = call.path("fileId")
    if not file_id.isdigit():
        raise not_found()
    file = call.account.library.file(file_id, call.now)
    scopes = call.account.scopes
    if file.is_hidden and scopes is not None and not any(scope.startswith("files.ui_hidden") for scope in scopes):
        raise not_found(f"No file found for id {file_id}")
    return file


def _read_placing(options: Fields, name: str, folder_id: str, folder_path: str, call: Call) -> Placing:
    return Placing(
        name.replace("/", "-"),
        _read_parent(folder_id, folder_path, call),
        options.word("access", ACCESS),
        options.flag("overwrite"),
        options.word("duplicateValidationStrategy", STRATEGIES, "NONE"),
        options.word("duplicateValidationScope", SCOPES, "ENTIRE_PORTAL"),
        _read_expiry(options, call),
    )


def _read_parent(folder_id: str, folder_path: str, call: Call) -> str:
    if bool(folder_id) == bool(folder_path):
        raise invalid("Give either a folder id or a folder path", context={"folder": [folder_id, folder_path]})
    library = call.account.library
    return library.folder(folder_id).id if folder_id else library.ensure_folder(folder_path, call.now)


def _read_expiry(options: Fields, call: Call) -> float | None:
    if "expiresAt" in options:
        return _moment(options, call)
    if "ttl" not in options:
        return None
    match = _PERIOD.fullmatch(options.text("ttl"))
    days = sum(int(n or 0) * unit for n, unit in zip(match.groups(), _PERIOD_DAYS, strict=True)) if match else 0.0
    if not 1 <= days <= 366:
        raise invalid("ttl must be a period from one day to one year", context={"ttl": [options.text("ttl")]})
    return call.now + days * _DAY


def _moment(options: Fields, call: Call) -> float:
    moment = call.world.clock.loop_time(read_time(options.text("expiresAt"), "expiresAt"))
    if moment <= call.now:
        raise invalid("expiresAt must be in the future", context={"expiresAt": [options.text("expiresAt")]})
    return moment


_READ = ("files", "files.read", "files.ui_hidden.read")
_WRITE = ("files", "files.write", "files.ui_hidden.write")
_DELETE = ("files", "files.delete", "files.ui_hidden.write")
_FULL = ("v3", "2026-03", "2026-09")  # 2025-09 came out with a few calls only

FILES = Family(
    {version: f"/files/{version}/files" for version in VERSIONS},
    (
        Operation("files.import_from_url", "POST", "/import-from-url/async", import_from_url, _WRITE),
        Operation("files.import_status", "GET", "/import-from-url/async/tasks/{taskId}/status", import_status, _READ),
        Operation("files.upload", "POST", "", upload, _WRITE, _FULL),
        Operation("files.search", "GET", "/search", search_files, _READ),
        Operation("files.stat", "GET", "/stat/{path:.+}", stat, _READ, _FULL),
        Operation("files.get", "GET", "/{fileId}", get, _READ, _FULL),
        Operation("files.replace", "PUT", "/{fileId}", replace, _WRITE, _FULL),
        Operation("files.update", "PATCH", "/{fileId}", update, _WRITE, _FULL),
        Operation("files.delete", "DELETE", "/{fileId}", delete, _DELETE, _FULL),
        Operation("files.gdpr_delete", "DELETE", "/{fileId}/gdpr-delete", gdpr_delete, _DELETE, _FULL),
        Operation("files.signed_url", "GET", "/{fileId}/signed-url", signed_url, _READ, _FULL),
        Operation("files.download", "GET", "/{fileId}/download", download, _READ, versions=("v3", "2026-09")),
    ),
)
