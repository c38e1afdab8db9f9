"""An export's rows, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from anyio import to_thread

from hubspot_async.models.exports import ExportStatus
from hubspot_async.results import tables
from hubspot_async.results.download import fetched
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask

BATCH = 1000
"""Rows read in one go, off the event loop."""


class Rows:
    """The rows of a table as dicts by column name; iterate it once."""

    def __init__(self, columns: list[str], records: Iterator[tables.Record]) -> None:
        self.columns = columns
        """The header, in the file's order."""
        self._records = records

    def __aiter__(self) -> AsyncIterator[dict[str, str]]:
        return self._rows()

    async def _rows(self) -> AsyncIterator[dict[str, str]]:
        async for batch in self.batches(BATCH):
            for row in batch:
                yield row

    async def batches(self, count: int) -> AsyncIterator[list[dict[str, str]]]:
        """Give the rows in lists of *count*."""
        while batch := await to_thread.run_sync(self._next, count):
            yield batch

    def _next(self, count: int) -> list[dict[str, str]]:
        return [dict(zip(self.columns, record, strict=False)) for record in islice(self._records, count)]


@asynccontextmanager
async def read_rows(path: str | Path) -> AsyncIterator[Rows]:
    """Give the rows of a file at hand: CSV, or a zip of one or several parts under one header.

    Raises FileFormatError where it cannot be read as such, and OSError where it cannot be opened.
    """
    records = tables.read_table(Path(path))
    try:
        columns: list[str] = await to_thread.run_sync(next, records, [])
        yield Rows(columns, records)
    finally:
        records.close()


@asynccontextmanager
async def open_rows(session: HubSpotSession, task: HubSpotTask[ExportStatus]) -> AsyncIterator[Rows]:
    """Give the rows of a complete export, without a file to keep.

    Raises what `download` and `read_rows` raise.
    """
    async with fetched(session, task) as path, read_rows(path) as rows:
        yield rows
