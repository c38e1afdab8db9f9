"""`hubspot-async export`: one export, from request to file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hubspot_async import HubSpotSession, ListExport, StatusChange, ViewExport, exports
from hubspot_async.cli import filters, objects
from hubspot_async.cli.commands.common import Common, words
from hubspot_async.cli.jobs import fetching
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.jobs.watching import watch
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.errors import InputError


def request(
    object_type: str,
    properties: str,
    *,
    groups: Iterable[Iterable[str]],
    list_id: str | None,
    sort: str | None,
    name: str | None,
    format: str,
    language: str,
    internal: bool,
    associated: str | None,
) -> ViewExport | ListExport:
    """Make the request of what the command line says. Raises InputError."""
    options: dict[str, Any] = {"format": format, "language": language}
    if name is not None:
        options["export_name"] = name
    if internal:
        options["export_internal_values_options"] = ("NAMES", "VALUES")
    if associated is not None:
        options["associated_object_type"] = [objects.name_of(word) for word in words(associated)]
    search = filters.search(groups, words(sort or ""))
    if list_id is None:
        return ViewExport(objects.name_of(object_type), words(properties), public_crm_search_request=search, **options)
    if search is not None:
        raise InputError("--list goes with neither --filter nor --sort: the list says which records")
    return ListExport(list_id, objects.name_of(object_type), words(properties), **options)


def format_for(to: Path, format: str | None) -> str:
    """Choose the format: the one that was named, else that of the file's ending."""
    return format or fetching.SUFFIXES.get(to.suffix.lower()) or "CSV"


def run(
    export: ViewExport | ListExport,
    to: Path,
    *,
    overwrite: bool,
    escape_formulas: bool,
    timeout: float | None,
    common: Common | None,
) -> int:
    """Start the export, watch it, and fetch its file."""
    target = fetching.target_for(to, export.export_name, f".{export.format.lower()}", overwrite=overwrite)

    async def job(session: HubSpotSession, shown: Screen) -> None:
        task = await exports.start(session, export)
        shown.add(task, f"{export.export_name}: {target}")

        async def step(done: StatusChange[Any]) -> Result:
            return await fetching.fetch(
                session, shown, done, target, overwrite=overwrite, escape_formulas=escape_formulas
            )

        await watch(session, shown, [task], step, timeout=timeout)

    return run_job(job, common)
