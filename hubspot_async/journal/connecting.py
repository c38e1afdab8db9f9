"""A journal's connection to its file.

Both ways are entered and left by `threads.whole`, so that nobody is cancelled between a thread and what it has done.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import anyio

from hubspot_async.journal import opening


@asynccontextmanager
async def held(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """Hold the file as long as the block lasts, and open it to write."""
    hold = opening.held(path)
    await anyio.to_thread.run_sync(hold.__enter__)
    try:
        async with _database(path, "rw", *opening.WRITERS) as database:
            yield database
    finally:
        await anyio.to_thread.run_sync(hold.__exit__, None, None, None)


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """Open the file to read."""
    await anyio.to_thread.run_sync(opening.check, path)
    async with _database(path, "ro") as database:
        yield database


@asynccontextmanager
async def _database(path: Path, mode: str, *pragmas: str) -> AsyncIterator[aiosqlite.Connection]:
    connecting: Any = aiosqlite.connect(opening.address(path, mode), uri=True, isolation_level=None)
    getattr(connecting, "_thread", connecting).daemon = True  # a loop that was given up is not to keep the process
    with opening.translated(path):
        database = await connecting
    try:
        database.text_factory = opening.text
        with opening.translated(path):
            for pragma in (*opening.PRAGMAS, *pragmas):
                await database.execute(f"PRAGMA {pragma}")
        yield database
    finally:
        await database.close()
