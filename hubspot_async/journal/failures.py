"""Errors as JSON, to be raised again by another process. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from hubspot_async import errors
from hubspot_async.errors import HubSpotError

_LONGEST = 1000
"""Letters of what is kept of one text."""

_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "status": int,
    "request": str,
    "category": str,
    "sub_category": str,
    "correlation_id": str,
    "policy_name": str,
    "retry_after": (int, float),
    "sent": bool,
}
"""What errors carry that is a word or a number."""

_UNKNOWN: Mapping[str, Any] = {"status": 0, "task": None, "start": None, "path": None}
"""What they cannot do without, where nobody knows it any more."""


def written(error: HubSpotError) -> dict[str, Any]:
    """Write what an error says; it shows no secret."""
    plain = {name: _short(value) for name in _PLAIN if (value := vars(error).get(name)) is not None}
    return {"error": type(error).__name__, "message": _short(error.message), **plain}


def read(document: Mapping[str, Any], **carried: Any) -> HubSpotError:
    """Make the error anew that was written, or the nearest one to what stands there; it has *carried* besides."""
    make = _class(document.get("error"))
    wanted = signature(make).parameters
    plain = {name: value for name, kind in _PLAIN.items() if isinstance(value := document.get(name), kind)}
    unknown = {name: _UNKNOWN.get(name) for name, each in wanted.items() if each.default is Parameter.empty}
    known = {name: value for name, value in {**plain, **carried}.items() if name in wanted}
    return make(**{**unknown, **known, "message": str(document.get("message"))})


def _class(name: object) -> Callable[..., HubSpotError]:
    found = getattr(errors, str(name), None)
    return found if isinstance(found, type) and issubclass(found, HubSpotError) else HubSpotError


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
