"""CRM imports: the request that says what each column means, and HubSpot's record of the import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.errors import InputError
from hubspot_async.models import checks
from hubspot_async.models.columns import ColumnMapping
from hubspot_async.models.problems import StandardError
from hubspot_async.models.values import OpenEnum, Time

OPERATIONS = ("CREATE", "UPDATE", "UPSERT")
DATE_FORMATS = ("MONTH_DAY_YEAR", "DAY_MONTH_YEAR", "YEAR_MONTH_DAY")
FILE_FORMATS = ("CSV", "SPREADSHEET")


def _some_columns(instance: object, attribute: Attribute[Any], value: tuple[ColumnMapping, ...]) -> None:
    if not value:
        raise checks.fail(instance, attribute, "must map at least one column")
    if all(mapping.ignored for mapping in value):
        raise checks.fail(instance, attribute, "ignores every column, so there is nothing to import")


def _columns(value: Iterable[ColumnMapping]) -> tuple[ColumnMapping, ...]:
    return tuple(value)


@frozen
class FileImportPage:
    """The columns of one file: a mapping for each, in the file's order.

    Raises InputError where there is none, or none that is not ignored.
    """

    column_mappings: tuple[ColumnMapping, ...] = field(converter=_columns, validator=_some_columns)
    has_header: bool = True


def _page(value: FileImportPage | Iterable[ColumnMapping]) -> FileImportPage:
    return value if isinstance(value, FileImportPage) else FileImportPage(value)


@frozen
class ImportFile:
    """One file of an import; *file_name* is the name it is uploaded under, ending included.

    Raises InputError for a name that is empty or a format that HubSpot does not read.
    """

    file_name: str = field(validator=checks.filled)
    file_import_page: FileImportPage = field(converter=_page)
    file_format: str = field(
        default="CSV", kw_only=True, converter=checks.upper, validator=checks.one_of(*FILE_FORMATS)
    )


def _files(value: Iterable[ImportFile]) -> tuple[ImportFile, ...]:
    return tuple(value)


def _some_files(instance: object, attribute: Attribute[Any], value: tuple[ImportFile, ...]) -> None:
    if not value:
        raise checks.fail(instance, attribute, "must describe at least one file")
    names = [file.file_name for file in value]
    if len(set(names)) < len(names):
        raise checks.fail(instance, attribute, "names one file twice")
    mappings = [mapping for file in value for mapping in file.file_import_page.column_mappings]
    if any(mapping.foreign_key_type for mapping in mappings) and not any(
        mapping.association_identifier_column for mapping in mappings
    ):
        reason = "refers to records of another file, of which no column has association_identifier_column"
        raise checks.fail(instance, attribute, reason)


def _known_operations(instance: object, attribute: Attribute[Any], value: Mapping[str, str] | None) -> None:
    for object_type_id, operation in (value or {}).items():
        if operation not in OPERATIONS:
            reason = f"must be one of {', '.join(OPERATIONS)} for {object_type_id}, not {operation!r}"
            raise checks.fail(instance, attribute, reason)


@frozen
class ImportRequest:
    """What an import does with its files.

    *import_operations* says per object type id whether rows CREATE, UPDATE or UPSERT records; HubSpot takes UPSERT
    for a type left out (HubSpot's guide to imports).

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    name: str = field(validator=checks.filled)
    files: tuple[ImportFile, ...] = field(converter=_files, validator=_some_files)
    import_operations: Mapping[str, str] | None = field(default=None, kw_only=True, validator=_known_operations)
    date_format: str | None = field(default=None, kw_only=True, validator=checks.one_of(*DATE_FORMATS))
    marketable_contact_import: bool | None = field(default=None, kw_only=True)
    create_contact_list_from_import: bool | None = field(default=None, kw_only=True)
    time_zone: str | None = field(default=None, kw_only=True)
    marketing_event_object_id: str | None = field(default=None, kw_only=True, converter=checks.optional_text)

    @classmethod
    def for_csv(
        cls,
        path: str | Path,
        object_type_id: str,
        columns: Mapping[str, str],
        *,
        name: str | None = None,
        key: str | None = None,
        operation: str = "UPSERT",
        **options: Any,
    ) -> ImportRequest:
        """Describe the import of one CSV file, whose header is read here.

        *columns* maps column names to property names; columns it leaves out are ignored. *key* is the column that
        tells which record a row is; UPDATE and UPSERT need one. *name* is the file's stem if not given, and further
        *options* are those of the class.

        Raises InputError for a column the file lacks or an operation without its key, and OSError where the file
        cannot be read.
        """
        path = Path(path)
        header = _read_header(path)
        _check_columns(path, header, columns, key, operation)
        mappings = [
            ColumnMapping(
                column,
                columns[column],
                column_object_type_id=object_type_id,
                column_type=_key_type(columns[column]) if column == key else None,
            )
            if column in columns
            else ColumnMapping.ignore(column)
            for column in header
        ]
        files = [ImportFile(path.name, FileImportPage(mappings))]
        return cls(name or path.stem, files, import_operations={object_type_id: operation}, **options)


def _read_header(path: Path) -> list[str]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = next(csv.reader(file), [])
        except UnicodeDecodeError:
            raise InputError(f"{path.name} is not UTF-8, the encoding HubSpot expects of a CSV file") from None
        except csv.Error as error:
            raise InputError(f"{path.name} does not begin as a CSV file does: {error}") from None
    if not any(header):
        raise InputError(f"{path.name} has no header row")
    return header


def _check_columns(path: Path, header: list[str], columns: Mapping[str, str], key: str | None, operation: str) -> None:
    if not columns:
        raise InputError("columns must map at least one column to a property")
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"{path.name} lacks {', '.join(map(repr, missing))}; its columns are {', '.join(header)}")
    twice = sorted({column for column in columns if header.count(column) > 1})
    if twice:
        raise InputError(f"{path.name} has more than one column named {', '.join(map(repr, twice))}")
    if key is None and operation != "CREATE":
        raise InputError(f"{operation} needs key=, the column that tells which record a row is")
    if key is not None and key not in columns:
        raise InputError(f"key={key!r} is not among the mapped columns")


