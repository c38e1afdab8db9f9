"""A server on loopback that is scripted byte by byte, and what the tests of the session say through it."""

import asyncio
import json
import socket
import ssl as tls
import struct
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self, TypeAlias

from attrs import define, frozen

from hubspot_async.models.exports import ExportStatus, ViewExport
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.session.session import HubSpotSession
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.wire.request import Request
from hubspot_async.wire.versions import Family

TOKEN = "pat-eu1-5ecret-t0ken"
QUICK = RetryPolicy(attempts=3, longest_pause=0.001)
SHORT = Timeouts(connect=0.3, read=0.3, total=0.6)

STATUS: Request[ExportStatus] = Request("GET", Family.EXPORTS, "2026-03", "/export/async/tasks/1/status", ExportStatus)
START: Request[TaskLocator] = Request(
    "POST",
    Family.EXPORTS,
    "2026-03",
    "/export/async",
    TaskLocator,
    body=ViewExport("CONTACT", ["email"]),
    is_start=True,
)


@frozen
class Heard:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    head: bytes
    body: bytes
    at: float
    """When, by the event loop's clock."""


@define
class Line:
    """One connection, from the server's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: "RawServer"

    async def hear(self) -> Heard:
        """Read a whole request."""
        heard = await self.hear_head()
        if "content-length" in heard.headers:
            body = await self.reader.readexactly(int(heard.headers["content-length"]))
        elif heard.headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = b""
        self.server.heard[-1] = heard = Heard(heard.line, heard.headers, heard.head, body, heard.at)
        return heard

    async def hear_head(self) -> Heard:
        """Read a request up to its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("utf-8").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
        heard = Heard(line, headers, head, b"", asyncio.get_running_loop().time())
        self.server.heard.append(heard)
        return heard

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body

    async def say(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(content)
        await self.writer.drain()

    def end(self) -> None:
        """Say that no more will come, and read on."""
        self.writer.write_eof()

    async def close(self) -> None:
        """Close the connection in order."""
        self.writer.close()
        await self.writer.wait_closed()

    def reset(self) -> None:
        """Break the connection off: the other end gets a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def left(self) -> bytes:
        """Wait until the other end closes; give what it still sent."""
        return await self.reader.read()


Act: TypeAlias = bytes | Callable[[Line], Awaitable[None]]
"""What to do about a request: send these bytes and stay, or whatever the coroutine does (it hears by itself)."""


class RawServer:
    """Plays one act for each request; the last again and again.

    An act of bytes hears a request and answers; one that is a coroutine function gets the line and then closes it.
    """

    def __init__(self, *acts: Act, ssl: tls.SSLContext | None = None) -> None:
        self.play(*acts)
        self._ssl = ssl
        self._lines: set[asyncio.Task[None]] = set()
        self.heard: list[Heard] = []
        self.connections = 0
        self.ended = 0
        """Connections that are over."""
        self.failures: list[BaseException] = []

    async def __aenter__(self) -> Self:
        await self.listen(0)
        return self

    def play(self, *acts: Act) -> None:
        """Change what is done from now on."""
        self._acts = acts
        self._played = 0

    async def listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self._ssl)
        self.port: int = self._server.sockets[0].getsockname()[1]
        scheme = "https" if self._ssl else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Close everything; connections are refused from here on."""
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()
        if exc is None and self.failures:
            raise self.failures[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        self.connections += 1
        try:
            await self._play(Line(reader, writer, self))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone, as it may
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - the test is told of it at the end
            self.failures.append(error)
        finally:
            writer.close()
            self._lines.discard(task)
            self.ended += 1

    async def _play(self, line: Line) -> None:
        while True:
            act = self._acts[min(self._played, len(self._acts) - 1)]
            if isinstance(act, bytes):
                heard = await line.hear()
                # Another connection may have come first while this one waited.
                act = self._acts[min(self._played, len(self._acts) - 1)]
                self._played += 1
                assert isinstance(act, bytes), f"{heard.line} came where {act} was to be played"
                await line.say(act)
            else:
                self._played += 1
                await act(line)
                return

    async def until(self, count: int) -> None:
        """Wait until so many requests were heard."""
        async with asyncio.timeout(5):
            while self.count < count:
                await asyncio.sleep(0.005)

    @property
    def count(self) -> int:
        """Requests heard so far."""
        return len(self.heard)


def http(status: int = 200, body: bytes | str | dict[str, Any] | list[Any] | None = b"", **headers: str) -> bytes:
    """Write an answer with its length."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in fields.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def chunked(*chunks: bytes, **headers: str) -> bytes:
    """Write an answer in chunks, to its end."""
    head = http(200, b"", Content_Length="", Transfer_Encoding="chunked", **headers)
    return head + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (*chunks, b""))


PENDING = http(200, {"status": "PENDING"})
STARTED = http(202, {"id": "1", "links": {}})


def connect(server: RawServer, **options: Any) -> HubSpotSession:
    """Make a session with little patience."""
    return HubSpotSession(TOKEN, base_url=server.url, **{"timeouts": SHORT, "retry": QUICK, **options})


def led_to(error: BaseException) -> Iterable[BaseException]:
    """Give an error and everything that led to it."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is not None and each not in seen:
            seen.append(each)
            todo += [each.__cause__, each.__context__]
    return seen
