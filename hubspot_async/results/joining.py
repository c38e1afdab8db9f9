"""The parts of a zip into one CSV file, byte for byte but for the headers. Synchronous; a thread runs its steps."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Iterator, Sequence
from io import StringIO
from itertools import chain
from typing import TypeAlias

from hubspot_async.classes import define
from hubspot_async.disk.sink import Sink
from hubspot_async.errors import FileFormatError
from hubspot_async.results.cutting import Batch, Record
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.limits import Limits
from hubspot_async.results.parts import SIP, SLICE, Part
from hubspot_async.results.records import records
from hubspot_async.results.tables import Table
from hubspot_async.results.texts import texts

Steps: TypeAlias = Generator[None, None, None]


def join(parts: Sequence[Part], sink: Sink, limits: Limits) -> Steps:
    """Write the header of the first part and the rows of all, as they are; only headers are parsed."""
    header: Record = []
    newline = b""
    before: _Copied | None = None
    for part in parts:
        pieces = part.pieces(SLICE)
        own, line, rest = split_header(pieces, part.name, limits)
        if not own:
            continue
        if before is None:
            header, newline = own, b"\r\n" if line.endswith(b"\r\n") else b"\n"
            rest = line + rest
        else:
            if own != header:
                raise FileFormatError(f"{part.name} has another header than the part before it")
            yield from before.check(limits)
            if not before.ends_a_line:
                sink.write([newline])
        before = _Copied(part)
        for piece in chain([rest], pieces):
            sink.write([piece])
            before.note(piece)
            yield


@define
class _Copied:
    """What has been seen of a part while it was copied."""

    part: Part
    quotes: int = 0
    last: bytes = b"\n"

    def note(self, piece: bytes) -> None:
        self.quotes += piece.count(b'"')
        self.last = piece[-1:] or self.last

    @property
    def ends_a_line(self) -> bool:
        return self.last in (b"\n", b"\r")

    def check(self, limits: Limits) -> Steps:
        """See that it does not end within quotes, and so would swallow the part after it.

        Raises FileFormatError where it does. An odd number of quotes tells; what it tells is for a parser to say.
        """
        if self.quotes % 2:
            name = self.part.name
            for _ in records(texts(self.part.pieces(SIP), name, limits), name, limits):
                yield


def split_header(pieces: Iterator[bytes], name: str, limits: Limits) -> tuple[Record, bytes, bytes]:
    """Read the header, and give it also as bytes, without a BOM, and the bytes after it that were read too.

    An empty file has none. Raises FileFormatError for one that does not end.
    """
    data, is_all = b"", False
    while not is_all:
        piece = next(pieces, b"")
        is_all = not piece
        data += piece
        if len(data) > limits.row and not is_all:
            break
        found = _first_record(data.removeprefix(codecs.BOM_UTF8), limits, is_all=is_all)
        if found is not None:
            record, size = found
            size += len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
            return record, data[:size], data[size:]
    raise FileFormatError(f"{name} has a header that does not end")


def _first_record(data: bytes, limits: Limits, *, is_all: bool) -> tuple[Record, int] | None:
    """Read the first record, and tell where the next line begins; None where there may be more of it to come."""
    lines = list(StringIO(data.decode("utf-8", "surrogateescape"), newline=""))
    reader = csv.reader(lines if is_all else lines[:-1], strict=True)
    try:
        with field_limit(limits.row):
            record = next(filter(None, reader), None)
    except csv.Error:
        return None
    if record is None:
        return ([], 0) if is_all else None
    return record, len("".join(lines[: reader.line_num]).encode("utf-8", "surrogateescape"))


def rewrite(table: Table, sink: Sink) -> Steps:
    """Write a table anew, from its cells."""
    batch: Batch | None = iter([table.header] if table.header else [])
    while batch is not None:
        text = StringIO(newline="")
        csv.writer(text).writerows(batch)
        sink.write([text.getvalue().encode()])
        yield
        batch = table.next()


def copy(part: Part, sink: Sink) -> Steps:
    """Write one part as it is."""
    for piece in part.pieces(SLICE):
        sink.write([piece])
        yield
