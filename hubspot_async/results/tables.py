"""Rows out of a file on the disk: CSV, or a zip of one or several. Synchronous; a thread runs it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, TypeAlias

from hubspot_async.errors import FileFormatError

Record: TypeAlias = list[str]


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def read_table(path: Path) -> Generator[Record, None, None]:
    """Give the header of a file, then its rows; of several parts in a zip, one header and the rows of all."""
    header: Record | None = None
    for name, part in _parts(path):
        records = csv.reader(io.TextIOWrapper(part, encoding="utf-8-sig", newline=""), strict=True)
        try:
            first = next(records, [])
            if header is None:
                header = first
                yield header
            elif first != header:
                raise FileFormatError(f"{name} has another header than the part before it")
            yield from filter(None, records)
        except csv.Error as error:
            raise FileFormatError(f"{name}, line {records.line_num}: {error}") from None
        except UnicodeDecodeError:
            raise FileFormatError(f"{name} is not UTF-8") from None


def _parts(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    if not is_zip(path):
        with path.open("rb") as file:
            yield path.name, file
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as part:
                        yield member.filename, part
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FileFormatError(f"{path.name} is not a zip that can be read: {error}") from None


def join_parts(path: Path, target: Path) -> None:
    """Write the rows of all parts of a zip into one CSV file under one header."""
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(read_table(path))
