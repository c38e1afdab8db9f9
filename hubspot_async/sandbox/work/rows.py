"""An import's column mappings, and one row of its file seen through them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_async.sandbox.answers import invalid
from hubspot_async.sandbox.crm import OBJECT_ID, Crm, ObjectType
from hubspot_async.sandbox.fields import Fields
from hubspot_async.sandbox.words import words

COLUMN_TYPES = words(
    "HUBSPOT_OBJECT_ID HUBSPOT_ALTERNATE_ID FLEXIBLE_ASSOCIATION_LABEL ASSOCIATION_KEYS STANDARD EVENT_TIMESTAMP"
)


@dataclass(frozen=True, slots=True)
class Column:
    """What is to become of one column of the file."""

    name: str
    kind: ObjectType | None
    property_name: str
    column_type: str
    ignored: bool
    identifies: bool
    points_to: ObjectType | None

    @property
    def is_key(self) -> bool:
        """Whether the column says which record a row is about."""
        return self.column_type in {"HUBSPOT_OBJECT_ID", "HUBSPOT_ALTERNATE_ID"} and self.points_to is None

    @property
    def carries_value(self) -> bool:
        """Whether the column's cells become values of records."""
        return not self.ignored and self.points_to is None and bool(self.property_name) and self.kind is not None


@dataclass(frozen=True, slots=True)
class Page:
    """One file of an import and the way to read it."""

    file_name: str
    has_header: bool
    columns: tuple[Column, ...]

    @property
    def kinds(self) -> list[ObjectType]:
        """The types of record that a row of this file is about, in the order of its columns."""
        return list({column.kind.type_id: column.kind for column in self.columns if column.kind is not None}.values())

    def key_of(self, kind: ObjectType) -> int | None:
        """The number of the column that identifies records of *kind*; contacts are known by their e-mail anyway."""
        for number, column in enumerate(self.columns):
            if column.kind is kind and column.is_key:
                return number
        if kind.name == "CONTACT":
            for number, column in enumerate(self.columns):
                if column.kind is kind and column.property_name == "email" and column.carries_value:
                    return number
        return None


def read_page(body: Fields, crm: Crm) -> Page:
    """Read one entry of `files`."""
    body.demand("fileName", "fileImportPage")
    if body.word("fileFormat", {"CSV", "SPREADSHEET"}, "CSV") == "SPREADSHEET":
        raise invalid("The sandbox reads files of format CSV only, not SPREADSHEET", code="INVALID_FILE_TYPE")
    page = body.inner("fileImportPage")
    mappings = page.objects("columnMappings")
    if not mappings:
        raise invalid("Import file page must have at least one column mapping", code="MISSING_COLUMN_MAPPINGS")
    columns = tuple(_read_column(mapping, crm) for mapping in mappings)
    return Page(body.text("fileName"), page.flag("hasHeader"), columns)


def _read_column(body: Fields, crm: Crm) -> Column:
    ignored = body.flag("ignored")
    kind = _read_kind(body, crm, "columnObjectTypeId", "columnObjectType")
    points_to = _read_kind(body, crm, "toColumnObjectTypeId", "toColumnObjectType")
    column_type = (
        body.word("columnType", COLUMN_TYPES)
        or body.word("idColumnType", COLUMN_TYPES)
        or ("HUBSPOT_OBJECT_ID" if body.text("propertyName") == OBJECT_ID else "")
    )
    if column_type == "FLEXIBLE_ASSOCIATION_LABEL":
        points_to = None  # it labels the association of a row's own records
    elif column_type == "ASSOCIATION_KEYS":
        points_to = kind
    property_name = body.text("propertyName")
    if column_type == "HUBSPOT_OBJECT_ID":
        property_name = OBJECT_ID
    if not ignored and kind is None:
        raise invalid("Column mapping needs a columnObjectTypeId", context={"columnName": [body.text("columnName")]})
    if not ignored and not property_name and points_to is None and column_type in {"", "STANDARD"}:
        raise invalid("Column mapping needs a propertyName", context={"columnName": [body.text("columnName")]})
    return Column(
        body.text("columnName"),
        kind,
        property_name,
        column_type,
        ignored,
        body.flag("associationIdentifierColumn"),
        points_to,
    )


def _read_kind(body: Fields, crm: Crm, *names: str) -> ObjectType | None:
    name = next((body.text(name) for name in names if name in body), "")
    if not name:
        return None
    kind = crm.object_type(name)
    if kind is None:
        raise invalid(f"Unknown object type {name!r}", code="INVALID_OBJECT_TYPE", context={"objectType": [name]})
    return kind


def header_matches(header: Sequence[str], columns: Sequence[Column]) -> bool:
    """Whether the file's first row bears the mapped names, each in its place."""
    return all(column.name in {"", label} for label, column in zip(header, columns, strict=False))
