"""What a session says in the log, and with which fields."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from hubspot_async import facts
from hubspot_async.errors import DailyLimitError, HubSpotError, RateLimitError
from hubspot_async.session.starts import UnansweredStart
from hubspot_async.wire.headers import CORRELATION_ID
from hubspot_async.wire.request import Request

log = logging.getLogger("hubspot_async.session")


def exchanged(account: str | None, request: Request[Any], outcome: object, headers: Mapping[str, str]) -> None:
    """Tell of one exchange."""
    if log.isEnabledFor(logging.DEBUG):
        error = outcome if isinstance(outcome, HubSpotError) else None
        told = facts.of_error(error) if error else {"correlation_id": headers.get(CORRELATION_ID)}
        fields = {"account": account, "request": str(request), **told}
        log.debug("%s%s: %s", _whose(account), request, error or "answered", extra=facts.known(fields))


def repeated(account: str | None, request: Request[Any], error: HubSpotError, pause: float) -> None:
    """Tell that a request is sent once more."""
    fields = {"account": account, "request": str(request), "pause": round(pause, 1), **facts.of_error(error)}
    when = f"in {pause:.1f} s" if pause else "when it has a place again"
    log.info("%s%s is sent again %s: %s", _whose(account), request, when, error, extra=facts.known(fields))


def begun(start: UnansweredStart, answer: object, headers: Mapping[str, str]) -> None:
    """Tell that HubSpot has accepted a start, by what name it was asked for and by what id it goes on."""
    id, correlation_id = getattr(answer, "id", None), headers.get(CORRELATION_ID)
    fields = {"account": start.account, "request": start.request, "task_id": id, "correlation_id": correlation_id}
    what = f"{start.request} has begun {_named(start.asked)} as {id}"
    told = f" (correlation id {correlation_id})" if correlation_id else ""
    log.info("%s%s%s", _whose(start.account), what, told, extra=facts.known(fields))


def lost(start: UnansweredStart, error: HubSpotError) -> None:
    """Tell that nobody knows whether HubSpot has accepted a start."""
    fields = {"account": start.account, "request": start.request, **facts.of_error(error)}
    again = f"{_named(start.asked)} is not started again ({start.how_to_check})"
    what = f"the answer to {start.request} at {start.at:%H:%M:%S} UTC was lost; {again}"
    log.warning("%s%s: %s", _whose(start.account), what, error, extra=facts.known(fields))


def paused(account: str | None, error: RateLimitError, pause: float | None) -> None:
    """Tell that everyone waits after a 429, for as long as HubSpot asks or for one interval."""
    fields = {"account": account, "pause": pause, **facts.of_error(error)}
    policy = error.policy_name or "no policy named"
    log.warning("%stoo many requests (%s), everyone pauses", _whose(account), policy, extra=facts.known(fields))


def used_up(account: str | None, error: DailyLimitError) -> None:
    """Tell that there are no requests left today."""
    fields = {"account": account, **facts.of_error(error)}
    log.warning("%sthe day's requests are used up: %s", _whose(account), error, extra=facts.known(fields))


def _whose(account: str | None) -> str:
    return f"{account}: " if account else ""


def _named(asked: object) -> str:
    """Name what was asked for: an export, an import or a file by its name, a file to fetch by its URL."""
    for attribute in ("export_name", "file_name", "name", "url", "id"):
        value = getattr(asked, attribute, None)
        if isinstance(value, str) and value:
            return repr(value)
    return "it"
