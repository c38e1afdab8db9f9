"""Text into records: lists of cells, all of one width. Synchronous; a thread runs it where it has to read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain

from attrs import field

from hubspot_async.classes import define
from hubspot_async.errors import FileFormatError
from hubspot_async.results.cutting import Batch, Record, cut
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.limits import Limits
from hubspot_async.results.texts import RowTooLongError

_END_OF_LINE = re.compile(r"\r\n|\r|\n")

_LONGEST_PAUSE = 63
"""Slices that are left to the csv module, at most, before cutting is tried once more."""


def records(slices: Iterable[str | None], name: str, limits: Limits) -> Iterator[Batch | None]:
    """Take apart slices of whole lines, a batch of records for each; the first record is a header.

    Empty lines are left out. Cells that a record lacks are empty; what goes beyond the header must be.

    It gives None before what may take long: the next batch is better asked for in a thread then.
    """
    queue = _Queue(slices)
    reading = _Reading(name, limits, queue)
    may_wait = False
    try:
        for text in queue:
            if text is None:
                yield None
                may_wait = True
                continue
            batch = reading.cut(text) or reading.read(text, may_wait=may_wait)
            if batch is not None:
                yield batch
                may_wait = False
            if reading.problem:
                raise FileFormatError(reading.problem)
    except RowTooLongError as error:
        raise FileFormatError(f"{reading.place()}: {error}") from None


class _Queue(Iterator[str | None]):
    """Slices of text, some of which may be put back."""

    def __init__(self, slices: Iterable[str | None]) -> None:
        self._slices = iter(slices)
        self._first: list[str | None] = []

    def __next__(self) -> str | None:
        return self._first.pop() if self._first else next(self._slices)

    def put_back(self, *texts: str | None) -> None:
        """Have these come next."""
        self._first.extend(text for text in reversed(texts) if text != "")


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
    _pause: int = field(default=0, init=False)
    _next_pause: int = field(default=1, init=False)

    def place(self, passed: Iterable[Record] = ()) -> str:
        """Name the line after these records."""
        return f"{self.name}, line {self.line + sum(map(_lines_in, passed)) + 1}"

    def cut(self, text: str) -> Batch | None:
        """Give the records of a slice if they can be cut; where they often cannot, it is seldom tried."""
        if self.width is None or self._pause:
            self._pause = max(0, self._pause - 1)
            return None
        ends = text.count("\n")
        batch = cut(text, ends, self.width)
        if batch is None:
            self._pause, self._next_pause = self._next_pause, min(_LONGEST_PAUSE, 2 * self._next_pause)
        else:
            self.line += ends
            self._next_pause = 1
        return batch

    def read(self, text: str, *, may_wait: bool) -> Batch | None:
        """Have the csv module read a slice, and as much more as its last record needs.

        If that is more than is at hand, everything is put back, unless it may wait for it.
        """
        lines = _lines(text)
        at_least = len(lines)
        found: list[Record] = []
        reader = csv.reader(chain(lines, self._further(lines, may_wait=may_wait)), strict=True)
        try:
            with field_limit(self.limits.row):
                for record in reader:
                    found.append(record)
                    if reader.line_num >= at_least:
                        break
        except _NotAtHandError:
            self.queue.put_back(None, "".join(lines))
            return None
        except (csv.Error, RowTooLongError) as error:
            self.problem = f"{self.place(found)}: {error}"
        except FileFormatError as error:
            self.problem = error.message
        else:
            self.queue.put_back("".join(lines[reader.line_num :]))
        return self._level(found, reader.line_num)

    def _further(self, lines: list[str], *, may_wait: bool) -> Iterator[str]:
        size = 0
        for text in self.queue:
            if text is not None:
                size += len(text)
                if size > self.limits.row:
                    raise RowTooLongError(self.limits)
                more = _lines(text)
                lines += more
                yield from more
            elif not may_wait:
                raise _NotAtHandError

    def _level(self, found: list[Record], lines: int) -> Batch:
        """Bring records to the width of the first one, up to one that is too long, and leave out empty lines."""
        if self.width is None:
            self.width = next(filter(None, map(len, found)), None)
        width = self.width or 0
        level = found
        if not width or set(map(len, found)) != {width}:
            level = []
            for number, record in enumerate(found):
                if any(record[width:]):
                    self.problem = f"{self.place(found[:number])} has {len(record)} cells, and the header has {width}"
                    break
                if record:
                    level.append([*record[:width], *[""] * (width - len(record))])
        self.line += lines
        return iter(level)


def _lines(text: str) -> list[str]:
    """Split *text* where the csv module would end a line; `str.splitlines` knows of more ends."""
    lines = text.splitlines(keepends=True)
    return lines if len(lines) == text.count("\n") else list(StringIO(text, newline=""))


def _lines_in(record: Record) -> int:
    return 1 + sum(len(_END_OF_LINE.findall(cell)) for cell in record)
