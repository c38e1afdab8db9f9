"""Small values that several models share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Generic, Self, TypeAlias, TypeVar

from hubspot_async.classes import frozen

Time: TypeAlias = datetime | str
"""A moment in UTC; HubSpot's raw text where that is no time Python knows."""

Source: TypeAlias = Path | bytes | IO[bytes] | AsyncIterator[bytes]
"""Where the bytes of an uploaded file come from."""

T = TypeVar("T")


class OpenEnum(StrEnum):
    """An enum HubSpot may extend: a word it adds later is kept as it came."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member


class SecretUrl(str):
    """A URL that opens a file for whoever holds it; ``repr`` leaves out its query."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.redacted)

    @property
    def redacted(self) -> str:
        """The URL as it may be shown."""
        where, mark, _ = self.partition("?")
        return where + ("?…" if mark else "")


@frozen(kw_only=True)
class NextPage:
    """Where the next page begins."""

    after: str | None = None
    link: str | None = None


@frozen(kw_only=True)
class PreviousPage:
    """Where the page before ends."""

    before: str | None = None
    link: str | None = None


@frozen(kw_only=True)
class Paging:
    """Whether there is more."""

    next: NextPage | None = None
    prev: PreviousPage | None = None


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list."""

    results: tuple[T, ...]
    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        """The mark to ask the next page with, or None after the last."""
        return self.paging.next.after if self.paging and self.paging.next else None
