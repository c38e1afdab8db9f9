"""What HubSpot says went wrong, inside a task or instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import field

from hubspot_async.classes import frozen

Context: TypeAlias = Mapping[str, tuple[str, ...]] | str
"""What the words of an error refer to: lists by name, or the raw text where HubSpot rendered it as one."""


@frozen(kw_only=True)
class ErrorDetail:
    """One single fault."""

    message: str = ""
    code: str | None = None
    context: Context | None = None
    in_: str | None = None
    """The field or parameter at fault (HubSpot's ``in``)."""
    sub_category: str | Mapping[str, object] | None = None


@frozen(kw_only=True)
class StandardError:
    """An error listed in the status of a task."""

    message: str = ""
    category: str | None = None
    status: str | None = None
    id: str | None = None
    sub_category: str | Mapping[str, object] | None = None
    """A word or an object: HubSpot sends both."""
    context: Context | None = None
    errors: tuple[ErrorDetail, ...] = ()
    links: Mapping[str, str] = field(factory=dict)
