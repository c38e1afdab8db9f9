"""aiohttp, and little of it beyond this room: bytes go out, an answer or an error comes back as a value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from hubspot_async.errors import (
    ConnectionFailedError,
    HubSpotError,
    InputError,
    InvalidResponseError,
    RequestTimeoutError,
    SessionClosedError,
    TlsError,
)
from hubspot_async.session.client import HABITS, UnaskedAnswer, is_unobserved, make_client, send_directly, take_at_once
from hubspot_async.session.limits import Call, Limits
from hubspot_async.session.timeouts import Timeouts

LARGEST_ANSWER = 8 * 2**20
"""Bytes of a JSON answer, decompressed; HubSpot's are a few hundred, a page of errors some thousand."""

_LARGE_PIECE = 2**18
"""Bytes of a file that are read before the next are asked for: what a socket gives at once."""

_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)


class Answer:
    """What came back, read to its end."""

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content


class Download:
    """An answer that is read while it comes."""

    def __init__(self, response: aiohttp.ClientResponse, what: str) -> None:
        self._response = response
        self._what = what
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.length = response.content_length
        """Bytes of the body, where it says so."""

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Give the body; ends only where it is whole. Raises ConnectionFailedError where it is not."""
        content = self._response.content
        while True:
            try:
                piece = await content.readany()
            except _FAILURES as error:
                failure = _translate(error, self._what, self._response.url.host or "")
            else:
                if not piece:
                    return
                yield piece
                continue
            raise failure

    async def start(self, size: int) -> bytes:
        """Give the first bytes of the body, as far as they come."""
        try:
            return await self._response.content.read(size)
        except _FAILURES:
            return b""


class Transport:
    """An aiohttp client that keeps no cookies, follows no redirects, knows no proxy and repeats nothing by itself.

    A client of the user's own is used as it is, and left open.
    """

    def __init__(self, timeouts: Timeouts, client: aiohttp.ClientSession | None = None) -> None:
        if client is not None and client.auth is not None:
            raise InputError("client has an auth= of its own, which would stand in the token's place")
        self._given = client
        self._asked: Mapping[str, Any] = {"allow_redirects": False, **(HABITS if client is not None else {})}
        self._of_a_call = timeouts.for_call()
        self._of_a_transfer = timeouts.for_transfer()
        self._timeouts = timeouts
        self._client: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened and not closed."""
        return self._client is not None

    def open(self) -> None:
        """Make the client, inside the event loop it is for."""
        self._client = self._given or make_client()
        self._loop = asyncio.get_running_loop()
        self._limits = Limits(self._timeouts.read, self._timeouts.total)
        self._no_limits = Limits(None, None)

    async def close(self) -> None:
        """Close the client, unless it is the user's."""
        client, self._client = self._client, None
        if client is None:
            return
        self._limits.close()
        if client is not self._given:
            await client.close()

    def abandon(self) -> None:
        """Let go of a client that nobody closed, without the noise that aiohttp would make of it."""
        client, self._client = self._client, None
        if client is None or client is self._given:
            return
        connector = client.connector
        client.detach()
        if connector is not None:
            connector._close()

    def time(self) -> float:
        """Tell the time of the event loop it was opened in."""
        return self._loop.time()

    def check(self) -> None:
        """Raise SessionClosedError where nothing can be sent from here."""
        if self._open_client()._loop is not asyncio.get_running_loop():
            raise SessionClosedError("the session was opened in another event loop, maybe of another thread")

    def _open_client(self) -> aiohttp.ClientSession:
        client = self._client
        if client is None:
            raise SessionClosedError("the session is not open: use it inside `async with`")
        if client is self._given and client.closed:
            raise SessionClosedError("the aiohttp session under this one has been closed")
        return client

    async def exchange(
        self, method: str, url: URL, *, headers: Mapping[str, str], body: Any, is_upload: bool = False
    ) -> Answer | HubSpotError:
        """Send a request and read the answer whole, within the limits of a JSON call or of an upload.

        What goes wrong is given back rather than raised: an exception of aiohttp's carries the headers, token included.
        """
        client = self._open_client()
        limits, timeout = (self._no_limits, self._of_a_transfer) if is_upload else (self._limits, self._of_a_call)
        response: aiohttp.ClientResponse | None = None
        pieces: list[bytes] = []
        try:
            with Call(limits) as call:
                response = await self._send(client, method, url, headers, body, timeout)
                try:
                    if response.content.is_eof():  # a short answer is there as soon as its head is
                        pieces.append(response.content.read_nowait())
                    else:
                        await _read(response, pieces, call)
                finally:
                    if body is not None or not response.closed:  # read to its end it has let go of its connection
                        response.release()
                        await response.wait_for_close()
        except _FAILURES as error:
            # Of a refusal the status is what counts: where its body breaks off, what has come will do.
            if response is None or response.status < 400:
                return _translate(error, f"{method} {url.path}", url.host or "")
            response.close()
        if sum(map(len, pieces)) > LARGEST_ANSWER:
            if response.status < 400:
                message = f"the answer to {method} {url.path} is longer than {LARGEST_ANSWER} bytes"
                return InvalidResponseError(message, status=response.status)
            pieces.clear()
        return Answer(response.status, response.headers, b"".join(pieces))

    def _send(
        self,
        client: aiohttp.ClientSession,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: Any,
        timeout: aiohttp.ClientTimeout,
    ) -> Awaitable[aiohttp.ClientResponse]:
        """Send it the short way where that is open to it."""
        if body is None and client is not self._given and is_unobserved(client):
            return send_directly(client, method, url, headers=headers, timeout=timeout)
        return client.request(
            method, url, headers=headers, data=body, timeout=timeout, auto_decompress=True, **self._asked
        )

    @asynccontextmanager
    async def stream(self, url: URL, *, headers: Mapping[str, str], unpack: bool = False) -> AsyncIterator[Download]:
        """Send a GET and give the answer while it comes, decompressed with *unpack*."""
        how: dict[str, Any] = {**self._asked, "auto_decompress": unpack, "read_bufsize": _LARGE_PIECE}
        self.check()
        try:
            response = await self._open_client().request(
                "GET", url, headers=headers, timeout=self._of_a_transfer, **how
            )
        except _FAILURES as error:
            failure = _translate(error, "GET of a file", url.host or "")
        else:
            if response.connection is not None:
                take_at_once(_LARGE_PIECE, response.connection.transport)
            async with response:
                yield Download(response, "GET of a file")
            return
        raise failure


