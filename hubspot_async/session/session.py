"""The session: takes requests to HubSpot and brings models back."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import anyio
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
)
from hubspot_async.session import auth
from hubspot_async.session.addresses import HUBSPOT, is_loopback, read_base_url
from hubspot_async.session.budget import Budget, RequestBudget
from hubspot_async.session.clock import ServerClock
from hubspot_async.session.forms import write_form
from hubspot_async.session.oauth import refresh_tokens
from hubspot_async.session.retry import RetryPolicy, RetryQuota
from hubspot_async.session.starts import UnansweredStart
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.session.transport import Answer, Transport
from hubspot_async.wire import codec
from hubspot_async.wire.request import USER, Form, Lane, Request
from hubspot_async.wire.response import read_error, read_response
from hubspot_async.wire.versions import Family, Versions

T = TypeVar("T")

log = logging.getLogger("hubspot_async.session")


class HubSpotSession:
    """One account at HubSpot, as the coroutines of this package see it.

    *token* is a private app's, a static one or a service key; an `OAuthToken`; or an async callable that gives one,
    called at first use and again when HubSpot rejects what it gave. *account* is a name of your own for the account;
    events, logs and folders carry it. *versions* pins the API version for all families (``"2026-09"``) or for some
    (``{"exports": "v3"}``). *budget* paces the requests, and may be shared. *client* is your own
    ``aiohttp.ClientSession``, which is neither changed nor closed. *timeouts* bounds each request, *retry* says how
    patiently it is repeated.

    Enter it with ``async with`` before use. Raises InputError for a token or an address that cannot be right.
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
        self.account = account
        self.base_url = read_base_url(base_url)
        self.timeouts = timeouts or Timeouts()
        self.budget: Budget = budget or RequestBudget()
        self._auth = self._token_source(token)
        self._versions = Versions.read(versions)
        self._retry = retry or RetryPolicy()
        self._quota = RetryQuota()
        self._clock = ServerClock()
        self._transport = Transport(client)
        self._transfers = Transport()
        self._unanswered: dict[int, UnansweredStart] = {}

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Make a session from ``HUBSPOT_ACCESS_TOKEN`` and, where it is set, ``HUBSPOT_BASE_URL``.

        *options* are those of the class. Raises InputError where there is no token.
        """
        token = os.environ.get("HUBSPOT_ACCESS_TOKEN", "")
        if not token.strip():
            raise InputError("the environment variable HUBSPOT_ACCESS_TOKEN is not set")
        if "base_url" not in options and os.environ.get("HUBSPOT_BASE_URL"):
            options["base_url"] = os.environ["HUBSPOT_BASE_URL"]
        return cls(token, **options)

    def __repr__(self) -> str:
        account = f"account={self.account!r}, " if self.account else ""
        return f"HubSpotSession({account}base_url={self.base_url!r})"

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
        self._transfers.open(auto_decompress=False)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._auth.close()
        await self._transport.close()
        await self._transfers.close()

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

        *lane* is whose place in the budget it takes; None if the place was taken beforehand.

        Raises ResponseError where HubSpot refuses, ConnectionFailedError where no whole answer comes,
        InvalidResponseError where it is not the promised one, and StartOutcomeUnknownError in place of the last two
        where *request* begins work that HubSpot may now be doing.
        """
        began = time.monotonic()
        self._quota.earn()
        for attempt in count(1):
            outcome = await self._attempt(request, lane)
            if not isinstance(outcome, HubSpotError):
                return outcome
            pause = self._retry.pause_after(attempt, request, outcome, lane=lane, elapsed=time.monotonic() - began)
            if pause is None or not self._quota.spend(outcome):
                raise outcome
            log.debug("%s is repeated in %.1f s: %s", request, pause, outcome)
            await anyio.sleep(pause)
            lane = lane or USER
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def open(self, request: Request[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Perform *request* and give its body in pieces, decompressed.

        Raises as `send` does, but repeats nothing.
        """
        await self.budget.acquire(USER)
        token = await self._auth.token()
        timeout = self.timeouts.for_transfer()
        async with self._transport.stream(self._url(request), headers=_headers(token), timeout=timeout) as response:
            if response.status != 200:
                raise read_error(request, response.status, response.headers, await response.content.read(10_000))
            yield response.content.iter_any()

    @asynccontextmanager
    async def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a file's URL as it is, without the token, on connections that no call to the API waits for."""
        timeout = self.timeouts.for_transfer()
        async with self._transfers.stream(URL(url, encoded=True), headers=headers or {}, timeout=timeout) as response:
            yield response

    async def _attempt(self, request: Request[T], lane: Lane | None) -> T | HubSpotError:
        """Send *request* once, and again only if its token had grown too old."""
        for is_last in (False, True):
            token = await self._auth.token()
            if lane is not None:
                await self.budget.acquire(lane)
            outcome = await self._exchange(request, token)
            if is_last or not isinstance(outcome, HubSpotError) or not auth.is_expired(outcome):
                return outcome
            if not await self._auth.renew(token):
                return outcome
            lane = lane or USER
        raise AssertionError("unreachable")

    async def _exchange(self, request: Request[T], token: auth.Secret) -> T | HubSpotError:
        """Put *request* on the wire and read what comes back, errors as values."""
        is_form = isinstance(request.body, Form)
        with ExitStack() as opened:
            body = write_form(request.body, opened) if isinstance(request.body, Form) else _write_json(request)
            start = self._note_start(request)
            sent = time.time()
            answer = await self._transport.exchange(
                request.method,
                self._url(request),
                headers=_headers(token, is_json=body is not None and not is_form),
                body=body,
                timeout=self.timeouts.for_transfer() if is_form else self.timeouts.for_call(),
            )
        if isinstance(answer, Answer):
            self._clock.observe(answer.headers.get("Date", ""), sent, time.time())
            outcome = _read(request, answer, token)
            self._heed(answer, outcome)
        else:
            outcome = answer
        log.debug("%s: %s", request, outcome if isinstance(outcome, HubSpotError) else "answered")
        return self._note_answer(start, outcome) if start is not None else outcome

    def _heed(self, answer: Answer, outcome: object) -> None:
        """Let the budget know what the answer says of it."""
        match outcome:
            case DailyLimitError():
                log.warning("%s: the day's requests are used up", self)
                self.budget.refused_for_today(outcome)
            case RateLimitError(is_passing=True):
                log.warning(
                    "%s: too many requests (%s), everyone pauses", self, outcome.policy_name or "no policy named"
                )
                self.budget.refused(outcome.retry_after)
            case _:
                self.budget.learn(answer.headers)

    def _note_start(self, request: Request[Any]) -> UnansweredStart | None:
        if not request.is_start:
            return None
        start = UnansweredStart.of(request, self.now(), self.account)
        self._unanswered[id(start)] = start
        return start

    def _note_answer(self, start: UnansweredStart, outcome: T | HubSpotError) -> T | HubSpotError:
        """Strike a start off the list, or say that nobody knows whether it was accepted."""
        if isinstance(outcome, HubSpotError) and _may_have_begun(outcome):
            log.warning("%s: the answer to %s was lost", self, start)
            return StartOutcomeUnknownError(f"whether HubSpot accepted {start} is unknown: {outcome}", start=start)
        del self._unanswered[id(start)]
        return outcome

    def _url(self, request: Request[Any]) -> URL:
        url = URL(self.base_url + request.target, encoded=True)
        return url.with_query(_query(request)) if request.query else url

    def _token_source(self, token: str | auth.OAuthToken | Callable[[], Awaitable[str]]) -> auth.TokenSource:
        if isinstance(token, auth.OAuthToken):
            return auth.RenewedToken(auth.OAuthRefresh(token, self._refresh))
        return auth.RenewedToken(auth.fetch_from(token)) if callable(token) else auth.FixedToken(token)

    async def _refresh(self, form: Mapping[str, str]) -> auth.RefreshedTokens:
        version = self.version_of(Family.OAUTH, "token")
        request: Request[Any] = Request("POST", Family.OAUTH, version, "/token", None)
        return await refresh_tokens(self._transport, self._url(request), request, form, self.timeouts, self._retry)


def _headers(token: auth.Secret, *, is_json: bool = False) -> dict[str, str]:
    headers = {"Authorization": auth.Secret(f"Bearer {token}"), "Accept": "application/json"}
    return {**headers, "Content-Type": "application/json"} if is_json else headers


def _write_json(request: Request[Any]) -> bytes | None:
    return None if request.body is None else codec.dumps(request.body)


def _query(request: Request[Any]) -> list[tuple[str, str]]:
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, values in request.query.items()
        if values is not None
        for value in (values if isinstance(values, list | tuple) else (values,))
    ]


def _read(request: Request[T], answer: Answer, token: auth.Secret) -> T | HubSpotError:
    """Read an answer, from which a server may not make us repeat the token it got."""
    secret = token.encode()
    content = answer.content.replace(secret, b"[token]") if secret in answer.content else answer.content
    try:
        return read_response(request, answer.status, answer.headers, content)
    except HubSpotError as error:
        return error.with_traceback(None)


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
