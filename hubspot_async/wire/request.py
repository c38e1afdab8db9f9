"""A request as a value, the form it may carry, and who sends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar
from unicodedata import category
from urllib.parse import quote

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.errors import InputError
from hubspot_async.models.values import Source
from hubspot_async.wire.versions import Family, prefix

T = TypeVar("T")
P = TypeVar("P")


class Lane(StrEnum):
    """Who waits for an answer: a user, or the watcher. When both wait, each gets half of the places."""

    USER = "user"
    POLL = "poll"

    __hash__ = str.__hash__  # Enum's own is slower, and this is asked for with each request


USER = Lane.USER
POLL = Lane.POLL

_UNSENDABLE = {"Cc", "Cs", "Zl", "Zp"}
"""What cannot stand in a header, by Unicode's categories: controls, halves of characters, ends of lines."""


def is_unsendable(letter: str) -> bool:
    """Whether a letter cannot stand in a line of text."""
    return category(letter) in _UNSENDABLE


def _one_line(_part: object, _attribute: object, name: str) -> None:
    if not name.strip() or any(map(is_unsendable, name)):
        raise InputError(f"a file cannot be uploaded under the name {name!r}")


@frozen
class FilePart:
    """One file of a form, under the name it is to have at HubSpot."""

    name: str
    file_name: str = field(validator=_one_line)
    source: Source = field(repr=False)
    content_type: str = "application/octet-stream"


@frozen
class Form:
    """A multipart body: models written as JSON, then files."""

    fields: Mapping[str, object]
    files: tuple[FilePart, ...]
    about: object = field(default=None, repr=False, kw_only=True)
    """The model that it was made of, where no field of it is that."""


def goes_on_the_host(owner: object, attribute: Attribute[str], path: str) -> None:
    """Let no path through that would change the host, to which the token goes, or end the line of the request."""
    if path and (path[0] != "/" or not path.isprintable() or " " in path):
        name = f"{type(owner).__name__}.{attribute.name}"
        raise InputError(f"{name} must begin with a slash and be encoded, unlike {path[:50]!r}")


_NOTHING: Mapping[str, object] = MappingProxyType({})


@frozen
class Request(Generic[T]):
    """What is asked of HubSpot, and which model its answer is to be.

    *path* is the rest of the path, after what family and version say. *promise* is None where the answer has no body.
    A *body* is a model or a `Form`. *query* leaves out what is None; a list repeats its name.
    """

    method: str
    family: Family
    version: str
    path: str = field(validator=goes_on_the_host)
    promise: type[T] | None = field(repr=False)
    body: object = field(default=None, repr=False, kw_only=True)
    query: Mapping[str, object] = field(default=_NOTHING, kw_only=True)
    is_start: bool = field(default=False, kw_only=True)
    """Whether it begins work at HubSpot, so that sending it twice would do the work twice."""

    @classmethod
    def raw(
        cls,
        method: str,
        path: str,
        promise: type[P] | None,
        *,
        body: object = None,
        query: Mapping[str, object] | None = None,
        is_start: bool = False,
    ) -> Request[P]:
        """Ask for a *path* that no coroutine of this package covers, given whole and encoded: ``/crm/v3/owners``.

        Raises InputError for one that does not begin with a slash, or has what cannot stand in a path as it is.
        """
        return Request(method, Family.OTHER, "", path, promise, body=body, query=query or {}, is_start=is_start)

    @property
    def target(self) -> str:
        """The whole path, already encoded."""
        return prefix(self.family, self.version) + self.path

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


_LONGEST_SEGMENT = 1000


def segment(value: str) -> str:
    """Encode *value* as one segment of a path, whatever is in it.

    Raises InputError for what no server would take as a segment.
    """
    if value.isalnum() and value.isascii() and len(value) <= _LONGEST_SEGMENT:
        return value
    if value in ("", ".", "..") or len(value) > _LONGEST_SEGMENT or not value.isprintable():
        shown = value if len(value) <= 50 else value[:50] + "…"
        raise InputError(f"{shown!r} cannot be part of a path")
    return quote(value, safe="")


class Places(Protocol):
    """What paces requests: each takes a place."""

    @property
    def rate(self) -> float:
        """How many places a second there are, as far as is known."""
        ...

    def take(self, lane: Lane) -> bool:
        """Take a place if one is free at once."""
        ...

    async def acquire(self, lane: Lane) -> None:
        """Wait for a place and take it."""
        ...

    def give_back(self, lane: Lane) -> None:
        """Return a place that was just taken, unused."""
        ...


class Sender(Protocol):
    """What performs requests: a session, or a stand-in for it in a test."""

    @property
    def budget(self) -> Places:
        """Where the places for its requests come from."""
        ...

    @property
    def account(self) -> str | None:
        """Whose tasks these are, where the user gave it a name."""
        ...

    def now(self) -> datetime:
        """Tell the time by HubSpot's clock, as well as it is known."""
        ...

    def version_of(self, family: Family, call: str | None = None) -> str:
        """Choose the version to make a call in."""
        ...

    async def send(self, request: Request[T], *, lane: Lane | None = USER) -> T:
        """Perform *request* and give the model it promises; with no lane, its place in the budget is taken already."""
        ...

    def open(self, request: Request[bytes]) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Perform *request* and give its body in pieces."""
        ...
