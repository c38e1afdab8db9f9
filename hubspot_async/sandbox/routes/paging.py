"""Searches over files and folders: filters from the query string, sorting, pages with both neighbours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias, cast

from multidict import MultiMapping

from hubspot_async.sandbox.answers import Json, invalid

MAX_LIMIT = 100
MAX_OFFSET = 10_000
_NUMBERS = frozenset({"id", "parentFolderId", "size", "width", "height"})
_TIMES = frozenset({"createdAt", "updatedAt", "expiresAt"})
_LISTS = {"ids": "id", "parentFolderIds": "parentFolderId"}
_NO_FILTERS = frozenset({"limit", "after", "before", "sort", "properties"})

Query: TypeAlias = MultiMapping[str]
Value: TypeAlias = str | float | bool | None


def page_limit(query: Mapping[str, str], *, default: int) -> int:
    """Read how many results a page is to have."""
    limit = _number(query.get("limit", str(default)), "limit")
    if not 0 < limit <= MAX_LIMIT:
        raise invalid(f"limit must be between 1 and {MAX_LIMIT}", context={"limit": [str(limit)]})
    return limit


def search(query: Query, things: list[Json]) -> Json:
    """Find, sort and page *things*, each as it is shown to clients."""
    found = [thing for thing in things if _accepts(thing, query)]
    for sort in reversed(query.getall("sort", [])):
        found.sort(key=lambda thing: _sort_key(thing, sort), reverse=sort.startswith("-"))
    limit = page_limit(query, default=10)
    offset = _offset(query, limit)
    paging: Json = {}
    if offset + limit < len(found):
        paging["next"] = {"after": str(offset + limit), "link": f"?after={offset + limit}"}
    if offset > 0:
        paging["prev"] = {"before": str(offset), "link": f"?before={offset}"}
    body: Json = {"results": [only(thing, query) for thing in found[offset : offset + limit]]}
    if paging:
        body["paging"] = paging
    return body


def only(thing: Json, query: Query) -> Json:
    """Cut *thing* down to the `properties` that were asked for, and those always shown."""
    wanted = set(_split(query.getall("properties", [])))
    if not wanted:
        return thing
    wanted |= {"id", "createdAt", "updatedAt", "archived", "access"}
    return {name: value for name, value in thing.items() if name in wanted}


def read_time(text: str, name: str) -> float:
    """Read a moment, as ISO 8601 or in milliseconds, to seconds since 1970."""
    if text.isdigit():
        return int(text) / 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is no date", context={name: [text]}) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _offset(query: Query, limit: int) -> int:
    if "before" in query:
        return max(0, _number(query["before"], "before") - limit)
    offset = _number(query.get("after", "0"), "after")
    if not 0 <= offset <= MAX_OFFSET:
        raise invalid(f"after must not be above {MAX_OFFSET}", context={"after": [str(offset)]})
    return offset


def _accepts(thing: Json, query: Query) -> bool:
    return all(_holds(thing, name, query.getall(name)) for name in set(query) - _NO_FILTERS)


def _holds(thing: Json, name: str, wanted: list[str]) -> bool:
    if name in _LISTS:
        return any(_value(thing, _LISTS[name]) == _number(item, name) for item in _split(wanted))
    if name == "allowsAnonymousAccess":
        return str(thing.get("access", "")).startswith("PUBLIC") == (wanted[0].lower() == "true")
    field = name.removesuffix("Gte").removesuffix("Lte")
    value = _value(thing, field)
    if value is None:
        return False
    sought = _read(wanted[0], field)
    if name.endswith("Gte"):
        return cast("float", value) >= cast("float", sought)
    if name.endswith("Lte"):
        return cast("float", value) <= cast("float", sought)
    if field == "name":
        return str(sought).casefold() in str(value).casefold()
    return value == sought


def _value(thing: Json, field: str) -> Value:
    value = thing.get(field)
    return None if value is None else _read(str(value), field)


def _read(text: str, field: str) -> Value:
    if field in _NUMBERS:
        return _number(text, field)
    if field in _TIMES:
        return read_time(text, field)
    return text.casefold() if text.lower() in {"true", "false"} else text


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise invalid(f"{name} is no number", context={name: [text]}) from None


def _split(items: list[str]) -> list[str]:
    return [part for item in items for part in item.split(",") if part]


def _sort_key(thing: Json, sort: str) -> tuple[bool, float, str]:
    value = _value(thing, sort.removeprefix("-"))
    number = value if isinstance(value, int | float) else 0.0
    return (value is None, number, str(value).casefold())
