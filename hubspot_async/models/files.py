"""Files: an import from a URL, and HubSpot's record of a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.folders import Folder
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.models.values import SecretUrl, Time

ACCESS = (
    "PUBLIC_INDEXABLE",
    "PUBLIC_NOT_INDEXABLE",
    "PRIVATE",
    "SENSITIVE",
    "HIDDEN_INDEXABLE",
    "HIDDEN_NOT_INDEXABLE",
    "HIDDEN_PRIVATE",
    "HIDDEN_SENSITIVE",
)
DUPLICATE_VALIDATION_STRATEGIES = ("NONE", "REJECT", "RETURN_EXISTING")
DUPLICATE_VALIDATION_SCOPES = ("ENTIRE_PORTAL", "EXACT_FOLDER")
SIZES = ("thumb", "icon", "medium", "preview")


def secret(value: str) -> SecretUrl:
    """Keep the query of a URL, which may be a signature, out of sight."""
    return SecretUrl(value) if isinstance(value, str) else value


def _public_url(instance: object, attribute: Attribute[Any], value: object) -> None:
    """HubSpot does the fetching, so only the shape is looked at."""
    checks.filled(instance, attribute, value)
    try:
        url = urlsplit(str(value))
        host, user = url.hostname, url.username
    except ValueError:
        raise checks.fail(instance, attribute, "is not a URL") from None
    if url.scheme not in ("http", "https") or not host:
        raise checks.fail(instance, attribute, "must be an http or https URL with a host")
    if user is not None:
        raise checks.fail(instance, attribute, "must not carry a user name or password")


def _one_folder(instance: NewFile, attribute: Attribute[Any], value: object) -> None:
    if (instance.folder_id is None) == (value is None):
        raise checks.fail(instance, attribute, "or folder_id must be given, one of the two")


@frozen(kw_only=True)
class NewFile:
    """Where a new file goes and how it is kept; what an import from a URL and an upload have in common."""

    folder_id: str | None = field(default=None, converter=checks.optional_text, validator=checks.optionally_filled)
    folder_path: str | None = field(default=None, validator=[checks.optionally_filled, _one_folder])
    access: str = field(default="PRIVATE", validator=[checks.filled, checks.one_of(*ACCESS)])
    name: str | None = field(default=None, validator=checks.optionally_filled)
    overwrite: bool = field(default=False, validator=checks.flag)
    duplicate_validation_strategy: str | None = field(
        default=None, validator=checks.one_of(*DUPLICATE_VALIDATION_STRATEGIES)
    )
    duplicate_validation_scope: str | None = field(default=None, validator=checks.one_of(*DUPLICATE_VALIDATION_SCOPES))
    expires_at: datetime | None = field(default=None, validator=checks.moment)
    ttl: str | None = field(default=None, validator=checks.optionally_filled)


@frozen
class ImportFromUrl(NewFile):
    """A file that HubSpot is to fetch from *url* and keep in one folder, given by path or by id.

    A folder path that does not exist is made. With *overwrite* a file of that name is replaced, and the new one gets
    a new id; without it the new one is renamed. *ttl* is a period such as ``P3M`` after which HubSpot deletes it.

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    url: SecretUrl = field(converter=secret, validator=_public_url)


@frozen(kw_only=True)
class File:
    """HubSpot's record of a file. Its *name* comes without the ending, *size* is in bytes."""

    id: str
    name: str | None = None
    extension: str | None = None
    path: str | None = None
    parent_folder_id: str | None = None
    access: str | None = None
    type: str | None = None
    size: int | None = None
    file_md5: str | None = None
    url: str | None = None
    default_hosting_url: str | None = None
    encoding: str | None = None
    height: int | None = None
    width: int | None = None
    is_usable_in_content: bool | None = None
    source_group: str | None = None
    archived: bool | None = None
    archived_at: Time | None = None
    created_at: Time | None = None
    updated_at: Time | None = None
    expires_at: int | None = None
    """Milliseconds since 1970, unlike the other times."""


FileImportStatus: TypeAlias = ActionResponse[File]
"""One look at a file import; its ``result`` is the file."""


@frozen(kw_only=True)
class FileStat:
    """What there is at a path: a file or a folder."""

    file: File | None = None
    folder: Folder | None = None


@frozen(kw_only=True)
class SignedUrlQuery:
    """How long a signed URL is to be good, and what size of an image it opens."""

    expiration_seconds: int | None = field(default=None, validator=[checks.whole, checks.positive])
    size: str | None = field(default=None, validator=checks.one_of(*SIZES))
    upscale: bool | None = field(default=None, validator=checks.flag)


@frozen(kw_only=True)
class SignedUrl:
    """A URL by which anyone may fetch a file until *expires_at*; ``repr`` leaves out its query."""

    url: SecretUrl
    expires_at: Time | None = None
    name: str | None = None
    extension: str | None = None
    type: str | None = None
    size: int | None = None
    height: int | None = None
    width: int | None = None
