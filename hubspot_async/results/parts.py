"""What a file holds: one table, or a zip with several. Synchronous; a thread runs it."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
from typing import IO, Any

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.errors import FileFormatError
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import shown

SLICE = 2**18
"""Bytes that are read at once, to be copied."""

SIP = 2**19
"""Bytes that are read at once, to be taken apart in slices."""

_LARGEST_DIRECTORY = 4 * 2**20
_LOCAL_HEADER = 30
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_TABLE = (b"<!doctype", b"<html", b"<?xml", b"<error", b'{"')
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises on a file that is no zip, or an odd one."""


class Kind(Enum):
    """What a table is written as."""

    CSV = "CSV"
    XLSX = "XLSX"
    XLS = "XLS"


@frozen
class Part:
    """One table of a file: all of it, or a member of a zip."""

    name: str
    kind: Kind
    size: int
    pieces: Callable[[int], Iterator[bytes]] = field(repr=False)
    """Gives its bytes, so many at once. Raises FileFormatError where they are not what they should be."""


@frozen
class Contents:
    """The tables of a file, in its order."""

    parts: tuple[Part, ...]
    is_zip: bool

    @property
    def is_checked(self) -> bool:
        """Whether it is a zip, by whatever name, and so carries checksums."""
        return self.is_zip or self.kind is Kind.XLSX

    @property
    def kind(self) -> Kind:
        """What all of them are written as."""
        return self.parts[0].kind


def contents_of(file: IO[bytes], name: str, limits: Limits) -> Contents:
    """Look what is in *file*, of which *name* is only shown.

    Raises FileFormatError for what is no table, and for a zip that is broken, encrypted, or beyond *limits*.
    """
    file.seek(0)
    head = file.read(1024)
    if not head.startswith(_ZIP):
        return Contents((Part(name, _kind(head, name), _size(file), partial(_plain, file)),), is_zip=False)
    archive = _opened(file, name)
    members = [info for info in archive.infolist() if not info.is_dir()]
    _check(archive, members, _size(file), name, limits)
    if any(info.filename == "[Content_Types].xml" for info in members):
        return Contents((Part(name, Kind.XLSX, _size(file), partial(_plain, file)),), is_zip=False)
    parts = tuple(_part(archive, info, name) for info in members)
    if not parts:
        raise FileFormatError(f"{name} is a zip with nothing in it")
    if len({part.kind for part in parts}) > 1:
        raise FileFormatError(f"{name} holds files of different kinds")
    return Contents(parts, is_zip=True)


def check_members(file: IO[bytes], name: str, limit: int | None = None) -> Generator[None, None, None]:
    """Read every member of a zip, also of a spreadsheet that is one, in steps; *limit* is on the bytes they hold."""
    archive = _opened(file, name)
    if limit is not None and sum(info.file_size for info in archive.infolist()) > limit:
        raise FileFormatError(f"{name} is a spreadsheet of more than {limit} bytes, which is not read as rows")
    for info in archive.infolist():
        for _ in _unpacked(archive, info, name, SLICE):
            yield


class _Capped:
    """A file of which zipfile cannot read a directory without measure into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large")
        return self._file.read(size)


def _opened(file: IO[bytes], name: str) -> zipfile.ZipFile:
    capped: Any = _Capped(file)
    with _translated(name):
        return zipfile.ZipFile(capped)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise FileFormatError(f"{name} is not a zip that can be read: {shown(str(error))}") from None


def _check(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], size: int, name: str, limits: Limits) -> None:
    if len(archive.infolist()) > limits.members:
        raise FileFormatError(f"{name} holds more than {limits.members} files")
    for info in members:
        what = f"{shown(info.filename)} in {name}"
        if info.flag_bits & 0x1:
            raise FileFormatError(f"{what} is encrypted")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FileFormatError(f"{what} is a link")
        if info.compress_type not in _METHODS:
            raise FileFormatError(f"{what} is compressed in a way that HubSpot does not use")
    if sum(info.file_size for info in members) > limits.unpacked_from(size):
        raise FileFormatError(f"{name} would unpack to more than {limits.unpacked_from(size)} bytes")
    starts = sorted(archive.infolist(), key=lambda info: info.header_offset)
    ends = [info.header_offset + _LOCAL_HEADER + info.compress_size for info in starts]
    following = [*(info.header_offset for info in starts[1:]), archive.start_dir]
    if any(end > start for end, start in zip(ends, following, strict=False)):
        raise FileFormatError(f"{name} holds files that overlap")


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Part:
    inner = shown(info.filename)
    what = f"{inner} in {name}"
    with _translated(name), archive.open(info) as member:
        head = member.read(1024)
        is_sheet = head.startswith(_ZIP) and b"[Content_Types].xml" in head
    if head.startswith(_ZIP) and not is_sheet and not inner.lower().endswith(".xlsx"):
        raise FileFormatError(f"{what} is a zip in a zip")
    kind = Kind.XLSX if head.startswith(_ZIP) else _kind(head, what)
    return Part(what, kind, info.file_size, partial(_unpacked, archive, info, name))


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, size: int) -> Iterator[bytes]:
    """Give a member's bytes, no more than it announces; zipfile checks their CRC at the end."""
    left = info.file_size
    with _translated(name), archive.open(info) as member:
        while piece := member.read(size):
            left -= len(piece)
            yield piece
    if left:
        raise FileFormatError(f"{shown(info.filename)} in {name} is shorter than announced")


def _plain(file: IO[bytes], size: int) -> Iterator[bytes]:
    position = 0
    while True:
        file.seek(position)
        piece = file.read(size)
        if not piece:
            return
        position += len(piece)
        yield piece


def _kind(head: bytes, name: str) -> Kind:
    if head.startswith(_OLE):
        return Kind.XLS
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_NO_TABLE):
        raise FileFormatError(f"{name} is a page or an error message, not a table")
    return Kind.CSV


def _size(file: IO[bytes]) -> int:
    return file.seek(0, 2)