async def _read(response: aiohttp.ClientResponse, pieces: list[bytes], call: Call) -> None:
    """Read an answer that is no file, as it comes, and no further than to see that it is too long."""
    content, size = response.content, 0
    while not content.at_eof():
        pieces.append(await content.readany())
        call.hear()
        size += len(pieces[-1])
        if size > LARGEST_ANSWER:
            response.close()
            return


def _translate(error: Exception, what: str, host: str) -> HubSpotError:
    """Say in our words what aiohttp says in many."""
    match error:
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return TlsError(f"{host} cannot prove that it is {host} ({what})", sent=False)
        case aiohttp.ClientConnectorError(os_error=reason):
            text = reason.strerror or type(reason).__name__
            return ConnectionFailedError(f"{host} cannot be reached: {text} ({what})", sent=False)
        case UnaskedAnswer():
            return ConnectionFailedError(f"{host} sent an answer that nobody had asked for ({what})", sent=False)
        case aiohttp.ConnectionTimeoutError():
            return RequestTimeoutError(f"{host} did not take the connection in time ({what})", sent=False)
        case TimeoutError():
            return RequestTimeoutError(f"{host} did not answer in time ({what})")
        case aiohttp.ClientPayloadError(__cause__=ContentEncodingError()):
            return InvalidResponseError(f"the answer of {host} is compressed in a way that cannot be undone ({what})")
        case aiohttp.ClientPayloadError():
            return ConnectionFailedError(f"the answer of {host} broke off ({what})")
        case aiohttp.ClientResponseError():
            return ConnectionFailedError(f"{host} answered with something that is not HTTP ({what})")
        case _:
            return ConnectionFailedError(f"{host} closed the connection before it answered ({what})")
