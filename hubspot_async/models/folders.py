"""Folders: an update that moves or renames a whole tree, and HubSpot's record of a folder."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import Attribute, field, frozen

from hubspot_async.errors import InputError
from hubspot_async.models import checks
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.models.values import Time


def _folder_number(value: str | int | None) -> int | None:
    """HubSpot gives a parent's id as text and takes it as a number."""
    if value is None:
        return None
    digits = str(value)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        raise InputError(f"FolderUpdate.parent_folder_id must be a folder's number, not {digits[:50]!r}")
    return int(digits)


def _something_to_do(instance: FolderUpdate, attribute: Attribute[Any], value: object) -> None:
    if value is None and instance.name is None:
        raise checks.fail(instance, attribute, "or name must be given, or there is nothing to update")


@frozen
class FolderUpdate:
    """A new name or a new parent for the folder *id*; everything below it moves along."""

    id: str = field(converter=checks.text, validator=checks.filled)
    name: str | None = field(default=None, kw_only=True, validator=checks.optionally_filled)
    parent_folder_id: int | None = field(
        default=None, kw_only=True, converter=_folder_number, validator=_something_to_do
    )


@frozen(kw_only=True)
class Folder:
    """HubSpot's record of a folder."""

    id: str
    name: str | None = None
    path: str | None = None
    parent_folder_id: str | None = None
    archived: bool | None = None
    archived_at: Time | None = None
    created_at: Time | None = None
    updated_at: Time | None = None


FolderUpdateStatus: TypeAlias = ActionResponse[Folder]
"""One look at a folder update; its ``result`` is the folder as it now is."""
