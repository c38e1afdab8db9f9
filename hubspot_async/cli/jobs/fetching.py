"""The files of exports: where they go, and how they get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubspot_async import HubSpotSession, HubSpotTask, StatusChange, results
from hubspot_async.cli.ending import Exit
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import nearby, size
from hubspot_async.disk.scratch import check_target
from hubspot_async.errors import InputError
from hubspot_async.models.exports import ExportStatus
from hubspot_async.results.download import SavedFile
from hubspot_async.results.names import safe_name

SUFFIXES = {".csv": "CSV", ".xlsx": "XLSX", ".xls": "XLS", ".zip": None}
"""The endings that name a file rather than a directory, and the format each asks for."""


def target_for(to: Path, name: str, suffix: str, *, overwrite: bool) -> Path:
    """Choose the file for an export, in *to* or as *to*, and see that it can be written.

    Raises InputError where it cannot, and OSError where a directory for it cannot be made.
    """
    is_file = to.suffix.lower() in SUFFIXES and not to.is_dir()
    target = to if is_file else to / f"{safe_name(name, 'export')}{suffix}"
    if not is_file:
        to.mkdir(parents=True, exist_ok=True)
    if not overwrite and target.exists():
        raise InputError(f"{target} exists; --overwrite replaces it")
    check_target(target, overwrite=overwrite)
    return target


def targets(tasks: Sequence[HubSpotTask[Any]], to: Path | None, *, overwrite: bool) -> Mapping[HubSpotTask[Any], Path]:
    """Choose files for exports of which only the ids are known."""
    if to is None:
        return {}
    if len(tasks) > 1 and to.suffix.lower() in SUFFIXES:
        raise InputError(f"--to must be a directory for {len(tasks)} exports, not {to}")
    if not tasks:
        raise InputError("--to is for the files of exports, and none is named")
    return {task: target_for(to, f"export-{task.id}", ".csv", overwrite=overwrite) for task in tasks}


async def fetch(
    session: HubSpotSession,
    shown: Screen,
    done: StatusChange[ExportStatus],
    target: Path,
    *,
    overwrite: bool,
    escape_formulas: bool = False,
) -> Result:
    """Fetch the file of a complete export, and say where it is."""
    saved = await results.download(
        session,
        done.task,
        target,
        progress=shown.load(done.task),
        overwrite=overwrite,
        escape_formulas=escape_formulas,
    )
    remarks = [error.message for error in done.current.errors]
    return saved_as(saved, done.task, str(done.current.status), remarks, lateness=done.lateness)


def saved_as(
    saved: SavedFile,
    task: HubSpotTask[ExportStatus],
    status: str,
    remarks: Sequence[str],
    *,
    lateness: float | None = None,
) -> Result:
    """Say where a file is, and what HubSpot remarks about it: then something of it is missing."""
    paths = [str(path) for path in saved.paths]
    return Result(
        text=f"{', '.join(map(nearby, paths))}  {size(saved.bytes)}",
        about=f"{saved.path.name}  {size(saved.bytes)}",
        complaint=": ".join([f"{task} is {status}, but not all of it was done", *remarks]) if remarks else "",
        status=Exit.FAILED if remarks else Exit.DONE,
        task=task,
        fields={
            "status": status,
            "lateness": lateness,
            "path": str(saved.path),
            "paths": paths,
            "bytes": saved.bytes,
            "sha256": saved.sha256,
            "resumed": saved.resumed,
        }
        | ({"errors": list(remarks)} if remarks else {}),
    )
