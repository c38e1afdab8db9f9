"""The token endpoint of OAuth."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from yarl import URL

from hubspot_async.errors import HubSpotError, InvalidResponseError, TokenRefreshError
from hubspot_async.session.auth import RefreshedTokens, check_token
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.session.transport import Answer, Transport
from hubspot_async.wire import codec
from hubspot_async.wire.request import USER, Request
from hubspot_async.wire.response import read_error


async def refresh_tokens(
    transport: Transport,
    url: URL,
    request: Request[Any],
    form: Mapping[str, str],
    retry: RetryPolicy,
) -> RefreshedTokens:
    """Trade a refresh token for a new pair, repeating it as a read would be: to ask twice does no harm.

    Raises TokenRefreshError where HubSpot refuses for good, and otherwise what a read raises.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    for attempt in count(1):
        answer = await transport.exchange("POST", url, headers={"Accept": "application/json"}, body=dict(form))
        outcome = _read(request, answer, form) if isinstance(answer, Answer) else answer
        if isinstance(outcome, RefreshedTokens):
            return outcome
        # No budget holds back after its 429: the requests of an app to the token endpoint are nobody's account's.
        pause = retry.pause_after(attempt, "GET", outcome, lane=USER, elapsed=clock() - began, is_paced=False)
        if pause is None:
            raise outcome
        await asyncio.sleep(pause)
    raise AssertionError("unreachable")


def _read(request: Request[Any], answer: Answer, form: Mapping[str, str]) -> RefreshedTokens | HubSpotError:
    if 400 <= answer.status < 500 and answer.status not in (423, 429, 477):
        return _refusal(request, answer)
    try:
        if answer.status != 200:
            return read_error(request, answer.status, answer.headers, _without_secrets(answer.content, form))
        return _read_tokens(codec.parse(answer.content), form)
    except HubSpotError as error:
        return InvalidResponseError(f"{request}: {error}", status=answer.status)


def _without_secrets(content: bytes, form: Mapping[str, str]) -> bytes:
    """A server may not make us repeat what it was sent."""
    for name in ("client_secret", "refresh_token"):
        content = content.replace(form[name].encode(), b"[secret]")
    return content


def _read_tokens(document: Any, form: Mapping[str, str]) -> RefreshedTokens:
    """Read an answer as OAuth has it; without a new refresh token the old one stays good (RFC 6749, section 6)."""
    tokens = document if isinstance(document, dict) else {}
    expires_in = tokens.get("expires_in")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not 0 < expires_in < 1e9:
        raise InvalidResponseError("the answer does not say how long the token lives")
    return RefreshedTokens(
        check_token(tokens.get("access_token"), "access_token"),
        check_token(tokens.get("refresh_token") or form["refresh_token"], "refresh_token"),
        float(expires_in),
    )


def _refusal(request: Request[Any], answer: Answer) -> TokenRefreshError:
    """HubSpot words this error as OAuth does; its ``status`` is the word that tells why."""
    error = read_error(request, answer.status, answer.headers, b"")
    try:
        document = codec.parse(answer.content)
    except InvalidResponseError:
        document = None
    words = document if isinstance(document, dict) else {}
    reason = _word(words.get("status")) or _word(words.get("error")) or "no reason given"
    return TokenRefreshError(
        f"HubSpot gives no new token: {reason}. The app may have to be installed again",
        status=answer.status,
        request=str(request),
        category=reason,
        correlation_id=error.correlation_id,
    )


def _word(value: object) -> str | None:
    """Take a word such as BAD_REFRESH_TOKEN, and nothing that could be a secret sent back."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]{1,50}", value) else None
