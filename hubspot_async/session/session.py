"""The session: takes requests to HubSpot and brings models back."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from hubspot_async.errors import (
    ConnectionFailedError,
    InputError,
    InvalidResponseError,
    RequestTimeoutError,
    SessionClosedError,
)
from hubspot_async.session.addresses import HUBSPOT, is_loopback, read_base_url
from hubspot_async.session.auth import FixedToken
from hubspot_async.session.clock import ServerClock
from hubspot_async.session.forms import write_form
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.wire import codec
from hubspot_async.wire.request import USER, Form, Lane, Request
from hubspot_async.wire.response import read_error, read_response
from hubspot_async.wire.versions import Family, Versions

T = TypeVar("T")

log = logging.getLogger("hubspot_async.session")

_LARGEST_ANSWER = 8 * 2**20
"""Bytes of a JSON answer, decompressed; HubSpot's are a few hundred, a page of errors some thousand."""


class HubSpotSession:
    """One account at HubSpot, as the coroutines of this package see it.

    *token* is a private app's, a static one or a service key. *account* is a name of your own for the account; events,
    logs and folders carry it. *versions* pins the API version for all families (``"2026-09"``) or for some
    (``{"exports": "v3"}``). *client* is your own ``aiohttp.ClientSession``, which is neither changed nor closed.
    *timeouts* bounds each request.

    Enter it with ``async with`` before use. Raises InputError for a token or an address that cannot be right.
    """

    def __init__(
        self,
        token: str,
        *,
        account: str | None = None,
        base_url: str = HUBSPOT,
        versions: str | Mapping[str, str] | None = None,
        client: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.account = account
        self.base_url = read_base_url(base_url)
        self.timeouts = timeouts or Timeouts()
        self._auth = FixedToken(token)
        self._versions = Versions.read(versions)
        self._clock = ServerClock()
        self._given_client = client
        self._client: aiohttp.ClientSession | None = None
        self._transfer_client: aiohttp.ClientSession | None = None

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
    def is_local(self) -> bool:
        """Whether it talks to a server on this machine, such as the sandbox."""
        return is_loopback(URL(self.base_url).host or "")

    async def __aenter__(self) -> Self:
        if self._client is not None:
            raise SessionClosedError("this session is open already")
        self._client = self._given_client or _make_client()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        transfer_client, self._transfer_client = self._transfer_client, None
        if client is not None and client is not self._given_client:
            await client.close()
        if transfer_client is not None:
            await transfer_client.close()

    def now(self) -> datetime:
        """Tell the time by HubSpot's clock, as far as its answers have told it."""
        return self._clock.now()

    def version_of(self, family: Family, call: str | None = None) -> str:
        """Choose the version to make *call* of *family* in.

        Raises UnsupportedVersionError where the pinned one lacks it.
        """
        return self._versions.version_of(family, call)

    async def send(self, request: Request[T], *, lane: Lane = USER) -> T:
        """Perform *request* and give the model it promises.

        Raises ResponseError where HubSpot refuses, ConnectionFailedError where no whole answer comes, and
        InvalidResponseError where it is not the promised one.
        """
        with ExitStack() as opened:
            body = _write_body(request, opened)
            timeout = self.timeouts.for_transfer() if isinstance(request.body, Form) else self.timeouts.for_call()
            token = await self._auth.token()
            sent = time.time()
            with _translated(request, self.base_url):
                async with self._request(request, token, body, timeout) as response:
                    content = await _read_capped(response)
        received = time.time()
        self._clock.observe(response.headers.get("Date", ""), sent, received)
        log.debug("%s answered %d in %.3f s", request, response.status, received - sent)
        return read_response(request, response.status, response.headers, content)

    @asynccontextmanager
    async def open(self, request: Request[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Perform *request* and give its body in pieces, decompressed.

        Raises as `send` does.
        """
        timeout = self.timeouts.for_transfer()
        with _translated(request, self.base_url):
            async with self._request(request, await self._auth.token(), None, timeout) as response:
                if response.status != 200:
                    raise read_error(request, response.status, response.headers, await _read_capped(response))
                yield response.content.iter_any()

    @asynccontextmanager
    async def fetch(self, url: str, headers: Mapping[str, str] = {}) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a file's URL, as it is and without the token, on connections of its own."""
        self._open_client()
        if self._transfer_client is None:
            self._transfer_client = _make_client(auto_decompress=False)
        with _translated("GET of a file", URL(url, encoded=True).host or ""):
            async with self._transfer_client.get(
                URL(url, encoded=True), headers=headers, allow_redirects=False, timeout=self.timeouts.for_transfer()
            ) as response:
                yield response

    def _request(self, request: Request[Any], token: str, body: Any, timeout: aiohttp.ClientTimeout) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
        return self._open_client().request(
            request.method,
            _url(self.base_url, request),
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
        )

    def _open_client(self) -> aiohttp.ClientSession:
        if self._client is None:
            raise SessionClosedError("the session is not open: use it inside `async with`")
        if self._client.closed:
            raise SessionClosedError("the aiohttp session under this one has been closed")
        if self._client._loop is not asyncio.get_running_loop():
            raise SessionClosedError("the session was opened in another event loop")
        return self._client


def _make_client(**options: Any) -> aiohttp.ClientSession:
    """Make a client that keeps no cookies and knows no proxy."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "hubspot-async"}, trust_env=False, **options
    )


def _url(base_url: str, request: Request[Any]) -> URL:
    url = URL(base_url + request.target, encoded=True)
    query = [
        (name, _query_text(value))
        for name, values in request.query.items()
        if values is not None
        for value in (values if isinstance(values, list | tuple) else (values,))
    ]
    return url.with_query(query) if query else url


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _write_body(request: Request[Any], opened: ExitStack) -> Any:
    if isinstance(request.body, Form):
        return write_form(request.body, opened)
    return None if request.body is None else codec.dumps(request.body)


async def _read_capped(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer that is no file; one that does not end is not read to its end."""
    pieces, size = [], 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_ANSWER:
            response.close()
            raise InvalidResponseError(f"the answer is longer than {_LARGEST_ANSWER} bytes", status=response.status)
    return b"".join(pieces)


@contextmanager
def _translated(request: Request[Any] | str, where: str) -> Iterator[None]:
    """Turn aiohttp's exceptions into ours, which carry neither headers nor a signed URL."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        reason = error.os_error.strerror or type(error.os_error).__name__
        raise ConnectionFailedError(f"{where} cannot be reached: {reason} ({request})", sent=False) from None
    except (TimeoutError, aiohttp.ServerTimeoutError):
        raise RequestTimeoutError(f"{where} did not answer in time ({request})") from None
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ConnectionFailedError(f"{where} broke off: {type(error).__name__} ({request})") from None
