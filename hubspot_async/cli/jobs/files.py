"""`hubspot-async file`: files fetched by HubSpot from a URL, or sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hubspot_async import FileUpload, HubSpotError, HubSpotSession, ImportFromUrl, StatusChange, files
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import Exit, status_of, worded
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.jobs.watching import watch
from hubspot_async.cli.screen.jsonlines import error_fields
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import size
from hubspot_async.models.files import File


def run_import(
    urls: Sequence[str], folder: str, *, access: str, overwrite: bool, timeout: float | None, common: Common | None
) -> int:
    """Let HubSpot fetch files, and wait until it has."""
    wanted = [ImportFromUrl(url, access=access, overwrite=overwrite, **_place(folder)) for url in urls]

    async def job(session: HubSpotSession, shown: Screen) -> None:
        tasks = []
        for each in wanted:
            try:
                task = await files.import_from_url(session, each)
            except HubSpotError as error:
                if len(wanted) == 1:
                    raise
                shown.give(_failed(each.url.redacted, error))
            else:
                shown.add(task, each.url.redacted)
                tasks.append(task)
        await watch(session, shown, tasks, step, timeout=timeout)

    async def step(done: StatusChange[Any]) -> Result:
        kept = _kept(done.current.result)
        return Result(
            text=kept.text, about=kept.text, task=done.task, fields={"status": str(done.current.status), **kept.fields}
        )

    return run_job(job, common)


def run_upload(paths: Sequence[Path], folder: str, *, access: str, overwrite: bool, common: Common | None) -> int:
    """Send files, one after the other."""
    wanted = [FileUpload(path, access=access, overwrite=overwrite, **_place(folder)) for path in paths]

    async def job(session: HubSpotSession, shown: Screen) -> None:
        for path, each in zip(paths, wanted, strict=True):
            shown.say(f"sending {path}, {size(path.stat().st_size)}")
            try:
                shown.give(_kept(await files.upload(session, each)))
            except (HubSpotError, OSError) as error:
                if len(wanted) == 1:
                    raise
                shown.give(_failed(str(path), error))

    for path in paths:
        path.open("rb").close()
    return run_job(job, common)


def _place(folder: str) -> dict[str, Any]:
    """Tell a folder's id from its path: whatever is made of digits only is an id."""
    return {"folder_id": folder} if folder.isascii() and folder.isdigit() else {"folder_path": folder}


def _kept(file: File) -> Result:
    much = "" if file.size is None else f"  {size(file.size)}"
    fields = {"file_id": file.id, "path": file.path, "bytes": file.size, "md5": file.file_md5, "access": file.access}
    return Result(text=f"{file.path or file.name}  file {file.id}{much}", fields=fields)


def _failed(what: str, error: Exception) -> Result:
    status: Exit = status_of(error)
    return Result(complaint=f"{what}: {worded(error)}", status=status, fields={"what": what, **error_fields(error)})
