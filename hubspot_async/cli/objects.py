"""What HubSpot's objects are called: a name for exports, a type id for imports."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hubspot_async.errors import InputError

TYPE_IDS: Mapping[str, str] = {
    "CONTACT": "0-1",
    "COMPANY": "0-2",
    "DEAL": "0-3",
    "TICKET": "0-5",
    "PRODUCT": "0-7",
    "LINE_ITEM": "0-8",
    "QUOTE": "0-14",
    "COMMUNICATION": "0-18",
    "TASK": "0-27",
    "NOTE": "0-46",
    "MEETING_EVENT": "0-47",
    "CALL": "0-48",
    "EMAIL": "0-49",
    "INVOICE": "0-53",
    "MARKETING_EVENT": "0-54",
    "ORDER": "0-123",
    "LEAD": "0-136",
    "CART": "0-142",
}
"""Names of standard objects, and HubSpot's type id of each; a custom object has only an id, as ``2-123``."""

KEYS: Mapping[str, str] = {"0-1": "email", "0-2": "domain"}
"""The property that tells the records of a type apart, besides their ids."""

_TYPE_ID = re.compile(r"\d+-\d+")


def name_of(word: str) -> str:
    """Give the name of an object that may be written in any way: ``contacts``, ``Contact``, ``0-1``; else *word*."""
    names = {type_id: name for name, type_id in TYPE_IDS.items()}
    return names.get(word) or _known(word) or word


def type_id_of(word: str) -> str:
    """Give the type id of an object. Raises InputError where it is neither a standard object nor an id."""
    name = _known(word)
    if name is not None:
        return TYPE_IDS[name]
    if _TYPE_ID.fullmatch(word):
        return word
    raise InputError(f"{word!r} is none of {', '.join(TYPE_IDS).lower()}, nor the id of a custom object, as 2-123")


def _known(word: str) -> str | None:
    upper = re.sub(r"[\s-]+", "_", word.strip().upper())
    singular = f"{upper[:-3]}Y" if upper.endswith("IES") else upper.removesuffix("S")
    return next((each for each in (upper, singular) if each in TYPE_IDS), None)
