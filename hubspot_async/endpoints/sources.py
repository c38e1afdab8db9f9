"""The files that an import uploads: which of them is which of the plan's, and whether it can be read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from hubspot_async.errors import InputError
from hubspot_async.models.imports import ImportRequest
from hubspot_async.models.values import Source

Files: TypeAlias = str | Path | Sequence[str | Path] | Mapping[str, str | Source]
"""A path, several, or where each file of the plan comes from, by its name there."""


def find_sources(plan: ImportRequest, files: Files) -> dict[str, Source]:
    """Find the source of every file that the plan names, and see that it can be read.

    Raises InputError where files and plan do not match, and OSError where a file cannot be read.
    """
    return {name: _readable(name, source) for name, source in name_sources(plan, files).items()}


def name_sources(plan: ImportRequest, files: Files) -> dict[str, Source]:
    """Find the source of every file that the plan names, without a look at it.

    Raises InputError where files and plan do not match.
    """
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
    return {name: Path(source) if isinstance(source := given[name], str) else source for name in planned}


def _by_name(paths: Sequence[str | Path]) -> dict[str, str | Source]:
    named: dict[str, str | Source] = {}
    for path in map(Path, paths):
        if path.name in named:
            raise InputError(f"files has two of the name {path.name}")
        named[path.name] = path
    return named


def _readable(name: str, source: Source) -> Source:
    """See that a source can be read and holds something, as far as that shows without reading it."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            is_empty = os.fstat(file.fileno()).st_size == 0
    else:
        is_empty = source == b""
    if is_empty:
        raise InputError(f"{name} is empty")
    return source
