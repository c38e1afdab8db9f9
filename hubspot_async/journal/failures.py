"""Errors as JSON, to be raised again by another process. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubspot_async import errors
from hubspot_async.errors import HubSpotError

_LONGEST = 1000
"""Letters of what is kept of one text."""

_PLAIN = ("status", "request", "category", "sub_category", "correlation_id", "policy_name", "retry_after", "sent")
"""What errors carry that is a word or a number."""

_EMPTY: Mapping[str, Any] = {"errors": (), "context": None, "links": {}, "task": None, "start": None}
"""What they carry besides, and what is left of it."""


def written(error: HubSpotError) -> dict[str, Any]:
    """Write what an error says; it shows no secret."""
    plain = {name: _short(value) for name in _PLAIN if (value := vars(error).get(name)) is not None}
    return {"error": type(error).__name__, "message": _short(error.message), **plain}


def read(document: Mapping[str, Any], **carried: Any) -> HubSpotError:
    """Make the error anew that was written, or the nearest one to what stands there; it has *carried* besides."""
    cls = getattr(errors, str(document.get("error")), None)
    if not (isinstance(cls, type) and issubclass(cls, HubSpotError)):
        cls = HubSpotError
    message = str(document.get("message"))
    error: HubSpotError = cls.__new__(cls, message)
    error.args = (message,)
    plain = {name: value for name in _PLAIN if _is_plain(value := document.get(name))}
    error.__dict__.update({**_EMPTY, **dict.fromkeys(_PLAIN), **plain, "message": message, **carried})
    return error


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)
