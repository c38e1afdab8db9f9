"""CRM imports: files to records."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from hubspot_async.errors import InputError
from hubspot_async.models.imports import Import, ImportRequest
from hubspot_async.tasks import IMPORT, HubSpotTask
from hubspot_async.wire.request import FilePart, Form, Request, Sender, Source
from hubspot_async.wire.versions import Family

Files: TypeAlias = str | Path | Sequence[str | Path] | Mapping[str, str | Source]
"""A path, several, or where each file of the plan comes from, by its name there."""

task = IMPORT.task
"""Name an import by its bare id."""

_CONTENT_TYPES = {".csv": "text/csv", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


async def start(session: Sender, plan: ImportRequest, files: Files) -> HubSpotTask[Import]:
    """Upload files and ask HubSpot to make records of their rows.

    Each file goes under the name that *plan* gives it. Raises InputError where files and plan do not match, and OSError
    where one cannot be read; nothing is sent then.
    """
    sources = _match(plan, files)
    version = session.version_of(Family.IMPORTS)
    parts = [FilePart("files", name, source, _content_type(name)) for name, source in sources.items()]
    form = Form({"importRequest": plan}, tuple(parts))
    path = "/" if version == "v3" else ""
    request = Request("POST", Family.IMPORTS, version, path, Import, body=form, is_start=True)
    answer = await session.send(request)
    return IMPORT.started(answer.id, request, session)


async def get(session: Sender, task: HubSpotTask[Import]) -> Import:
    """Look once at how far an import has come, and what it has counted."""
    return await session.send(IMPORT.status_request(task))


def _match(plan: ImportRequest, files: Files) -> dict[str, Source]:
    """Find the source of every file that the plan names, and see that it can be read."""
    if isinstance(files, str | Path):
        files = [files]
    given = dict(files) if isinstance(files, Mapping) else _by_name(files)
    planned = [file.file_name for file in plan.files]
    missing = [name for name in planned if name not in given]
    surplus = [name for name in given if name not in planned]
    if missing:
        raise InputError(f"files lacks {', '.join(missing)}, which the plan names")
    if surplus:
        raise InputError(f"files has {', '.join(surplus)}, which the plan does not name")
    return {name: _readable(name, given[name]) for name in planned}


def _by_name(paths: Sequence[str | Path]) -> dict[str, str | Source]:
    named: dict[str, str | Source] = {}
    for path in map(Path, paths):
        if path.name in named:
            raise InputError(f"files has two of the name {path.name}")
        named[path.name] = path
    return named


def _readable(name: str, source: str | Source) -> Source:
    """See that a source can be read and holds something, as far as that shows without reading it."""
    if isinstance(source, str | Path):
        source = Path(source)
        with source.open("rb") as file:
            is_empty = os.fstat(file.fileno()).st_size == 0
    else:
        is_empty = source == b""
    if is_empty:
        raise InputError(f"{name} is empty")
    return source


def _content_type(name: str) -> str:
    return _CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
