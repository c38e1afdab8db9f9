"""The short way through aiohttp beside the long one: the same on the wire, the same for whoever listens in."""

import asyncio
import gzip
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hubspot_async.errors import HubSpotError
from hubspot_async.session import transport
from hubspot_async.session.transport import Answer, Transport
from hubspot_async.wire.request import Request
from tests.session.rawserver import PENDING, SHORT, STARTED, STATUS, Act, Line, RawServer, chunked, connect, http

pytestmark = pytest.mark.asyncio

HEADERS = {"Authorization": "Bearer 5ecret", "Accept": "application/json"}


async def exchanged(method: str, path: str, act: Act) -> tuple[list[bytes], list[Any], int]:
    """Send a request twice, and give what the server heard, what came back, and over how many connections."""
    client = Transport(SHORT)
    async with RawServer(act) as server:
        client.open()
        try:
            url = URL(server.url + path, encoded=True)
            answers = [await client.exchange(method, url, headers=HEADERS, body=None) for _ in range(2)]
        finally:
            await client.close()
        port = str(server.port).encode()
        heard = [each.head.replace(port, b"PORT") for each in server.heard]
        came = [
            (each.status, list(each.headers.items()), each.content)
            if isinstance(each, Answer)
            else (type(each), str(each).replace(port.decode(), "PORT"), getattr(each, "sent", None))
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
    await line.hear()
    await line.say(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PENDING[:-5])
    await line.say(PENDING[-5:])


ACTS: dict[str, Act] = {
    "short": PENDING,
    "empty": b"HTTP/1.1 204 Nothing\r\n\r\n",
    "chunked": chunked(b'{"status":', b' "PENDING"}'),
    "packed": http(200, gzip.compress(b"x" * 5000), Content_Encoding="gzip"),
    "long": http(200, b"x" * 300_000),
    "refused": http(404, {"message": "no"}),
    "redirected": http(302, b"", Location="/elsewhere"),
    "with a cookie": http(200, b"{}", Set_Cookie="a=1; Path=/"),
    "to the end": to_the_end,
    "in two halves": in_two_halves,
    "broken off": breaks_off,
    "no http": b"SSH-2.0-x\r\n\r\n",
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
async def test_both_ways_come_to_the_same(act: Act, monkeypatch: pytest.MonkeyPatch):
    short = await exchanged("GET", "/crm/v3/a%2Fb?after=1&after=%C3%A9", act)
    monkeypatch.setattr(transport, "is_alone", lambda _client: False)
    assert short == await exchanged("GET", "/crm/v3/a%2Fb?after=1&after=%C3%A9", act)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH"])
async def test_both_ways_say_the_same(method: str, monkeypatch: pytest.MonkeyPatch):
    act = http(200, b"", Content_Length="20") if method == "HEAD" else PENDING
    short = await exchanged(method, "/", act)
    monkeypatch.setattr(transport, "is_alone", lambda _client: False)
    assert short == await exchanged(method, "/", act)
    assert short[0][0].startswith(method.encode())


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the requests that go the short way."""
    seen: list[str] = []
    send = transport.send_alone

    def note(client: aiohttp.ClientSession, method: str, url: URL, **how: Any) -> Any:
        seen.append(method)
        return send(client, method, url, **how)

    monkeypatch.setattr(transport, "send_alone", note)
    return seen


async def test_a_look_goes_the_short_way_and_a_body_does_not(ways: list[str]):
    async with RawServer(PENDING, STARTED) as server, connect(server) as session:
        await session.send(STATUS)
        assert ways == ["GET"]
        await session.send(Request.raw("POST", "/", None, body={"a": 1}))
        assert ways == ["GET"]


async def test_a_client_of_the_users_is_not_passed_by(ways: list[str]):
    async with (
        aiohttp.ClientSession() as client,
        RawServer(PENDING) as server,
        connect(server, client=client) as session,
    ):
        assert (await session.send(STATUS)).status == "PENDING"
    assert ways == []


async def test_whoever_traces_all_clients_sees_every_request(ways: list[str], monkeypatch: pytest.MonkeyPatch):
    """Instrumentation puts its traces into each client as it is made."""
    seen: list[tuple[str, str]] = []

    async def note(_client: object, _context: object, params: aiohttp.TraceRequestStartParams) -> None:
        params.headers["traceparent"] = "00-1-2-01"
        seen.append((params.method, params.url.path))

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(note)
    make: Callable[..., None] = aiohttp.ClientSession.__init__

    def make_traced(self: aiohttp.ClientSession, *args: Any, **options: Any) -> None:
        make(self, *args, **options, trace_configs=[trace])

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", make_traced)
    async with RawServer(PENDING) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.heard[0].headers["traceparent"] == "00-1-2-01"
    assert seen == [("GET", "/crm/exports/2026-03/export/async/tasks/1/status")]
    assert ways == []


async def test_whoever_answers_in_aiohttps_place_is_asked(ways: list[str], monkeypatch: pytest.MonkeyPatch):
    """Recorders and stand-ins for tests replace the method that sends, maybe under a session that is open."""
    asked: list[str] = []

    async def refuse(_client: object, method: str, url: URL, **_how: Any) -> aiohttp.ClientResponse:
        asked.append(f"{method} {url.path}")
        raise aiohttp.ClientConnectionError

    async with RawServer(PENDING) as server, connect(server) as session:
        await session.send(STATUS)
        assert ways == ["GET"]
        with monkeypatch.context() as patched:
            patched.setattr(aiohttp.ClientSession, "_request", refuse)
            with pytest.raises(HubSpotError):
                await session.send(STATUS)
        assert set(asked) == {"GET /crm/exports/2026-03/export/async/tasks/1/status"}
        assert (server.count, ways) == (1, ["GET"])
        await session.send(STATUS)
        assert (server.count, ways) == (2, ["GET", "GET"])


def run(code: str) -> None:
    """Run a program of its own, for what has to be there before the package is loaded."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WRAPPERS = {
    "a function": "functools.wraps(send)(lambda self, *args, **how: send(self, *args, **how))",
    "an object that passes for it": "Proxy(send)",
}


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS.keys())
async def test_whoever_was_there_first_is_asked_too(wrapper: str):
    await asyncio.to_thread(
        run,
        f"""
        import functools
        import aiohttp

        class Proxy:
            def __init__(self, wrapped):
                self.wrapped = wrapped

            def __get__(self, instance, owner):
                return self if instance is None else functools.partial(self.wrapped, instance)

            def __getattr__(self, name):
                return getattr(self.wrapped, name)

        send = aiohttp.ClientSession._request
        aiohttp.ClientSession._request = {wrapper}
        from hubspot_async.session import client
        assert not client._IS_THEIRS
        """,
    )
    await asyncio.to_thread(run, "from hubspot_async.session import client; assert client._IS_THEIRS")
