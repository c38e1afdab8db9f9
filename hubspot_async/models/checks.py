"""What an argument must be, said in one place: converters and validators that name the field and the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from attrs import Attribute

from hubspot_async.errors import InputError

_DIGITS = 19
"""Of the largest number that one of HubSpot's ids can be, 2⁶³ - 1."""


def words(value: str | Iterable[str]) -> tuple[str, ...]:
    """Read one word or several as a tuple of words."""
    return (value,) if isinstance(value, str) else tuple(value)


def upper(value: str) -> str:
    """Read a word of HubSpot's however it is written."""
    return value.strip().upper() if isinstance(value, str) else value


def text(value: str | float) -> str:
    """Read what HubSpot takes as text and may be given as a number, or as true or false."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def optional_text(value: str | float | None) -> str | None:
    """Read as `text` does what may be missing."""
    return None if value is None else text(value)


def number(value: str | int | None) -> int | None:
    """Read an id, which HubSpot gives as text and here takes as a number; what is none is left for `whole`."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    return cast("int | None", value)


def numbers(value: str | int | Iterable[str | int]) -> tuple[int, ...]:
    """Read one id or several."""
    values = (value,) if isinstance(value, str | int) else value
    return cast("tuple[int, ...]", tuple(map(number, values)))


def fail(instance: object, attribute: Attribute[Any], reason: str) -> InputError:
    """Make the error that names class, field and reason."""
    return InputError(f"{type(instance).__name__}.{attribute.name} {reason}")


def filled(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Require a string with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise fail(instance, attribute, f"must be a non-empty string, not {value!r}")


def optionally_filled(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Require a string with something in it, or None."""
    if value is not None:
        filled(instance, attribute, value)


def some_words(instance: object, attribute: Attribute[Any], value: tuple[object, ...]) -> None:
    """Require at least one word, and none that is empty."""
    if not value:
        raise fail(instance, attribute, "must name at least one")
    all_words(instance, attribute, value)


def all_words(instance: object, attribute: Attribute[Any], value: tuple[object, ...]) -> None:
    """Require that no word is empty."""
    for word in value:
        if not isinstance(word, str) or not word.strip():
            raise fail(instance, attribute, f"must hold non-empty strings, not {word!r}")


def at_most(count: int) -> Callable[[object, Attribute[Any], tuple[object, ...]], None]:
    """Make the check that no more than *count* are named."""

    def check(instance: object, attribute: Attribute[Any], value: tuple[object, ...]) -> None:
        if len(value) > count:
            raise fail(instance, attribute, f"may name at most {count}, not {len(value)}")

    return check


def one_of(*known: str) -> Callable[[object, Attribute[Any], str | None], None]:
    """Make the check for one of HubSpot's words, or None."""

    def check(instance: object, attribute: Attribute[Any], value: str | None) -> None:
        if value is not None and value not in known:
            raise fail(instance, attribute, f"must be one of {', '.join(known)}, not {value!r}")

    return check


def each_one_of(*known: str) -> Callable[[object, Attribute[Any], tuple[str, ...]], None]:
    """Make the check that every word is one of HubSpot's."""
    check = one_of(*known)

    def check_all(instance: object, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
        for word in value:
            check(instance, attribute, word)

    return check_all


def whole(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Require a whole number from zero on, or None; of many, each."""
    for each in value if isinstance(value, tuple) else (value,):
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or not 0 <= each < 2**63):
            raise fail(instance, attribute, f"must be a whole number, not {str(each)[:50]!r}")


def moment(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Require a datetime, or None; one without a zone is taken to be in UTC."""
    if value is not None and not isinstance(value, datetime):
        raise fail(instance, attribute, f"must be a datetime, not {value!r}")


def flag(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Require true or false, or None."""
    if value is not None and not isinstance(value, bool):
        raise fail(instance, attribute, f"must be true or false, not {value!r}")


def positive(instance: object, attribute: Attribute[Any], value: float | None) -> None:
    """Require a number above zero, or None."""
    if value is not None and not value > 0:
        raise fail(instance, attribute, f"must be a positive number, not {value!r}")
