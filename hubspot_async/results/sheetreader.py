"""A program: the first sheet of a spreadsheet from standard input, as CSV to standard output.

It imports nothing of the package, and is run by `sheets` in a process of its own.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

import python_calamine

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

UNREADABLE = 3
"""The exit code for what is no spreadsheet; the reason is in standard error."""


def text(cell: Cell) -> str:
    """Write a cell as HubSpot writes it into a CSV: numbers as short as they go, times as ISO 8601 has them."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def main(memory: int) -> int:
    """Read the sheet with no more than *memory* bytes, where the system can see to that."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(sys.stdin.buffer).get_sheet_by_index(0)
    except (python_calamine.CalamineError, python_calamine.PasswordError) as error:
        sys.stderr.write(str(error))
        return UNREADABLE
    output = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=False)
    csv.writer(output, quoting=csv.QUOTE_ALL).writerows([text(cell) for cell in row] for row in sheet.iter_rows())
    output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
