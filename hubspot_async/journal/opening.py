"""A journal's file: made whole, held by one process at a time, refused if it is none. Synchronous; a thread runs it."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from urllib.parse import quote

from hubspot_async.errors import InputError, JournalError, JournalInUseError
from hubspot_async.journal import schema

LARGEST = 2**30
"""Bytes of a file that may be a journal; one of 100,000 tasks takes 50 MB."""

PRAGMAS = ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "busy_timeout = 2000")
"""Keep a file that somebody else may have made from doing more than holding rows."""

WRITERS = ("journal_mode = WAL", "synchronous = FULL")
"""Have what is committed on the disk, whatever happens to the power, and readers not wait for it."""

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)


def prepare(path: Path) -> None:
    """Make the file where it is missing, and refuse one that is no journal.

    Raises JournalError for what is none, InputError for what can be none, and OSError where it cannot be made.
    """
    if not path.parent.is_dir():
        raise InputError(f"journal {path} lies in a directory that does not exist")
    for part in path.parent.glob(f".{escape(path.name)}-*.part"):  # left by one who was killed while making it
        part.unlink(missing_ok=True)
    if not os.path.lexists(path):
        _make(path)
    check(path)
    if sys.platform != "win32":
        path.chmod(0o600)


def check(path: Path) -> None:
    """Refuse a file that is no journal, without changing anything in it.

    Raises JournalError, and OSError where it cannot be read.
    """
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"journal {path} is a directory; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise JournalError(f"{path} is no file of its own but a link, or no file at all", path=path)
    if found.st_size > LARGEST:
        raise JournalError(f"{path} is too large to be a journal", path=path)
    if sys.platform != "win32" and found.st_uid not in (os.geteuid(), 0):
        raise JournalError(f"{path} belongs to somebody else", path=path)
    with translated(path), _opened(path) as database:
        fault = schema.fault(database)
    if fault is not None:
        raise JournalError(f"{path} is no journal that can be used: {fault}", path=path)


def address(path: Path, mode: str) -> str:
    """Give SQLite's address of the file, to be opened for reading (``ro``) or writing (``rw``), never to be made."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say in our words, or in the system's, what SQLite says in its own."""
    try:
        yield
    except sqlite3.Error as error:
        raise translation(error, path) from None


def translation(error: sqlite3.Error, path: Path) -> JournalError | OSError:
    """Give the error to raise in the place of one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    number = {
        sqlite3.SQLITE_FULL: errno.ENOSPC,
        sqlite3.SQLITE_IOERR: errno.EIO,
        sqlite3.SQLITE_READONLY: errno.EROFS,
        sqlite3.SQLITE_CANTOPEN: errno.EACCES,
        sqlite3.SQLITE_PERM: errno.EACCES,
    }.get(code)
    if number is not None:
        return OSError(number, f"{os.strerror(number)} ({error})", str(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalInUseError(f"{path} is held by another program", path=path)
    if code == sqlite3.SQLITE_NOTADB:
        return JournalError(f"{path} is no journal: it is no SQLite file", path=path)
    return JournalError(f"{path} cannot be read as a journal: {error}", path=path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Be the only one to write to the journal; the system lets go of it for whoever is killed.

    Raises JournalInUseError where another process, or this one, does so already.
    """
    lock = path.with_name(f"{path.name}-lock")
    handle = _take(lock)
    if handle is None:
        raise JournalInUseError(f"{path} is in use: one run or watcher at a time writes to a journal", path=path)
    try:
        yield
    finally:
        with suppress(OSError):  # one that cannot be removed is no lock any more all the same
            lock.unlink()
        os.close(handle)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(address(path, "ro"), uri=True, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        yield database
    finally:
        database.close()


def _make(path: Path) -> None:
    """Put an empty journal there, whole or not at all, readable by its owner only."""
    part = path.with_name(f".{path.name}-{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(os.open(part, _MAKE, 0o600), "wb") as file:
            file.write(schema.blank())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # somebody was quicker, and theirs will do
            _name(part, path)
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    if sys.platform == "win32":
        part.rename(path)
    else:
        os.link(part, path)


def _take(path: Path) -> int | None:
    """Lock a file of this name, which is there as long as somebody has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            if not _lock(handle):
                os.close(handle)
                return None
            if os.path.samestat(os.fstat(handle), path.lstat()):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the one before us has just removed it


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True
