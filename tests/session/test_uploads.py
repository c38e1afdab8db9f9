"""Files on their way up: refused half way, read slowly, oddly named, read badly. The numbers are the faults'."""

import asyncio
import gc
import io
import os
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_async.errors import HubSpotError, InputError, ResponseError, StartOutcomeUnknownError
from hubspot_async.models.imports import Import
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.wire.request import FilePart, Form, Request
from hubspot_async.wire.versions import Family
from tests.session.rawserver import SHORT, Line, RawServer, connect, http

DONE = http(200, {"id": "1", "state": "STARTED"})
LIMITED = http(429, {"policyName": "TEN_SECONDLY_ROLLING"}, Retry_After="0.01")
LOCKED = http(423, {"message": "locked"})


def upload(*sources: Any, name: str = "people.csv") -> Request[Import]:
    parts = tuple(FilePart("files", name, source, "text/csv") for source in sources)
    form = Form({"importRequest": {"name": "x"}}, parts)
    return Request("POST", Family.IMPORTS, "2026-03", "", Import, body=form, is_start=True)


def sparse(path: Path, megabytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(megabytes * 2**20)
    return path


def contents(body: bytes) -> list[bytes]:
    """Take the files out of a form."""
    boundary = body[: body.index(b"\r\n")]
    _, *parts, end = body.split(boundary)
    assert end == b"--\r\n"
    pairs = (part.removesuffix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts)
    return [content for head, content in pairs if b"filename=" in head]


# 413.

TOO_LARGE = http(413, {"message": "too large", "category": "REQUEST_TOO_LARGE"}, Connection="close")


async def refuse_and_read_on(line: Line) -> None:
    await line.hear_head()
    await line.reader.read(100_000)
    await line.say(TOO_LARGE)
    line.end()
    await line.left()


async def refuse_and_stop_reading(line: Line) -> None:
    await line.hear_head()
    await line.reader.read(100_000)
    await line.say(TOO_LARGE)
    await asyncio.sleep(0.3)


async def refuse_and_close(line: Line) -> None:
    await line.hear_head()
    await line.reader.read(100_000)
    await line.say(TOO_LARGE)


async def refuse_half(line: Line) -> None:
    await line.hear_head()
    await line.reader.read(100_000)
    await line.say(TOO_LARGE[:-10])
    line.reset()


@pytest.mark.asyncio
@pytest.mark.parametrize("act", [refuse_and_read_on, refuse_and_stop_reading, refuse_and_close, refuse_half])
@pytest.mark.parametrize("kind", ["path", "stream"])
async def test_fault_19_a_413_in_the_middle_of_an_upload_is_a_413(act: Any, kind: str, tmp_path: Path):
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(2000):
            yield b"x" * 2**16
            await asyncio.sleep(0)

    async with RawServer(act) as server, connect(server) as session:
        source = sparse(tmp_path / "people.csv", 60) if kind == "path" else stream()
        with pytest.raises(ResponseError, match=r"^413") as caught:
            await session.send(upload(source))
        assert caught.value.status == 413
        assert act is refuse_half or caught.value.message == "too large"
        assert session.unanswered_starts == ()
        await asyncio.sleep(0.02)
        assert server.connections == 1


# A slow reader.


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["path", "file", "stream"])
async def test_fault_20_a_slow_reader_costs_neither_memory_nor_a_time_limit(kind: str, tmp_path: Path):
    size = 24

    async def read_slowly(line: Line) -> None:
        await line.hear_head()
        read, end = 0, b""
        while not end.endswith(b"--\r\n") and not end.endswith(b"0\r\n\r\n"):
            piece = await line.reader.read(2**18)
            read += len(piece)
            end = (end + piece)[-8:]
            await asyncio.sleep(0.01)
        assert read > size * 2**20
        await line.say(DONE)

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(size * 16):
            yield bytes(2**16)

    limits = Timeouts(connect=1, read=0.5, total=0.2)
    async with RawServer(read_slowly) as server, connect(server, timeouts=limits) as session:
        path = sparse(tmp_path / "people.csv", size)
        with path.open("rb") as file:
            source = {"path": path, "file": file, "stream": stream()}[kind]
            began = time.monotonic()
            tracemalloc.start()
            try:
                assert (await session.send(upload(source))).id == "1"
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert not file.closed
        assert time.monotonic() - began > 2 * 0.2, "the reader was not slow enough to tell"
        assert peak < 4 * 2**20


# Names.


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("my leads é.csv", "my leads é.csv"),
        ('a "b" c.csv', 'a \\"b\\" c.csv'),
        ("back\\slash.csv", "back\\\\slash.csv"),
        ("100%.csv", "100%.csv"),
        ("a;b=c.csv", "a;b=c.csv"),
        ("名前.csv", "名前.csv"),
        ("x" * 296 + ".csv", "x" * 296 + ".csv"),
        ("../../x.csv", "../../x.csv"),
    ],
)
async def test_fault_148_a_file_arrives_under_its_name(name: str, sent: str):
    async with RawServer(DONE) as server, connect(server) as session:
        await session.send(upload(b"email\r\n", name=name))
        body = server.heard[0].body.decode()
    assert body.count("filename") == 1
    assert f'Content-Disposition: form-data; name="files"; filename="{sent}"\r\n' in body
    assert 'Content-Disposition: form-data; name="importRequest"\r\n' in body
    assert '{"name": "x"}' in body
    assert contents(body.encode()) == [b"email\r\n"]


@pytest.mark.parametrize(
    "name",
    ["a\r\nX-Evil: 1.csv", "a\n.csv", "a\x00.csv", "a\x7f.csv", "a\u2028.csv", "a\x85.csv", "\ud800.csv", "", " "],
)
def test_fault_148_a_name_that_could_break_a_header_is_refused(name: str):
    with pytest.raises(InputError):
        upload(b"x", name=name)


