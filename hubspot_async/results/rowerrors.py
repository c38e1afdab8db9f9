"""What was wrong with the rows of an import, in words of the files that were imported."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from attrs import field

from hubspot_async import models
from hubspot_async.classes import frozen
from hubspot_async.endpoints import imports
from hubspot_async.errors import InputError
from hubspot_async.models.imports import Import
from hubspot_async.tasks import HubSpotTask
from hubspot_async.wire.request import Sender


@frozen(kw_only=True)
class RowError:
    """One thing that is wrong with one row of a file that was imported, in words of that file."""

    file_name: str | None
    """The file as the import names it."""
    line: int | None
    """The row, counted from 1 with the header; 0 is the whole file."""
    column: str | None
    """The header of its column, where HubSpot names one."""
    value: str | None
    """The cell, where HubSpot shows one."""
    message: str
    """HubSpot's sentence, or its word for the kind of error."""
    row: tuple[str, ...] = field(repr=False)
    """The row's cells as HubSpot read them; none where it does not show them."""
    error: models.ImportRowError = field(repr=False)
    """HubSpot's own record of it."""

    def __str__(self) -> str:
        where = self.file_name or "the file"
        place = f"{where}, line {self.line}" if self.line else where
        return f"{place}: {self.reason}"

    @property
    def reason(self) -> str:
        """What is wrong, without where."""
        value = f" ({self.value!r})" if self.value else ""
        return f"{self.column}{value}: {self.message}" if self.column else self.message


async def row_errors(session: Sender, task: HubSpotTask[Import]) -> AsyncGenerator[RowError, None]:
    """Give what was wrong with the rows of an import, with the names of files and columns instead of numbers."""
    async with aclosing(explained(session, task, Plan.of(await imports.get(session, task)))) as errors:
        async for error in errors:
            yield error


async def explained(session: Sender, task: HubSpotTask[Import], plan: Plan) -> AsyncGenerator[RowError, None]:
    """Give the errors of an import whose plan is known."""
    found = imports.iter_errors(session, task, with_row_data=True, with_messages=True)
    async with aclosing(found) as errors:
        async for error in errors:
            yield plan.explain(error)


@frozen
class Plan:
    """What an import's own record says of its files."""

    names: Mapping[int, str]
    """File names by HubSpot's ids of the files."""
    pages: Mapping[str, Mapping[str, Any]]
    """How each file was to be read, by its name."""

    @classmethod
    def of(cls, record: Import) -> Plan:
        """Read it from HubSpot's record of the import, which holds the request that began it."""
        files = [file for file in _list(record.import_request_json or {}, "files") if "fileName" in file]
        names = [str(file["fileName"]) for file in files]
        ids = [int(id) for id in record.metadata.file_ids if id.isdecimal()]
        pages = {name: file.get("fileImportPage") or {} for name, file in zip(names, files, strict=True)}
        return cls(dict(zip(ids, names, strict=False)) if len(ids) == len(names) else {}, pages)

    def name_of(self, source: Path) -> str | None:
        """Find out which of the files *source* is: the only one, or the one of its name."""
        if len(self.pages) < 2:
            return next(iter(self.pages), None)
        if source.name not in self.pages:
            raise InputError(f"source_csv {source.name} is none of the import's files: {', '.join(self.pages)}")
        return source.name

    def has_header(self, name: str | None) -> bool:
        """Whether its first row is none of the data."""
        return self.pages.get(name or "", {}).get("hasHeader", True) is not False

    def explain(self, error: models.ImportRowError) -> RowError:
        """Put names in the places of HubSpot's numbers."""
        source = error.source_data
        only = next(iter(self.pages)) if len(self.pages) == 1 else None
        name = self.names.get(source.file_id, only) if source and source.file_id is not None else only
        row = tuple(cell or "" for cell in (*source.row_data, *source.additional_row_data)) if source else ()
        number = -1 if error.known_column_number is None else error.known_column_number
        columns = [each.get("columnName") for each in _list(self.pages.get(name or "", {}), "columnMappings")]
        value = error.invalid_value_to_display or error.invalid_value
        if value is None and 0 <= number < len(row):
            value = row[number]
        return RowError(
            file_name=name,
            line=source.line_number if source else None,
            column=columns[number] if 0 <= number < len(columns) else None,
            value=value,
            message=error.error_message or (error.error_type or "unknown error").replace("_", " ").lower(),
            row=() if source is None or source.contains_encrypted_properties else row,
            error=error,
        )


def _list(where: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = where.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []
