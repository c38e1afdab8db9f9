"""Spreadsheets into records, by python-calamine in a process of its own. Synchronous; a thread runs it.

It reads a sheet whole, and a sheet of two cells may say that they are a million rows apart. So it is another process
that takes the memory, gives it back, and ends early if it is too much.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.results.cutting import Batch
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import shown
from hubspot_async.results.parts import SIP, SLICE, Kind, Part, check_members
from hubspot_async.results.records import records
from hubspot_async.results.texts import texts

_PROGRAM = Path(__file__).with_name("sheetreader.py")
_UNREADABLE = 3
_MEMORY = 8
"""Bytes of memory for each byte that a sheet may have."""


def check_reader() -> None:
    """See that there is something to read a spreadsheet with.

    Raises InputError where it is not installed.
    """
    if find_spec("python_calamine") is None:
        raise InputError("rows of a spreadsheet need python-calamine: pip install 'hubspot-async[xlsx]'")


def sheet_records(part: Part, limits: Limits) -> Iterator[Batch | None]:
    """Give the records of the first sheet."""
    check_reader()
    if part.kind is Kind.XLS and part.size > limits.sheet:
        raise FileFormatError(f"{part.name} is a spreadsheet of more than {limits.sheet} bytes")
    with TemporaryFile() as file:
        for piece in part.pieces(SLICE):
            file.write(piece)
        if part.kind is Kind.XLSX:
            for _ in check_members(file, part.name, limits.sheet):
                pass
        file.seek(0)
        yield from records(texts(_read(file, part.name, limits), part.name, limits), part.name, limits)


def _read(file: IO[bytes], name: str, limits: Limits) -> Iterator[bytes]:
    """Give the first sheet as CSV."""
    command = [sys.executable, str(_PROGRAM), str(limits.sheet * _MEMORY)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1", "RUST_BACKTRACE": "0"}
    with TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own program, by its path
            command, stdin=file, stdout=subprocess.PIPE, stderr=complaints, env=environment
        )
        try:
            assert process.stdout is not None
            while piece := process.stdout.read(SIP):
                yield piece
            code = process.wait()
            complaints.seek(0)
            said = complaints.read(200).decode(errors="replace") if code == _UNREADABLE else "its reader gave up"
        finally:
            process.kill()
            process.communicate()
    if code:
        raise FileFormatError(f"{name} is not a spreadsheet that can be read: {shown(said)}")
