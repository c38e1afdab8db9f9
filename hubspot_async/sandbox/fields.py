"""Strict reading of JSON that a client sent: each field by its type, or HubSpot's 400."""

import json
from collections.abc import Collection
from typing import cast

from hubspot_async.sandbox.answers import Json, Refused, invalid


def parse_json(content: bytes | str) -> object:
    """Read a JSON body, or refuse it in the words that clients of HubSpot know."""
    try:
        return cast("object", json.loads(content))
    except (ValueError, RecursionError):
        raise unreadable() from None


def unreadable() -> Refused:
    """400: a body that is no JSON."""
    return invalid("Unable to process JSON")


class Fields:
    """One JSON object of a request, its fields taken out one by one."""

    def __init__(self, value: object, name: str = "body") -> None:
        if not isinstance(value, dict):
            raise invalid(f"Invalid input JSON: {name} is not an object", context={"field": [name]})
        self.raw = cast("Json", value)

    def __contains__(self, name: str) -> bool:
        return self.raw.get(name) is not None

    def demand(self, *names: str) -> None:
        """Refuse the request if one of these fields is missing."""
        missing = [name for name in names if name not in self]
        if missing:
            raise invalid(
                f"Invalid input JSON: required fields were not set: [{', '.join(missing)}]",
                code="MISSING_REQUIRED_FIELD",
                context={"missingFields": missing},
            )

    def text(self, name: str, default: str = "") -> str:
        """Take a string; a number passes for one, as ids are often sent so."""
        value = self.raw.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise self._wrong(name, "a string")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Take a boolean."""
        value = self.raw.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        raise self._wrong(name, "a boolean")

    def word(self, name: str, words: Collection[str], default: str = "") -> str:
        """Take one of *words*, in any case of its letters."""
        value = self.text(name, default)
        if value.upper() in words:
            return value.upper()
        if value == default:
            return value
        raise invalid(
            f"Invalid input JSON: {value!r} is not a valid {name}", context={"field": [name], "value": [value]}
        )

    def texts(self, name: str) -> list[str]:
        """Take a list of strings; a bare string counts as a list of one."""
        value = self.raw.get(name)
        if value is None:
            return []
        if isinstance(value, str):
            return [value]
        items = self._items(name)
        if not all(isinstance(item, str) for item in items):
            raise self._wrong(name, "a list of strings")
        return cast("list[str]", items)

    def objects(self, name: str) -> list["Fields"]:
        """Take a list of objects."""
        return [Fields(item, name) for item in self._items(name)]

    def items(self, name: str) -> list[object]:
        """Take a list of anything."""
        return self._items(name)

    def inner(self, name: str) -> "Fields":
        """Take an object; a missing one is empty."""
        return Fields(self.raw.get(name) or {}, name)

    def _items(self, name: str) -> list[object]:
        value = self.raw.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return cast("list[object]", value)
        raise self._wrong(name, "a list")

    @staticmethod
    def _wrong(name: str, kind: str) -> Refused:
        return invalid(f"Invalid input JSON: {name} must be {kind}", context={"field": [name]})
