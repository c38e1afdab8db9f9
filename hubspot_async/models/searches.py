"""Which files, and which folders: every filter that HubSpot's searches take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen
from attrs.converters import optional

from hubspot_async.models import checks
from hubspot_async.models.files import secret
from hubspot_async.models.values import SecretUrl


def _number() -> Any:
    return field(default=None, validator=checks.whole)


def _moment() -> Any:
    return field(default=None, validator=checks.moment)


def _flag() -> Any:
    return field(default=None, validator=checks.flag)


def _text() -> Any:
    return field(default=None, validator=checks.optionally_filled)


@frozen(kw_only=True)
class FolderSearch:
    """Which folders to find; all of them where nothing is said.

    *sort* names fields, the first one counting most; a ``-`` before a name turns its order round. *properties* are the
    fields to be told of, HubSpot's names for them; ``id`` always comes. ``…_gte`` and ``…_lte`` are the ends of a range.
    """

    ids: tuple[int, ...] = field(default=(), converter=checks.numbers, validator=checks.whole)
    id_gte: int | None = field(default=None, converter=checks.number, validator=checks.whole)
    id_lte: int | None = field(default=None, converter=checks.number, validator=checks.whole)
    name: str | None = _text()
    path: str | None = _text()
    parent_folder_ids: tuple[int, ...] = field(default=(), converter=checks.numbers, validator=checks.whole)
    created_at: datetime | None = _moment()
    created_at_gte: datetime | None = _moment()
    created_at_lte: datetime | None = _moment()
    updated_at: datetime | None = _moment()
    updated_at_gte: datetime | None = _moment()
    updated_at_lte: datetime | None = _moment()
    sort: tuple[str, ...] = field(default=(), converter=checks.words, validator=checks.all_words)
    properties: tuple[str, ...] = field(default=(), converter=checks.words, validator=checks.all_words)


@frozen(kw_only=True)
class FileSearch(FolderSearch):
    """Which files to find; all of them where nothing is said. Hidden and archived ones are never found.

    *type* is HubSpot's: IMG, DOCUMENT, AUDIO, MOVIE or OTHER. What folders have too is as in `FolderSearch`.
    """

    extension: str | None = _text()
    type: str | None = _text()
    encoding: str | None = _text()
    file_md5: str | None = _text()
    url: SecretUrl | None = field(default=None, converter=optional(secret), validator=checks.optionally_filled)
    allows_anonymous_access: bool | None = _flag()
    is_usable_in_content: bool | None = _flag()
    size: int | None = _number()
    size_gte: int | None = _number()
    size_lte: int | None = _number()
    height: int | None = _number()
    height_gte: int | None = _number()
    height_lte: int | None = _number()
    width: int | None = _number()
    width_gte: int | None = _number()
    width_lte: int | None = _number()
    expires_at: datetime | None = _moment()
    expires_at_gte: datetime | None = _moment()
    expires_at_lte: datetime | None = _moment()
