"""CSV into records: bytes to text, text to lists of cells. Synchronous; a thread runs it."""

from __future__ import annotations

import codecs
import csv
import re
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import chain, repeat
from operator import methodcaller
from typing import TypeAlias

from attrs import define

from hubspot_async.errors import FileFormatError
from hubspot_async.results.limits import Limits

Record: TypeAlias = list[str]

_CRUMB = 2**11
"""Letters that the csv module gets at least, where some of them cannot be cut."""

_ENOUGH = 2**16
"""Letters that make a batch, if they were read in crumbs."""

_OTHER_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_END_OF_LINE = re.compile(r"\r\n|\r|\n")


def texts(pieces: Iterable[bytes], name: str, limits: Limits) -> Iterator[str]:
    """Decode UTF-8, with or without a BOM, into pieces of whole lines."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    begun: list[str] = []
    size = read = line = 0
    for piece in chain(pieces, [b""]):
        if read == 0 and piece.startswith(_OTHER_BOMS):
            raise FileFormatError(f"{name} is UTF-16, not UTF-8")
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            place = read + error.start - (len(error.object) - len(piece))
            raise FileFormatError(
                f"{name} is not UTF-8: near byte {place} there is 0x{error.object[error.start]:02x}"
            ) from None
        read += len(piece)
        end = _last_line_end(text) if piece else len(text)
        if end or not piece:
            whole = "".join([*begun, text[:end]])
            begun, size = [text[end:]], len(text) - end
            line += whole.count("\n")
            if whole:
                yield whole
        else:
            begun.append(text)
            size += len(text)
            if size > limits.row:
                raise FileFormatError(f"{name}, line {line + 1} is longer than {limits.row} characters")


def _last_line_end(text: str) -> int:
    """Find the end of the last line that surely ends in *text*: a CR as its last letter may be half an end."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, max(0, len(text) - 1)) + 1


def records(pieces: Iterable[str], name: str, limits: Limits) -> Iterator[Iterator[Record]]:
    """Take apart pieces of whole lines, a batch of records for each, of which none is empty; the first is a header.

    Where every cell is quoted and none holds a quote, or none is quoted, cutting does it, faster than a parser that
    looks at every letter. What else there is, is for the csv module, a crumb of a piece at a time. Empty lines are left
    out. Cells that a record lacks are empty; what goes beyond the header must be.
    """
    width, line, problem, size = None, 0, None, 0
    queue = _Queue(pieces)
    gathered: list[Iterable[Record]] = []
    for text in queue:
        batch: Iterable[Record] | None = None if width is None else cut(text, width)
        if batch is not None:
            line += text.count("\n")
        elif queue.crumble(text):
            continue
        else:
            reading = _Reading(name, line, limits)
            read = reading.read(text, queue)
            if width is None:
                width = next(filter(None, map(len, read)), None)
            batch, misfit = _level(read, width or 0, name, line)
            line, problem = reading.line, misfit or reading.problem
        gathered += [batch] if batch else []
        size += len(text)
        if gathered and (problem or size >= _ENOUGH or not queue.has_crumbs):
            yield chain.from_iterable(gathered)
            gathered, size = [], 0
        if problem:
            raise FileFormatError(problem)
    if gathered:
        yield chain.from_iterable(gathered)


def cut(text: str, width: int) -> Iterator[Record] | None:
    """Cut records of *width* cells out of *text*, or None where that might not be what the csv module makes of it.

    It is cut while it is taken: what is made in one thread and used in another is slow to get at.
    """
    end = "\r\n" if text.endswith("\r\n") else "\n"
    quotes = text.count('"')
    quote = '"' if quotes else ""
    if width < 2 or not (text.startswith(quote) and text.endswith(quote + end)):
        return None
    inner, separator = text[len(quote) : -len(quote + end)], quote + end + quote
    lines = inner.split(separator)
    if quotes and quotes != 2 * width * len(lines):
        return None  # some cell has a quote in it, or none around it
    if not quotes and (text.count("\n"), text.count("\r")) != (len(lines), len(lines) * (len(end) - 1)):
        return None  # lines end in more ways than one
    between = f"{quote},{quote}"
    if set(map(str.count, lines, repeat(between))) != {width - 1}:
        return None
    return _cut(inner, separator, between)


