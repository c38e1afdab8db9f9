"""A journal's file: made whole, held by one process at a time, refused if it is none. Synchronous; a thread runs it."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from hubspot_async.errors import InputError, JournalError, JournalInUseError
from hubspot_async.journal import reading, schema

LARGEST = 2**30
"""Bytes of a file that may be a journal; one of 100,000 tasks takes 50 MB."""

PRAGMAS = ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "busy_timeout = 2000")
"""Keep a file that somebody else may have made from doing more than holding rows."""

WRITERS = ("journal_mode = WAL", "synchronous = FULL", f"max_page_count = {LARGEST // schema.PAGE}")
"""Have what is committed on the disk, whatever happens to the power, and never more than can be opened again."""

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Be the only one to write to the journal, which is made where it is missing.

    The system lets go of it for whoever is killed. Raises JournalInUseError where another process, or this one, writes
    to it, JournalError for a file that is none, InputError for what can be none, and OSError where it cannot be made.
    """
    _check_place(path)
    lock = _beside(path, "lock")
    handle = _take(lock)
    if handle is None:
        raise JournalInUseError(f"{path} is in use: one run or watcher at a time writes to a journal", path=path)
    try:
        _beside(path, "part").unlink(missing_ok=True)  # of somebody who was killed
        if not os.path.lexists(path):
            _make(path)
        check(path, is_still=not _has_log(path))
        _hide(path)
        yield
    finally:
        with suppress(OSError):  # one that cannot be removed is no lock any more all the same
            lock.unlink()
        os.close(handle)


def check(path: Path, *, is_still: bool = False) -> None:
    """Refuse a file that is no journal, without changing anything in it; *is_still* says that nobody writes to it.

    Raises InputError for what can be no file, JournalError, and OSError where it cannot be read.
    """
    _check_place(path)
    found = path.lstat()
    if not all(stat.S_ISREG(mode) for _, mode in _parts(path)):
        raise JournalError(f"{path} is no file of its own but a link, or no file at all", path=path)
    if not found.st_size:
        raise JournalError(f"{path} is empty: a journal never is", path=path)
    if found.st_size > LARGEST:
        raise JournalError(f"{path} is too large to be a journal", path=path)
    if sys.platform != "win32" and found.st_uid not in (os.geteuid(), 0):
        raise JournalError(f"{path} belongs to somebody else", path=path)
    with translated(path), _opened(path, is_still=is_still) as database:
        fault = schema.fault(database)
    if fault is None and found.st_size % schema.PAGE and not _has_log(path):
        fault = "it is torn"
    if fault is not None:
        raise JournalError(f"{path} is no journal that can be used: {fault}", path=path)


def address(path: Path, mode: str, *, is_still: bool = False) -> str:
    """Give SQLite's address of the file, to be opened for reading (``ro``) or writing (``rw``), never to be made.

    Where nobody writes to it, or nobody can, nothing is put beside it either.
    """
    if mode == "ro" and not _has_log(path):
        is_still = is_still or not os.access(path.parent, os.W_OK)
    return f"file:{quote(str(path))}?mode={mode}" + ("&immutable=1" if is_still else "")


def text(raw: bytes) -> str:
    """Read a text of the file. One that is none is refused later: an error here would keep SQLite from closing it."""
    return raw.decode("utf-8", "surrogateescape")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say in our words, or in the system's, what SQLite says in its own."""
    try:
        yield
    except sqlite3.Error as error:
        raise translation(error, path) from None


def translation(error: sqlite3.Error, path: Path) -> JournalError | OSError:
    """Give the error to raise in the place of one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return JournalError(f"{path} is no journal: another program was stopped while it wrote to it", path=path)
    number = _OF_THE_SYSTEM.get(code & 0xFF)
    if number is not None:
        return OSError(number, f"{os.strerror(number)} ({reading.short(error)})", str(path))
    if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalInUseError(f"{path} is held by another program", path=path)
    if code == sqlite3.SQLITE_NOTADB:
        return JournalError(f"{path} is no journal: it is no SQLite file", path=path)
    return JournalError(f"{path} cannot be read as a journal: {reading.short(error)}", path=path)


_OF_THE_SYSTEM = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}


def _check_place(path: Path) -> None:
    if "\0" in str(path):
        raise InputError(f"journal {str(path)!r} cannot be the name of a file")
    if path.is_dir():
        raise InputError(f"journal {path} is a directory; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"journal {path} lies in a directory that does not exist")


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}-{what}")


def _has_log(path: Path) -> bool:
    """Whether some of it stands only in its log yet."""
    log = _beside(path, "wal")
    return log.exists() and log.stat().st_size > 0


def _parts(path: Path) -> Iterator[tuple[Path, int]]:
    """Give the files a journal consists of, as far as they are there, and what kind of file each is, for whom."""
    for each in (path, _beside(path, "wal"), _beside(path, "shm")):
        with suppress(FileNotFoundError):
            yield each, each.lstat().st_mode


def _hide(path: Path) -> None:
    """Let nobody but the owner read it."""
    if sys.platform != "win32":
        for each, mode in _parts(path):
            if mode & 0o077:
                each.chmod(0o600)


@contextmanager
def _opened(path: Path, *, is_still: bool) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(address(path, "ro", is_still=is_still), uri=True, isolation_level=None)
    try:
        database.text_factory = text
        for pragma in PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        yield database
    finally:
        database.close()


def _make(path: Path) -> None:
    """Put an empty journal there, whole or not at all, readable by its owner only. Whoever does has the lock."""
    part = _beside(path, "part")
    try:
        with os.fdopen(os.open(part, _MAKE, 0o600), "wb") as file:
            file.write(schema.blank())
            file.flush()
            os.fsync(file.fileno())
        _name(part, path)
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:  # a stranger was quicker; what it made is looked at like any other
        pass
    except OSError:  # a disk without links
        part.rename(path)


def _take(path: Path) -> int | None:
    """Lock a file of this name, which is there as long as somebody has it."""
    while True:
        with ExitStack() as stack:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
            stack.callback(os.close, handle)
            if not _lock(handle):
                return None
            with suppress(FileNotFoundError):  # the one before us has just removed it
                if os.path.samestat(os.fstat(handle), path.lstat()):
                    stack.pop_all()
                    return handle


def _lock(handle: int) -> bool:
    """Lock an open file until it is closed. Raises OSError on a disk that knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
