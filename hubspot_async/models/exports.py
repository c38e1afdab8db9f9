"""CRM exports: what is asked for, and HubSpot's record of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from attrs import Attribute, Factory, field
from attrs.converters import optional

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.models.values import OpenEnum, SecretUrl, Time

ExportStatus: TypeAlias = ActionResponse[SecretUrl]
"""One look at an export. Its ``result`` opens the file for five minutes after that look, for whoever holds it."""

FORMATS = ("CSV", "XLS", "XLSX")
_LANGUAGES = (
    "AF_ZA AR_EG BG BN CA_ES CS DA_DK DE EL_GR EN EN_GB ES ES_MX ET_EE FI FR FR_CA HE_IL HI_IN HR HU ID IT JA KO_KR "
    "LT_LT MS NL NO PL PT_BR PT_PT RO RU SK_SK SL SV TH TL TR UK VI_VN ZH_CN ZH_HK ZH_TW"
)
LANGUAGES = tuple(_LANGUAGES.split())
_FIRST_LANGUAGES = "EN DE ES FR JA NL PT_BR IT PL SV FI ZH_TW DA_DK NO KO_KR TH ZH_CN"
LANGUAGES_OF_2025_09 = tuple(_FIRST_LANGUAGES.split())
INTERNAL_VALUES = ("NAMES", "VALUES")
OPERATORS = (
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)


def _needs_operands(instance: Filter, attribute: Attribute[Any], operator: str) -> None:
    missing = {
        "BETWEEN": instance.value is None or instance.high_value is None,
        "IN": not instance.values,
        "NOT_IN": not instance.values,
        "HAS_PROPERTY": False,
        "NOT_HAS_PROPERTY": False,
    }.get(operator, instance.value is None)
    if missing:
        wanted = {"BETWEEN": "value and high_value", "IN": "values", "NOT_IN": "values"}.get(operator, "value")
        raise checks.fail(instance, attribute, f"{operator} needs {wanted}")


@frozen
class Filter:
    """One condition on a property.

    *operator* is one of `OPERATORS`. IN and NOT_IN take *values*, BETWEEN takes *value* and *high_value*, both
    included, HAS_PROPERTY and NOT_HAS_PROPERTY take nothing, and the others a *value*. A moment is in milliseconds
    since 1970.

    Raises InputError for an operator that is unknown or lacks what it takes.
    """

    property_name: str = field(validator=checks.filled)
    operator: str = field(converter=checks.upper, validator=[checks.one_of(*OPERATORS), _needs_operands])
    value: str | None = field(default=None, converter=checks.optional_text)
    values: tuple[str, ...] | None = field(default=None, kw_only=True, converter=optional(checks.words))
    high_value: str | None = field(default=None, kw_only=True, converter=checks.optional_text)


def _filters(value: Iterable[Filter]) -> tuple[Filter, ...]:
    return tuple(value)


@frozen
class FilterGroup:
    """Conditions that must all hold; of several groups one is enough."""

    filters: tuple[Filter, ...] = field(converter=_filters)


@frozen
class Sort:
    """An order of rows, ASC or DESC, as HubSpot's guide has it; its specification has a plain property name instead.

    Raises InputError for any other order.
    """

    property_name: str = field(validator=checks.filled)
    order: str = field(default="ASC", converter=checks.upper, validator=checks.one_of("ASC", "DESC"))


def _groups(value: Iterable[FilterGroup]) -> tuple[FilterGroup, ...]:
    return tuple(value)


def _sorts(value: str | Sort | Iterable[str | Sort]) -> tuple[str | Sort, ...]:
    return (value,) if isinstance(value, str | Sort) else tuple(value)


@frozen(kw_only=True)
class PublicCrmSearchRequest:
    """Which records an export takes; all of them where nothing is said.

    *filters* must all hold, and of *filter_groups* one; *sorts* are property names or `Sort`, the first one counting
    most; *query* is text to be found in the records.
    """

    filters: tuple[Filter, ...] = field(default=(), converter=_filters)
    filter_groups: tuple[FilterGroup, ...] = field(default=(), converter=_groups)
    sorts: tuple[str | Sort, ...] = field(default=(), converter=_sorts)
    query: str | None = None


def _display_by_default(export: _ExportOptions) -> bool:
    """HubSpot's default: yes with exactly one associated type."""
    return len(export.associated_object_type) == 1


