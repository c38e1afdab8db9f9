"""Answers that are not what was promised: one typed error each, short and clean. The numbers are the faults'."""

import gzip
import json
import sys
import time
import tracemalloc
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_async.endpoints import exports, imports
from hubspot_async.errors import (
    InputError,
    InvalidResponseError,
    NotFoundError,
    ResponseError,
    ServerError,
)
from hubspot_async.models.tasks import TaskStatus
from hubspot_async.session.clock import ServerClock
from hubspot_async.session.transport import LARGEST_ANSWER
from hubspot_async.tasks import EXPORT, IMPORT
from hubspot_async.wire import lenient
from hubspot_async.wire.request import segment
from hubspot_async.wire.response import read_error, retry_after
from tests.session.rawserver import PENDING, START, STATUS, RawServer, connect, http

WHERE = "/crm/exports/2026-03/export/async/tasks/1/status"


def gzipped(megabytes: int) -> bytes:
    """Make a small body that is large when unpacked, without holding it."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(b" " * 2**20) for _ in range(megabytes)), packer.flush()])


BOMB = gzipped(200)
PAGE = b"<!DOCTYPE html><html><head><title>Log in s3cret</title></head><body>%s</body></html>" % (b"<p>" * 1000)

UNREADABLE = [
    pytest.param(http(200, PAGE, Content_Type="text/html"), "not JSON", id="fault-42-html"),
    pytest.param(http(200, b'{"status": "error", "message": "s3cret no"}'), "came as a success", id="fault-42-error"),
    pytest.param(http(204, b"", Content_Length=""), "without a body, and .* was due", id="fault-43-204"),
    pytest.param(http(205, b""), "without a body, and .* was due", id="fault-43-205"),
    pytest.param(http(206, b'{"status": "PENDING"}'), "part of a body, and .* was due", id="fault-43-206"),
    pytest.param(http(200, b""), "without a body", id="fault-43-empty"),
    pytest.param(http(202, b" \r\n"), "without a body", id="fault-43-blank"),
    pytest.param(http(200, b'{"status": "PENDI'), "not JSON", id="fault-48-truncated"),
    pytest.param(http(200, b"[" * 200_000), "nested too deeply", id="fault-49-deep-lists"),
    pytest.param(http(200, b'{"status":' * 200_000), "nested too deeply", id="fault-49-deep-objects"),
    pytest.param(
        http(200, b'{"status": "PENDING", "x": "%s"}' % (b"s3cret " * 7_500_000)), "longer than", id="fault-50-50-MB"
    ),
    pytest.param(http(200, BOMB, Content_Encoding="gzip"), "longer than", id="fault-51-gzip-bomb"),
    pytest.param(http(200, zlib.compress(BOMB), Content_Encoding="deflate"), "not UTF-8", id="fault-51-bomb-in-bomb"),
    pytest.param(http(200, b"\x1f\x8b\x08 s3cret", Content_Encoding="gzip"), "cannot be undone", id="fault-52-no-gzip"),
    pytest.param(
        http(200, gzip.compress(b'{"status": "PENDING"}')[:-15], Content_Encoding="gzip"),
        "JSON|undone",
        id="fault-52-cut",
    ),
    pytest.param(http(200, b'{"status": "\xff s3cret"}'), "not UTF-8", id="fault-53-utf-8"),
    pytest.param(http(200, b'{"status": "PENDING", "numErrors": NaN}'), "not JSON", id="fault-53-nan"),
    pytest.param(http(200, {"result": "s3cret"}), "'status' is missing", id="fault-56-no-status"),
    pytest.param(http(200, {"status": None}), "'status' is missing", id="fault-56-null"),
    pytest.param(http(200, {"status": ["s3cret"]}), "cannot be read", id="fault-56-list"),
    pytest.param(http(200, ["s3cret"]), "cannot be read", id="fault-56-no-object"),
    pytest.param(http(200, b'"s3cret"'), "cannot be read", id="fault-56-text"),
    pytest.param(http(200, b"null"), "cannot be read", id="fault-56-nothing"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("answer", "reason"), UNREADABLE)
async def test_an_unreadable_answer_is_one_clean_error_and_worth_another_try(answer: bytes, reason: str):
    async with RawServer(answer) as server, connect(server) as session:
        with pytest.raises(InvalidResponseError, match=reason) as caught:
            await session.send(STATUS)
        assert server.count == 3
        server.play(answer, PENDING)
        assert (await session.send(STATUS)).status == "PENDING"
    message = str(caught.value)
    assert WHERE in message
    assert "\n" not in message
    assert len(message) < 300
    assert "s3cret" not in message or "came as a success" in message
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
@pytest.mark.parametrize("request_", [STATUS, START], ids=["get", "start"])
async def test_fault_44_a_redirect_is_an_error_and_not_followed(status: int, request_: Any):
    async with (
        RawServer(http(200, b"{}")) as trap,
        RawServer(http(status, b"", Location=f"{trap.url}/s3cret")) as server,
    ):
        async with connect(server) as session:
            with pytest.raises(InvalidResponseError, match=f"redirect .{status}") as caught:
                await session.send(request_)
            assert session.unanswered_starts == ()
        assert caught.value.status == status
        assert "s3cret" not in str(caught.value)
        assert (server.count, trap.connections) == (1, 0)


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [b"", b"[]", b'["s3cret"]', b'"s3cret"', b"null", b"5", PAGE, b"[" * 200_000, b"\xff"])
async def test_fault_41_a_500_with_any_body_is_a_server_error(body: bytes):
    async with RawServer(http(500, body)) as server, connect(server) as session:
        with pytest.raises(ServerError, match=r"^500: HubSpot answered 500 without saying why") as caught:
            await session.send(STATUS)
        assert server.count == 3
    assert caught.value.status == 500
    assert "s3cret" not in str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "kind"), [(418, ResponseError), (499, ResponseError), (599, ServerError), (505, ServerError)]
)
async def test_fault_45_a_status_nobody_expected_goes_by_its_class(status: int, kind: type[ResponseError]):
    async with RawServer(http(status, {"message": "odd"})) as server, connect(server) as session:
        with pytest.raises(kind, match=f"^{status}: odd") as caught:
            await session.send(STATUS)
    assert type(caught.value) is kind


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 202])
async def test_fault_43_a_status_may_come_with_200_or_202(status: int):
    async with RawServer(http(status, {"status": "PROCESSING"})) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == TaskStatus.PROCESSING


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        http(404, b"x" * (LARGEST_ANSWER + 2**20)),
        http(404, BOMB, Content_Encoding="gzip"),
        http(404, b"no gzip", Content_Encoding="gzip"),
    ],
    ids=["fault-50", "fault-51", "fault-52"],
)
async def test_of_a_refusal_the_status_counts_whatever_its_body(answer: bytes):
    async with RawServer(answer) as server, connect(server) as session:
        with pytest.raises(NotFoundError):
            await session.send(STATUS)
        assert server.count == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", ["gzip", None], ids=["fault-51-gzip-bomb", "fault-50-50-MB"])
async def test_what_is_too_long_is_not_held_in_memory(encoding: str | None):
    answer = http(200, BOMB, Content_Encoding="gzip") if encoding else http(200, b" " * 50 * 2**20)
    async with RawServer(answer) as server, connect(server) as session:
        tracemalloc.start()
        try:
            with pytest.raises(InvalidResponseError, match="longer than 8388608 bytes"):
                await session.send(STATUS)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # The server's own buffer counts too, in Python 3.11 twice: once in its transport, once while that is cut shorter.
    buffered = (2 if sys.version_info < (3, 12) else 1) * len(answer) if encoding is None else 0
    assert peak - buffered < 1.5 * LARGEST_ANSWER


@pytest.mark.asyncio
async def test_an_answer_as_long_as_allowed_is_read():
    body = b'{"status": "PENDING", "x": "'
    body += b"x" * (LARGEST_ANSWER - len(body) - 2) + b'"}'
    packed = http(200, gzip.compress(body, 1), Content_Encoding="gzip")
    async with RawServer(http(200, body), packed, http(200, body + b" ")) as server, connect(server) as session:
        assert (await session.send(STATUS)).status == "PENDING"
        assert (await session.send(STATUS)).status == "PENDING"
        with pytest.raises(InvalidResponseError, match="longer"):
            await session.send(STATUS)


# What is odd and yet no error.


FINE: list[Any] = [
    pytest.param(b'\xef\xbb\xbf{"status": "PENDING"}', {}, {"status": "PENDING"}, id="fault-53-bom"),
    pytest.param(b'{"status": "PENDING", "status": "COMPLETE"}', {}, {"status": "COMPLETE"}, id="fault-53-twice"),
    pytest.param(b'{"status": "PENDING"}', {"Content_Type": "text/html"}, {"status": "PENDING"}, id="fault-54-html"),
    pytest.param(b'{"status": "PENDING"}', {"Content_Type": ""}, {"status": "PENDING"}, id="fault-54-none"),
    pytest.param(
        b'{"status": "PENDING"}', {"Content_Type": "a/b; charset=utf-16"}, {"status": "PENDING"}, id="fault-54-charset"
    ),
    pytest.param(b'{"status": "WAITING"}', {}, {"status": "WAITING", "is_terminal": False}, id="fault-55"),
    pytest.param(b'{"status": "PENDING", "new": {"a": [1]}}', {}, {"status": "PENDING"}, id="fault-57"),
    pytest.param(
        b'{"status": "PENDING", "taskId": null, "numErrors": "12"}',
        {},
        {"task_id": None, "num_errors": 12},
        id="fault-58-text",
    ),
    pytest.param(
        b'{"status": "PENDING", "taskId": 5, "links": 7}', {}, {"task_id": "5", "links": {}}, id="fault-58-number"
    ),
    pytest.param(b'{"status": "PENDING", "numErrors": 1e999}', {}, {"num_errors": None}, id="fault-59-inf"),
    pytest.param(
        b'{"status": "PENDING", "numErrors": 1' + b"0" * 400 + b"}", {}, {"num_errors": 10**400}, id="fault-59-400"
    ),
    pytest.param(b'{"status": "PENDING", "numErrors": -1}', {}, {"num_errors": -1}, id="fault-59-negative"),
    pytest.param(
        b'{"status": "PENDING", "completedAt": "2026-03-30T10:00"}',
        {},
        {"completed_at": datetime(2026, 3, 30, 10, tzinfo=UTC), "is_terminal": False},
        id="fault-60-and-61-naive",
    ),
    pytest.param(
        b'{"status": "PENDING", "startedAt": "9999-12-31T23:59:59-05:00"}',
        {},
        {"started_at": "9999-12-31T23:59:59-05:00"},
        id="fault-60-beyond",
    ),
    pytest.param(
        b'{"status": "PENDING", "startedAt": 1774864801000, "requestedAt": ""}',
        {},
        {"started_at": datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC), "requested_at": None},
        id="fault-60-epoch",
    ),
    pytest.param(
        b'{"status": "COMPLETE", "completedAt": null}',
        {},
        {"completed_at": None, "is_terminal": True},
        id="fault-61-null",
    ),
    pytest.param(b'{"status": "COMPLETE"}', {}, {"completed_at": None, "succeeded": True}, id="fault-61-missing"),
    pytest.param(b'{"status": "COMPLETE", "errors": null}', {}, {"errors": ()}, id="fault-62-null"),
    pytest.param(
        b'{"status": " complete\\n"}', {}, {"status": TaskStatus.COMPLETE, "is_terminal": True}, id="fault-63"
    ),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("body", "headers", "expected"), FINE)
async def test_an_odd_answer_is_read(body: bytes, headers: dict[str, str], expected: dict[str, object]):
    async with RawServer(http(200, body, **headers)) as server, connect(server) as session:
        status = await exports.get_status(session, EXPORT.task("1"))
        assert {name: getattr(status, name) for name in expected} == expected
        assert server.count == 1


@pytest.mark.asyncio
async def test_fault_62_problems_are_read_and_cut_short_in_messages():
    many = [f"problem {number}" for number in range(100_000)]
    async with RawServer(http(200, {"status": "COMPLETE", "errors": many})) as server, connect(server) as session:
        status = await session.send(STATUS)
        assert [status.errors[0].message, status.errors[-1].message] == ["problem 0", "problem 99999"]
        server.play(http(400, {"message": "x" * 100_000, "errors": [{"message": each} for each in many]}))
        with pytest.raises(ResponseError) as caught:
            await session.send(STATUS)
        assert len(str(caught.value)) < 700
        assert len(caught.value.errors) == 100


@pytest.mark.asyncio
async def test_fault_56_of_many_tasks_only_the_one_without_a_status_fails():
    answers = [http(200, {"id": "1"})] * 3 + [http(200, {"id": "2", "state": "DONE"})]
    async with RawServer(*answers) as server, connect(server) as session:
        with pytest.raises(InvalidResponseError, match="'state' is missing"):
            await imports.get(session, IMPORT.task("1"))
        assert (await imports.get(session, IMPORT.task("2"))).succeeded


# Ids.


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a/b", "a%2Fb"),
        ("../../v3/contacts", "..%2F..%2Fv3%2Fcontacts"),
        ("1?archived=true", "1%3Farchived%3Dtrue"),
        ("1#x", "1%23x"),
        ("%2F", "%252F"),
        ("1 2", "1%202"),
        ("é", "%C3%A9"),
        ("...", "..."),
        (90151673, "90151673"),
    ],
)
async def test_fault_76_an_id_is_one_segment_of_the_path(given: str | int, sent: str):
    async with RawServer(PENDING) as server, connect(server) as session:
        await exports.get_status(session, EXPORT.task(given))
        assert server.heard[0].line == f"GET /crm/exports/2026-03/export/async/tasks/{sent}/status HTTP/1.1"


@pytest.mark.parametrize(
    "id", ["", ".", "..", "1\r\nX-Evil: 1", "1\n", "a\x00", "x" * 2**20, "\u2028", True, None, 1.5, b"1"]
)
def test_fault_76_an_id_that_is_none_is_refused_before_anything_is_sent(id: Any):
    with pytest.raises(InputError) as caught:
        EXPORT.task(id)
    assert len(str(caught.value)) < 200
    if isinstance(id, str):
        with pytest.raises(InputError):
            segment(id)


# Long input.


@pytest.mark.parametrize("piece", ["9", "0.", " ", "Mon, ", "01 Jan 2026 ", "-", "(", "a@", "http://x?", "T00:00:00"])
def test_fault_160_a_megabyte_is_read_in_no_time(piece: str):
    text = piece * (2**20 // len(piece))
    body = json.dumps({"message": text, "category": text, "correlationId": text}).encode()
    began = time.perf_counter()
    assert retry_after({"Retry-After": text}) is None
    assert retry_after({"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT", "Date": text}) is None
    ServerClock().observe(text, 0, 1)
    lenient.time(text)
    assert len(str(read_error(STATUS, 400, {}, body))) < 1500
    assert time.perf_counter() - began < 0.5


@pytest.mark.asyncio
async def test_fault_160_a_token_that_looks_like_much_else_is_blacked_out_in_no_time():
    echo = ("\\u0070at-eu1-" * 100_000).encode()
    async with RawServer(http(400, b'{"message": "' + echo + b'"}')) as server, connect(server) as session:
        began = time.perf_counter()
        with pytest.raises(ResponseError):
            await session.send(STATUS)
        assert time.perf_counter() - began < 1
