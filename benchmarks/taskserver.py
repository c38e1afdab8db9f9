"""A server with tasks of known ends and a limit that it enforces; its ledger tells how late each end was learned of.

``python -m benchmarks.taskserver SEED`` prints its port, and its ledger as JSON when its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate

from benchmarks.fastserver import pin

TASKS, LIMIT, INTERVAL = 300, 190, 10.0
STATUS = "/files/import-from-url/async/tasks/"


class Account:
    """300 tasks that begin with the first request: log-normal, median 12 s, σ 1.1, none longer than 60 s."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self.lasts = [min(60.0, 12 * source.lognormvariate(0, 1.1)) for _ in range(TASKS)]
        self.seen: list[float | None] = [None] * TASKS
        self.began = 0.0
        self.taken: deque[float] = deque()
        self.requests = self.refused = 0

    def answer(self, head: bytes) -> bytes:
        """Answer one request, or refuse it: 190 in any ten seconds, and no Retry-After."""
        now = time.time()
        self.began = self.began or now
        while self.taken and self.taken[0] <= now - INTERVAL:
            self.taken.popleft()
        self.requests += 1
        if len(self.taken) >= LIMIT:
            self.refused += 1
            return self._write(
                429, {"status": "error", "message": "too fast", "policyName": "TEN_SECONDLY_ROLLING"}, now
            )
        self.taken.append(now)
        target = head.split(b" ", 2)[1].decode()
        if STATUS in target:
            return self._write(200, self._status(int(target.split("/")[-2]) - 1, now), now)
        if target.startswith("/crm/imports/2026-03?"):
            after = int(target.partition("after=")[2] or 0)
            shown = range(TASKS - 1 - after, max(-1, TASKS - 101 - after), -1)
            paging = {"next": {"after": str(after + 100)}} if after + 100 < TASKS else None
            return self._write(200, {"results": [self._import(number, now) for number in shown], "paging": paging}, now)
        return self._write(200, self._import(int(target.rpartition("/")[2]) - 1, now), now)

    def _see(self, number: int, now: float) -> float | None:
        end = self.began + self.lasts[number]
        if now < end:
            return None
        if self.seen[number] is None:
            self.seen[number] = now - end
        return end

    def _status(self, number: int, now: float) -> dict[str, object]:
        end = self._see(number, now)
        body = {"taskId": str(number + 1), "requestedAt": _iso(self.began), "startedAt": _iso(self.began)}
        if end is None:
            return {**body, "status": "PROCESSING", "completedAt": _iso(self.began)}
        return {**body, "status": "COMPLETE", "completedAt": _iso(end), "result": {"id": "1"}}

    def _import(self, number: int, now: float) -> dict[str, object]:
        end = self._see(number, now)
        state = {"id": str(number + 1), "createdAt": _iso(self.began), "metadata": {"counters": {}}}
        return {**state, "state": "DONE" if end else "PROCESSING", "updatedAt": _iso(end or self.began)}

    def _write(self, status: int, body: dict[str, object], now: float) -> bytes:
        content = json.dumps(body).encode()
        return (
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nDate: %s\r\nX-HubSpot-RateLimit-Max: %d\r\n"
            b"X-HubSpot-RateLimit-Remaining: %d\r\nX-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
            b"Content-Length: %d\r\n\r\n%s"
            % (status, formatdate(now, usegmt=True).encode(), LIMIT, LIMIT - len(self.taken), len(content), content)
        )

    def ledger(self) -> dict[str, object]:
        """Sum up: lateness of those learned of, and what it took."""
        late = sorted(each for each in self.seen if each is not None)
        return {
            "learned": len(late),
            "mean": sum(late) / len(late) if late else None,
            "p95": late[int(len(late) * 0.95)] if late else None,
            "requests": self.requests / TASKS,
            "refused": self.refused,
        }


class Answering(asyncio.Protocol):
    """Answers the heads of requests in the order they come."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()
        self._transport.write(b"".join(map(self._account.answer, heads)))


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def serve(seed: int) -> None:
    """Serve until the one who started this is done."""
    loop = asyncio.get_running_loop()
    account = Account(seed)
    server = await loop.create_server(lambda: Answering(account), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps(account.ledger()))


@contextlib.contextmanager
def running(seed: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Give the URL of such a server, and a ledger that is filled in at the end of the block."""
    command = [sys.executable, "-m", "benchmarks.taskserver", str(seed)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdin is not None
    ledger: dict[str, float] = {}
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}", ledger
    finally:
        server.stdin.close()
        ledger.update(json.loads(server.stdout.read()))
        server.wait()
        server.stdout.close()


if __name__ == "__main__":
    pin(1)
    asyncio.run(serve(int(sys.argv[1])))
