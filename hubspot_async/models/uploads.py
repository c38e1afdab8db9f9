"""Files sent from here: a new one, new content for an old one, and a change to its record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.files import ACCESS, NewFile
from hubspot_async.models.values import Source


def _source(value: str | Source) -> Source:
    return Path(value) if isinstance(value, str) else value


def _file_name(name: str | None, source: Source) -> str | None:
    """Give the name that was asked for, else the one that the file has on the disk."""
    where = source if isinstance(source, PurePath) else getattr(source, "name", None)
    return name or (PurePath(where).name if isinstance(where, str | PurePath) else None)


def _named(instance: FileUpload | FileReplacement, attribute: Attribute[Any], source: Source) -> None:
    if isinstance(source, bytearray | memoryview) or not (
        isinstance(source, Path | bytes) or hasattr(source, "read") or hasattr(source, "__anext__")
    ):
        raise checks.fail(instance, attribute, f"must be a path, bytes, a file or a stream, not {source!r:.50}")
    if not _file_name(instance.name, source):
        raise checks.fail(instance, attribute, "has no name of its own, so name= must be given")


@frozen
class FileUpload(NewFile):
    """A file to be sent from here, and kept in one folder, given by path or by id.

    *source* is a path, bytes, a file opened for reading bytes, or an asynchronous iterator of bytes; all but bytes are
    sent piece by piece. *name* is the whole name, ending included. *charset_hunch* guesses at the encoding of a text.
    The rest is as in `ImportFromUrl`.

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    source: Source = field(converter=_source, validator=_named, repr=False)
    charset_hunch: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)

    @property
    def file_name(self) -> str:
        """The name it is sent under."""
        return _file_name(self.name, self.source) or ""

    @property
    def options(self) -> Mapping[str, object]:
        """What HubSpot wants to be told in a JSON of its own."""
        return {
            "access": self.access,
            "overwrite": self.overwrite,
            "duplicateValidationStrategy": self.duplicate_validation_strategy,
            "duplicateValidationScope": self.duplicate_validation_scope,
            "expiresAt": self.expires_at,
            "ttl": self.ttl,
        }


@frozen
class FileReplacement:
    """New content for a file that stays where it is and keeps its id; *source* and *name* are as in `FileUpload`."""

    source: Source = field(converter=_source, validator=_named, repr=False)
    name: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)
    access: str | None = field(default=None, kw_only=True, validator=checks.one_of(*ACCESS))
    expires_at: datetime | None = field(default=None, kw_only=True, validator=checks.moment)
    charset_hunch: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)

    @property
    def file_name(self) -> str:
        """The name it is sent under."""
        return _file_name(self.name, self.source) or ""

    @property
    def options(self) -> Mapping[str, object]:
        """What HubSpot wants to be told in a JSON of its own."""
        return {"access": self.access, "expiresAt": self.expires_at}


def _one_parent(instance: FileUpdate, attribute: Attribute[Any], value: object) -> None:
    if value is not None and instance.parent_folder_id is not None:
        raise checks.fail(instance, attribute, "or parent_folder_id may be given, not both")


def _some_change(instance: FileUpdate, attribute: Attribute[Any], value: object) -> None:
    checks.flag(instance, attribute, value)
    changes = (instance.name, instance.parent_folder_id, instance.parent_folder_path, instance.access)
    if value and instance.expires_at is not None:
        raise checks.fail(instance, attribute, "or expires_at may be given, not both")
    if not value and all(each is None for each in (*changes, instance.is_usable_in_content, instance.expires_at)):
        raise checks.fail(instance, attribute, "or a field to change must be given, or there is nothing to update")


@frozen(kw_only=True)
class FileUpdate:
    """What is to change about a file: its name (without the ending), its folder, who may see it, when it ends.

    *clear_expires* takes back an end that was set.

    Raises InputError, which names the field, for what HubSpot would not take.
    """

    name: str | None = field(default=None, validator=checks.optionally_filled)
    parent_folder_id: str | None = field(
        default=None, converter=checks.optional_text, validator=checks.optionally_filled
    )
    parent_folder_path: str | None = field(default=None, validator=[checks.optionally_filled, _one_parent])
    access: str | None = field(default=None, validator=checks.one_of(*ACCESS))
    is_usable_in_content: bool | None = field(default=None, validator=checks.flag)
    expires_at: datetime | None = field(default=None, validator=checks.moment)
    clear_expires: bool = field(default=False, validator=_some_change)
