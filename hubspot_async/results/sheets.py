"""Spreadsheets into records, by python-calamine. Synchronous; a thread runs it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from importlib.util import find_spec
from itertools import islice
from tempfile import TemporaryFile
from typing import TypeAlias

from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.results.limits import Limits
from hubspot_async.results.parts import SLICE, Kind, Part, check_members
from hubspot_async.results.texts import Batch

BATCH = 1000

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta


def check_reader() -> None:
    """See that there is something to read a spreadsheet with.

    Raises InputError where it is not installed.
    """
    if find_spec("python_calamine") is None:
        raise InputError("rows of a spreadsheet need python-calamine: pip install 'hubspot-async[xlsx]'")


def sheet_records(part: Part, limits: Limits) -> Iterator[Batch | None]:
    """Give the records of the first sheet, which is read into memory whole."""
    check_reader()
    import python_calamine

    if part.kind is Kind.XLS and part.size > limits.sheet:
        raise FileFormatError(f"{part.name} is a spreadsheet of more than {limits.sheet} bytes")
    with TemporaryFile() as file:
        for piece in part.pieces(SLICE):
            file.write(piece)
        if part.kind is Kind.XLSX:
            for _ in check_members(file, part.name, limits.sheet):
                pass
        file.seek(0)
        try:
            sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        except (python_calamine.CalamineError, python_calamine.PasswordError) as error:
            raise FileFormatError(f"{part.name} is not a spreadsheet that can be read: {error}") from None
    rows = sheet.iter_rows()
    while batch := [[text(cell) for cell in row] for row in islice(rows, BATCH)]:
        yield iter(batch)
        yield None


def text(cell: Cell) -> str:
    """Write a cell as HubSpot writes it into a CSV: numbers as short as they go, times as ISO 8601 has them."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
