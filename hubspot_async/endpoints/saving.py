"""Bytes that come in pieces to the disk: under its name a file is whole, or it is not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from anyio import to_thread

from hubspot_async.errors import InputError


def check_target(target: Path, *, overwrite: bool) -> Path:
    """See that a file can be put at *target*, before anything is asked for."""
    if target.is_dir():
        raise InputError(f"path {target} is a directory; name a file in it")
    if not target.parent.is_dir():
        raise InputError(f"path {target} lies in a directory that does not exist")
    if not overwrite and os.path.lexists(target):
        raise InputError(f"path {target} exists; pass overwrite=True to replace it")
    return target


async def save(pieces: AsyncIterator[bytes], target: Path, *, overwrite: bool) -> Path:
    """Write *pieces* beside *target*, and give the file its name once it is whole."""
    handle, name = await to_thread.run_sync(tempfile.mkstemp, ".part", ".hubspot-", target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            async for piece in pieces:
                await to_thread.run_sync(file.write, piece)
            file.flush()
            await to_thread.run_sync(os.fsync, file.fileno())
        (os.replace if overwrite else os.link)(part, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)  # noqa: PTH108 - as quick as the renaming
    return target
