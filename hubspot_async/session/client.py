"""The aiohttp client that a session makes for itself, and a short way through it for requests without a body."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

import aiohttp
from aiohttp import hdrs
from yarl import URL

PIECE = 2**16
"""Bytes of an answer that are read, or decompressed, before the next are asked for."""

HABITS: Mapping[str, Any] = {
    "raise_for_status": False,
    "read_bufsize": PIECE,
    "max_line_size": 8190,
    "max_field_size": 8190,
    "max_headers": 128,
}
"""Of a client of ours; of one of the user's, who may have others, they are asked with each request."""

_PARSING = {name: habit for name, habit in HABITS.items() if name != "raise_for_status"}
"""Those of how an answer is read."""

_REQUEST, _LONG_WAY = aiohttp.ClientSession.request, aiohttp.ClientSession._request
"""In whose place tracers, recorders and stand-ins put their own."""

_IS_AIOHTTPS_OWN = all(
    type(method) is FunctionType and method.__code__.co_filename == aiohttp.ClientSession.close.__code__.co_filename
    for method in (_REQUEST, _LONG_WAY)
)
"""Whether nobody had done so before we came."""


class UnaskedAnswer(aiohttp.ClientConnectionError):
    """Something came over a connection that waited for its next request."""


class _Connector(aiohttp.TCPConnector):
    """Makes connections that take short answers."""

    async def _wrap_create_connection(self, *args: Any, **options: Any) -> Any:
        transport, protocol = await super()._wrap_create_connection(*args, **options)
        take_at_once(PIECE, transport)
        return transport, protocol


class _Request(aiohttp.ClientRequest):
    """A request that does not take for its answer what had come before it was sent."""

    DEFAULT_HEADERS = aiohttp.ClientRequest.DEFAULT_HEADERS | {hdrs.USER_AGENT: "hubspot-async"}

    def send(self, conn: aiohttp.connector.Connection) -> Any:
        protocol = conn.protocol
        if protocol is not None and protocol.should_close:
            raise UnaskedAnswer
        return super().send(conn)


def make_client() -> aiohttp.ClientSession:
    """Make a client that keeps no cookies, knows no proxy and repeats nothing by itself."""
    client = aiohttp.ClientSession(
        # The budget bounds how many are under way. In a queue of aiohttp's newcomers would pass those who wait, until
        # the time of these is up.
        connector=_Connector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        request_class=_Request,
        **HABITS,
    )
    # aiohttp would send a GET, PUT or DELETE once more after a dropped connection, unseen by our budget and retries.
    client._retry_connection = False
    return client


def is_unobserved(client: aiohttp.ClientSession) -> bool:
    """Whether nobody traces the requests of a client of ours, changes them, or answers in its place."""
    kind = type(client)
    return (
        _IS_AIOHTTPS_OWN
        and kind.request is _REQUEST  # a stand-in may say that it equals what it stands for
        and kind._request is _LONG_WAY
        and not client.trace_configs
        and not client._middlewares
    )


async def send_directly(
    client: aiohttp.ClientSession, method: str, url: URL, *, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout
) -> aiohttp.ClientResponse:
    """Send a request without a body by a client of ours that is unobserved, as its own `request` would.

    That looks each time for cookies, proxies, passwords, redirects and repeats, of which a client of ours has none;
    it is a fifth of all that a look at a task costs. What remains is what every request of aiohttp's goes through.
    """
    request = _Request(method, url, headers=headers, loop=client._loop, session=client)
    connector = client.connector
    assert connector is not None
    try:
        connection = await connector.connect(request, traces=[], timeout=timeout)
    except TimeoutError as error:
        raise aiohttp.ConnectionTimeoutError from error
    try:
        assert connection.protocol is not None
        connection.protocol.set_response_params(
            skip_payload=request.method == hdrs.METH_HEAD,
            read_until_eof=True,
            read_timeout=timeout.sock_read,
            **_PARSING,
        )
        response: aiohttp.ClientResponse = await request.send(connection)
        try:
            return await response.start(connection)
        except BaseException:
            response.close()
            raise
    except BaseException:
        connection.close()
        raise


def take_at_once(size: int, transport: object) -> None:
    """Let a connection take so many bytes from the system at once, where its event loop is asyncio's own.

    asyncio makes room for 256 KiB whenever something comes, and gives back what was not needed. Where that
    means to ask the system for it, that is a tenth of all that a look at a task costs.
    """
    taker: Any = getattr(transport, "_ssl_protocol", transport)
    if hasattr(taker, "max_size"):
        taker.max_size = size
