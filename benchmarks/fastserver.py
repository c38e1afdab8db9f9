"""A server that answers status calls as fast as Python can, so that what is measured is the client.

It never sleeps. To wake it would be work of whoever asks, and would be counted as that: an interrupt of another core,
which a client that asks a little less often needs each time, and one that asks a little more often every second time.

``python -m benchmarks.fastserver`` prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

BODY = (
    b'{"status":"PROCESSING","requestedAt":"2026-03-30T10:00:00.123Z","startedAt":"2026-03-30T10:00:01.123Z",'
    b'"completedAt":"2026-03-30T10:00:00.123Z","numErrors":0,"errors":[],"links":{}}'
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nDate: Mon, 30 Mar 2026 10:00:05 GMT\r\n"
    b"X-HubSpot-RateLimit-Max: 9999999\r\nX-HubSpot-RateLimit-Remaining: 9999998\r\n"
    b"X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
    b"X-HubSpot-Correlation-Id: 5a3b0d2e-7c1f-4f0e-9d55-0a1b2c3d4e5f\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


class Answering(asyncio.Protocol):
    """Answers each request head alike."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()
        self._transport.write(ANSWER * len(heads))


async def serve() -> None:
    """Serve until the one who started this is gone."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    stay_awake(loop)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def stay_awake(loop: asyncio.AbstractEventLoop) -> None:
    """Let the loop always have something to do, so that it asks for what has come and never waits for it."""
    loop.call_soon(stay_awake, loop)


@contextlib.contextmanager
def running(core: int = 1) -> Iterator[str]:
    """Give the URL of a server in a process, and on a core, of its own."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fastserver", str(core)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()


def pin(core: int) -> None:
    """Stay on one core, where the system has it and lets us, whatever core whoever started us stays on."""
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    asyncio.run(serve())
