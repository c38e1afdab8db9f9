"""Which files, and which folders: every filter that HubSpot's searches take."""

from __future__ import annotations

from datetime import datetime

from attrs import field
from attrs.converters import optional

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.files import secret
from hubspot_async.models.values import SecretUrl


@frozen(kw_only=True)
class FolderSearch:
    """Which folders to find; all of them where nothing is said.

    *sort* names fields, the first one counting most; a ``-`` before a name turns its order round. *properties* are the
    fields to be told of, in HubSpot's names; ``id`` always comes. ``…_gte`` and ``…_lte`` are the ends of a range.
    """

    ids: tuple[int, ...] = field(default=(), converter=checks.numbers, validator=checks.whole)
    id_gte: int | None = field(default=None, converter=checks.number, validator=checks.whole)
    id_lte: int | None = field(default=None, converter=checks.number, validator=checks.whole)
    name: str | None = field(default=None, validator=checks.optionally_filled)
    path: str | None = field(default=None, validator=checks.optionally_filled)
    parent_folder_ids: tuple[int, ...] = field(default=(), converter=checks.numbers, validator=checks.whole)
    created_at: datetime | None = field(default=None, validator=checks.moment)
    created_at_gte: datetime | None = field(default=None, validator=checks.moment)
    created_at_lte: datetime | None = field(default=None, validator=checks.moment)
    updated_at: datetime | None = field(default=None, validator=checks.moment)
    updated_at_gte: datetime | None = field(default=None, validator=checks.moment)
    updated_at_lte: datetime | None = field(default=None, validator=checks.moment)
    sort: tuple[str, ...] = field(default=(), converter=checks.words, validator=checks.all_words)
    properties: tuple[str, ...] = field(default=(), converter=checks.words, validator=checks.all_words)


@frozen(kw_only=True)
class FileSearch(FolderSearch):
    """Which files to find; all of them where nothing is said. Hidden and archived ones are never found.

    *type* is HubSpot's: IMG, DOCUMENT, AUDIO, MOVIE or OTHER. What folders have too is as in `FolderSearch`.
    """

    extension: str | None = field(default=None, validator=checks.optionally_filled)
    type: str | None = field(default=None, validator=checks.optionally_filled)
    encoding: str | None = field(default=None, validator=checks.optionally_filled)
    file_md5: str | None = field(default=None, validator=checks.optionally_filled)
    url: SecretUrl | None = field(default=None, converter=optional(secret), validator=checks.optionally_filled)
    allows_anonymous_access: bool | None = field(default=None, validator=checks.flag)
    is_usable_in_content: bool | None = field(default=None, validator=checks.flag)
    size: int | None = field(default=None, validator=checks.whole)
    size_gte: int | None = field(default=None, validator=checks.whole)
    size_lte: int | None = field(default=None, validator=checks.whole)
    height: int | None = field(default=None, validator=checks.whole)
    height_gte: int | None = field(default=None, validator=checks.whole)
    height_lte: int | None = field(default=None, validator=checks.whole)
    width: int | None = field(default=None, validator=checks.whole)
    width_gte: int | None = field(default=None, validator=checks.whole)
    width_lte: int | None = field(default=None, validator=checks.whole)
    expires_at: datetime | None = field(default=None, validator=checks.moment)
    expires_at_gte: datetime | None = field(default=None, validator=checks.moment)
    expires_at_lte: datetime | None = field(default=None, validator=checks.moment)
