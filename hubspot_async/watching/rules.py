"""What an answer means for a watch: go on, tell, or give up. Pure, so that each rule can be tested as a sentence."""

from __future__ import annotations

from typing import Any

from hubspot_async.errors import (
    ConnectionFailedError,
    ForbiddenError,
    HubSpotError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    RateLimitError,
    ResultMissingError,
    ServerError,
    VanishedError,
)
from hubspot_async.tasks import HubSpotTask, Snapshot

GRACE = 15.0
"""Seconds after a start during which HubSpot may not know its own task yet."""

FEW = 3
"""Looks in a row at an answer that makes no sense, before it is believed."""


def given_up(task: HubSpotTask[Any], error: HubSpotError, *, age: float, failures: int) -> HubSpotError | None:
    """Decide whether a failed look ends the watch; *failures* in a row, this one included.

    Gives the error to end with, or None to look again.
    """
    match error:
        case ConnectionFailedError() | ServerError() | RateLimitError() | LockedError():
            return None
        case InvalidResponseError():
            return error if failures >= FEW else None
        case NotFoundError():
            gone = age > GRACE and failures > 1
            return VanishedError(f"HubSpot does not know it ({error})", task) if gone else None
        case ForbiddenError(category=category) if category != "MISSING_SCOPES" and age <= GRACE:
            return None
        case _:
            return error


def lacks_result(task: HubSpotTask[Any], snapshot: Snapshot) -> bool:
    """Whether a finished task has yet to show its result."""
    return task.kind.has_result and snapshot.succeeded and getattr(snapshot, "result", None) is None


def result_missing(task: HubSpotTask[Any]) -> ResultMissingError:
    """Make the error for a result that never came."""
    return ResultMissingError(f"complete for {FEW} looks, and still without its result", task)