# Once more.


@pytest.mark.asyncio
@pytest.mark.parametrize("refusal", [LOCKED, LIMITED], ids=["fault-30", "fault-31"])
async def test_a_refused_upload_is_sent_again_from_the_beginning_of_every_file(refusal: bytes, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"skipped" + b"email\r\n" * 20_000)
    whole = path.read_bytes()
    memory = io.BytesIO(whole)
    memory.seek(7)
    async with RawServer(refusal, DONE) as server, connect(server) as session:
        with path.open("rb") as file:
            file.seek(7)
            assert (await session.send(upload(whole, path, file, memory))).id == "1"
        assert [contents(heard.body) for heard in server.heard] == [[whole, whole, whole[7:], whole[7:]]] * 2


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["stream", "pipe"])
async def test_a_source_that_comes_once_is_sent_once(kind: str):
    async def stream() -> AsyncIterator[bytes]:
        yield b"email\r\n"

    reading, writing = os.pipe()
    os.write(writing, b"email\r\n")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        async with RawServer(LOCKED, DONE) as server, connect(server) as session:
            with pytest.raises(ResponseError, match=r"^423"):
                await session.send(upload(stream() if kind == "stream" else pipe))
            assert [contents(heard.body) for heard in server.heard] == [[b"email\r\n"]]
            assert session.unanswered_starts == ()


# The user's own files.


class Torn(io.RawIOBase):
    """A file on a disk that goes bad."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.read_so_far += size
        if self.read_so_far > 200_000:
            raise OSError(5, "Input/output error")
        return bytes(size)


class Text(io.StringIO):
    """A file that was opened as text."""


class MineError(Exception):
    """An error of the user's own."""


async def torn_stream() -> AsyncIterator[bytes]:
    yield bytes(100_000)
    raise MineError


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("source", "error"),
    [(Torn, OSError), (lambda: Text("email"), InputError), (torn_stream, MineError)],
    ids=["disk", "text", "stream"],
)
async def test_what_goes_wrong_with_the_users_own_file_is_said_as_it_is(source: Any, error: type[Exception]):
    async with RawServer(DONE) as server, connect(server) as session:
        with pytest.raises(error) as caught:
            await session.send(upload(source()))
        assert type(caught.value) is error or error is OSError
        assert not isinstance(caught.value, HubSpotError) or error is InputError
        await asyncio.sleep(0.02)
        assert server.connections == 1
        assert session.unanswered_starts == (), "HubSpot never got it whole, so nothing can have begun"


def shrink(path: Path) -> None:
    os.truncate(path, 2**20)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")


@pytest.mark.asyncio
@pytest.mark.parametrize("change", [shrink, grow, overwrite])
@pytest.mark.parametrize("kind", ["path", "file"])
async def test_a_file_that_is_changed_while_it_is_sent_is_an_error(change: Any, kind: str, tmp_path: Path):
    path = sparse(tmp_path / "people.csv", 16)
    os.utime(path, (0, 0))
    left: list[bytes] = []

    async def hear(line: Line) -> None:
        await line.hear_head()
        change(path)
        left.append(await line.reader.read(-1))

    async with RawServer(hear) as server, connect(server) as session:
        with path.open("rb") as file, pytest.raises(OSError, match=r"people\.csv was changed while it was sent"):
            await session.send(upload(path if kind == "path" else file))
        await server.until(1)
        assert session.unanswered_starts == (), "HubSpot never got it whole, so nothing can have begun"
        assert server.connections == 1
    assert len(b"".join(left)) < 16 * 2**20


@pytest.mark.asyncio
async def test_a_file_that_only_others_have_read_is_unchanged(tmp_path: Path):
    path = sparse(tmp_path / "people.csv", 16)

    async def hear(line: Line) -> None:
        await line.hear_head()
        path.read_bytes()
        path.chmod(0o600)
        await line.reader.readexactly(int(server.heard[-1].headers["content-length"]))
        await line.say(DONE)

    async with RawServer(hear) as server, connect(server) as session:
        assert (await session.send(upload(path))).id == "1"


@pytest.mark.asyncio
async def test_a_file_that_is_not_there_is_an_os_error_and_nothing_is_sent(tmp_path: Path):
    async with RawServer(DONE) as server, connect(server) as session:
        with pytest.raises(FileNotFoundError):
            await session.send(upload(tmp_path / "none.csv"))
        assert server.connections == 0
        assert session.unanswered_starts == ()


@pytest.mark.asyncio
async def test_fault_6_an_upload_cancelled_on_the_way_is_listed_and_its_file_closed(tmp_path: Path):
    async def read_some(line: Line) -> None:
        await line.hear_head()
        await line.reader.read(1000)
        await asyncio.sleep(5)

    path = sparse(tmp_path / "people.csv", 60)
    async with RawServer(read_some) as server, connect(server) as session:
        sending = asyncio.create_task(session.send(upload(path)))
        await server.until(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        (start,) = session.unanswered_starts
        assert start.asked == {"name": "x"}
    gc.collect()  # an open file would warn now


@pytest.mark.asyncio
async def test_fault_6_an_upload_whose_answer_is_lost_is_sent_once(tmp_path: Path):
    async def hear_and_close(line: Line) -> None:
        await line.hear()

    async with RawServer(hear_and_close) as server, connect(server, timeouts=SHORT) as session:
        with pytest.raises(StartOutcomeUnknownError, match=r"imports\.find"):
            await session.send(upload(sparse(tmp_path / "people.csv", 1)))
        await asyncio.sleep(0.02)
        assert server.connections == 1
