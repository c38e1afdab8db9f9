"""Files without a name of their own yet, and how they get it: whole, or not at all. Synchronous; a thread runs it."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hubspot_async.disk.sink import Sink
from hubspot_async.errors import InputError

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PREFIX = ".hubspot-"
_NO_LINKS_HERE = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse what cannot work before anything is asked of HubSpot."""
    if "\0" in str(target) or not target.name:
        raise InputError(f"path {str(target)!r} cannot be the name of a file")
    if not target.parent.is_dir():
        raise InputError(f"path {target} lies in a directory that does not exist")
    try:
        found = target.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode) or target.is_dir():
        raise InputError(f"path {target} is a directory; name a file in it")
    if not overwrite:
        raise InputError(f"path {target} exists; pass overwrite=True to replace it")


class Scratch:
    """Temporary files beside the one they are for, readable by their owner only.

    Whoever holds one has it locked, so that the next to write the same file can tell what a killed process has left
    behind, and removes it.
    """

    def __init__(self, target: Path, *, overwrite: bool) -> None:
        self._overwrite = overwrite
        self._folder = target.parent
        self._prefix = f"{_PREFIX}{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}-"
        self._files: dict[IO[bytes], Path] = {}

    def sink(self, digest: hashlib._Hash | None = None) -> Sink:
        """Make another one, to be written. Raises OSError where nothing can be."""
        return Sink(self._open(), digest, is_lasting=True)

    def keep(self, sinks: Sequence[Sink], paths: Sequence[Path]) -> None:
        """Write *sinks* through to the disk and give them their names, the first one last: where that is, all are."""
        mode = self._mode()
        for sink in sinks:
            if sys.platform != "win32":
                os.fchmod(sink.file.fileno(), mode)
            sink.write_through()
        named: list[Path] = []
        try:
            for sink, path in reversed(list(zip(sinks, paths, strict=True))):
                _name(self._release(sink.file), path, overwrite=self._overwrite)
                named.append(path)
        except BaseException:
            for path in [] if self._overwrite else named:
                path.unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)

    def close(self) -> None:
        """Remove whatever was not kept."""
        for file, path in self._files.items():
            with suppress(OSError):  # a full disk, which has been told of
                file.close()
            path.unlink(missing_ok=True)
        self._files.clear()

    def _open(self) -> IO[bytes]:
        if not self._files:
            sweep(self._folder, self._prefix)
        while True:
            path = self._new_path()
            handle = os.open(path, _FLAGS, 0o600)
            if _lock(handle) and _is_at(handle, path):
                file = os.fdopen(handle, "w+b")
                self._files[file] = path
                return file
            os.close(handle)  # someone took it for a leftover

    def _new_path(self) -> Path:
        return self._folder / f"{self._prefix}{secrets.token_hex(6)}.part"

    def _release(self, file: IO[bytes]) -> Path:
        if sys.platform == "win32":
            file.close()  # what is open there cannot be renamed
        return self._files[file]

    def _mode(self) -> int:
        """Find out which permissions an ordinary new file gets here: the umask cannot be asked without changing it."""
        path = self._new_path()
        handle = os.open(path, _FLAGS, 0o666)
        try:
            return stat.S_IMODE(os.fstat(handle).st_mode)
        finally:
            os.close(handle)
            path.unlink(missing_ok=True)


def sweep(folder: Path, prefix: str = _PREFIX) -> None:
    """Remove the temporary files of a folder that are nobody's any more: whoever wrote them was killed."""
    for path in folder.glob(f"{prefix}*.part"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _lock(handle, wait=False):
                    path.unlink(missing_ok=True)
            finally:
                os.close(handle)


def _lock(handle: int, *, wait: bool = True) -> bool:
    """Lock an open file until it is closed. Where there are no locks, whoever makes a file has it anyway."""
    if sys.platform == "win32":
        return wait
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return wait
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _name(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Give a file its name. A link that stands there is replaced, never followed."""
    if overwrite:
        temporary.replace(path)
        return
    try:
        if sys.platform == "win32":
            temporary.rename(path)  # fails there if the name is taken
            return
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS_HERE:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.rename(path)
    else:
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Have the new name itself survive a power cut, where the file system can see to that."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # the file is there, whole: too late to say that it is not
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
