"""aiohttp, and nothing of it beyond this room: bytes go out, an answer or an error comes back as a value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from attrs import frozen
from yarl import URL

from hubspot_async.errors import (
    ConnectionFailedError,
    HubSpotError,
    InvalidResponseError,
    RequestTimeoutError,
    SessionClosedError,
    TlsError,
)

LARGEST_ANSWER = 8 * 2**20
"""Bytes of a JSON answer, decompressed; HubSpot's are a few hundred, a page of errors some thousand."""


@frozen
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """An aiohttp client that keeps no cookies, follows no redirects, knows no proxy and repeats nothing by itself.

    A client of the user's own is used as it is, and left open.
    """

    def __init__(self, client: aiohttp.ClientSession | None = None, *, connections: int = 100) -> None:
        self._given = client
        self._client: aiohttp.ClientSession | None = None
        self._connections = connections

    @property
    def is_open(self) -> bool:
        """Whether it may be used now."""
        return self._client is not None

    def open(self, **options: Any) -> None:
        """Make the client, inside the event loop it is for."""
        self._client = self._given or _make_client(self._connections, **options)

    async def close(self) -> None:
        """Close the client, unless it is the user's."""
        client, self._client = self._client, None
        if client is not None and client is not self._given:
            await client.close()

    async def exchange(
        self, method: str, url: URL, *, headers: Mapping[str, str], body: Any, timeout: aiohttp.ClientTimeout
    ) -> Answer | HubSpotError:
        """Send a request and read the answer whole.

        What goes wrong is given back rather than raised: an exception of aiohttp's carries the headers, token included.
        """
        client = self._usable()
        try:
            async with client.request(
                method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False
            ) as response:
                content = await _read_capped(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _translate(error, f"{method} {url.path}", url.host or "")
        if content is None:
            message = f"the answer to {method} {url.path} is longer than {LARGEST_ANSWER} bytes"
            return InvalidResponseError(message, status=response.status)
        return Answer(response.status, response.headers, content)

    @asynccontextmanager
    async def stream(
        self, url: URL, *, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a GET and give the answer while it comes."""
        client = self._usable()
        failure: HubSpotError
        try:
            async with client.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
                yield response
            return
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            failure = _translate(error, "GET of a file", url.host or "")
        raise failure

    def _usable(self) -> aiohttp.ClientSession:
        client = self._client
        if client is None:
            raise SessionClosedError("the session is not open: use it inside `async with`")
        if client.closed:
            raise SessionClosedError("the aiohttp session under this one has been closed")
        if client._loop is not asyncio.get_running_loop():
            raise SessionClosedError("the session was opened in another event loop")
        return client


def _make_client(connections: int, **options: Any) -> aiohttp.ClientSession:
    client = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "hubspot-async"},
        trust_env=False,
        **options,
    )
    # aiohttp would send a GET, PUT or DELETE once more after a dropped connection, unseen by our budget and retries.
    client._retry_connection = False
    return client


async def _read_capped(response: aiohttp.ClientResponse) -> bytes | None:
    """Read an answer that is no file; one that does not end is not read to its end."""
    pieces, size = [], 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            response.close()
            return None
    return b"".join(pieces)


def _translate(error: Exception, what: str, host: str) -> HubSpotError:
    """Say in our words what aiohttp says in many."""
    match error:
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return TlsError(f"{host} cannot prove that it is {host} ({what})", sent=False)
        case aiohttp.ClientConnectorError(os_error=reason):
            text = reason.strerror or type(reason).__name__
            return ConnectionFailedError(f"{host} cannot be reached: {text} ({what})", sent=False)
        case aiohttp.ConnectionTimeoutError():
            return RequestTimeoutError(f"{host} did not take the connection in time ({what})", sent=False)
        case TimeoutError():
            return RequestTimeoutError(f"{host} did not answer in time ({what})")
        case aiohttp.ContentTypeError() | aiohttp.ClientPayloadError():
            return ConnectionFailedError(f"the answer of {host} broke off ({what})")
        case aiohttp.ClientResponseError():
            return ConnectionFailedError(f"{host} answered with something that is not HTTP ({what})")
        case _:
            return ConnectionFailedError(f"{host} closed the connection before it answered ({what})")
