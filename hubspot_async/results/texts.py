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
Batch: TypeAlias = Iterator[Record]

_SLICE = 2**16
"""Letters that are taken apart at once: half a millisecond."""

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


def records(pieces: Iterable[str], name: str, limits: Limits) -> Iterator[Batch | None]:
    """Take apart pieces of whole lines, a batch of records at a time; the first record is a header.

    Where every cell is quoted and none holds a quote, or none is quoted, cutting does it, faster than a parser that
    looks at every letter. What else there is, is for the csv module, a slice at a time. Empty lines are left
    out. Cells that a record lacks are empty; what goes beyond the header must be.

    It gives None before what may take long: the next batch is better asked for in a thread then.
    """
    queue = _Queue(pieces)
    reading = _Reading(name, limits, queue)
    yield None
    for text in queue:
        batch = reading.cut(text) or reading.read(text, is_quick=True)
        if batch is None:
            yield None
            batch = reading.read(next(queue), is_quick=False)
        if batch is not None:
            yield batch
        if reading.problem:
            raise FileFormatError(reading.problem)
        if not queue.has_more_at_hand:
            yield None


def cut(text: str, width: int) -> Batch | None:
    """Cut records of *width* cells out of *text*, or None where that might not be what the csv module makes of it.

    It is cut while it is taken: what is made in one thread and used in another is slow to get at.
    """
    end = "\r\n" if text.endswith("\r\n") else "\n"
    quotes = text.count('"')
    quote = '"' if quotes else ""
    if width < 2 or not (text.startswith(quote) and text.endswith(quote + end)):
        return None
    lines = text[len(quote) : -len(quote + end)].split(quote + end + quote)
    if quotes and quotes != 2 * width * len(lines):
        return None  # some cell has a quote in it, or none around it
    if not quotes and (text.count("\n"), text.count("\r")) != (len(lines), len(lines) * (len(end) - 1)):
        return None  # lines end in more ways than one
    between = f"{quote},{quote}"
    if set(map(str.count, lines, repeat(between))) != {width - 1}:
        return None
    return map(methodcaller("split", between), lines)


class _Queue(Iterator[str]):
    """Pieces of text, in slices of whole lines; some may be put back."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._slices: deque[str] = deque()

    def __next__(self) -> str:
        if not self._slices:
            self._slices.extend(_sliced(next(self._pieces), _SLICE))
        return self._slices.popleft()

    @property
    def has_more_at_hand(self) -> bool:
        """Whether the next one comes without being read from anywhere."""
        return bool(self._slices)

    def put_back(self, *texts: str) -> None:
        """Have these come next."""
        self._slices.extendleft(reversed(list(filter(None, texts))))


def _sliced(text: str, size: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start + size) + 1 or len(text)
        yield text[start:end]
        start = end


class _NotAtHandError(Exception):
    """More of the file is needed."""


@define
class _Reading:
    """A CSV half read: how wide it is, where we are, and what is wrong from here on."""

    name: str
    limits: Limits
    queue: _Queue
    width: int | None = None
    line: int = 0
    """Lines before the next record."""
    problem: str | None = None

    def cut(self, text: str) -> Batch | None:
        """Give the records of a slice, if they can be cut."""
        batch = None if self.width is None else cut(text, self.width)
        if batch is not None:
            self.line += text.count("\n")
        return batch

    def read(self, text: str, *, is_quick: bool) -> Batch | None:
        """Have the csv module read a slice, and as much more as the last record of it needs.

        If that is more than is at hand, a quick look puts everything back and gives None.
        """
        lines = list(StringIO(text, newline=""))
        at_least, done = len(lines), 0
        found: list[Record] = []
        reader = csv.reader(chain(lines, self._further(lines, is_quick=is_quick)), strict=True)
        try:
            with field_limit(self.limits.row):
                for record in reader:
                    done = reader.line_num
                    found.append(record)
                    if done >= at_least:
                        break
        except _NotAtHandError:
            self.queue.put_back("".join(lines))
            return None
        except csv.Error as error:
            self.problem = f"{self.name}, line {self.line + done + 1}: {error}"
        except FileFormatError as error:
            self.problem = error.message
        else:
            self.queue.put_back("".join(lines[done:]))
        level = self._level(found)
        self.line += done
        return iter(level)

    def _further(self, lines: list[str], *, is_quick: bool) -> Iterator[str]:
        size = 0
        while self.queue.has_more_at_hand or not is_quick:
            text = next(self.queue, None)
            if text is None:
                return
            size += len(text)
            if size > self.limits.row:
                raise csv.Error(f"a row of more than {self.limits.row} characters; is a quote not closed?")
            more = list(StringIO(text, newline=""))
            lines += more
            yield from more
        raise _NotAtHandError

    def _level(self, found: list[Record]) -> list[Record]:
        """Bring records to the width of the first one, up to one that is too long, and leave out empty lines."""
        if self.width is None:
            self.width = next(filter(None, map(len, found)), None)
        width = self.width or 0
        if width and set(map(len, found)) == {width}:
            return found
        level: list[Record] = []
        for number, record in enumerate(found):
            if any(record[width:]):
                line = self.line + 1 + sum(map(_lines_in, found[:number]))
                self.problem = f"{self.name}, line {line} has {len(record)} cells, and the header has {width}"
                break
            if record:
                level.append([*record[:width], *[""] * (width - len(record))])
        return level


def _lines_in(record: Record) -> int:
    return 1 + sum(len(_END_OF_LINE.findall(cell)) for cell in record)


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
