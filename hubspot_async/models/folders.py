"""Folders: an update that moves or renames a whole tree, and HubSpot's record of a folder."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import Attribute, field

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.models.values import Time


def _number(instance: object, attribute: Attribute[Any], value: object) -> None:
    """HubSpot gives a parent's id as text and takes it as a number."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63):
        raise checks.fail(instance, attribute, f"must be a folder's number, not {str(value)[:50]!r}")


def _something_to_do(instance: _Place, attribute: Attribute[Any], value: object) -> None:
    if value is None and instance.name is None:
        raise checks.fail(instance, attribute, "or name must be given, or there is nothing to update")


@frozen(kw_only=True)
class _Place:
    """A name, a parent, or both."""

    name: str | None = field(default=None, validator=checks.optionally_filled)
    parent_folder_id: int | None = field(default=None, converter=checks.number, validator=[_number, _something_to_do])


@frozen
class FolderUpdate(_Place):
    """A new name or a new parent for the folder *id*; everything below it moves along.

    Raises InputError where neither is given, or an id is no number.
    """

    id: str = field(converter=checks.text, validator=checks.filled)


@frozen(kw_only=True)
class FolderChange(_Place):
    """A new name or a new parent, for a folder that the path of the call names."""


def _one_parent(instance: FolderInput, attribute: Attribute[Any], value: object) -> None:
    if value is not None and instance.parent_folder_id is not None:
        raise checks.fail(instance, attribute, "or parent_folder_id may be given, not both")


@frozen
class FolderInput:
    """A new folder: below another, given by path or by id, or at the top where none is named.

    Raises InputError where both are given, or the name is empty.
    """

    name: str = field(validator=checks.filled)
    parent_folder_id: str | None = field(
        default=None, kw_only=True, converter=checks.optional_text, validator=checks.optionally_filled
    )
    parent_path: str | None = field(default=None, kw_only=True, validator=[checks.optionally_filled, _one_parent])


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
