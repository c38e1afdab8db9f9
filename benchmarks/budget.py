"""The request budget against a server that keeps a limit: real sockets, real time, the server in a process of its own.

``python -m benchmarks.budget`` takes some four minutes: alone on an account, beside another client that eats half of
the limit, two processes on one limit, and polls beside calls. What was refused, and how full each ten seconds were, is
from the server's own books.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from bisect import bisect_right
from typing import Any, Self

import aiohttp

from hubspot_async.errors import HubSpotError
from hubspot_async.sandbox import Sandbox
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import IMPORT
from hubspot_async.wire.request import POLL, USER, Lane

LIMIT = 1000
assert IMPORT.list_request
LOOK = IMPORT.list_request("2026-03", None)


async def serve() -> None:
    """Be the server: tells where it is, and at the end of its input what it has seen."""
    loop = asyncio.get_running_loop()
    async with Sandbox(rate_limit=LIMIT, daily_limit=None) as sandbox:
        print(json.dumps([sandbox.url, sandbox.token]), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        seen = [(exchange.at, exchange.status, exchange.headers.get("User-Agent", "")) for exchange in sandbox.requests]
    print(json.dumps(seen), flush=True)


class Server:
    """The server's process."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.budget", "serve"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url, self.token = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.communicate()

    def end(self) -> list[tuple[float, int, str]]:
        """Stop it, and give its books: when, how answered, by whom."""
        books, _ = self._process.communicate()
        return [(at, status, agent) for at, status, agent in json.loads(books)]


def busiest(times: list[float]) -> int:
    """Count the most within any ten seconds."""
    return max((index + 1 - bisect_right(times, at - 10.0) for index, at in enumerate(times)), default=0)


async def call(session: HubSpotSession, count: int, workers: int, lane: Lane = USER) -> None:
    """Make so many calls from so many coroutines, each until it is accepted."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            while True:
                try:
                    await session.send(LOOK, lane=lane)
                    break
                except HubSpotError:
                    continue

    await asyncio.gather(*(work() for _ in range(workers)))


def report(name: str, books: list[tuple[float, int, str]], seconds: float, count: int, rate: float) -> None:
    """Print one line of the table."""
    ours = [(at, status) for at, status, agent in books if agent == "hubspot-async"]
    refused = sum(status == 429 for _, status in ours)
    accepted = sorted(at for at, status, _ in books if status == 200)
    all_ours = sorted(at for at, _ in ours)
    print(
        f"{name:34} {refused:6} {refused / len(ours):8.2%} {busiest(all_ours):8} {busiest(accepted):8}"
        f" {seconds:7.1f} {count / seconds / rate:8.1%}",
        flush=True,
    )


async def alone() -> None:
    """5,000 calls from 200 coroutines."""
    with Server() as server:
        async with HubSpotSession(server.token, base_url=server.url) as session:
            began = time.perf_counter()
            await call(session, 5000, 200)
            seconds = time.perf_counter() - began
        report("alone, 5,000 calls by 200", server.end(), seconds, 5000, LIMIT / 10)


async def beside(name: str, calls_at_once: int) -> None:
    """3,000 calls beside a client without a budget that eats half of the limit."""
    with Server() as server:

        async def eat(client: aiohttp.ClientSession) -> None:
            url = server.url + LOOK.target
            headers = {"Authorization": f"Bearer {server.token}", "User-Agent": "another"}

            async def one() -> None:
                async with client.get(url, headers=headers) as response:
                    await response.read()

            async with asyncio.TaskGroup() as group:
                due = time.perf_counter()
                while True:
                    for _ in range(calls_at_once):
                        group.create_task(one())
                    due += calls_at_once / (LIMIT / 20)
                    await asyncio.sleep(due - time.perf_counter())

        async with aiohttp.ClientSession() as client, HubSpotSession(server.token, base_url=server.url) as session:
            eating = asyncio.create_task(eat(client))
            await asyncio.sleep(12)
            began = time.perf_counter()
            await call(session, 3000, 200)
            seconds = time.perf_counter() - began
            eating.cancel()
            await asyncio.gather(eating, return_exceptions=True)
        report(f"beside half of the limit, {name}", server.end(), seconds, 3000, LIMIT / 20)


async def two() -> None:
    """Two processes, 2,000 calls each."""
    with Server() as server:
        command = [sys.executable, "-m", "benchmarks.budget", "client", server.url, server.token]
        began = time.perf_counter()
        clients = [await asyncio.create_subprocess_exec(*command) for _ in range(2)]
        await asyncio.gather(*(client.wait() for client in clients))
        seconds = time.perf_counter() - began
        report("two processes, 2,000 calls each", server.end(), seconds, 4000, LIMIT / 10)


async def lanes() -> None:
    """Polls by 16 workers and calls by 200 coroutines, for half a minute."""
    with Server() as server:
        async with HubSpotSession(server.token, base_url=server.url) as session:
            done = {USER: 0, POLL: 0}

            async def work(lane: Lane) -> None:
                while True:
                    await session.send(LOOK, lane=lane)
                    done[lane] += 1

            began = time.perf_counter()
            lanes = [*[USER] * 200, *[POLL] * 16]
            tasks = [asyncio.create_task(work(lane)) for lane in lanes]
            await asyncio.sleep(30)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            seconds = time.perf_counter() - began
        total = sum(done.values())
        report(f"calls and polls ({done[POLL] / total:.1%} polls)", server.end(), seconds, total, LIMIT / 10)


async def client(url: str, token: str) -> None:
    """Be one of two processes."""
    async with HubSpotSession(token, base_url=url) as session:
        await call(session, 2000, 100)


async def main() -> None:
    """Print the table."""
    print(f"a limit of {LIMIT:,} in ten seconds; of ours, and of all that were accepted, the most in any ten seconds\n")
    print(f"{'':34} {'429s':>6} {'share':>8} {'ours':>8} {'all':>8} {'seconds':>7} {'of rate':>8}")
    await alone()
    await beside("evenly", 1)
    await beside("in bursts of 500", 500)
    await two()
    await lanes()


if __name__ == "__main__":
    roles: dict[str, Any] = {"serve": serve, "client": client}
    role = roles[sys.argv[1]] if len(sys.argv) > 1 else main
    asyncio.run(role(*sys.argv[2:]))
