"""What may happen on the way: nobody there, nobody answering, half an answer, nonsense. The numbers are the faults'."""

import asyncio
import contextlib
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hubspot_async.errors import (
    ConnectionFailedError,
    HubSpotError,
    NotFoundError,
    RequestTimeoutError,
    StartOutcomeUnknownError,
    TlsError,
)
from hubspot_async.session import transport
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.session.session import HubSpotSession
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.tasks import FOLDER_UPDATE
from hubspot_async.watching.events import StatusChange
from hubspot_async.watching.watcher import TaskGroupWatcher
from hubspot_async.wire.request import Request
from tests.session.rawserver import (
    PENDING,
    QUICK,
    SHORT,
    START,
    STARTED,
    STATUS,
    TOKEN,
    Act,
    Line,
    RawServer,
    chunked,
    connect,
    http,
)

pytestmark = pytest.mark.asyncio

CERTIFICATES = Path(__file__).parent / "certificates"


@pytest.fixture(autouse=True, params=["short", "long"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have requests go either way through aiohttp, which is to make no difference."""
    if request.param == "long":
        monkeypatch.setattr(transport, "is_unobserved", lambda _client: False)


async def failure(server: RawServer, request: Any = STATUS, **options: Any) -> HubSpotError:
    """Send a request that is to fail, and see that it does so in a clean way."""
    async with connect(server, **options) as session:
        with pytest.raises(HubSpotError) as caught:
            await session.send(request)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert TOKEN not in str(caught.value)
    assert len(str(caught.value)) < 400
    return caught.value


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# Nobody there.


@pytest.mark.parametrize("request_", [STATUS, START], ids=["get", "start"])
async def test_fault_1_a_refused_connection_is_tried_again_and_named(request_: Any):
    session = HubSpotSession(TOKEN, base_url=f"http://127.0.0.1:{free_port()}", timeouts=SHORT, retry=QUICK)
    async with session:
        with pytest.raises(ConnectionFailedError, match=r"^127\.0\.0\.1 cannot be reached.*, 3 times$") as caught:
            await session.send(request_)
        assert caught.value.sent is False
        assert session.budget.stats.granted == 3
        assert session.unanswered_starts == ()


async def test_fault_1_a_start_goes_through_once_somebody_listens():
    server = RawServer(STARTED)
    async with server:
        await server.stop()
        patient = RetryPolicy(attempts=50, longest_pause=0.02)
        async with connect(server, retry=patient) as session:
            starting = asyncio.create_task(session.send(START))
            await asyncio.sleep(0.05)
            assert not starting.done()
            await server.listen(server.port)
            assert (await starting).id == "1"
        assert server.count == 1


async def test_fault_2_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []

    def unknown(host: object, *_args: object, **_options: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with HubSpotSession(TOKEN, base_url="https://hubspot.example", timeouts=SHORT, retry=QUICK) as session:
        with pytest.raises(ConnectionFailedError, match=r"^hubspot\.example cannot be reached: Name") as caught:
            await session.send(START)
    assert caught.value.sent is False
    assert asked == ["hubspot.example"] * 3
    assert TOKEN not in repr(caught.value)


async def test_fault_2_a_name_that_takes_long_to_look_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: time.sleep(1))
    once = RetryPolicy(attempts=1)
    async with HubSpotSession(TOKEN, base_url="https://hubspot.example", timeouts=SHORT, retry=once) as session:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await session.send(STATUS)
        assert time.monotonic() - began < 0.3
        with pytest.raises(RequestTimeoutError, match=r"hubspot\.example"):
            await session.send(STATUS)
        assert time.monotonic() - began < 0.95


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: what asks for a connection gets no answer."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(10):
            caller = opened.enter_context(socket.socket())
            caller.settimeout(0.05)
            try:
                caller.connect(listener.getsockname())
            except TimeoutError:
                yield listener.getsockname()[1]
                return
        pytest.skip("this system answers however full the queue is")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
@pytest.mark.parametrize("timeouts", [Timeouts(connect=0.2), Timeouts(connect=None, total=0.2)], ids=["connect", "all"])
async def test_fault_3_a_connection_that_is_not_taken(timeouts: Timeouts):
    with deaf_port() as port:
        began = time.monotonic()
        once = RetryPolicy(attempts=1)
        async with HubSpotSession(TOKEN, base_url=f"http://127.0.0.1:{port}", timeouts=timeouts, retry=once) as session:
            with pytest.raises(RequestTimeoutError, match=r"127\.0\.0\.1") as caught:
                await session.send(STATUS)
        assert 0.15 < time.monotonic() - began < 1
        assert caught.value.sent is (timeouts.connect is None)


async def test_fault_3_a_start_that_found_no_connection_is_tried_again():
    with deaf_port() as port:
        timeouts = Timeouts(connect=0.05)
        async with HubSpotSession(
            TOKEN, base_url=f"http://127.0.0.1:{port}", timeouts=timeouts, retry=QUICK
        ) as session:
            with pytest.raises(RequestTimeoutError, match="3 times"):
                await session.send(START)
            assert session.unanswered_starts == ()


# Nobody to be trusted.


def server_side(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


async def test_fault_4_a_certificate_nobody_signed():
    async with RawServer(PENDING, ssl=server_side("good")) as server:
        for request in (STATUS, START):
            error = await failure(server, request)
            assert isinstance(error, TlsError)
            assert error.sent is False
            assert "127.0.0.1 cannot prove that it is 127.0.0.1" in str(error)
        assert server.count == 0
        assert server.connections <= 2, "it was tried again"


@pytest.mark.parametrize(("name", "is_good"), [("good", True), ("expired", False), ("elsewhere", False)])
async def test_fault_4_a_certificate_that_is_expired_or_of_somebody_else(name: str, is_good: bool):
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / f"{name}.pem"))
    async with (
        RawServer(PENDING, ssl=server_side(name)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as client,
        connect(server, client=client) as session,
    ):
        if is_good:
            assert (await session.send(STATUS)).status == "PENDING"
        else:
            with pytest.raises(TlsError):
                await session.send(STATUS)
            assert (server.count, session.budget.stats.granted) == (0, 1)


def at_once(session: HubSpotSession) -> list[int]:
    """Give how many bytes each idle connection of a session takes at once."""
    client: Any = session._transport._client
    transports = [idle.transport for line in client.connector._conns.values() for idle, _ in line]
    return [getattr(transport, "_ssl_protocol", transport).max_size for transport in transports]


@pytest.mark.parametrize("is_tls", [False, True])
async def test_a_connection_takes_little_at_once_until_it_carries_a_file(is_tls: bool, monkeypatch: pytest.MonkeyPatch):
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / "good.pem"))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    content = b"x" * 100_000
    file = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + content
    async with (
        RawServer(PENDING, file, ssl=server_side("good") if is_tls else None) as server,
        connect(server) as session,
    ):
        assert (await session.send(STATUS)).status == "PENDING"
        assert at_once(session) == [2**16]
        async with session.open(Request.raw("GET", "/file", bytes)) as pieces:
            assert b"".join([piece async for piece in pieces]) == content
        assert at_once(session) == [2**18]


async def test_fault_4_a_server_that_speaks_no_tls_gets_nothing_to_read():
    async def listen(line: Line) -> None:
        greeting = await line.reader.read(1000)
        assert TOKEN.encode() not in greeting
        await line.say(b"HTTP/1.1 400 No\r\n\r\n")

    async with RawServer(listen) as server:
        session = HubSpotSession(TOKEN, base_url=server.url.replace("http", "https"), timeouts=SHORT, retry=QUICK)
        async with session:
            with pytest.raises(TlsError):
                await session.send(STATUS)
        assert server.connections == 1


# Half an answer.


async def close_early(line: Line) -> None:
    await line.hear()
    await line.close()


async def reset_early(line: Line) -> None:
    await line.hear()
    line.reset()


async def reset_in_head(line: Line) -> None:
    await line.hear()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await asyncio.sleep(0.02)
    line.reset()


async def reset_in_body(line: Line) -> None:
    await line.hear()
    await line.say(http(200, b'{"status": "COMPLETE"}' + b" " * 100)[:-100])
    await asyncio.sleep(0.02)
    line.reset()


async def cut_length(line: Line) -> None:
    await line.hear()
    await line.say(http(200, b'{"id": "1", "status": "COMPLETE"}' + b" " * 100)[:-100])


async def cut_chunks(line: Line) -> None:
    await line.hear()
    await line.say(chunked(b'{"id": "1", "status": "COMPLETE"}')[:-5])


async def bad_chunk(line: Line) -> None:
    await line.hear()
    await line.say(chunked(b'{"id": "1", "status":', b' "COMPLETE"}').replace(b"\r\nc\r\n", b"\r\nxyz\r\n"))
    await line.left()


async def no_http(line: Line) -> None:
    await line.hear()
    await line.say(b"\x00\x15 s3cret SSH-2.0 what is it you want?\r\n\r\n")
    await line.left()


async def long_header(line: Line) -> None:
    await line.hear()
    await line.say(http(202, b'{"id": "1", "status": "PENDING"}', X_Long="s3cret" * 17_000))
    await line.left()


async def many_headers(line: Line) -> None:
    await line.hear()
    await line.say(b"HTTP/1.1 200 OK\r\n" + b"X-A: s3cret\r\n" * 20_000 + b"Content-Length: 2\r\n\r\n{}")
    await line.left()


async def bare_cr(line: Line) -> None:
    await line.hear()
    await line.say(http(200, b'{"id": "1", "status": "PENDING"}', X_Odd="a\rSet-Cookie: s3cret=1"))
    await line.left()


BROKEN = [
    pytest.param(close_early, id="fault-5-and-6-closed"),
    pytest.param(reset_early, id="fault-7-reset"),
    pytest.param(reset_in_head, id="fault-8-reset-in-head"),
    pytest.param(reset_in_body, id="fault-9-reset-in-body"),
    pytest.param(cut_length, id="fault-10-truncated-length"),
    pytest.param(cut_chunks, id="fault-11-truncated-chunks"),
    pytest.param(bad_chunk, id="fault-12-invalid-chunk"),
    pytest.param(no_http, id="fault-16-not-http"),
    pytest.param(long_header, id="fault-17-long-header"),
    pytest.param(many_headers, id="fault-17-many-headers"),
    pytest.param(bare_cr, id="fault-17-cr-in-header"),
]


@pytest.mark.parametrize("act", BROKEN)
async def test_a_read_is_repeated_as_often_as_we_say_and_then_fails(act: Act):
    async with RawServer(act) as server:
        error = await failure(server)
        assert type(error) is ConnectionFailedError
        assert "s3cret" not in str(error)
        assert str(error).endswith(", 3 times")
        assert server.count == server.connections == 3


@pytest.mark.parametrize("act", BROKEN)
async def test_a_read_that_is_answered_the_second_time_is_all_right(act: Act):
    async with RawServer(act, PENDING) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.count == server.connections == 2


@pytest.mark.parametrize("act", BROKEN)
async def test_a_start_whose_answer_is_lost_is_sent_once_and_listed(act: Act):
    async with RawServer(act) as server, connect(server, account="eu") as session:
        with pytest.raises(
            StartOutcomeUnknownError, match="HubSpot may have accepted it, or not: POST /crm/exports"
        ) as caught:
            await session.send(START)
        await asyncio.sleep(0.02)
        assert server.count == server.connections == 1
        assert session.unanswered_starts == (caught.value.start,)
        start = caught.value.start
        assert (start.request, start.asked, start.account) == (
            "POST /crm/exports/2026-03/export/async",
            START.body,
            "eu",
        )
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert "s3cret" not in str(caught.value)


async def test_fault_6_a_start_cancelled_on_the_way_is_sent_once_and_listed():
    async with RawServer(silence, STARTED) as server, connect(server) as session:
        starting = asyncio.create_task(session.send(START))
        await server.until(1)
        assert len(session.unanswered_starts) == 1, "it is listed before the answer"
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        (start,) = session.unanswered_starts
        assert start.asked == START.body
        assert (await session.send(START)).id == "1"
        assert session.unanswered_starts == (start,), "an answered start was listed, or took the other off"
        assert server.count == 2


@pytest.mark.parametrize("body", [b"<html>", b"{}", b""], ids=["html", "no-id", "empty"])
async def test_a_start_with_an_unreadable_answer_may_have_begun(body: bytes):
    async with RawServer(http(202, body)) as server, connect(server) as session:
        with pytest.raises(StartOutcomeUnknownError):
            await session.send(START)
        assert (server.count, len(session.unanswered_starts)) == (1, 1)


async def test_fault_5_aiohttp_repeats_nothing_of_its_own_on_a_connection_used_before():
    async def twice(line: Line) -> None:
        await line.hear()
        await line.say(PENDING)
        await line.hear()
        line.reset()

    once = RetryPolicy(attempts=1)
    async with RawServer(twice) as server, connect(server, retry=once) as session:
        await session.send(STATUS)
        with pytest.raises(ConnectionFailedError):
            await session.send(STATUS)
        await asyncio.sleep(0.02)
        assert (server.count, server.connections) == (2, 1)


# Slow answers.


async def silence(line: Line) -> None:
    await line.hear()
    await line.left()


async def stall(line: Line) -> None:
    await line.hear()
    await line.say(http(200, b'{"status": "PENDING"}')[:-5])
    await line.left()


async def trickle(line: Line) -> None:
    await line.hear()
    head, blank, body = http(200, b'{"status": "PENDING"}' + b" " * 1000).partition(b"\r\n\r\n")
    await line.say(head + blank)
    await drip(line, body)


async def trickle_head(line: Line) -> None:
    await line.hear()
    await drip(line, http(200, {"status": "PENDING"}))


async def drip(line: Line, content: bytes) -> None:
    for byte in content:
        await line.say(bytes([byte]))
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("act", "at_least"),
    [
        pytest.param(silence, 0.1, id="fault-13-never-answers"),
        pytest.param(stall, 0.1, id="fault-14-body-stalls"),
        pytest.param(trickle, 0.3, id="fault-15-slow-loris"),
        pytest.param(trickle_head, 0.1, id="fault-15-slow-head"),
    ],
)
async def test_an_answer_that_does_not_come(act: Act, at_least: float):
    limits = Timeouts(connect=1, read=0.1, total=0.3)
    async with RawServer(act, PENDING) as server:
        began = time.monotonic()
        error = await failure(server, timeouts=limits, retry=RetryPolicy(attempts=1))
        assert isinstance(error, RequestTimeoutError)
        assert at_least <= time.monotonic() - began < at_least + 0.25
        async with connect(server, timeouts=limits) as session:
            await session.send(STATUS)
        assert server.connections == 2


async def test_fault_14_of_a_refusal_whose_body_stalls_the_status_counts():
    async def stall_refusal(line: Line) -> None:
        await line.hear()
        await line.say(http(404, {"message": "nobody here"})[:-5])
        await line.left()

    async with RawServer(stall_refusal) as server:
        assert isinstance(await failure(server, timeouts=Timeouts(read=0.1)), NotFoundError)


async def test_fault_13_others_go_on_and_the_connection_is_not_used_again():
    async with RawServer(silence, PENDING) as server, connect(server, retry=RetryPolicy(attempts=1)) as session:
        late = asyncio.create_task(session.send(STATUS))
        await server.until(1)
        for _ in range(3):
            assert (await session.send(STATUS)).status == "PENDING"
            assert not late.done()
        with pytest.raises(RequestTimeoutError):
            await late
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.connections == 2
        assert server.ended == 1, "the silent connection was kept"


async def test_a_callers_own_limit_wins():
    async with RawServer(silence) as server, connect(server, timeouts=Timeouts()) as session:
        began = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await session.send(STATUS)
        assert not isinstance(caught.value, HubSpotError)
        assert time.monotonic() - began < 0.5


async def test_fault_15_a_download_has_no_total_limit():
    async with RawServer(trickle) as server, connect(server, timeouts=Timeouts(read=0.2, total=0.1)) as session:
        received = b""
        async with session.fetch(f"{server.url}/file") as answer:
            async for piece in answer.pieces():
                received += piece
                if len(received) > 10:
                    break
        assert received[:11] == b'{"status": '


@pytest.mark.parametrize(
    ("act", "error"),
    [(cut_length, ConnectionFailedError), (cut_chunks, ConnectionFailedError), (stall, RequestTimeoutError)],
    ids=["fault-10", "fault-11", "fault-14"],
)
async def test_a_streamed_body_ends_only_where_it_is_whole(act: Act, error: type[HubSpotError]):
    async with RawServer(act) as server, connect(server) as session:
        received = b""
        async with session.fetch(f"{server.url}/file?Signature=s3cret") as answer:
            with pytest.raises(error) as caught:  # noqa: PT012 - only the last piece fails
                async for piece in answer.pieces():
                    received += piece
        assert received
        assert caught.value.__context__ is None
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("mine", [TimeoutError("mine"), ConnectionError("mine"), aiohttp.ClientError("mine")])
async def test_what_goes_wrong_in_the_block_of_a_download_stays_what_it_is(mine: Exception):
    async with RawServer(http(200, b"x")) as server, connect(server) as session:
        with pytest.raises(type(mine)) as caught:
            async with session.fetch(f"{server.url}/file"):
                raise mine
        assert caught.value is mine


# Connections kept.


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["at-once", "while-idle"])
async def test_fault_18_an_answer_nobody_asked_for_is_not_read_as_the_next(pause: float):
    async def two_answers(line: Line) -> None:
        await line.hear()
        await line.say(PENDING if pause else PENDING + http(200, {"status": "COMPLETE", "result": "https://evil/"}))
        if pause:
            await asyncio.sleep(pause / 2)
            await line.say(http(200, {"status": "COMPLETE", "result": "https://evil/"}))
        await line.left()

    async with RawServer(two_answers, PENDING) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
        await asyncio.sleep(pause)
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.connections == 2


async def test_fault_18_a_start_on_such_a_connection_is_not_sent_and_so_tried_again():
    async def two_answers(line: Line) -> None:
        await line.hear()
        await line.say(PENDING)
        await asyncio.sleep(0.02)
        await line.say(http(202, {"id": "evil"}))
        await line.left()

    async with RawServer(two_answers, STARTED) as server, connect(server) as session:
        await session.send(STATUS)
        await asyncio.sleep(0.05)
        assert (await session.send(START)).id == "1"
        assert [heard.line.split()[0] for heard in server.heard] == ["GET", "POST"]
        assert session.unanswered_starts == ()


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_fault_21_a_connection_closed_while_idle_goes_unnoticed(end: str):
    async def once(line: Line) -> None:
        await line.hear()
        await line.say(PENDING)
        await asyncio.sleep(0.01)
        await line.close() if end == "close" else line.reset()

    async with RawServer(once, PENDING) as server, connect(server, retry=RetryPolicy(attempts=1)) as session:
        await session.send(STATUS)
        await asyncio.sleep(0.05)
        assert (await session.send(STATUS)).status == "PENDING"
        assert (server.connections, server.count) == (2, 2)


async def test_fault_21_a_connection_that_closes_as_the_request_comes_costs_a_read_one_repeat():
    async def once(line: Line) -> None:
        await line.hear()
        await line.say(PENDING)
        await line.reader.read(1)
        await line.close()

    async with RawServer(once, PENDING) as server, connect(server) as session:
        await session.send(STATUS)
        assert (await session.send(STATUS)).status == "PENDING"
        assert session.budget.stats.granted == 3


# The network is away for a while.


@pytest.mark.looptime
async def test_fault_22_a_watcher_outlives_ten_minutes_without_a_network():
    server = RawServer(PENDING)
    async with server, connect(server, timeouts=Timeouts()) as session:
        tasks = [FOLDER_UPDATE.task(str(number)) for number in range(30)]
        events = []
        async with TaskGroupWatcher(session) as watcher:
            for task in tasks:
                watcher.add(task)
            async for event in watcher:
                events.append(event)
                if len(events) == len(tasks):
                    await server.stop()
                    await asyncio.sleep(600)
                    server.play(http(200, {"status": "COMPLETE", "result": {"id": "1"}}))
                    await server.listen(server.port)
                    back = asyncio.get_running_loop().time()
        assert [type(event) for event in events] == [StatusChange] * 2 * len(tasks)
        assert {event.task for event in events if event.is_final} == set(tasks)
        after = [heard.at for heard in server.heard if heard.at >= back]
        assert len(after) == len(tasks)
        assert max(after) - back < 120
        for at in after:
            assert sum(at <= other < at + 10 for other in after) <= 100
        in_vain = session.budget.stats.granted - server.count
        assert in_vain < len(tasks) * 100, "failures made it look more often than it looks at tasks of that age"
