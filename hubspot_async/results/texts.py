"""The bytes of a CSV as text, in slices of whole lines. Synchronous; a thread runs it where it has to read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from hubspot_async.errors import FileFormatError
from hubspot_async.results.limits import Limits

_SLICE = 2**15
"""Bytes that are decoded and taken apart at once: so few that the processor has all of their cells at hand."""

_BETWEEN_QUOTES = re.compile(rb'"\r?\n"')
_OTHER_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class RowTooLongError(Exception):
    """A row goes on and on."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(f"a row of more than {limits.row} bytes; is a quote not closed?")


def texts(pieces: Iterable[bytes], name: str, limits: Limits) -> Iterator[str | None]:
    """Decode UTF-8, with or without a BOM, into slices of whole lines; None says that the next has to be read first."""
    read = 0
    for lines in _whole_lines(pieces, limits):
        if lines is None:
            yield None
            continue
        if read == 0 and lines.startswith(_OTHER_BOMS):
            raise FileFormatError(f"{name} is UTF-16, not UTF-8")
        start = len(codecs.BOM_UTF8) if read == 0 and lines.startswith(codecs.BOM_UTF8) else 0
        while start < len(lines):
            end = _end_of_slice(lines, start)
            yield _decoded(lines[start:end], read + start, name)
            start = end
        read += len(lines)


def _decoded(data: bytes, place: int, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        place, found = place + error.start, data[error.start]
        raise FileFormatError(f"{name} is not UTF-8: near byte {place} there is 0x{found:02x}") from None


def _whole_lines(pieces: Iterable[bytes], limits: Limits) -> Iterator[bytes | None]:
    """Give pieces anew, so that each ends where a line does, and None before one is read."""
    begun: list[bytes] = []
    coming = iter(pieces)
    while True:
        yield None
        piece = next(coming, b"")
        end = _last_line_end(piece)
        if end or not piece:
            yield b"".join([*begun, memoryview(piece)[:end]])
            begun = []
        begun.append(piece[end:])
        if not piece:
            return
        if sum(map(len, begun)) > limits.row:
            raise RowTooLongError(limits)


def _last_line_end(piece: bytes) -> int:
    """Find the end of the last line that surely ends in *piece*: a CR as its last byte may be half an end."""
    return piece.rfind(b"\n") + 1 or piece.rfind(b"\r", 0, max(0, len(piece) - 1)) + 1


def _end_of_slice(lines: bytes, start: int) -> int:
    """Choose where a slice ends: at the end of a line and, where cells are quoted, of one between quotes."""
    least = start + _SLICE
    if lines.startswith(b'"', start) and (found := _BETWEEN_QUOTES.search(lines, least, least + _SLICE)):
        return found.end() - 1
    return lines.find(b"\n", least) + 1 or len(lines)
