"""The token endpoint of OAuth."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import count
from typing import Any

import anyio
from attrs import evolve
from yarl import URL

from hubspot_async.errors import HubSpotError, InvalidResponseError, ResponseError, TokenRefreshError
from hubspot_async.session.auth import RefreshedTokens, check_token
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.session.transport import Answer, Transport
from hubspot_async.wire import codec
from hubspot_async.wire.request import USER, Request
from hubspot_async.wire.response import read_error


async def refresh_tokens(
    transport: Transport,
    url: URL,
    request: Request[Any],
    form: Mapping[str, str],
    timeouts: Timeouts,
    retry: RetryPolicy,
) -> RefreshedTokens:
    """Trade a refresh token for a new pair, repeating it as a read would be: to ask twice does no harm.

    Raises TokenRefreshError where HubSpot refuses for good, and otherwise what a read raises.
    """
    began = time.monotonic()
    for attempt in count(1):
        answer = await transport.exchange(
            "POST", url, headers={"Accept": "application/json"}, body=dict(form), timeout=timeouts.for_call()
        )
        outcome = _read(request, answer) if isinstance(answer, Answer) else answer
        if isinstance(outcome, RefreshedTokens):
            return outcome
        elapsed = time.monotonic() - began
        pause = retry.pause_after(attempt, evolve(request, method="GET"), outcome, lane=USER, elapsed=elapsed)
        if pause is None:
            raise outcome
        await anyio.sleep(max(pause, getattr(outcome, "retry_after", None) or 0.0))
    raise AssertionError("unreachable")


def _read(request: Request[Any], answer: Answer) -> RefreshedTokens | HubSpotError:
    if 400 <= answer.status < 500 and answer.status not in (423, 429):
        return _refusal(request, answer)
    if answer.status != 200:
        return read_error(request, answer.status, answer.headers, answer.content)
    try:
        return _read_tokens(codec.parse(answer.content))
    except HubSpotError as error:
        return InvalidResponseError(f"{request}: {error}", status=answer.status)


def _read_tokens(document: Any) -> RefreshedTokens:
    tokens = document if isinstance(document, dict) else {}
    expires_in = tokens.get("expires_in")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not 0 < expires_in < 1e9:
        raise InvalidResponseError("the answer does not say how long the token lives")
    return RefreshedTokens(
        check_token(tokens.get("access_token"), "access_token"),
        check_token(tokens.get("refresh_token"), "refresh_token"),
        float(expires_in),
    )


def _refusal(request: Request[Any], answer: Answer) -> ResponseError:
    """HubSpot words this error as OAuth does; its ``status`` is the word that tells why."""
    error = read_error(request, answer.status, answer.headers, b"")
    try:
        document = codec.parse(answer.content)
    except InvalidResponseError:
        document = None
    words = document if isinstance(document, dict) else {}
    reason = str(words.get("status") or words.get("error") or "no reason given")[:100]
    return TokenRefreshError(
        f"HubSpot gives no new token: {reason}. The app may have to be installed again",
        status=answer.status,
        request=str(request),
        category=reason,
        correlation_id=error.correlation_id,
    )
