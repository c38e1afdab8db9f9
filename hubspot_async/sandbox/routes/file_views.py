"""Files and folders as clients see them."""

from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.routes.operations import Call
from hubspot_async.sandbox.work.library import ROOT, File, Folder

_PNG = b"\x89PNG\r\n\x1a\n"


def file_view(file: File, call: Call) -> Json:
    """Show a file."""
    clock, base = call.world.clock, call.world.signer.base
    path = f"{call.account.library.path_of(file.parent)}/{file.full_name}"
    shown: Json = {
        "id": file.id,
        "name": file.name,
        "extension": file.extension,
        "path": path,
        "type": file.type,
        "access": file.access,
        "size": file.blob.size,
        "fileMd5": file.blob.md5,
        "sourceGroup": "CONTENT",
        "isUsableInContent": file.usable_in_content,
        "url": f"{base}/hubfs/{call.account.hub_id}{path}",
        "defaultHostingUrl": f"{base}/hubfs/{call.account.hub_id}{path}",
        "createdAt": clock.iso(file.created),
        "updatedAt": clock.iso(file.updated),
        "archived": file.archived_at is not None,
    }
    if file.parent != ROOT:
        shown["parentFolderId"] = file.parent
    if file.expires is not None:
        shown["expiresAt"] = clock.milliseconds(file.expires)
    if file.archived_at is not None:
        shown["archivedAt"] = clock.iso(file.archived_at)
    if file.extension.lower() == "png":
        shown |= _dimensions(file)
    if file.media_type.startswith("text/"):
        shown["encoding"] = "utf-8"
    return shown


def folder_view(folder: Folder, call: Call) -> Json:
    """Show a folder."""
    clock = call.world.clock
    shown: Json = {
        "id": folder.id,
        "name": folder.name,
        "path": call.account.library.path_of(folder.id),
        "createdAt": clock.iso(folder.created),
        "updatedAt": clock.iso(folder.updated),
        "archived": folder.archived_at is not None,
    }
    if folder.parent != ROOT:
        shown["parentFolderId"] = folder.parent
    return shown


def _dimensions(file: File) -> Json:
    head = file.blob.part(0, 24)
    if len(head) < 24 or not head.startswith(_PNG):
        return {}
    return {"width": int.from_bytes(head[16:20], "big"), "height": int.from_bytes(head[20:24], "big")}