@frozen(kw_only=True)
class _ExportOptions:
    """What both kinds of export can be told; every field is sent, since the specification asks for each."""

    format: str = field(default="CSV", converter=checks.upper, validator=[checks.filled, checks.one_of(*FORMATS)])
    language: str = field(default="EN", converter=checks.upper, validator=[checks.filled, checks.one_of(*LANGUAGES)])
    associated_object_type: tuple[str, ...] = field(
        default=(), converter=checks.words, validator=[checks.all_words, checks.at_most(4)]
    )
    export_internal_values_options: tuple[str, ...] = field(
        default=(), converter=checks.words, validator=checks.each_one_of(*INTERNAL_VALUES)
    )
    include_labeled_associations: bool = False
    include_primary_display_property_for_associated_objects: bool = Factory(_display_by_default, takes_self=True)
    override_associated_objects_per_definition_per_row_limit: bool = False


def _lower_object_type(export: ViewExport | ListExport) -> str:
    return str(export.object_type).lower()


@frozen
class ViewExport(_ExportOptions):
    """An export of all records of one type, or of those a search finds.

    *object_type* is a name (``CONTACT``) or an object type id (``2-123``), *object_properties* are internal names.
    The file's headers are labels unless *export_internal_values_options* holds ``NAMES``, its cells are labels too
    unless it holds ``VALUES``. HubSpot runs one export at a time for an account, and 30 in 24 hours
    (HubSpot's guide to exports).

    *format* is one of `FORMATS`, *language* one of `LANGUAGES` and that of headers and labels. Up to four
    *associated_object_type* have a column each of the records associated; *include_labeled_associations* adds the
    labels of those associations, *include_primary_display_property_for_associated_objects* their names beside their ids
    (HubSpot does so where one type is named), and *override_associated_objects_per_definition_per_row_limit* lifts the
    limit of a thousand in a row.

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    object_type: str = field(validator=checks.filled)
    object_properties: tuple[str, ...] = field(converter=checks.words, validator=checks.some_words)
    export_name: str = field(
        default=Factory(_lower_object_type, takes_self=True), kw_only=True, validator=checks.filled
    )
    public_crm_search_request: PublicCrmSearchRequest | None = field(default=None, kw_only=True)
    export_type: str = field(default="VIEW", init=False)


@frozen
class ListExport(_ExportOptions):
    """An export of the members of one list; *list_id* is the ILS list id.

    Everything else is as in `ViewExport`.
    """

    list_id: str = field(converter=checks.text, validator=checks.filled)
    object_type: str = field(validator=checks.filled)
    object_properties: tuple[str, ...] = field(converter=checks.words, validator=checks.some_words)
    export_name: str = field(
        default=Factory(_lower_object_type, takes_self=True), kw_only=True, validator=checks.filled
    )
    export_type: str = field(default="LIST", init=False)


class ExportState(OpenEnum):
    """How HubSpot's record of an export words its state; more finely than the status of its task."""

    ENQUEUED = "ENQUEUED"
    PROCESSING = "PROCESSING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    CONFLICT = "CONFLICT"
    DEFERRED = "DEFERRED"
    DELETED = "DELETED"
    PENDING_APPROVAL = "PENDING_APPROVAL"


@frozen(kw_only=True)
class Export:
    """HubSpot's record of an export: what was asked for and how it stands, without the file's URL."""

    id: str
    export_state: ExportState
    export_type: str | None = None
    export_name: str | None = None
    object_type: str | None = None
    object_properties: tuple[str, ...] = ()
    record_count: int | None = None
    created_at: Time | None = None
    updated_at: Time | None = None
