"""Which records an export takes, and in what order: HubSpot's filters, query and sorts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hubspot_async.sandbox.answers import invalid
from hubspot_async.sandbox.crm import ObjectType, Record
from hubspot_async.sandbox.fields import Fields
from hubspot_async.sandbox.words import words

OPERATORS = words(
    "EQ NEQ LT LTE GT GTE BETWEEN IN NOT_IN HAS_PROPERTY NOT_HAS_PROPERTY CONTAINS_TOKEN NOT_CONTAINS_TOKEN"
)
_BREAKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one property."""

    property_name: str
    operator: str
    value: str = ""
    high_value: str = ""
    values: tuple[str, ...] = ()

    def accepts(self, record: Record) -> bool:
        """Whether *record* meets the condition."""
        cell = record.get(self.property_name, "")
        if self.operator.startswith("NOT_") or self.operator == "NEQ":
            positive = "EQ" if self.operator == "NEQ" else self.operator.removeprefix("NOT_")
            return not self._holds(positive, cell)
        return self._holds(self.operator, cell)

    def _holds(self, operator: str, cell: str) -> bool:
        if not cell:
            return False
        match operator:
            case "HAS_PROPERTY":
                return True
            case "EQ":
                return _order(cell) == _order(self.value)
            case "IN":
                return any(_order(cell) == _order(value) for value in self.values)
            case "CONTAINS_TOKEN":
                return contains_token(cell, self.value)
            case "BETWEEN":
                return _comparable(cell, self.value) >= 0 >= _comparable(cell, self.high_value)
            case "LT":
                return _comparable(cell, self.value) < 0
            case "LTE":
                return _comparable(cell, self.value) <= 0
            case "GT":
                return _comparable(cell, self.value) > 0
            case "GTE":
                return _comparable(cell, self.value) >= 0
            case _:
                raise AssertionError(operator)


@dataclass(frozen=True, slots=True)
class Search:
    """A whole search: groups are alternatives, the filters of one group hold together."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sorts: tuple[tuple[str, bool], ...] = ()
    query: str = ""

    def accepts(self, record: Record) -> bool:
        """Whether *record* is among those searched for."""
        if self.query and not _mentions(record, self.query):
            return False
        return not self.groups or any(all(f.accepts(record) for f in group) for group in self.groups)

    def order(self, records: Iterable[Record]) -> list[Record]:
        """Sort records, the first sort being the strongest; records without a value come last."""
        ordered = list(records)
        for name, descending in reversed(self.sorts):
            valued = [record for record in ordered if record.get(name)]
            blank = [record for record in ordered if not record.get(name)]
            valued.sort(key=lambda record: _order(record[name]), reverse=descending)
            ordered = valued + blank
        return ordered


def read_search(body: Fields, kind: ObjectType) -> Search:
    """Read a `publicCrmSearchRequest`; `filters` hold in addition to every group."""
    common = tuple(_read_filter(item, kind) for item in body.objects("filters"))
    groups = tuple(
        tuple(_read_filter(item, kind) for item in group.objects("filters")) + common
        for group in body.objects("filterGroups")
    )
    if not groups and common:
        groups = (common,)
    sorts = tuple(_read_sort(item, kind) for item in body.items("sorts"))
    return Search(groups, sorts, body.text("query").casefold())


def _read_filter(body: Fields, kind: ObjectType) -> Filter:
    name = body.text("propertyName") or body.text("property")
    body.demand("operator")
    operator = body.word("operator", OPERATORS)
    _check_property(name, kind)
    if operator in {"IN", "NOT_IN"}:
        body.demand("values")
    elif operator == "BETWEEN":
        body.demand("value", "highValue")
    elif not operator.endswith("HAS_PROPERTY"):
        body.demand("value")
    return Filter(name, operator, body.text("value"), body.text("highValue"), tuple(body.texts("values")))


def _read_sort(item: object, kind: ObjectType) -> tuple[str, bool]:
    if isinstance(item, str):
        name, descending = item.removeprefix("-"), item.startswith("-")
    else:
        body = Fields(item, "sorts")
        body.demand("propertyName")
        name = body.text("propertyName")
        descending = body.word("order", {"ASC", "DESC", "DES"}, "ASC").startswith("DES")
    _check_property(name, kind)
    return name, descending


def _check_property(name: str, kind: ObjectType) -> None:
    if name not in kind.labels:
        raise invalid(
            f"Property {name!r} does not exist on {kind.name}",
            code="PROPERTY_DOESNT_EXIST",
            context={"propertyName": [name]},
        )


def contains_token(cell: str, wanted: str) -> bool:
    """Whether the words of *wanted* stand in *cell* side by side; `*` stands for anything."""
    if "*" in wanted:
        return fnmatchcase(cell.casefold(), wanted.casefold())
    words, sought = _words(cell), _words(wanted)
    return bool(sought) and any(words[i : i + len(sought)] == sought for i in range(len(words)))


def _mentions(record: Record, query: str) -> bool:
    return any(query in value.casefold() for value in record.values())


def _words(text: str) -> list[str]:
    return [word for word in _BREAKS.split(text.casefold()) if word]


def _order(cell: str) -> tuple[int, float, str]:
    try:
        return (0, float(cell), "")
    except ValueError:
        return (1, 0.0, cell.casefold())


def _comparable(cell: str, value: str) -> int:
    one, other = _order(cell), _order(value)
    if one[0] != other[0]:
        one, other = (1, 0.0, cell.casefold()), (1, 0.0, value.casefold())
    return (one > other) - (one < other)
