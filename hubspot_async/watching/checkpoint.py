"""What a watcher writes into its journal, and when."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Any, TypeAlias

import anyio

from hubspot_async.errors import (
    ForbiddenError,
    HubSpotError,
    InputError,
    ResultMissingError,
    TaskNotSucceededError,
    VanishedError,
)
from hubspot_async.journal.journal import Journal, Note
from hubspot_async.journal.records import TaskRecord
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import outlast
from hubspot_async.watching.events import StatusChange, WatchFailed
from hubspot_async.wire.request import Sender

Key: TypeAlias = tuple[str, str, str]

log = logging.getLogger("hubspot_async.watcher")


class Checkpoint:
    """Tasks are written down as they are added; an event once whoever took it comes back for the next.

    What cannot be written is kept, and whoever asks for the next event is told.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._added: dict[Key, Note] = {}
        self._handed: dict[Key, Note] = {}
        self._writing = anyio.Lock()
        self._new = asyncio.Event()
        self._unnamed: Sender | None = None

    def check(self, session: Sender | None) -> None:
        """Refuse a second session without a name, for nobody could tell later whose its tasks are.

        Raises InputError.
        """
        if session is not None and session.account is None:
            if self._unnamed not in (None, session):
                raise InputError("a journal tells accounts apart by their names: give each session an account=")
            self._unnamed = session

    def added(self, task: HubSpotTask[Any], session: Sender) -> None:
        """Have a task written down soon; one that is added again is not over."""
        note = Note(task=task, account=session.account)
        self._handed.pop(note.key, None)
        self._added[note.key] = note
        self._new.set()

    def handed(self, event: StatusChange[Any] | WatchFailed) -> None:
        """Have an event written down when it is dealt with."""
        note = note_of(event)
        self._handed[note.key] = note

    async def unfinished(self, session: Sender) -> list[TaskRecord]:
        """Give a session's tasks that are to be taken up, but for those whose end somebody deals with just now."""
        self.check(session)
        async with self._writing:
            found = await self._journal.tasks(only_open=True)
        over = {key for key, note in self._handed.items() if note.ended is not None}
        return [each for each in found if each.account == session.account and each.key not in over]

    async def keep(self) -> None:
        """Write down what is added, as it comes."""
        while True:
            await self._new.wait()
            self._new.clear()
            try:
                await self.save_added()
            except (HubSpotError, OSError) as error:
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
        """Write down, when the block is left, what was added, and without an exception also what was handed out."""
        await outlast(asyncio.create_task(self._save_last()))
        if exc is None:
            await self.save()

    async def _save_last(self) -> None:
        try:
            await self.save_added()
        except (HubSpotError, OSError) as error:
            log.warning("tasks that were added are not in the journal: %s", error)

    async def _save(self, *lines: dict[Key, Note]) -> None:
        async with self._writing:
            for line in lines:
                notes = dict(line)
                if notes:
                    await self._journal.note(notes.values())
                    for key, note in notes.items():
                        if line.get(key) is note:
                            del line[key]


def note_of(event: StatusChange[Any] | WatchFailed) -> Note:
    """Say what an event means for the next time: go on from this status, or it is over."""
    task, account = event.task, event.session.account
    match event:
        case StatusChange(current=current):
            status = str(current.status)
            return Note(task=task, account=account, status=status, ended=status if event.is_final else None)
        case WatchFailed(error=error):
            return Note(task=task, account=account, ended=type(error).__name__ if is_of_the_task(error) else None)


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
