"""Single values, however HubSpot sends them: what can be read is, what cannot is dropped or kept as it came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from hubspot_async.models import problems, values

E = TypeVar("E", bound=values.OpenEnum)


def text(value: Any, _type: Any = None) -> str | None:
    """Read text, a number or a flag as text; nothing else is."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else None


def identifier(value: Any, _type: Any = None) -> str:
    """Read an id, which may come as a number; without one an answer cannot be read."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a {type(value).__name__} stands where text is due")
    return value if isinstance(value, str) else str(value)


def number(value: Any, _type: Any = None) -> int | None:
    """Read a whole number, however written."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def flag(value: Any, _type: Any = None) -> bool | None:
    """Read true or false, however written."""
    return (
        {"true": True, "false": False}.get(value.lower())
        if isinstance(value, str)
        else bool(value)
        if value in (0, 1)
        else None
    )


_EPOCH_LIMIT = 1e11
"""Above this a number is milliseconds since 1970, not seconds."""


def time(value: Any, _type: Any = None) -> values.Time | None:
    """Read a moment as an aware datetime in UTC; what is no time is given back as text."""
    try:
        moment = datetime.fromisoformat(value)
    except TypeError:
        return _moment(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except ValueError:
        return value[:100] or None
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return str(value)[:100]


def _moment(number: float) -> values.Time:
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) > _EPOCH_LIMIT else number, UTC)
    except (ValueError, OverflowError, OSError):
        return str(number)[:100]


def links(value: Any, _type: Any = None) -> dict[str, str]:
    """Read links, which HubSpot promises as a map and also sends as a list of maps."""
    if not value:
        return {}
    maps = value if isinstance(value, list) else [value]
    pairs = (pair for each in maps if isinstance(each, dict) for pair in each.items())
    return {key: link for key, link in pairs if isinstance(link, str)}


def counters(value: Any, _type: Any = None) -> dict[str, int]:
    """Read counts by name, without those that are none."""
    pairs = ((key, number(count)) for key, count in value.items()) if isinstance(value, dict) else ()
    return {key: count for key, count in pairs if count is not None}


def context(value: Any, _type: Any = None) -> problems.Context | None:
    """Read what an error refers to: lists by name, or text that was once such lists."""
    if isinstance(value, dict):
        return {
            key: tuple(map(shown, words)) if isinstance(words, list) else (shown(words),)
            for key, words in value.items()
        }
    return None if value is None else shown(value)


def shown(value: Any) -> str:
    """Keep as text what nobody promised, if it can be shown at all."""
    try:
        return str(value)
    except RecursionError:
        return "…"


def word_or_object(value: Any, _type: Any = None) -> str | dict[str, object] | None:
    """Read what comes as a word here and as an object there."""
    return value if value is None or isinstance(value, str | dict) else shown(value)


def document(value: Any, _type: Any = None) -> dict[str, object] | None:
    """Read an object as it is."""
    return value if isinstance(value, dict) else None


def word(value: Any, cls: type[E]) -> E:
    """Read a word of an open enum; case and blanks around a known word do not matter."""
    words: Mapping[str, E] = _words(cls)
    if isinstance(value, str) and value in words:
        return words[value]
    spelled = identifier(value).strip().upper()
    if not spelled:
        raise ValueError("it is empty")
    return words.get(spelled) or cls(value)


@lru_cache
def _words(cls: type[E]) -> dict[str, E]:
    return {member.value: member for member in cls}


def secret(value: Any, _type: Any = None) -> values.SecretUrl | None:
    """Read a URL that may be signed."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} stands where a URL is due")
    return values.SecretUrl(value)


def required_secret(value: Any, _type: Any = None) -> values.SecretUrl:
    """Read such a URL where there has to be one."""
    url = secret(value)
    if url is None:
        raise ValueError("it is empty")
    return url
