"""One reader for every answer: bytes to the promised model, or an error that says what came instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, cast

from hubspot_async.errors import (
    AccountMigratingError,
    BadRequestError,
    DailyLimitError,
    ForbiddenError,
    ImportLimitError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    ServerError,
    UnauthorizedError,
)
from hubspot_async.models.problems import ErrorDetail
from hubspot_async.wire import codec, lenient
from hubspot_async.wire.headers import CORRELATION_ID, DATE, RETRY_AFTER
from hubspot_async.wire.request import Request
from hubspot_async.wire.versions import Family

T = TypeVar("T")

_ERRORS: Mapping[int, type[ResponseError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    423: LockedError,
    429: RateLimitError,
    477: AccountMigratingError,
}
_LONGEST_MESSAGE = 500
_LONGEST_RETRY_AFTER = 86_400.0
"""Seconds. HubSpot asks for up to a day while an account moves to another region (477)."""


def read_response(request: Request[T], status: int, headers: Mapping[str, str], content: bytes) -> T:
    """Read an answer as the model the request promises.

    Raises ResponseError where HubSpot refused, and InvalidResponseError for any other answer than the promised one.
    """
    if 300 <= status < 400:
        raise InvalidResponseError(
            f"{request} was answered with a redirect ({status}), which is not followed", status=status
        )
    if not 200 <= status < 300:
        raise read_error(request, status, headers, content)
    if request.promise is None:
        return cast("T", None)
    if not content.strip() or status in (204, 205, 206):
        came = "with a part of a body" if content.strip() else "without a body"
        due = getattr(request.promise, "__name__", str(request.promise))
        raise InvalidResponseError(f"{request} was answered {status} {came}, and {due} was due", status=status)
    try:
        document = codec.parse(content)
        if isinstance(document, dict) and document.get("status") == "error":
            # An error may come dressed as a success, and its ``status`` must not pass for a task's.
            raise InvalidResponseError(f"an error came as a success: {_line(document.get('message'))}")
        return codec.structure(document, request.promise)
    except InvalidResponseError as error:
        raise InvalidResponseError(f"{request}, status {status}: {error}", status=status) from None


def read_error(request: Request[Any], status: int, headers: Mapping[str, str], content: bytes) -> ResponseError:
    """Read what HubSpot says went wrong, of which every field may be missing."""
    try:
        document = codec.parse(content)
    except InvalidResponseError:
        document = None
    body: dict[str, Any] = document if isinstance(document, dict) else {}
    message = _line(body.get("message")) or f"HubSpot answered {status} without saying why"
    return _error_class(request, status, body)(
        message,
        status=status,
        request=str(request),
        category=_word(body.get("category")) or _word(body.get("errorType")),
        sub_category=_word(body.get("subCategory")),
        correlation_id=_word(body.get("correlationId")) or _word(headers.get(CORRELATION_ID)),
        errors=[codec.structure(each, ErrorDetail) for each in _list(body.get("errors"))[:100] if each is not None],
        context=lenient.context(body.get("context")),
        links=lenient.links(body.get("links")),
        policy_name=_word(body.get("policyName")),
        retry_after=retry_after(headers),
    )


def _error_class(request: Request[Any], status: int, body: Mapping[str, Any]) -> type[ResponseError]:
    if status == 429 and body.get("policyName") == "DAILY":
        return DailyLimitError
    if status == 429 and _is_about_rows(request, body):
        return ImportLimitError
    return _ERRORS.get(status) or (ServerError if 500 <= status < 600 else ResponseError)


def _is_about_rows(request: Request[Any], body: Mapping[str, Any]) -> bool:
    """An import that is too large is refused with 429 too, naming a limit of rows instead of one of requests."""
    kind = _word(body.get("errorType")) or _word(body.get("category")) or ""
    is_about_requests = body.get("policyName") is not None or "RATE_LIMIT" in kind
    is_upload = request.family is Family.IMPORTS and request.is_start
    return not is_about_requests and ("ROWS" in kind or is_upload)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds HubSpot asks to wait, where it asks and the number is sane."""
    text = headers.get(RETRY_AFTER, "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        seconds = float(text)
    else:
        seconds = _seconds_between(headers.get(DATE, ""), text)
    return seconds if 0 <= seconds <= _LONGEST_RETRY_AFTER else None


def _seconds_between(earlier: str, later: str) -> float:
    """Compare two HTTP dates, both by the server's clock; -1 where either is none."""
    if len(earlier) > 64 or len(later) > 64:
        return -1
    try:
        return (parsedate_to_datetime(later) - parsedate_to_datetime(earlier)).total_seconds()
    except (TypeError, ValueError, OverflowError, IndexError):
        return -1


_SIGNED = r"(?i)(https?://[^\s?#]{0,300})[?#]\S*"


def _line(value: object) -> str:
    """Make one short line of text that somebody else wrote, without the queries of URLs, which may be signatures."""
    text = " ".join(value[: 4 * _LONGEST_MESSAGE].split()) if isinstance(value, str) else ""
    text = re.sub(_SIGNED, r"\1?…", text)
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"


def _word(value: object) -> str | None:
    return (_line(value[:200]) or None) if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
