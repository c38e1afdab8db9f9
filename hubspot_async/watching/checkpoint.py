"""What a watcher writes into its journal, and when."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Any

import anyio

from hubspot_async.errors import (
    ForbiddenError,
    HubSpotError,
    JournalError,
    ResultMissingError,
    TaskNotSucceededError,
    VanishedError,
)
from hubspot_async.journal.journal import Journal, Note
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.events import StatusChange, WatchFailed

LAST_WRITE = 2.0
"""Seconds that writing down what was added may take when the block is left by an exception."""

log = logging.getLogger("hubspot_async.watcher")


class Checkpoint:
    """Tasks are written down as they are added; an event once whoever took it comes back for the next.

    What cannot be written is kept, and whoever asks for the next event is told.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._added: dict[HubSpotTask[Any], Note] = {}
        self._handed: dict[HubSpotTask[Any], Note] = {}
        self._writing = anyio.Lock()
        self._new = asyncio.Event()

    def added(self, task: HubSpotTask[Any]) -> None:
        """Have a task written down soon; one that is added again is not over."""
        self._handed.pop(task, None)
        self._added[task] = Note(task=task)
        self._new.set()

    def handed(self, event: StatusChange[Any] | WatchFailed) -> None:
        """Have an event written down when it is dealt with."""
        self._handed[event.task] = note_of(event)

    async def keep(self) -> None:
        """Write down what is added, as it comes."""
        while True:
            await self._new.wait()
            self._new.clear()
            try:
                await self.save_added()
            except (JournalError, OSError) as error:
                log.warning("a task that was added is not in the journal yet: %s", error)

    async def save_added(self) -> None:
        """Write down what was added, and leave open what was handed out."""
        await self._save(self._added)

    async def save(self) -> None:
        """Write down everything: what was handed out is dealt with."""
        await self._save(self._added, self._handed)

    async def finish(
        self, _type: type[BaseException] | None, exc: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Write down what is left when the block is left: all of it, or after an exception what was added."""
        if exc is None:
            await self.save()
            return
        with anyio.move_on_after(LAST_WRITE, shield=True):
            try:
                await self.save_added()
            except (JournalError, OSError) as error:
                log.warning("tasks that were added are not in the journal: %s", error)

    async def _save(self, *lines: dict[HubSpotTask[Any], Note]) -> None:
        async with self._writing:
            for line in lines:
                notes = dict(line)
                if notes:
                    await self._journal.note(notes.values())
                    for task, note in notes.items():
                        if line.get(task) is note:
                            del line[task]


def note_of(event: StatusChange[Any] | WatchFailed) -> Note:
    """Say what an event means for the next time: go on from this status, or it is over."""
    match event:
        case StatusChange(task=task, current=current):
            return Note(task=task, status=str(current.status), ended=str(current.status) if event.is_final else None)
        case WatchFailed(task=task, error=error):
            return Note(task=task, ended=type(error).__name__ if is_of_the_task(error) else None)


def is_of_the_task(error: HubSpotError) -> bool:
    """Whether an error says that there is nothing more to see; others say it of the network, the token or our patience.

    Such a task is taken up again by the next watcher of the journal.
    """
    match error:
        case VanishedError() | ResultMissingError() | TaskNotSucceededError():
            return True
        case ForbiddenError(category=category):
            return category != "MISSING_SCOPES"
        case _:
            return False
