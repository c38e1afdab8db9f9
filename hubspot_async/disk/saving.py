"""A file that a coroutine writes, whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hubspot_async.disk.scratch import Scratch, check_target
from hubspot_async.threads import in_thread


@asynccontextmanager
async def saving(target: Path, *, overwrite: bool) -> AsyncIterator[Scratch]:
    """See that a file can be put at *target*, and give what to write it with; what is not kept is gone at the end."""
    check_target(target, overwrite=overwrite)
    scratch = Scratch(target, overwrite=overwrite)
    try:
        yield scratch
    finally:
        await in_thread(scratch.close)