def _cut(inner: str, separator: str, between: str) -> Iterator[Record]:
    yield from map(methodcaller("split", between), inner.split(separator))


class _Queue(Iterator[str]):
    """Pieces of text, of which one may be put back, whole or in crumbs."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._crumbs: deque[str] = deque()

    def __next__(self) -> str:
        return self._crumbs.popleft() if self._crumbs else next(self._pieces)

    @property
    def has_crumbs(self) -> bool:
        """Whether the next piece is part of one that was there before."""
        return bool(self._crumbs)

    def put_back(self, text: str) -> None:
        """Have *text* come next."""
        if text:
            self._crumbs.appendleft(text)

    def crumble(self, text: str) -> bool:
        """Put *text* back in crumbs of a few lines, if it can be divided."""
        start, crumbs = 0, []
        while start < len(text):
            end = text.find("\n", start + _CRUMB) + 1 or len(text)
            crumbs.append(text[start:end])
            start = end
        if len(crumbs) > 1:
            self._crumbs.extendleft(reversed(crumbs))
        return len(crumbs) > 1


@define
class _Reading:
    """The csv module at work on one piece, and on as much more as the last record of it needs."""

    name: str
    line: int
    """Lines before, and afterwards also those that were read."""
    limits: Limits
    problem: str | None = None
    _lines: list[str] | None = None

    def read(self, text: str, more: _Queue) -> list[Record]:
        """Give whole records; the `problem` that stopped it, if any, comes after them."""
        self._lines = lines = list(StringIO(text, newline=""))
        at_least, done = len(lines), 0
        batch: list[Record] = []
        reader = csv.reader(chain(lines, self._further(more)), strict=True)
        try:
            with field_limit(self.limits.row):
                for record in reader:
                    done = reader.line_num
                    batch.append(record)
                    if done >= at_least:
                        break
        except csv.Error as error:
            self.problem = f"{self.name}, line {self.line + done + 1}: {error}"
        except FileFormatError as error:
            self.problem = error.message
        self.line += done
        if self.problem is None:
            more.put_back("".join(self._lines[done:]))
        return batch

    def _further(self, more: _Queue) -> Iterator[str]:
        assert self._lines is not None
        size = 0
        for text in more:
            size += len(text)
            if size > self.limits.row:
                raise csv.Error(f"a row of more than {self.limits.row} characters; is a quote not closed?")
            lines = list(StringIO(text, newline=""))
            self._lines += lines
            yield from lines


def _level(batch: list[Record], width: int, name: str, line: int) -> tuple[list[Record], str | None]:
    """Bring records to *width* and leave out empty lines, up to the first that is too long, and say which that is."""
    if set(map(len, batch)) <= {width}:
        return (batch, None) if width else ([], None)
    level: list[Record] = []
    for record in batch:
        if any(record[width:]):
            return level, f"{name}, line {line + 1} has {len(record)} cells, and the header has {width}"
        if record:
            level.append([*record[:width], *[""] * (width - len(record))])
        line += 1 + sum(len(_END_OF_LINE.findall(cell)) for cell in record)
    return level, None


class _FieldLimit:
    """The csv module's limit on a cell, which is one for the whole process: raised while someone needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._raised: list[int] = []
        self._before = 0

    @contextmanager
    def __call__(self, size: int) -> Iterator[None]:
        with self._lock:
            if not self._raised:
                self._before = csv.field_size_limit()
            self._raised.append(size)
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._raised.remove(size)
                self._set()

    def _set(self) -> None:
        csv.field_size_limit(min(sys.maxsize, max([self._before, *self._raised])) if self._raised else self._before)


field_limit = _FieldLimit()
