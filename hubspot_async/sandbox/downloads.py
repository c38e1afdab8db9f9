"""The second port: finished exports, files, and files to be imported from; its URLs carry their own permission."""

from collections.abc import Awaitable, Callable
from xml.sax.saxutils import escape

from aiohttp import web

from hubspot_async.sandbox.answers import Refused
from hubspot_async.sandbox.blobs import Blob, BlobPayload
from hubspot_async.sandbox.signing import content_disposition
from hubspot_async.sandbox.work.exports import Export
from hubspot_async.sandbox.world import World

Range = tuple[int, int]


async def export_file(request: web.Request, world: World) -> web.Response:
    """Serve the file of a finished export to whoever has its URL."""
    refusal = _check(request, world)
    if refusal is not None:
        return refusal
    export = world.tasks.get(request.match_info["export"])
    if not isinstance(export, Export):
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    product = await export.product(world.disk, world.options)
    return serve(request, product.blob, product.name, product.content_type)


async def signed_file(request: web.Request, world: World) -> web.Response:
    """Serve a file by a URL that was signed for it."""
    refusal = _check(request, world)
    if refusal is not None:
        return refusal
    return _file(request, world, request.match_info["file"], public=False)


async def public_file(request: web.Request, world: World) -> web.Response:
    """Serve a file by its lasting URL, if anyone may have it."""
    hub = request.match_info["hub"]
    account = next((account for account in world.accounts.values() if str(account.hub_id) == hub), None)
    if account is None:
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    await account.catch_up()
    file = account.library.file_at(request.match_info["path"])
    return _file(request, world, file.id if file else "", public=True)


async def hosted_file(request: web.Request, world: World) -> web.Response:
    """Serve a file that the sandbox was told to host."""
    number = int(request.match_info["number"])
    if number >= len(world.hosted):
        return web.Response(status=404)
    hosted = world.hosted[number]
    return web.Response(body=hosted.content, content_type=hosted.content_type)


async def link(request: web.Request, world: World) -> web.Response:
    """Turn away who follows the link of a locator, as the host that HubSpot links to does."""
    raise Refused(401, "INVALID_AUTHENTICATION", "Csrf token is missing")


def serve(request: web.Request, blob: Blob, name: str, content_type: str) -> web.Response:
    """Serve a blob, whole or the part that was asked for."""
    etag = f'"{blob.md5}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Type": content_type,
        "Content-Disposition": content_disposition(name),
    }
    wanted = request.headers.get("Range", "")
    if not wanted or request.headers.get("If-Range", etag) != etag:
        return web.Response(body=BlobPayload(blob), headers=headers)
    part = parse_range(wanted, blob.size)
    if part is None:
        return web.Response(body=BlobPayload(blob), headers=headers)
    start, stop = part
    if start >= stop:
        return _xml(416, "InvalidRange", "The range is not satisfiable.", {"Content-Range": f"bytes */{blob.size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    return web.Response(status=206, body=BlobPayload(blob, start, stop), headers=headers)


def parse_range(header: str, size: int) -> Range | None:
    """Read a `Range` of one part as (start, stop).

    None means that the header is to be ignored, an empty part that it cannot be met.
    """
    unit, _, spec = header.partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit != "bytes" or not dash or not (first + last).isdigit():
        return None
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return (min(int(first), size), min(int(last) + 1, size) if last else size)


def _file(request: web.Request, world: World, file_id: str, *, public: bool) -> web.Response:
    for account in world.accounts.values():
        file = account.library.files.get(file_id)
        if file is not None and file.archived_at is None and (file.is_public or not public):
            return serve(request, file.blob, file.full_name, file.media_type)
    return _xml(404, "NoSuchKey", "The specified key does not exist.")


def _check(request: web.Request, world: World) -> web.Response | None:
    if "Authorization" in request.headers:
        return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
    if not world.signer.has_signed(request.path, request.query):
        return _xml(403, "SignatureDoesNotMatch", "The signature does not match the request.")
    if world.signer.has_expired(request.query):
        return _xml(403, "AccessDenied", "Request has expired")
    return None


def _xml(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return web.Response(text=body, status=status, content_type="application/xml", headers=headers)


ROUTES: tuple[tuple[str, str, Callable[[web.Request, World], Awaitable[web.Response]]], ...] = (
    ("downloads.export", "/exports/{hub}/{export}/{name}", export_file),
    ("downloads.file", "/files/{hub}/{file}/{name}", signed_file),
    ("downloads.public", "/hubfs/{hub}/{path:.+}", public_file),
    ("downloads.hosted", "/hosted/{number}/{name}", hosted_file),
    ("links.status", "/{path:.+/async/tasks/.+}", link),
)
