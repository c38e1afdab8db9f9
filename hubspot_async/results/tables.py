"""A file as one table: its columns, and its records in batches. Synchronous; a thread runs it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING

from hubspot_async.errors import FileFormatError
from hubspot_async.results.cutting import Batch, Record
from hubspot_async.results.formulas import escaped
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import kept_apart
from hubspot_async.results.parts import SIP, Contents, Kind, Part, contents_of
from hubspot_async.results.records import records
from hubspot_async.results.sheets import SheetReader
from hubspot_async.results.texts import texts

if TYPE_CHECKING:
    import pyarrow as pa


class Table:
    """The records of all parts of a file, under the header that they share."""

    def __init__(
        self,
        file: IO[bytes],
        name: str,
        limits: Limits,
        *,
        escape_formulas: bool = False,
        sheets: SheetReader | None = None,
    ) -> None:
        self._batches = _batches(contents_of(file, name, limits), limits, sheets or SheetReader())
        self._escape = escape_formulas
        self.header: Record = next(self.next() or iter([[]]))
        """As it stands in the file."""
        self.columns = kept_apart(self.header)
        """Its names, each there once."""

    def next(self) -> Batch | None:
        """Give the next records, each as long as the header; None after the last. It may take a while."""
        return self._as_wanted(next((batch for batch in self._batches if batch is not None), None))

    def next_at_hand(self) -> Batch | None:
        """Give the next records if they are there, without delay; None says that it is `next` that has to get them."""
        return self._as_wanted(next(self._batches, None))

    def _as_wanted(self, batch: Batch | None) -> Batch | None:
        return map(escaped, batch) if batch and self._escape else batch

    def next_arrow(self) -> pa.RecordBatch | None:
        """Give the next records as columns of text; None after the last."""
        import pyarrow as pa

        batch = self.next()
        if batch is None:
            return None
        while (more := self.next_at_hand()) is not None:
            batch = chain(batch, more)
        columns = list(zip(*batch, strict=True)) or [()] * len(self.columns)
        arrays = [pa.array(cells, pa.string()) for cells in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema())

    def schema(self) -> pa.Schema:
        """Give the columns as pyarrow has them: all text, for a file of HubSpot's says no more."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    def close(self) -> None:
        """Let go of the file."""
        self._batches.close()


def _batches(contents: Contents, limits: Limits, sheets: SheetReader) -> Generator[Batch | None, None, None]:
    """Give the header alone, then the records of all parts."""
    header: Record | None = None
    for part in contents.parts:
        yield None
        found = _records(part, limits, sheets)
        for first in filter(None, found):
            own = next(first)
            if header is None:
                header = own
                yield iter([header])
            elif own != header:
                raise FileFormatError(f"{part.name} has another header than the part before it")
            yield first
            break
        yield from found


def _records(part: Part, limits: Limits, sheets: SheetReader) -> Iterator[Batch | None]:
    if part.kind is Kind.CSV:
        return records(texts(part.pieces(SIP), part.name, limits), part.name, limits)
    return sheets.records(part, limits)
