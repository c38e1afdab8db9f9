"""A program: the first sheet of a spreadsheet from standard input, as CSV to standard output.

It imports nothing of the package, and is run by `sheets`: in a process of its own, with nothing of the environment.
"""

from __future__ import annotations

import csv
import io
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

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


def limit(memory: int) -> None:
    """Have no more than *memory* bytes, where the system can see to that, and leave no dump of them."""
    if sys.platform == "win32":
        return
    import resource

    for what, size in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        _, most = resource.getrlimit(what)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (size, size) if most == resource.RLIM_INFINITY else (min(size, most), most))


def main(memory: int, libraries: str) -> int:
    """Read the sheet, with python-calamine out of the folder *libraries*."""
    sys.path.append(libraries)
    limit(memory)
    import python_calamine

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
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
