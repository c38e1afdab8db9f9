"""One import: files read row by row into records, with counters and the errors of rows."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.blobs import Blob, Disk
from hubspot_async.sandbox.clock import Clock
from hubspot_async.sandbox.crm import Crm, ObjectType, Record
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.work.rows import Column, Page, header_matches

_SLICE = 1_000
_STATUSES = {"DONE": "COMPLETE"}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row, or on line 0 with a whole file."""

    error_type: str
    line: int
    file_id: int
    row: list[str]
    message: str
    column: int | None = None
    value: str | None = None
    kind: ObjectType | None = None

    def as_json(self, id: str, created_at: int, *, message: bool, row_data: bool) -> Json:
        """The error as the errors call shows it; message and row only for those who asked."""
        source = {
            "fileId": self.file_id,
            "lineNumber": self.line,
            "rowData": self.row if row_data else [],
            "additionalRowData": [],
            "containsEncryptedProperties": False,
        }
        error: Json = {"id": id, "createdAt": created_at, "errorType": self.error_type, "sourceData": source}
        if message:
            error["errorMessage"] = self.message
        if self.column is not None:
            error["knownColumnNumber"] = self.column
        if self.value is not None:
            error |= {"invalidValue": self.value, "invalidValueToDisplay": self.value}
        if self.kind is not None:
            error |= {"objectType": self.kind.name if self.kind.type_id.startswith("0-") else "UNKNOWN"}
            error["objectTypeId"] = self.kind.type_id
        return error


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What a start call asked for, and the files that came with it."""

    name: str
    request: Json
    pages: list[Page]
    files: dict[str, Blob]
    file_ids: dict[str, int]
    operations: dict[str, str]
    creates_list: bool


class Import(Task):
    """An import task; its files are read at its end."""

    kind: ClassVar[str] = "import"

    def __init__(
        self, id: str, account: str, requested: float, duration: float, order: ImportOrder, crm: Crm, disk: Disk
    ) -> None:
        super().__init__(id, account, requested, duration)
        self.order = order
        self.outcome = "DONE"
        self.row_errors: list[RowError] = []
        self.counters: Counter[str] = Counter()
        self.lists: list[Json] = []
        self._crm = crm
        self._disk = disk
        self._touched: dict[str, dict[str, None]] = {}
        self._owners: dict[tuple[str, str], tuple[str, str]] = {}
        self._pointers: list[tuple[tuple[str, str], Column, ObjectType, str, int, int, list[str]]] = []

    def status(self, now: float) -> str:
        """The import's state in the words of an action's status, as cancelling tells it."""
        if self.is_over(now):
            return _STATUSES.get(self.outcome, "CANCELED")
        return super().status(now)

    def state(self, now: float) -> str:
        """The import's own word."""
        if self.is_over(now):
            return self.outcome
        if self.held_as is not None:
            return self.held_as
        if now < self.begins:
            return "DEFERRED"
        return "PROCESSING" if now >= self.started else "STARTED"

    def record(self, now: float, clock: Clock) -> Json:
        """The import as the list and the single call show it."""
        changed = max(at for at in (self.requested, self.started, self.ended) if at <= now)
        kinds = {kind.type_id: None for page in self.order.pages for kind in page.kinds}
        return {
            "id": self.id,
            "state": self.state(now),
            "createdAt": clock.iso(self.requested),
            "updatedAt": clock.iso(changed),
            "importName": self.order.name,
            "importSource": "API",
            "importRequestJson": self.order.request,
            "optOutImport": False,
            "mappedObjectTypeIds": list(kinds),
            "metadata": {
                "counters": dict(self.counters),
                "fileIds": [str(id) for id in self.order.file_ids.values()],
                "objectLists": self.lists,
            },
        }

    def apply(self) -> Iterator[None]:
        """Read all files, then tie the records of different files together."""
        if self.outcome == "DONE":
            for page in self.order.pages:
                yield from self._read_file(page)
                if self.outcome == "FAILED":
                    break
            self._tie_files()
            self._count()
        for blob in self.order.files.values():
            self._disk.drop(blob.file)

    def _read_file(self, page: Page) -> Iterator[None]:
        blob = self.order.files[page.file_name]
        blob.file.seek(0)
        text = io.TextIOWrapper(blob.file, encoding="utf-8-sig", newline="")
        try:
            rows = csv.reader(text)
            if page.has_header:
                header = next(rows, [])
                if len(header) == len(page.columns) and not header_matches(header, page.columns):
                    self._fail(page, "INVALID_COLUMN_CONFIGURATION", "the header differs from the column mappings")
                    return
            yield from self._read_rows(page, rows)
        except UnicodeDecodeError:
            self._fail(page, "INVALID_FILE_TYPE", "the file is not UTF-8 text")
        finally:
            text.detach()

    def _read_rows(self, page: Page, rows: Iterator[list[str]]) -> Iterator[None]:
        line = int(page.has_header)
        while True:
            line += 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self.counters["TOTAL_ROWS"] += 1
                self._err(page, "COULD_NOT_PARSE_ROW", line, [], str(error))
                continue
            if row:
                self.counters["TOTAL_ROWS"] += 1
                self._read_row(page, line, row)
            if line % _SLICE == 0:
                yield

    def _read_row(self, page: Page, line: int, row: list[str]) -> None:
        if len(row) != len(page.columns):
            message = f"{len(row)} columns where {len(page.columns)} are mapped"
            self._err(page, "INCORRECT_NUMBER_OF_COLUMNS", line, row, message)
            return
        written: list[tuple[str, str]] = []
        for kind in page.kinds:
            record_id = self._write_record(page, kind, line, row)
            if record_id is not None:
                written.append((kind.type_id, record_id))
        for number, one in enumerate(written):
            for other in written[number + 1 :]:
                self.counters["ASSOCIATIONS_CREATED"] += self._crm.associate(one, other)

    def _write_record(self, page: Page, kind: ObjectType, line: int, row: list[str]) -> str | None:
        values = self._values(page, kind, line, row)
        known, complaint = self._look_up(page, kind, row)
        if complaint is not None:
            column, error_type, message = complaint
            self._err(page, error_type, line, row, message, column, kind)
            return None
        if not values and known is None:
            return None
        record_id = known or self._crm.new_id()
        kind.put(record_id, values)
        self.counters["UPDATED_OBJECTS" if known else "CREATED_OBJECTS"] += 1
        self.counters["PROPERTY_VALUES_EMITTED"] += len(values)
        self._touched.setdefault(kind.type_id, {})[record_id] = None
        self._note_ties(page, kind, record_id, line, row)
        return record_id

    def _values(self, page: Page, kind: ObjectType, line: int, row: list[str]) -> Record:
        values: Record = {}
        for number, (column, cell) in enumerate(zip(page.columns, row, strict=True)):
            if column.kind is not kind or not column.carries_value or column.column_type == "HUBSPOT_OBJECT_ID":
                continue
            if not cell:
                continue
            if column.property_name not in kind.labels:
                message = f"{kind.name} has no property {column.property_name!r}"
                self._err(page, "PROPERTY_DEFINITION_NOT_FOUND", line, row, message, number, kind)
            elif _is_bad_email(column, cell):
                if number != page.key_of(kind):
                    self._err(page, "INVALID_EMAIL", line, row, f"{cell!r} is no e-mail address", number, kind)
            else:
                values[column.property_name] = cell
        return values

    def _look_up(
        self, page: Page, kind: ObjectType, row: list[str]
    ) -> tuple[str | None, tuple[int | None, str, str] | None]:
        """The record a row is about, and what forbids to write it."""
        number = page.key_of(kind)
        operation = self.order.operations.get(kind.type_id, "UPSERT")
        known = None
        if number is not None:
            column, cell = page.columns[number], row[number]
            known = kind.find(column.property_name, cell) if cell else None
            if complaint := _complain(column, cell, operation, known):
                return None, (number, *complaint)
        if known is None and operation == "UPDATE":
            return None, (number, "UPDATE_ONLY_IMPORT", "no such record to update")
        if known is not None and operation == "CREATE":
            return None, (number, "CREATE_ONLY_IMPORT", "the record exists already")
        return known, None

    def _note_ties(self, page: Page, kind: ObjectType, record_id: str, line: int, row: list[str]) -> None:
        for column, cell in zip(page.columns, row, strict=True):
            if column.kind is not kind or not cell:
                continue
            if column.identifies:
                self._owners[(kind.type_id, cell)] = (kind.type_id, record_id)
            elif column.points_to is not None:
                file_id = self.order.file_ids[page.file_name]
                self._pointers.append(((kind.type_id, record_id), column, column.points_to, cell, line, file_id, row))

    def _tie_files(self) -> None:
        for one, column, kind, value, line, file_id, row in self._pointers:
            known = kind.find(column.property_name, value) if column.column_type == "ASSOCIATION_KEYS" else None
            other = (kind.type_id, known) if known else self._owners.get((kind.type_id, value))
            if other is None:
                message = f"no {kind.name} is known as {value!r}"
                error = RowError("NO_OBJECT_ID_FROM_ASSOCIATION_IDENTIFIER", line, file_id, row, message, None, value)
                self.row_errors.append(error)
            else:
                self.counters["ASSOCIATIONS_CREATED"] += self._crm.associate(one, other)

    def _count(self) -> None:
        columns = [column for page in self.order.pages for column in page.columns]
        ignored = sum(column.ignored for column in columns)
        self.counters["UNIQUE_OBJECTS_WRITTEN"] = sum(len(ids) for ids in self._touched.values())
        self.counters["MAPPED_COLUMNS"] = len(columns) - ignored
        self.counters["UNMAPPED_COLUMNS"] = ignored
        self.counters["ERRORS"] = len(self.row_errors)
        contacts = list(self._touched.get("0-1", ()))
        kind = self._crm.object_type("CONTACT")
        if self.order.creates_list and kind is not None and self.outcome == "DONE":
            self.lists.append({"objectType": kind.name, "listId": self._crm.add_list(kind, contacts)})

    def _fail(self, page: Page, error_type: str, message: str) -> None:
        self.outcome = "FAILED"
        self._err(page, error_type, 0, [], message)

    def _err(
        self,
        page: Page,
        error_type: str,
        line: int,
        row: list[str],
        message: str,
        column: int | None = None,
        kind: ObjectType | None = None,
    ) -> None:
        value = None if column is None else row[column]
        file_id = self.order.file_ids[page.file_name]
        self.row_errors.append(RowError(error_type, line, file_id, row, message, column, value, kind))


def _is_bad_email(column: Column, cell: str) -> bool:
    is_email = column.property_name == "email" and column.kind is not None and column.kind.name == "CONTACT"
    return is_email and bool(cell) and "@" not in cell


def _complain(column: Column, cell: str, operation: str, known: str | None) -> tuple[str, str] | None:
    by_id = column.column_type == "HUBSPOT_OBJECT_ID"
    if not cell and (operation == "UPDATE" or (column.column_type == "HUBSPOT_ALTERNATE_ID")):
        return "INVALID_OBJECT_ID" if by_id else "INVALID_ALTERNATE_ID", "the row has no id"
    if _is_bad_email(column, cell):
        return "INVALID_EMAIL", f"{cell!r} is no e-mail address"
    if cell and by_id and known is None:
        return "INVALID_OBJECT_ID", f"no record has the id {cell}"
    return None
