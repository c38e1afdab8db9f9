"""The rows of an import that HubSpot did not take, as a file to be corrected."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import aclosing
from io import StringIO
from itertools import count
from pathlib import Path

from attrs import field

from hubspot_async.classes import define, frozen
from hubspot_async.disk.saving import saving
from hubspot_async.disk.sink import Sink
from hubspot_async.endpoints import imports
from hubspot_async.errors import FileFormatError
from hubspot_async.models.imports import Import
from hubspot_async.results.cutting import Record
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.limits import DEFAULT
from hubspot_async.results.rowerrors import Plan, RowError, explained
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import in_steps, in_thread
from hubspot_async.wire.request import Sender

REASON = "Import error"
"""The column that `write_rejected` adds."""

_STEP = 1000
"""Rows that are read at once."""


@frozen(kw_only=True)
class RejectedRows:
    """A file of rows that HubSpot did not take."""

    path: Path
    rows: int
    """How many there are; with none there is only a header."""
    remarks: tuple[str, ...]
    """What was wrong with no row in particular, such as a whole file."""


async def write_rejected(
    session: Sender,
    task: HubSpotTask[Import],
    source_csv: str | Path,
    path: str | Path,
    *,
    file_name: str | None = None,
    overwrite: bool = False,
) -> RejectedRows:
    """Write the rows of *source_csv* that HubSpot did not take to *path*, to be corrected and imported again.

    They are as they were in the file, which was one of the import's, with one more column, ``Import error``, that says
    what is wrong with each. A row that cannot be found, since the file has changed, is written as HubSpot read it.
    *file_name* is the name that the import has for *source_csv*, where that is another one.

    Raises InputError for a file that the import does not name and where *path* is taken, FileFormatError where the file
    is no CSV, and OSError where one cannot be read or written. Nothing is left behind then.
    """
    source, target = Path(source_csv), Path(path)
    async with saving(target, overwrite=overwrite) as scratch:
        plan = Plan.of(await imports.get(session, task))
        name = file_name or plan.name_of(source)
        reasons = _Reasons()
        async with aclosing(explained(session, task, plan)) as errors:
            async for error in errors:
                if error.file_name in (name, None):
                    reasons.note(error)
        sink = await in_thread(scratch.sink)
        rows = await in_steps(_write(source, reasons, sink, has_header=plan.has_header(name)))
        await in_thread(lambda: scratch.keep([sink], [target]))
    return RejectedRows(path=target, rows=rows, remarks=tuple(dict.fromkeys(reasons.remarks)))


@define
class _Reasons:
    """What is wrong with each line, as far as no row of the file has been found for it."""

    by_line: dict[int, list[RowError]] = field(factory=dict)
    remarks: list[str] = field(factory=list)

    def note(self, error: RowError) -> None:
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


def _write(source: Path, reasons: _Reasons, sink: Sink, *, has_header: bool) -> Generator[None, None, int]:
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
