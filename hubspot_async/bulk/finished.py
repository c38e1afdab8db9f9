"""What is written down of an export's file before it gets its name, and how the file is known again by it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from hubspot_async.journal.records import JobRecord
from hubspot_async.results.download import SavedFile
from hubspot_async.results.names import numbered

MOST = 10_000
"""Spreadsheets that one export may have become."""

PIECE = 2**23
"""Bytes that are read at once."""


def figures(file: SavedFile) -> dict[str, Any]:
    """Say what a file is, as JSON."""
    return {
        "bytes": file.bytes,
        "sha256": file.sha256,
        "files": len(file.paths),
        "parts": file.parts,
        "is_verified": file.is_verified,
    }


def files_of(record: JobRecord) -> list[Path]:
    """Name the files that an export has become, or was about to, as its record says."""
    count = record.said.get("files")
    if record.path is None or not isinstance(count, int) or not 0 < count < MOST:
        return []
    return numbered(Path(record.path), count)


def find_again(record: JobRecord) -> Generator[None, None, SavedFile | None]:
    """Look for the files of an export, whole and as they were, in steps; None if they are not there. Synchronous."""
    said, paths = record.said, files_of(record)
    digest, size = hashlib.sha256(), 0
    for path in paths:
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
                    yield
        except FileNotFoundError:
            return None
    if not paths or (size, digest.hexdigest()) != (said.get("bytes"), said.get("sha256")):
        return None
    return SavedFile(
        path=paths[0],
        paths=tuple(paths),
        bytes=size,
        sha256=digest.hexdigest(),
        parts=said["parts"] if isinstance(said.get("parts"), int) else len(paths),
        is_verified=said.get("is_verified") is True,
    )


def drop(paths: Iterable[Path]) -> None:
    """Remove what an earlier run has made and this one has not made anew: sheets beyond the last."""
    for path in paths:
        path.unlink(missing_ok=True)
