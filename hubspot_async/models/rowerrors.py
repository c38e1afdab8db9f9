"""What is wrong with the rows of an import."""

from __future__ import annotations

from hubspot_async.classes import frozen
from hubspot_async.models.values import Time


@frozen(kw_only=True)
class ImportRowCore:
    """Which row of which file; *line_number* 0 is about the whole file."""

    file_id: int | None = None
    line_number: int | None = None
    row_data: tuple[str | None, ...] = ()
    """The cells, where they were asked for."""
    additional_row_data: tuple[str | None, ...] = ()
    contains_encrypted_properties: bool | None = None
    page_name: str | None = None


@frozen(kw_only=True)
class MaskedSubstring:
    """A stretch of a value that is not shown."""

    start: int | None = None
    end: int | None = None


@frozen(kw_only=True)
class MaskedSubstrings:
    """All stretches of a value that are not shown."""

    substrings: tuple[MaskedSubstring, ...] = ()


@frozen(kw_only=True)
class PropertyValue:
    """HubSpot's inner record of a value that a property could not take."""

    name: str | None = None
    value: str | None = None
    timestamp: int | None = None
    source: str | None = None
    source_id: str | None = None
    source_label: str | None = None
    source_metadata: str | None = None
    source_upstream_deployable: str | None = None
    source_vid: tuple[int, ...] = ()
    request_id: str | None = None
    updated_by_user_id: int | None = None
    selected_by_user: bool | None = None
    selected_by_user_timestamp: int | None = None
    persistence_timestamp: int | None = None
    use_timestamp_as_persistence_timestamp: bool | None = None
    data_sensitivity: str | None = None
    is_encrypted: bool | None = None
    is_large_value: bool | None = None
    masked_substrings: MaskedSubstrings | None = None
    unit: str | None = None


@frozen(kw_only=True)
class ImportRowError:
    """One thing that is wrong with one row.

    *error_type* is one of HubSpot's many words for it (``INVALID_EMAIL``, ``INCORRECT_NUMBER_OF_COLUMNS`` …), and
    *known_column_number* counts columns from 0.
    """

    id: str
    error_type: str | None = None
    error_message: str | None = None
    """A sentence, where it was asked for."""
    source_data: ImportRowCore | None = None
    known_column_number: int | None = None
    invalid_value: str | None = None
    invalid_value_to_display: str | None = None
    invalid_property_value: PropertyValue | None = None
    object_type: str | None = None
    object_type_id: str | None = None
    extra_context: str | None = None
    created_at: Time | None = None
