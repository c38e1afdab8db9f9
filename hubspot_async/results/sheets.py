"""Spreadsheets into records, by python-calamine in a process of its own. Synchronous; a thread runs it.

It reads a sheet whole, and a sheet of two cells may say that they are a million rows apart. So it is another process
that takes the memory, gives it back, and ends early if it is too much.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from attrs import field

from hubspot_async.classes import define
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

_ALONE = ("-S", "-s", "-P", "-X", "utf8")
"""Have a Python take no code but the program's, and none of what its user has set up."""

_ENVIRONMENT = ("SYSTEMROOT", "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
"""What a Python may need in order to begin; tokens and passwords are none of it."""


def libraries() -> Path:
    """Find the folder where python-calamine lies.

    Raises InputError where it is not installed.
    """
    found = find_spec("python_calamine")
    if found is None or found.origin is None:
        raise InputError("rows of a spreadsheet need python-calamine: pip install 'hubspot-async[xlsx]'")
    return Path(found.origin).parent.parent


def python() -> str:
    """Find the Python to run: the one that multiprocessing would, which programs that hold one tell about it.

    Raises InputError where there is none.
    """
    from multiprocessing import spawn

    found = os.fsdecode(spawn.get_executable() or "")
    if not found or (getattr(sys, "frozen", False) and found == sys.executable):
        raise InputError("rows of a spreadsheet need a Python to run: name it with multiprocessing.set_executable")
    return found


@define
class SheetReader:
    """The process that reads a spreadsheet while there is one; any thread may end it."""

    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _is_ended: bool = field(default=False, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def end(self) -> None:
        """Have nothing read any more."""
        with self._lock:
            self._is_ended = True
            if self._process is not None:
                self._process.kill()

    def records(self, part: Part, limits: Limits) -> Iterator[Batch | None]:
        """Give the records of the first sheet."""
        command = [python(), *_ALONE, str(_PROGRAM), str(limits.sheet * _MEMORY), str(libraries())]
        if part.kind is Kind.XLS and part.size > limits.sheet:
            raise FileFormatError(f"{part.name} is a spreadsheet of more than {limits.sheet} bytes")
        with TemporaryFile() as file:
            for piece in part.pieces(SLICE):
                file.write(piece)
            if part.kind is Kind.XLSX:
                for _ in check_members(file, part.name, limits.sheet):
                    pass
            file.seek(0)
            pieces = self._read(file, command, part.name)
            yield from records(texts(pieces, part.name, limits), part.name, limits)

    def _read(self, file: IO[bytes], command: list[str], name: str) -> Iterator[bytes]:
        """Give the first sheet as CSV."""
        with TemporaryFile() as complaints:
            process = self._begin(command, file, complaints)
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

    def _begin(self, command: list[str], file: IO[bytes], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"RUST_BACKTRACE": "0"}
        with self._lock:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, by its path
                command, stdin=file, stdout=subprocess.PIPE, stderr=complaints, env=environment
            )
            if self._is_ended:
                self._process.kill()
        return self._process
