"""An export's rows, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, Self

from hubspot_async.disk.sink import Sink
from hubspot_async.errors import InputError
from hubspot_async.models.exports import ExportStatus
from hubspot_async.results.dicts import dict_maker
from hubspot_async.results.fetching import Progress, fetch_export
from hubspot_async.results.limits import DEFAULT, Limits
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import begin, in_thread, outlast

if TYPE_CHECKING:
    import pyarrow as pa

    from hubspot_async.results.cutting import Batch
    from hubspot_async.results.tables import Table


_TURN = 0.001
"""Seconds of giving rows that are at hand, after which others in the event loop have theirs."""


class Rows:
    """The rows of a table; iterate it once, inside its block, in one of the ways it has.

    A row is a dict of texts by column. Columns of the same name are kept apart as ``Name``, ``Name (2)``, ``Name (3)``.
    Cells that a row lacks are empty; one that goes on beyond the header raises FileFormatError, and so does a quote
    that is never closed, a row beyond the limits, or text that is not UTF-8: after the rows before it.
    """

    def __init__(self, table: Table) -> None:
        self.columns: list[str] = table.columns
        """The header, in the file's order."""
        self._table: Table | None = table
        self._by_column = dict_maker(table.columns)
        self._coming: asyncio.Task[Batch | None] | None = None
        self._here: Iterator[dict[str, str]] = iter(())
        self._turn_ends = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, str]:  # which is quicker than an async generator
        while True:
            for row in self._here:
                return row
            batch = await self._next()
            if batch is None:
                raise StopAsyncIteration
            self._here = self._by_column(batch)

    async def batches(self, count: int) -> AsyncIterator[list[dict[str, str]]]:
        """Give the rows in lists of *count*; the last one may be shorter.

        Raises InputError for a count below one.
        """
        if count < 1:
            raise InputError(f"count must be a positive number, not {count!r}")
        rows: list[dict[str, str]] = []
        while (batch := await self._next()) is not None:
            rows += self._by_column(batch)
            while len(rows) >= count:
                yield rows[:count]
                del rows[:count]
        if rows:
            yield rows

    async def record_batches(self) -> AsyncIterator[pa.RecordBatch]:
        """Give the rows as pyarrow's record batches, some thousand in each and every column text (extra ``arrow``)."""
        _check_arrow()
        while (batch := await in_thread(self._open().next_arrow)) is not None:
            yield batch

    async def to_arrow(self) -> pa.Table:
        """Give all rows as one table of pyarrow's, which polars, pandas and duckdb take (extra ``arrow``)."""
        _check_arrow()
        import pyarrow as pa

        found = [batch async for batch in self.record_batches()]
        return pa.Table.from_batches(found, schema=self._open().schema())

    async def _next(self) -> Batch | None:
        """Get more records, in a thread if they are not at hand, and let others have their turn now and then.

        Who is cancelled meanwhile and asks again, gets what was under way: no row is lost.
        """
        table = self._open()
        if self._coming is None:
            if monotonic() > self._turn_ends:
                await asyncio.sleep(0)
                self._turn_ends = monotonic() + _TURN
            batch = table.next_at_hand()
            if batch is not None:
                return batch
            self._coming = begin(table.next)
        batch = await outlast(self._coming)
        self._coming = None
        return batch

    def _open(self) -> Table:
        if self._table is None:
            raise InputError("these rows are closed: read them inside their `async with`")
        return self._table

    def _close(self) -> Table | None:
        table, self._table, self._here = self._table, None, iter(())
        return table


def _check_arrow() -> None:
    if find_spec("pyarrow") is None:
        raise InputError("record batches need pyarrow: pip install 'hubspot-async[arrow]'")


@asynccontextmanager
async def read_rows(
    path: str | Path, *, escape_formulas: bool = False, limits: Limits = DEFAULT
) -> AsyncIterator[Rows]:
    """Give the rows of a file at hand: CSV, a spreadsheet (extra ``xlsx``), or a zip of one or several of a kind.

    What it is tells its content, not its name. Of several parts in a zip, all rows come under one header. A spreadsheet
    is read by a Python process of its own, and its cells become texts.

    Raises FileFormatError where it cannot be read as such, and OSError where it cannot be opened.
    """
    path = Path(path)
    async with (
        _closing(lambda: path.open("rb")) as file,
        _rows(file, path.name, limits, escape_formulas=escape_formulas) as rows,
    ):
        yield rows


@asynccontextmanager
async def open_rows(
    session: HubSpotSession,
    task: HubSpotTask[ExportStatus],
    *,
    progress: Progress | None = None,
    escape_formulas: bool = False,
    limits: Limits = DEFAULT,
) -> AsyncIterator[Rows]:
    """Give the rows of a complete export, without a file to keep.

    HubSpot's file is first fetched whole, into the system's folder for temporary files (``TMPDIR``) and under no name,
    so that it is gone with the block or the process. So a row comes only out of a file that has been checked.

    Raises what `download` and `read_rows` raise.
    """
    async with _closing(TemporaryFile) as file:
        await fetch_export(session, task, Sink(file), progress)
        async with _rows(file, f"the file of {task}", limits, escape_formulas=escape_formulas) as rows:
            yield rows


@asynccontextmanager
async def _rows(file: IO[bytes], name: str, limits: Limits, *, escape_formulas: bool) -> AsyncIterator[Rows]:
    await in_thread(partial(import_module, "hubspot_async.results.tables"))  # too long for a loop
    from hubspot_async.results.sheets import SheetReader
    from hubspot_async.results.tables import Table

    sheets = SheetReader()
    make = partial(Table, file, name, limits, escape_formulas=escape_formulas, sheets=sheets)
    rows = Rows(await in_thread(make, interrupt=sheets.end))
    try:
        yield rows
    finally:
        table = rows._close()
        if table is not None:
            await in_thread(table.close)


@asynccontextmanager
async def _closing(opening: Callable[[], Any]) -> AsyncIterator[IO[bytes]]:
    """Open a file in a thread, and close it in one."""
    opened: list[IO[bytes]] = []
    try:
        await in_thread(lambda: opened.append(opening()))
        yield opened[0]
    finally:
        for file in opened:
            await in_thread(file.close)
