"""When a run is killed, and the parent of the processes that are."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from attrs import frozen

ROOT = Path(__file__).parents[2]


@frozen
class Kill:
    """When a run is killed: after a while, at a point of its own, or when it has asked HubSpot for something."""

    delay: float | None = None
    """Seconds after the fork."""
    point: str | None = None
    """A name of child.py, or one of `REMOTE`."""
    nth: int = 1

    @property
    def name(self) -> str:
        return self.point or "at any moment"


REMOTE = {
    "before HubSpot accepts a start": ("exports.start", False),
    "after HubSpot accepts a start": ("exports.start", True),
    "before a status is answered": ("exports.status", False),
    "after a status is answered": ("exports.status", True),
    "before a file is sent": ("downloads.export", False),
}
"""Points at HubSpot's end, by operation, and whether what was asked for is done."""


class Forks:
    """The parent of the processes that are killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.crash.child",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    async def fork(self, **told: Any) -> int:
        """Have a child begin, and give its number."""
        self._input.write((json.dumps(told) + "\n").encode())
        return int(await self._output.readline())

    async def ended(self) -> int:
        """Wait for its end, and give its exit status."""
        return int(await self._output.readline())
