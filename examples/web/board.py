"""The exports as they stand, for any number of readers, each at its own pace."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import anyio
from pydantic import BaseModel


class State(StrEnum):
    """How far an export is."""

    QUEUED = "queued"
    WORKING = "working"
    FETCHING = "fetching"
    DONE = "done"
    FAILED = "failed"


class Export(BaseModel, frozen=True):
    """An export as a browser sees it."""

    number: int
    object_type: str
    properties: list[str]
    started: datetime
    state: State = State.QUEUED
    fetched: float | None = None
    rows: int | None = None
    bytes: int | None = None
    problem: str | None = None

    def now(self, state: State, **details: Any) -> Self:
        """Make it what it has become."""
        return self.model_copy(update={"state": state, **details})


class Board:
    """Where exports are shown; whoever reads it asks for what is new to him."""

    def __init__(self) -> None:
        self.stopping = anyio.Event()
        self._exports: dict[int, Export] = {}
        self._shown: dict[int, int] = {}
        self._count = 0
        self._changed = asyncio.Event()

    def show(self, export: Export) -> None:
        """Put an export up, in place of what was known of it."""
        if self._exports.get(export.number) != export:
            self._count += 1
            self._exports[export.number] = export
            self._shown[export.number] = self._count
            self._changed.set()
            self._changed = asyncio.Event()

    async def news(self, seen: int | None = None) -> tuple[list[Export], int]:
        """Wait for exports that have changed after *seen*, and give them with the number to come back with.

        Whoever has seen nothing gets all of them at once. When the server stops, nobody waits any longer.
        """
        while seen == self._count and not self.stopping.is_set():
            await self._changed.wait()
        fresh = [export for number, export in self._exports.items() if self._shown[number] > (seen or 0)]
        return fresh, self._count

    async def see_to_the_end(self) -> None:
        """Let all readers go when the server is about to stop."""
        await self.stopping.wait()
        self._changed.set()
