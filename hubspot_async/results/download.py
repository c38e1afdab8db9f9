"""An export's file to the disk: under its name it is whole, or it is not there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from anyio import to_thread
from attrs import frozen

from hubspot_async.endpoints import exports
from hubspot_async.errors import DownloadError, InputError, TaskNotSucceededError, UnsafeUrlError
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.values import SecretUrl
from hubspot_async.results import tables
from hubspot_async.session.addresses import is_loopback
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask


@frozen(kw_only=True)
class SavedFile:
    """A file that is on the disk, whole."""

    path: Path
    bytes: int
    sha256: str
    """Of the file as it lies on the disk."""


async def download(
    session: HubSpotSession,
    task: HubSpotTask[ExportStatus],
    path: str | Path,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    overwrite: bool = False,
) -> SavedFile:
    """Fetch the file of a complete export to *path*.

    A path that ends in ``.csv`` always holds CSV: HubSpot's zip of a larger export is unpacked and its parts are joined
    under one header. *progress* is called with the bytes so far and, where it is known, their total.

    Raises TaskNotSucceededError for an export that is not complete, InputError where *path* is taken and *overwrite* is
    not set, DownloadError where the file does not come whole, and OSError where it cannot be written.
    """
    target = Path(path)
    _check_target(target, overwrite=overwrite)
    async with fetched(session, task, beside=target.parent, progress=progress) as fetched_path:
        return await to_thread.run_sync(_keep, fetched_path, target, overwrite)


def _check_target(target: Path, *, overwrite: bool) -> None:
    if target.is_dir():
        raise InputError(f"path {target} is a directory; name a file in it")
    if not target.parent.is_dir():
        raise InputError(f"path {target} lies in a directory that does not exist")
    if not overwrite and os.path.lexists(target):
        raise InputError(f"path {target} exists; pass overwrite=True to replace it")


@asynccontextmanager
async def fetched(
    session: HubSpotSession,
    task: HubSpotTask[ExportStatus],
    *,
    beside: Path | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> AsyncIterator[Path]:
    """Give an export's file under a temporary name, which goes with the block."""
    url = check_url(session, await _fresh_url(session, task))
    handle, name = await to_thread.run_sync(tempfile.mkstemp, ".part", ".hubspot-", beside)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            async with session.fetch(url) as answer:
                if answer.status != 200:
                    raise DownloadError(f"{url.redacted} answered {answer.status} instead of the file of {task}")
                total, done = answer.length, 0
                async for piece in answer.pieces():
                    await to_thread.run_sync(file.write, piece)
                    done += len(piece)
                    if progress is not None:
                        progress(done, total)
        yield path
    finally:
        path.unlink(missing_ok=True)


async def _fresh_url(session: HubSpotSession, task: HubSpotTask[ExportStatus]) -> SecretUrl:
    status = await exports.get_status(session, task)
    if not status.succeeded or status.result is None:
        raise TaskNotSucceededError(f"its status is {status.status}, so there is no file", task)
    return status.result


def check_url(session: HubSpotSession, url: SecretUrl) -> SecretUrl:
    """Let pass an https URL, and http where the session itself talks to this machine."""
    parts = urlsplit(url)
    if parts.username is not None or not parts.hostname:
        raise UnsafeUrlError(f"{url.redacted!r} is not the URL of a file")
    local = parts.scheme == "http" and session.is_local and is_loopback(parts.hostname)
    if parts.scheme != "https" and not local:
        raise UnsafeUrlError(f"{url.redacted!r} is not an https URL")
    return url


def _keep(fetched_path: Path, target: Path, overwrite: bool) -> SavedFile:
    """Bring the file into its final form beside the target, then give it its name."""
    part = fetched_path
    if target.suffix.lower() == ".csv" and tables.is_zip(fetched_path):
        part = fetched_path.with_suffix(".csv")
        tables.join_parts(fetched_path, part)
    try:
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            os.fsync(file.fileno())
        (os.replace if overwrite else os.link)(part, target)
        return SavedFile(path=target, bytes=size, sha256=digest)
    finally:
        part.unlink(missing_ok=True)