def _key_type(property_name: str) -> str:
    return "HUBSPOT_OBJECT_ID" if property_name == "hs_object_id" else "HUBSPOT_ALTERNATE_ID"


class ImportState(OpenEnum):
    """How far an import has come. DEFERRED waits for one of three running imports to end."""

    STARTED = "STARTED"
    PROCESSING = "PROCESSING"
    DEFERRED = "DEFERRED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    REVERTED = "REVERTED"

    @property
    def is_terminal(self) -> bool:
        """Whether HubSpot will not move on from here by itself."""
        return self in _ENDS


_ENDS = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELED, ImportState.REVERTED)


@frozen(kw_only=True)
class ObjectListRecord:
    """A list that an import filled."""

    list_id: str | None = None
    object_type: str | None = None


@frozen(kw_only=True)
class ImportMetadata:
    """What an import has done so far."""

    counters: Mapping[str, int] = field(factory=dict)
    """Rows and records by HubSpot's own names: ``TOTAL_ROWS``, ``CREATED_OBJECTS``, ``ERRORS`` …"""
    file_ids: tuple[str, ...] = ()
    object_lists: tuple[ObjectListRecord, ...] = ()


@frozen(kw_only=True)
class ImportTemplate:
    """The template an import was made from."""

    template_id: int | None = None
    template_type: str | None = None


@frozen(kw_only=True)
class Import:
    """HubSpot's record of an import, which is also one look at how far it has come.

    DONE does not mean that every row went in: see `num_errors` and the import's row errors.
    """

    id: str
    state: ImportState
    created_at: Time | None = None
    updated_at: Time | None = None
    opt_out_import: bool | None = None
    mapped_object_type_ids: tuple[str, ...] = ()
    metadata: ImportMetadata = field(factory=ImportMetadata)
    import_name: str | None = None
    import_request_json: Mapping[str, object] | None = None
    import_source: str | None = None
    import_template: ImportTemplate | None = None

    @property
    def status(self) -> ImportState:
        """The state, under the name all tasks share."""
        return self.state

    @property
    def is_terminal(self) -> bool:
        """Whether HubSpot will not move on from here by itself."""
        return self.state.is_terminal

    @property
    def succeeded(self) -> bool:
        """Whether the import ran to its end; single rows may still have failed."""
        return self.state == ImportState.DONE

    @property
    def completed_at(self) -> Time | None:
        """When it ended: the record's last change, once it is terminal."""
        return self.updated_at if self.is_terminal else None

    @property
    def errors(self) -> tuple[StandardError, ...]:
        """None: an import's errors are rows, paged by an endpoint of their own."""
        return ()

    @property
    def num_errors(self) -> int:
        """How many row errors HubSpot counted."""
        return self.metadata.counters.get("ERRORS", 0)
