"""`hubspot-async folder`: folders moved and renamed in the background, with all below them."""

from __future__ import annotations

from typing import Any

from hubspot_async import FolderUpdate, HubSpotSession, StatusChange, folders
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.jobs.watching import watch
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen


def run(
    which: str, *, timeout: float | None, common: Common | None, name: str | None = None, parent: str | None = None
) -> int:
    """Give a folder another name, or another folder to be in."""

    async def job(session: HubSpotSession, shown: Screen) -> None:
        folder_id = await _id(session, which)
        parent_id = None if parent is None else await _id(session, parent)
        task = await folders.update(session, FolderUpdate(folder_id, name=name, parent_folder_id=parent_id))
        shown.add(task, which)
        await watch(session, shown, [task], step, timeout=timeout)

    async def step(done: StatusChange[Any]) -> Result:
        folder = done.current.result
        fields = {"status": str(done.current.status), "folder_id": folder.id, "path": folder.path}
        return Result(text=f"{folder.path or folder.name}  folder {folder.id}", task=done.task, fields=fields)

    return run_job(job, common)


async def _id(session: HubSpotSession, folder: str) -> str:
    """Find the id of a folder that may be given by its path."""
    return folder if folder.isascii() and folder.isdigit() else (await folders.get(session, folder)).id
