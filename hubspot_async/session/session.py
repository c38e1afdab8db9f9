"""The session: takes requests to HubSpot and brings models back."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import anyio
from multidict import CIMultiDict
from yarl import URL

from hubspot_async.errors import (
    ConnectionFailedError,
    DailyLimitError,
    HubSpotError,
    InputError,
    InvalidResponseError,
    RateLimitError,
    ResponseError,
    ServerError,
    SessionClosedError,
    StartOutcomeUnknownError,
    UnauthorizedError,
)
from hubspot_async.session import auth, reporting
from hubspot_async.session.addresses import HUBSPOT, is_loopback, read_base_url
from hubspot_async.session.budget import Budget, RequestBudget
from hubspot_async.session.clock import ServerClock
from hubspot_async.session.forms import Json, Upload, body_of
from hubspot_async.session.oauth import refresh_tokens
from hubspot_async.session.renewal import OAuthRefresh, RenewedToken, fetch_from
from hubspot_async.session.retry import RetryPolicy, RetryQuota, pause_asked
from hubspot_async.session.starts import UnansweredStart
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.session.transport import Answer, Download, Transport
from hubspot_async.tasks import check_account
from hubspot_async.wire.headers import DATE
from hubspot_async.wire.request import POLL, USER, Lane, Request
from hubspot_async.wire.response import read_error, read_response
from hubspot_async.wire.versions import Family, Versions

T = TypeVar("T")


class HubSpotSession:
    """One account at HubSpot, as the coroutines of this package see it.

    *token* is a private app's, a static one or a service key; an `OAuthToken`; or an async callable that gives one,
    called at first use and again when HubSpot rejects what it gave. *account* is a name of your own for the account;
    events, logs and folders carry it. *versions* pins the API version for all families (``"2026-09"``) or for some
    (``{"exports": "v3"}``). *budget* paces the requests, and may be shared. *client* is your own
    ``aiohttp.ClientSession``, which is neither changed nor closed. *timeouts* bounds each request, *retry* says how
    patiently it is repeated.

    Enter it with ``async with`` before use. Raises InputError for a token, a name or an address that cannot be right.
    """

    def __init__(
        self,
        token: str | auth.OAuthToken | Callable[[], Awaitable[str]],
        *,
        account: str | None = None,
        base_url: str = HUBSPOT,
        versions: str | Mapping[str, str] | None = None,
        budget: Budget | None = None,
        client: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        token = auth.Secret(token) if isinstance(token, str) else token  # a traceback may show the variables of a frame
        check_account(account)
        self.account = account
        self.base_url = read_base_url(base_url)
        self.timeouts = timeouts or Timeouts()
        self.budget: Budget = budget or RequestBudget()
        self._auth = self._token_source(token)
        self._versions = Versions.read(versions)
        self.retry = retry or RetryPolicy()
        self._quota = RetryQuota()
        self._next_warning = 0.0
        self._clock = ServerClock()
        self._transport = Transport(self.timeouts, client)
        self._transfers = Transport(self.timeouts)
        self._token: auth.Secret | None = None
        self._signed: CIMultiDict[str] = CIMultiDict()
        self._unanswered: dict[int, UnansweredStart] = {}

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Make a session from ``HUBSPOT_ACCESS_TOKEN`` and, where it is set, ``HUBSPOT_BASE_URL``.

        *options* are those of the class. Raises InputError where there is no token.
        """
        token = auth.Secret(os.environ.get("HUBSPOT_ACCESS_TOKEN", ""))
        if not token.strip():
            raise InputError("the environment variable HUBSPOT_ACCESS_TOKEN is not set")
        if "base_url" not in options and os.environ.get("HUBSPOT_BASE_URL"):
            options["base_url"] = os.environ["HUBSPOT_BASE_URL"]
        return cls(token, **options)

    def __repr__(self) -> str:
        account = f"account={self.account!r}, " if self.account else ""
        return f"HubSpotSession({account}base_url={getattr(self, 'base_url', None)!r})"

    @property
    def unanswered_starts(self) -> tuple[UnansweredStart, ...]:
        """Starts that were sent and whose answer was never read: lost, unreadable, or cancelled on the way."""
        return tuple(self._unanswered.values())

    @property
    def is_local(self) -> bool:
        """Whether it talks to a server on this machine, such as the sandbox."""
        return is_loopback(URL(self.base_url).host or "")

    async def __aenter__(self) -> Self:
        if self._transport.is_open:
            raise SessionClosedError("this session is open already")
        self._transport.open()
        self._transfers.open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._auth.close()
        finally:
            try:
                await self._transport.close()
            finally:
                await self._transfers.close()

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        transport = getattr(self, "_transport", None)
        if transport is not None and transport.is_open:
            warn(f"{self!r} was not closed: use it in `async with`", ResourceWarning, source=self)
            transport.abandon()
            self._transfers.abandon()

    def now(self) -> datetime:
        """Tell the time by HubSpot's clock, as far as its answers have told it."""
        return self._clock.now()

    def version_of(self, family: Family, call: str | None = None) -> str:
        """Choose the version to make *call* of *family* in.

        Raises UnsupportedVersionError where the pinned one lacks it.
        """
        return self._versions.version_of(family, call)

    async def send(self, request: Request[T], *, lane: Lane | None = USER) -> T:
        """Perform *request* and give the model it promises, repeating it where that is safe and may help.

        *lane* is whose place in the budget it takes; None if the place was taken beforehand, by someone with a schedule
        of its own: like a poll, such a request is not repeated.

        Raises ResponseError where HubSpot refuses, ConnectionFailedError where no whole answer comes,
        InvalidResponseError where it is not the promised one, and StartOutcomeUnknownError in place of the last two
        where *request* begins work that HubSpot may now be doing.
        """
        self._transport.check()
        self._quota.earn()
        began = self._transport.time()
        body = body_of(request.body)
        try:
            for attempt in count(1):
                token = self._auth.held or await self._auth.token()
                if lane is not None:
                    await self.budget.acquire(lane)
                outcome = await self._exchange(request, body, token)
                if isinstance(outcome, HubSpotError) and body.is_repeatable and await self._renew(token, outcome):
                    await self.budget.acquire(lane or POLL)
                    outcome = await self._exchange(request, body, await self._auth.token())
                if not isinstance(outcome, HubSpotError):
                    return outcome
                elapsed = self._transport.time() - began
                pause = self.retry.pause_after(attempt, request.method, outcome, lane=lane, elapsed=elapsed)
                if pause is None or not body.is_repeatable or not self._quota.spend(outcome):
                    raise _given_up(outcome, attempt)
                reporting.repeated(self.account, request, outcome, pause)
                await anyio.sleep(pause)
        finally:
            body.close()
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def open(self, request: Request[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Perform *request* and give its body in pieces, decompressed.

        Raises as `send` does, but repeats nothing.
        """
        self._transport.check()
        token = await self._auth.token()
        await self.budget.acquire(USER)
        async with self._transport.stream(self._url(request), headers=self._headers(token), unpack=True) as answer:
            if answer.status != 200:
                content = _without(token, await answer.start(10_000))
                raise _clean(read_error(request, answer.status, answer.headers, content), token)
            yield answer.pieces()

    @asynccontextmanager
    async def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[Download]:
        """Open a file's URL as it is, without the token, on connections that no call to the API waits for."""
        async with self._transfers.stream(URL(url, encoded=True), headers=headers or {}) as answer:
            yield answer

    async def _renew(self, token: auth.Secret, error: HubSpotError) -> bool:
        """Get another token where HubSpot has rejected this one, which may only have grown too old."""
        return isinstance(error, UnauthorizedError) and await self._auth.renew(token, error)

    async def _exchange(self, request: Request[T], body: Json | Upload, token: auth.Secret) -> T | HubSpotError:
        """Put *request* on the wire and read what comes back, errors as values."""
        start = self._note_start(request) if request.is_start else None
        sent = time.time()
        answer = await self._transport.exchange(
            request.method,
            self._url(request),
            headers=self._headers(token),
            body=body.body(),
            is_upload=isinstance(body, Upload),
        )
        if isinstance(answer, Answer):
            outcome, headers = self._receive(request, answer, token, sent), answer.headers
        elif body.failure is not None:
            self._forget(start)
            raise body.failure
        else:
            outcome, headers = answer, {}
        reporting.exchanged(self.account, request, outcome, headers)
        return self._note_answer(start, outcome, headers) if start is not None else outcome

    def _receive(self, request: Request[T], answer: Answer, token: auth.Secret, sent: float) -> T | HubSpotError:
        """Read an answer, and learn from it what it says of the time and the limits.

        A server may not make us repeat the token it got.
        """
        received = time.time()
        self._clock.observe(answer.headers.get(DATE, ""), sent, received)
        try:
            content = answer.content if answer.status < 300 else _without(token, answer.content)
            outcome = read_response(request, answer.status, answer.headers, content)
        except HubSpotError as error:
            failure = _clean(error, token)
            self._heed(failure, answer.headers, received - sent)
            return failure
        self.budget.learn(answer.headers, received - sent)
        return outcome

    def _heed(self, error: HubSpotError, headers: Mapping[str, str], took: float) -> None:
        """Let the budget know what a refusal says of it."""
        match error:
            case DailyLimitError():
                reporting.used_up(self.account, error)
                self.budget.refused_for_today(error)
            case RateLimitError(is_passing=True):
                self._warn_of_pause(error)
                self.budget.refused(pause_asked(error), headers)
            case _:
                self.budget.learn(headers, took)

    def _warn_of_pause(self, error: RateLimitError) -> None:
        """Say once that everyone pauses, however many requests were on their way."""
        if (now := self._transport.time()) >= self._next_warning:
            self._next_warning = now + 10.0
            reporting.paused(self.account, error, pause_asked(error))

    def _note_start(self, request: Request[Any]) -> UnansweredStart:
        self._transport.check()  # what cannot be sent is not unanswered
        start = UnansweredStart.of(request, self.now(), self.account)
        self._unanswered[id(start)] = start
        return start

    def _note_answer(
        self, start: UnansweredStart, outcome: T | HubSpotError, headers: Mapping[str, str]
    ) -> T | HubSpotError:
        """Strike a start off the list, or say that nobody knows whether it was accepted."""
        if isinstance(outcome, HubSpotError) and _may_have_begun(outcome):
            reporting.lost(start, outcome)
            return StartOutcomeUnknownError(f"HubSpot may have accepted it, or not: {start}. {outcome}", start=start)
        self._forget(start)
        if not isinstance(outcome, HubSpotError):
            reporting.begun(start, outcome, headers)
        return outcome

    def _forget(self, start: UnansweredStart | None) -> None:
        self._unanswered.pop(id(start), None)

    def _headers(self, token: auth.Secret) -> CIMultiDict[str]:
        """Give the headers of every request, which are the same for as long as the token is."""
        if token is not self._token:
            authorization = auth.Secret(f"Bearer {token}")
            self._token, self._signed = token, CIMultiDict(Authorization=authorization, Accept="application/json")
        return self._signed

    def _url(self, request: Request[Any]) -> URL:
        url = URL(self.base_url + request.target, encoded=True)
        return url.with_query(_query(request)) if request.query else url

    def _token_source(self, token: str | auth.OAuthToken | Callable[[], Awaitable[str]]) -> auth.TokenSource:
        if isinstance(token, auth.OAuthToken):
            refresh = OAuthRefresh(token, self._refresh)
            return RenewedToken(refresh, is_curable=auth.is_expired, tell=refresh.tell)
        if callable(token):
            return RenewedToken(fetch_from(token), is_curable=lambda _error: True)
        return auth.FixedToken(token)

    async def _refresh(self, form: Mapping[str, str]) -> auth.RefreshedTokens:
        version = self.version_of(Family.OAUTH, "token")
        request: Request[Any] = Request("POST", Family.OAUTH, version, "/token", None)
        return await refresh_tokens(self._transport, self._url(request), request, form, self.retry)


def _query(request: Request[Any]) -> list[tuple[str, str]]:
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, values in request.query.items()
        if values is not None
        for value in (values if isinstance(values, list | tuple) else (values,))
    ]


def _without(token: auth.Secret, content: bytes) -> bytes:
    """Black out the token, as it is or with characters escaped as JSON may have them."""
    if b"\\u" in content or b"\\/" in content:
        letters = (rf"(?:{re.escape(letter)}|\\u{ord(letter):04x}|\\{re.escape(letter)})" for letter in token)
        content = re.sub("".join(letters).encode(), b"[token]", content, flags=re.IGNORECASE)
    return content.replace(token.encode(), b"[token]")


def _clean(error: HubSpotError, token: auth.Secret) -> HubSpotError:
    """Leave in an error neither the token nor a way back to the frames that read the answer."""
    for name, value in vars(error).items():
        if isinstance(value, str):
            setattr(error, name, value.replace(token, "[token]"))
    error.args = (error.message,)
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _given_up(error: HubSpotError, attempts: int) -> HubSpotError:
    """Say of a lost connection how often it was tried."""
    if isinstance(error, ConnectionFailedError) and attempts > 1:
        return type(error)(f"{error.message}, {attempts} times", sent=error.sent)
    return error


def _may_have_begun(error: HubSpotError) -> bool:
    """Whether HubSpot may have accepted a start that failed so."""
    match error:
        case ConnectionFailedError(sent=sent):
            return sent
        case InvalidResponseError(status=status):
            return status is None or 200 <= status < 300
        case ServerError():
            return True
        case ResponseError():
            return False
        case _:
            return True
