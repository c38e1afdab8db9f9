"""One export: what was ordered, the records as they were then, and the file made of them."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.blobs import Disk
from hubspot_async.sandbox.clock import Clock
from hubspot_async.sandbox.crm import OBJECT_ID, Crm, ObjectType, Record
from hubspot_async.sandbox.options import Options
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.work import tables
from hubspot_async.sandbox.work.criteria import Search

_SLICE = 5_000
_STATES = {"PENDING": "ENQUEUED", "PROCESSING": "PROCESSING", "COMPLETE": "DONE", "CANCELED": "CANCELED"}


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What a start call asked for."""

    export_type: str
    name: str
    file_format: str
    kind: ObjectType
    properties: list[str]
    internal_names: bool
    search: Search
    list_id: str | None
    associated: list[ObjectType]


class Export(Task):
    """An export task; the records are those of the moment it was asked for."""

    kind: ClassVar[str] = "export"

    def __init__(self, id: str, account: str, requested: float, duration: float, order: ExportOrder, crm: Crm) -> None:
        super().__init__(id, account, requested, duration)
        self.order = order
        self._crm = crm
        self._records = _records_of(order, crm)
        self._matching: list[Record] | None = None
        self._product: tables.Product | None = None
        self._making = asyncio.Lock()

    def turn_out(self, outcome: str, errors: Iterable[Json] = ()) -> None:
        """Settle the export's end with one of the words of `exportState`."""
        super().turn_out("COMPLETE" if outcome == "DONE" else outcome, errors)

    def status(self, now: float) -> str:
        """The word of the status call; while held, one that fits the held state."""
        return super().status(now) if self.held_as is None or self.is_over(now) else "PENDING"

    def state(self, now: float) -> str:
        """The word of `exportState`."""
        if self.is_over(now):
            return _STATES.get(self.outcome, self.outcome)
        return self.held_as or _STATES[self.status(now)]

    def details(self, now: float, clock: Clock) -> Json:
        """The export as `GET export/{exportId}` shows it."""
        changed = max(at for at in (self.requested, self.started, self.ended) if at <= now)
        details: Json = {
            "id": self.id,
            "exportName": self.order.name,
            "exportType": self.order.export_type,
            "exportState": self.state(now),
            "objectType": self.order.kind.type_id,
            "objectProperties": self.order.properties,
            "createdAt": clock.iso(self.requested),
            "updatedAt": clock.iso(changed),
        }
        if self.status(now) == "COMPLETE":
            for _ in self._match():
                pass
            details["recordCount"] = len(self._matching or ())
        return details

    @property
    def file_stem(self) -> str:
        """The export's name as far as a file name can carry it."""
        return re.sub(r"[^\w .-]+", "-", self.order.name).strip(" .") or "export"

    async def product(self, disk: Disk, options: Options) -> tables.Product:
        """Make the file, the first time somebody fetches it."""
        async with self._making:
            if self._product is None:
                for step in self._make(disk, options):
                    self._product = step
                    await asyncio.sleep(0)
        assert self._product is not None
        return self._product

    def _make(self, disk: Disk, options: Options) -> Iterator[tables.Product | None]:
        yield from self._match()
        table = tables.Table(self._header(), self._matching or [], self._row)
        yield from tables.write(
            table,
            self.file_stem,
            self.order.file_format,
            disk,
            zip_above=options.zip_above,
            rows_per_file=options.rows_per_file,
        )

    def _match(self) -> Iterator[None]:
        if self._matching is not None:
            return
        matching: list[Record] = []
        for start in range(0, len(self._records), _SLICE):
            matching += filter(self.order.search.accepts, self._records[start : start + _SLICE])
            yield None
        self._matching = self.order.search.order(matching)

    def _header(self) -> list[str]:
        if self.order.internal_names:
            ties = [f"associations.{other.name.lower()}" for other in self.order.associated]
            return self.order.properties + ties
        labels = [self.order.kind.labels[name] for name in self.order.properties]
        return labels + [f"Associated {other.name.capitalize()} IDs" for other in self.order.associated]

    def _row(self, record: Record) -> list[str]:
        cells = [record.get(name, "") for name in self.order.properties]
        ties = (self._crm.associated(self.order.kind, record[OBJECT_ID], other) for other in self.order.associated)
        return cells + [";".join(ids) for ids in ties]


def _records_of(order: ExportOrder, crm: Crm) -> tuple[Record, ...]:
    if order.list_id is None:
        return order.kind.snapshot()
    _, members = crm.lists[order.list_id]
    records = order.kind.records
    return tuple(records[id] for id in members if id in records)
