"""What the columns of an import's file mean, one by one; the usual ones have a constructor each."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.models import checks

COLUMN_TYPES = (
    "HUBSPOT_OBJECT_ID",
    "HUBSPOT_ALTERNATE_ID",
    "FLEXIBLE_ASSOCIATION_LABEL",
    "ASSOCIATION_KEYS",
    "STANDARD",
    "EVENT_TIMESTAMP",
)
SUBMISSION_TYPES = ("REGISTERED", "JOINED", "LEFT", "CANCELED", "CANCELLED")


@frozen
class ForeignKeyType:
    """Which association a common column makes."""

    association_type_id: int = field(validator=checks.whole)
    association_category: str = field(default="HUBSPOT_DEFINED", validator=checks.filled)


def _named_unless_ignored(mapping: ColumnMapping, attribute: Attribute[Any], value: str) -> None:
    """The column that a data frame writes for its index has no name."""
    if not mapping.ignored:
        checks.filled(mapping, attribute, value)


def _means_something(mapping: ColumnMapping, attribute: Attribute[Any], ignored: object) -> None:
    checks.flag(mapping, attribute, ignored)
    if ignored:
        return
    other_meanings = (mapping.column_type, mapping.to_column_object_type_id, mapping.marketing_event_submission_type)
    if mapping.property_name is None and not any(other_meanings):
        reason = f"must be set, or property_name given: column {mapping.column_name!r} is mapped to nothing"
        raise checks.fail(mapping, attribute, reason)


def _has_direction(mapping: ColumnMapping, attribute: Attribute[Any], value: ForeignKeyType | None) -> None:
    if value is not None and mapping.to_column_object_type_id is None:
        raise checks.fail(mapping, attribute, "needs to_column_object_type_id, the type of the records it leads to")


def _has_property(mapping: ColumnMapping, attribute: Attribute[Any], value: object) -> None:
    checks.flag(mapping, attribute, value)
    if value and mapping.property_name is None:
        raise checks.fail(mapping, attribute, "needs property_name, by which the other file knows the records")


@frozen
class ColumnMapping:
    """What one column of a file means.

    The owner of a column common to two files sets *association_identifier_column*; the other file's column names no
    property but *to_column_object_type_id* and *foreign_key_type*.

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    column_name: str = field(validator=_named_unless_ignored)
    property_name: str | None = field(default=None, validator=checks.optionally_filled)
    column_object_type_id: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)
    column_type: str | None = field(default=None, kw_only=True, validator=checks.one_of(*COLUMN_TYPES))
    to_column_object_type_id: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)
    foreign_key_type: ForeignKeyType | None = field(default=None, kw_only=True, validator=_has_direction)
    association_identifier_column: bool | None = field(default=None, kw_only=True, validator=_has_property)
    marketing_event_submission_type: str | None = field(
        default=None, kw_only=True, validator=checks.one_of(*SUBMISSION_TYPES)
    )
    ignored: bool | None = field(default=None, kw_only=True, validator=_means_something)

    @classmethod
    def ignore(cls, column_name: str) -> ColumnMapping:
        """Leave a column out; it must be named all the same, or its rows have too many columns."""
        return cls(column_name, ignored=True)

    @classmethod
    def record_id(cls, column_name: str, object_type_id: str) -> ColumnMapping:
        """Find the record of a row by HubSpot's own id for it."""
        return cls(column_name, "hs_object_id", column_object_type_id=object_type_id, column_type="HUBSPOT_OBJECT_ID")

    @classmethod
    def alternate_id(cls, column_name: str, property_name: str, object_type_id: str) -> ColumnMapping:
        """Find the record of a row by a property that no two records share: ``email``, ``domain``, one of your own."""
        return cls(column_name, property_name, column_object_type_id=object_type_id, column_type="HUBSPOT_ALTERNATE_ID")

    @classmethod
    def common(cls, column_name: str, property_name: str, object_type_id: str) -> ColumnMapping:
        """Mark the column of this file by which another file refers to its records."""
        return cls(column_name, property_name, column_object_type_id=object_type_id, association_identifier_column=True)

    @classmethod
    def reference(
        cls,
        column_name: str,
        object_type_id: str,
        to_object_type_id: str,
        association_type_id: int,
        association_category: str = "HUBSPOT_DEFINED",
    ) -> ColumnMapping:
        """Associate the record of a row with one of another file, where that column is `common`."""
        return cls(
            column_name,
            column_object_type_id=object_type_id,
            to_column_object_type_id=to_object_type_id,
            foreign_key_type=ForeignKeyType(association_type_id, association_category),
        )

    @classmethod
    def association_label(cls, column_name: str, object_type_id: str, to_object_type_id: str) -> ColumnMapping:
        """Label the association of the two records that a row is about."""
        return cls(
            column_name,
            column_object_type_id=object_type_id,
            to_column_object_type_id=to_object_type_id,
            column_type="FLEXIBLE_ASSOCIATION_LABEL",
        )

    @classmethod
    def association_key(cls, column_name: str, property_name: str, object_type_id: str) -> ColumnMapping:
        """Associate the record of a row with another of the same type, known by *property_name*."""
        return cls(column_name, property_name, column_object_type_id=object_type_id, column_type="ASSOCIATION_KEYS")
