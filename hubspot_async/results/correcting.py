"""The rows of a CSV that something is wrong with, found again and said what. Synchronous; a thread runs its steps."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Sequence
from io import StringIO
from itertools import count
from pathlib import Path

from attrs import field

from hubspot_async.classes import define
from hubspot_async.disk.sink import Sink
from hubspot_async.errors import FileFormatError
from hubspot_async.results.cutting import Record
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.limits import DEFAULT
from hubspot_async.results.rowerrors import RowError

REASON = "Import error"
"""The column that `write_rejected` adds."""

_STEP = 1000
"""Rows that are read at once."""


@define
class Reasons:
    """What is wrong with each line, as far as no row of the file has been found for it."""

    by_line: dict[int, list[RowError]] = field(factory=dict)
    remarks: list[str] = field(factory=list)

    def note(self, error: RowError) -> None:
        """Take in one thing that is wrong."""
        if error.line:
            self.by_line.setdefault(error.line, []).append(error)
        else:
            self.remarks.append(error.reason)

    def take(self, record: Record, number: int, line: int) -> list[str]:
        """Give what is wrong with a record. It is known by its number or, should HubSpot count so, by its line."""
        found: list[str] = []
        for place in {number, line}:
            errors = self.by_line.get(place)
            if errors:
                fitting = [error for error in errors if _fits(error.row, record, is_sure=place == number)]
                found += [error.reason for error in fitting]
                self.by_line[place] = [error for error in errors if error not in fitting]
        return list(dict.fromkeys(found))

    def rest(self) -> Iterator[tuple[Record, list[str]]]:
        """Give the rows that were not found, as HubSpot read them, and remark what has none."""
        for line, errors in self.by_line.items():
            rows: dict[tuple[str, ...], list[str]] = {}
            for error in errors:
                rows.setdefault(error.row, []).append(error.reason)
            self.remarks += [f"line {line}: {reason}" for reason in rows.pop((), [])]
            yield from ((list(row), list(dict.fromkeys(found))) for row, found in rows.items())


def _fits(row: Sequence[str], record: Record, *, is_sure: bool) -> bool:
    """Whether *record* is the row that HubSpot shows; if it shows none, whether its place is the right one."""
    if not row or not record:
        return is_sure and bool(record)
    return all(one.strip() == other.strip() for one, other in zip(row, record, strict=False))


def write(source: Path, reasons: Reasons, sink: Sink, *, has_header: bool) -> Generator[None, None, int]:
    """Copy the rows that something is wrong with, in steps; tell how many."""
    rows = width = 0
    for number, line, record in _numbered(source):
        if number == 1:
            width = len(record) - (record[-1:] == [REASON])  # which is there if the file came from here
        if number == 1 and has_header:
            _put(sink, [*record[:width], REASON])
        else:
            found = reasons.take(record, number, line)
            if found:
                _put(sink, [*_without_reason(record, width), "; ".join(found)])
                rows += 1
        if number % _STEP == 0:
            yield
    for record, found in reasons.rest():
        _put(sink, [*_without_reason(record, width), "; ".join(found)])
        rows += 1
    return rows


def _without_reason(record: Record, width: int) -> Record:
    """Bring a row to the width of the header, but for cells that would be lost."""
    kept = record[:width] if len(record) == width + 1 else record
    return [*kept, *[""] * (width - len(kept))]


def _numbered(source: Path) -> Iterator[tuple[int, int, Record]]:
    """Give the number of every record, the line where it begins, and its cells; odd ones too, as HubSpot takes them."""
    with source.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise FileFormatError(f"{source.name} is no CSV")
    with source.open(encoding="utf-8-sig", newline="") as file:
        reader, line = csv.reader(file), 0
        for number in count(1):
            try:
                with field_limit(DEFAULT.row):
                    record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileFormatError(f"{source.name}, line {line + 1}: {error}") from None
            except UnicodeDecodeError:
                raise FileFormatError(f"{source.name} is not UTF-8") from None
            yield number, line + 1, record
            line = reader.line_num


def _put(sink: Sink, record: Record) -> None:
    text = StringIO(newline="")
    csv.writer(text).writerow(record)
    sink.write([text.getvalue().encode()])
