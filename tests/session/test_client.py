"""The short way through aiohttp beside the long one: the same on the wire, the same for whoever listens in."""

import asyncio
import functools
import gzip
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hubspot_async.errors import ConnectionFailedError, HubSpotError
from hubspot_async.session import transport
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.session.transport import Answer, Transport
from hubspot_async.wire.request import Request
from tests.session.rawserver import PENDING, STARTED, STATUS, Act, Line, RawServer, chunked, connect, http

pytestmark = pytest.mark.asyncio

HEADERS = {"Authorization": "Bearer 5ecret", "Accept": "application/json"}
PATH = "/crm/exports/2026-03/export/async/tasks/1/status"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the requests that go the short way."""
    seen: list[str] = []
    send = transport.send_directly

    def note(client: aiohttp.ClientSession, method: str, url: URL, **how: Any) -> Any:
        seen.append(method)
        return send(client, method, url, **how)

    monkeypatch.setattr(transport, "send_directly", note)
    return seen


def go_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "is_unobserved", lambda _client: False)


async def exchanged(method: str, path: str, act: Act) -> tuple[list[bytes], list[Any], int]:
    """Send a request twice, and give what the server heard, what came back, and over how many connections."""
    client = Transport(Timeouts())
    async with RawServer(act) as server:
        client.open()
        try:
            url = URL(server.url + path, encoded=True)
            answers = [await client.exchange(method, url, headers=HEADERS, body=None) for _ in range(2)]
        finally:
            await client.close()
        port = str(server.port)
        heard = [each.head.replace(port.encode(), b"PORT") for each in server.heard]
        came = [
            (each.status, list(each.headers.items()), each.content)
            if isinstance(each, Answer)
            else (type(each), str(each).replace(port, "PORT"), getattr(each, "sent", None))
            for each in answers
        ]
        return heard, came, server.connections


async def breaks_off(line: Line) -> None:
    await line.hear()
    await line.say(http(200, b"x" * 100)[:-50])


async def to_the_end(line: Line) -> None:
    await line.hear()
    await line.say(b'HTTP/1.0 200 OK\r\nX-A: 1\r\nX-A: 2\r\n\r\n{"status": "PENDING"}')


async def in_two_halves(line: Line) -> None:
    while True:
        await line.hear()
        await line.say(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PENDING[:-5])
        await asyncio.sleep(0.02)
        await line.say(PENDING[-5:])


ACTS: dict[str, tuple[Act, Any, int]] = {
    "short": (PENDING, 200, 1),
    "empty": (b"HTTP/1.1 204 Nothing\r\n\r\n", 204, 1),
    "chunked": (chunked(b'{"status":', b' "PENDING"}'), 200, 1),
    "packed": (http(200, gzip.compress(b"x" * 5000), Content_Encoding="gzip"), 200, 1),
    "long": (http(200, b"x" * 300_000), 200, 1),
    "refused": (http(404, {"message": "no"}), 404, 1),
    "redirected": (http(302, b"", Location="/elsewhere"), 302, 1),
    "with a cookie": (http(200, b"{}", Set_Cookie="a=1; Path=/"), 200, 1),
    "to the end": (to_the_end, 200, 2),
    "in two halves": (in_two_halves, 200, 1),
    "broken off": (breaks_off, ConnectionFailedError, 2),
    "no http": (b"SSH-2.0-x\r\n\r\n", ConnectionFailedError, 2),
}
"""With each what comes of it, and how many connections two of them take."""


@pytest.mark.parametrize(("act", "outcome", "connections"), ACTS.values(), ids=ACTS.keys())
async def test_both_ways_come_to_the_same(
    act: Act, outcome: Any, connections: int, short: list[str], monkeypatch: pytest.MonkeyPatch
):
    path = "/crm/v3/a%2Fb?after=1&after=%C3%A9"
    one = await exchanged("GET", path, act)
    assert short == ["GET", "GET"]
    go_the_long_way(monkeypatch)
    assert one == await exchanged("GET", path, act)
    assert short == ["GET", "GET"]
    heard, came, used = one
    assert ([each[0] for each in came], used) == ([outcome, outcome], connections)
    assert heard[0].startswith(f"GET {path} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "head"])
async def test_both_ways_say_the_same(method: str, short: list[str], monkeypatch: pytest.MonkeyPatch):
    act = http(200, b"", Content_Length="20") if method.upper() == "HEAD" else PENDING
    heard, came, connections = one = await exchanged(method, "/", act)
    assert short == [method, method]
    go_the_long_way(monkeypatch)
    assert one == await exchanged(method, "/", act)
    assert heard[0].startswith(method.upper().encode())
    assert ([status for status, *_ in came], connections) == ([200, 200], 1)


async def test_a_look_goes_the_short_way_and_a_body_does_not(short: list[str]):
    async with RawServer(PENDING, STARTED) as server, connect(server) as session:
        await session.send(STATUS)
        assert short == ["GET"]
        await session.send(Request.raw("POST", "/", None, body={"a": 1}))
        assert short == ["GET"]


# Whoever listens in.


async def test_a_client_of_the_users_is_not_passed_by(short: list[str]):
    async with (
        aiohttp.ClientSession() as client,
        RawServer(PENDING) as server,
        connect(server, client=client) as session,
    ):
        assert (await session.send(STATUS)).status == "PENDING"
    assert short == []


async def trace(_client: object, _context: object, params: aiohttp.TraceRequestStartParams) -> None:
    params.headers["traceparent"] = "00-1-2-01"


async def mark(request: aiohttp.ClientRequest, handler: Callable[[Any], Awaitable[Any]]) -> Any:
    request.headers["traceparent"] = "00-1-2-01"
    return await handler(request)


def traces() -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    config.on_request_start.append(trace)
    return config


@pytest.mark.parametrize("what", ["trace_configs", "middlewares"])
async def test_whoever_puts_something_into_all_clients_sees_every_request(
    what: str, short: list[str], monkeypatch: pytest.MonkeyPatch
):
    """As instrumentation does: it wraps the method that makes them."""
    make: Callable[..., None] = aiohttp.ClientSession.__init__
    put = {"trace_configs": [traces()], "middlewares": (mark,)}

    def make_observed(self: aiohttp.ClientSession, *args: Any, **options: Any) -> None:
        make(self, *args, **options, **{what: put[what]})

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", make_observed)
    async with RawServer(PENDING) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.heard[0].headers["traceparent"] == "00-1-2-01"
    assert short == []


@pytest.mark.parametrize("method", ["request", "_request"])
async def test_whoever_answers_in_aiohttps_place_is_asked(
    method: str, short: list[str], monkeypatch: pytest.MonkeyPatch
):
    """Recorders and stand-ins for tests replace a method, maybe under a session that is open."""
    asked: list[str] = []

    async def refuse(_client: object, method: str, url: URL, **_how: Any) -> aiohttp.ClientResponse:
        asked.append(f"{method} {url.path}")
        raise aiohttp.ClientConnectionError

    async with RawServer(PENDING) as server, connect(server) as session:
        await session.send(STATUS)
        assert short == ["GET"]
        with monkeypatch.context() as patched:
            patched.setattr(aiohttp.ClientSession, method, refuse)
            with pytest.raises(HubSpotError):
                await session.send(STATUS)
        assert set(asked) == {f"GET {PATH}"}
        assert (server.count, short) == (1, ["GET"])
        await session.send(STATUS)
        assert (server.count, short) == (2, ["GET", "GET"])


class Alike:
    """Stands for a method and says that it is the same, as some wrappers do."""

    def __init__(self, wrapped: Callable[..., Any]) -> None:
        self.wrapped = wrapped
        self.asked = 0

    def __get__(self, instance: object, owner: type) -> Any:
        return functools.partial(self, instance) if instance is not None else self

    def __call__(self, *args: Any, **how: Any) -> Any:
        self.asked += 1
        return self.wrapped(*args, **how)

    def __eq__(self, other: object) -> bool:
        return other is self.wrapped

    def __hash__(self) -> int:
        return hash(self.wrapped)


@pytest.mark.parametrize("method", ["request", "_request"])
async def test_whoever_passes_for_the_method_he_wraps_is_asked(
    method: str, short: list[str], monkeypatch: pytest.MonkeyPatch
):
    alike = Alike(getattr(aiohttp.ClientSession, method))
    monkeypatch.setattr(aiohttp.ClientSession, method, alike)
    async with RawServer(PENDING) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
    assert (alike.asked, short) == (1, [])


WRAPPERS = {
    "nothing": "send",
    "a function": "functools.wraps(send)(lambda self, *args, **how: send(self, *args, **how))",
    "an object that passes for it": "Proxy(send)",
}


@pytest.mark.parametrize("method", ["request", "_request"])
@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS.keys())
async def test_whoever_was_there_before_us_is_asked_too(method: str, wrapper: str):
    program = f"""
        import asyncio
        import functools
        import types
        import aiohttp

        class Proxy:
            __class__ = property(lambda self: types.FunctionType)

            def __init__(self, wrapped):
                self.wrapped = wrapped

            def __get__(self, instance, owner):
                return self if instance is None else functools.partial(self.wrapped, instance)

            def __getattr__(self, name):
                return getattr(self.wrapped, name)

        send = aiohttp.ClientSession.{method}
        aiohttp.ClientSession.{method} = {wrapper}

        from hubspot_async.session.client import is_unobserved, make_client

        async def main():
            async with make_client() as client:
                print(is_unobserved(client))

        asyncio.run(main())
        """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(wrapper == "send"), "")
