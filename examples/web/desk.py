"""Takes orders for exports, follows each to its end, and fetches its file."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from anyio.abc import TaskGroup
from pydantic import BaseModel

from examples.web.board import Board, Export, State
from examples.web.explain import explain
from hubspot_async import (
    HubSpotError,
    HubSpotSession,
    HubSpotTask,
    TaskGroupWatcher,
    ViewExport,
    WatchFailed,
    exports,
    results,
)

STATES = {"PENDING": State.QUEUED, "PROCESSING": State.WORKING}


class Order(BaseModel):
    """What a person has picked."""

    object_type: str
    properties: list[str]


@dataclass(eq=False)
class Job:
    """An export as browsers see it, as HubSpot knows it, and its file once it is here."""

    export: Export
    task: HubSpotTask[Any]
    file: Path | None = None
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)


class Desk:
    """All that the app does about exports, the same for every browser."""

    def __init__(self, session: HubSpotSession, watcher: TaskGroupWatcher, group: TaskGroup, folder: Path) -> None:
        self.board = Board()
        self.jobs: dict[int, Job] = {}
        self.session = session
        self._watcher = watcher
        self._group = group
        self._folder = folder

    async def start(self, order: Order) -> Export:
        """Start an export; the rest is seen to when the browser has its answer."""
        now = datetime.now(UTC)
        name = f"{order.object_type.lower()} {now:%Y-%m-%d %H:%M:%S}"
        task = await exports.start(self.session, ViewExport(order.object_type, order.properties, export_name=name))
        export = Export(number=len(self.jobs) + 1, started=now, **order.model_dump())
        self.jobs[export.number] = job = Job(export, task)
        self.board.show(export)
        self._group.start_soon(self._see_through, job)
        return export

    async def file(self, job: Job) -> Path:
        """Give the file of an export; whoever asks before it is there waits for it."""
        if job.file is None:
            await self._watcher.settle(job.task)
        return await self._fetch(job)

    async def _see_through(self, job: Job) -> None:
        """Show how an export gets on, until its file is here."""
        try:
            async with self._watcher.follow(job.task) as changes:
                async for event in changes:
                    if isinstance(event, WatchFailed):
                        raise event.error
                    if not event.is_final:
                        state = STATES.get(event.current.status, State.WORKING)
                        self.board.show(job.export.now(state))
            await self._fetch(job)
        except (HubSpotError, OSError) as error:
            self.board.show(job.export.now(State.FAILED, problem=explain(error)))

    async def _fetch(self, job: Job) -> Path:
        """Fetch the file of a complete export, once, however many ask for it."""
        async with job.fetching:
            if job.file is None:
                record = await exports.get(self.session, job.task)
                path = self._folder / f"{results.safe_name(job.export.object_type.lower())}-{job.export.number}.csv"
                progress = partial(self._show_progress, job.export)
                saved = await results.download(self.session, job.task, path, progress=progress)
                job.file = saved.path
                self.board.show(job.export.now(State.DONE, rows=record.record_count, bytes=saved.bytes))
        return job.file

    def _show_progress(self, export: Export, done: int, total: int | None) -> None:
        share = round(done / total, 2) if total else None
        self.board.show(export.now(State.FETCHING, fetched=share))
