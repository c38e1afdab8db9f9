"""What an answer means for a watch: go on, tell, or give up. Pure, so that each rule can be tested as a sentence."""

from __future__ import annotations

from typing import Any

from hubspot_async.errors import (
    AccountMigratingError,
    ConnectionFailedError,
    DailyLimitError,
    ForbiddenError,
    HubSpotError,
    ImportLimitError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    RateLimitError,
    ResultMissingError,
    ServerError,
    SessionClosedError,
    TaskNotSucceededError,
    TlsError,
    TokenRefreshError,
    UnauthorizedError,
    VanishedError,
)
from hubspot_async.models.exports import Export, ExportState
from hubspot_async.tasks import HubSpotTask, Snapshot

GRACE = 15.0
"""Seconds after a start during which HubSpot may not know its own task yet."""

FEW = 3
"""Looks at an answer that makes no sense, with no good one between them, before it is believed."""

LONG_PENDING = 600.0
"""Seconds a task may be pending before its fuller record is read, and then as long again before the next time."""


def given_up(task: HubSpotTask[Any], error: HubSpotError, *, age: float, failures: int) -> HubSpotError | None:
    """Decide whether a failed look ends the watch; *failures* since the last good look, this one included.

    Gives the error to end with, or None to look again. What passes by itself never ends a watch and is no failure in
    this count: that is what its timeout is for.
    """
    match error:
        case _ if passes(error):
            return None
        case InvalidResponseError():
            return error if failures >= FEW else None
        case NotFoundError():
            return _vanished(task, error) if age > GRACE and failures > 1 else None
        case ForbiddenError(category=category) if category != "MISSING_SCOPES" and age <= GRACE:
            return None
        case _:
            return error


def _vanished(task: HubSpotTask[Any], error: NotFoundError) -> VanishedError:
    vanished = VanishedError(f"HubSpot does not know it ({error})", task)
    vanished.__cause__ = error
    return vanished


def passes(error: HubSpotError) -> bool:
    """Whether a failure may pass by itself, and says nothing of the task: the network, 5xx, 429, 423, 477."""
    match error:
        case TlsError() | DailyLimitError() | ImportLimitError():
            return False
        case ConnectionFailedError() | ServerError() | RateLimitError() | LockedError() | AccountMigratingError():
            return True
        case _:
            return False


def is_outage(error: HubSpotError) -> bool:
    """Whether a failure says that nobody answers, whatever is asked."""
    return passes(error) and isinstance(error, ConnectionFailedError | ServerError | AccountMigratingError)


def concerns_all(error: HubSpotError) -> bool:
    """Whether an error that ends one watch ends all of its account: the next look would bring the same."""
    return isinstance(error, UnauthorizedError | TokenRefreshError | DailyLimitError | SessionClosedError | TlsError)


def lacks_result(task: HubSpotTask[Any], snapshot: Snapshot) -> bool:
    """Whether a finished task has yet to show its result."""
    return task.kind.has_result and snapshot.succeeded and getattr(snapshot, "result", None) is None


def result_missing(task: HubSpotTask[Any]) -> ResultMissingError:
    """Make the error for a result that never came."""
    return ResultMissingError(f"complete for {FEW} looks, and still without its result", task)


def wants_details(task: HubSpotTask[Any], snapshot: Snapshot, *, age: float, read_at: float | None) -> bool:
    """Whether the fuller record is to be read: of a canceled task, and now and then of one that is pending for long.

    *age* is the task's, *read_at* its age when that was last done.
    """
    if task.kind.details_request is None:
        return False
    if snapshot.is_terminal:
        return not snapshot.succeeded
    return snapshot.status == "PENDING" and age >= LONG_PENDING + (read_at or 0.0)


def ended_by_details(task: HubSpotTask[Any], details: object) -> HubSpotError | None:
    """Give the error for a task whose record says that it failed, while its status goes on saying it is pending."""
    if isinstance(details, Export) and details.export_state in (ExportState.FAILED, ExportState.DELETED):
        return TaskNotSucceededError(f"its state is {details.export_state}", task)
    return None


def is_news(before: object, details: object) -> bool:
    """Whether a record says something of a pending task that is worth an event of its own."""
    states = [each.export_state if isinstance(each, Export) else None for each in (before, details)]
    return states[0] != states[1] and states[1] == ExportState.PENDING_APPROVAL
