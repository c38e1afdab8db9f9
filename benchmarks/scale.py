"""From one account to 100,000: what a process and a Redis can carry, measured, and what comes of it, simulated.

``python -m benchmarks.scale`` measures the cost of a poll, of an account and of a booking, lets the watcher's own
schedule watch ever more accounts in simulated time at that cost, prints the tables, and draws
``docs/pictures/scale.svg``. Given the cost of a poll in microseconds, ``python -m benchmarks.scale 224``, it
measures nothing, and so needs no quiet machine for its five minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks import cpu, memory
from benchmarks.fastserver import pin, running
from benchmarks.peers import TOKEN
from benchmarks.plot import draw
from hubspot_async.tasks import FILE_IMPORT
from hubspot_async.watching.group import Group
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.watch import Watch

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "scale.svg"

TASKS = 3
"""Tasks that an account has at work, at any time."""

RATE = 9.9
"""Looks a second that an account's limit allows: 100 in ten seconds, and a margin."""

LATENCY = 0.05
WORKERS = 512
SIZES = (1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000)
ON_ONE_ACCOUNT = (3, 30, 100, 300, 1_000, 3_000, 10_000)


class Account:
    """Stands in for a session."""

    account = None


@frozen
class Run:
    """What a simulated run came to."""

    mean: float
    p95: float
    looks: float
    """A second."""
    ended: int


class Process:
    """One process and the accounts it watches, in simulated time.

    Each account has always so many tasks at work, log-normal, median 60 s, σ 1: as soon as the end of one is known the
    next begins. A look costs the process *cost* seconds of CPU, of which it has one core.
    """

    def __init__(self, accounts: int, tasks: int, cost: float, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._schedule = Schedule()
        self._accounts = [Account() for _ in range(accounts)]
        self._ends: dict[Watch, float] = {}
        self._numbers = count()
        self._events: list[tuple[float, int, Watch | Group | Account]] = []
        self._next_place: dict[Group, float] = {}
        self._cost = cost
        self._late: list[tuple[float, float]] = []
        for account in self._accounts:
            for _ in range(tasks):
                self._put(self._dice.uniform(0, 60), account)

    def run(self, seconds: float) -> Run:
        """Watch for so long; what is counted is the second half."""
        now, under_way, looks, free_at = 0.0, 0, 0, 0.0
        while now < seconds:
            while self._events and self._events[0][0] <= now:
                at, _, what = heappop(self._events)
                if isinstance(what, Watch):
                    under_way -= 1
                    self._answer(what, at)
                elif isinstance(what, Group):
                    self._schedule.unblock(what)
                else:
                    self._start(what, now)
            group = self._schedule.next(now)
            if isinstance(group, Group) and free_at <= now and under_way < WORKERS:
                if self._next_place.get(group, 0.0) > now:
                    self._schedule.block(group)
                    self._put(self._next_place[group], group)
                    continue
                entry = group.pick(now)
                self._schedule.wake(group)
                if isinstance(entry, Watch):
                    self._next_place[group] = now + 1 / RATE
                    free_at = now + self._cost
                    under_way += 1
                    looks += now >= seconds / 2
                    self._put(now + self._cost + LATENCY, entry)
                continue
            times = [self._events[0][0] if self._events else math.inf]
            if not isinstance(group, Group):
                times.append(group)
            elif under_way < WORKERS:
                times.append(free_at)
            now = max(now, min(times))
        late = sorted(late for at, late in self._late if at >= seconds / 2)
        return Run(statistics.fmean(late), late[math.ceil(len(late) * 0.95) - 1], looks / (seconds / 2), len(late))

    def _put(self, at: float, what: Watch | Group | Account) -> None:
        heappush(self._events, (at, next(self._numbers), what))

    def _start(self, account: Account, now: float) -> None:
        watch = self._schedule.add(FILE_IMPORT.task(next(self._numbers)), account, now, now)  # type: ignore[arg-type]
        self._ends[watch] = now + 60 * self._dice.lognormvariate(0, 1)

    def _answer(self, watch: Watch, at: float) -> None:
        group, end = watch.group, self._ends[watch]
        if end <= at - LATENCY / 2:
            self._late.append((at, at - end))
            del self._ends[watch]
            group.discard(watch, at, end)
            self._schedule.forget(watch)
            self._start(group.session, at)  # type: ignore[arg-type]
        else:
            group.looked(watch, at)
        self._schedule.wake(group)


def simulate(accounts: int, tasks: int, cost: float) -> Run:
    """Watch for long enough that the lateness has settled."""
    slowest = max(tasks / (2 * RATE), accounts * tasks * cost / 2)
    enough = 200_000 / (accounts * tasks)
    return Process(accounts, tasks, cost).run(max(300.0, 6 * slowest, enough))


# What is measured.


async def poll(url: str, accounts: int, polls: int = 20_000) -> float:
    """Watch tasks that are always due, on so many accounts, and give the CPU seconds of a poll."""
    from hubspot_async import Constant, HubSpotSession, RequestBudget, TaskGroupWatcher, files

    async with contextlib.AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(HubSpotSession(TOKEN, base_url=url, budget=RequestBudget(10_000_000)))
            for _ in range(accounts)
        ]
        watcher = await stack.enter_async_context(TaskGroupWatcher(backoff=Constant(1e-9), workers=64))
        for number in range(max(64, accounts)):
            watcher.add(files.task(number), session=sessions[number % accounts])
        events = aiter(watcher)
        for _ in range(max(64, accounts)):
            await anext(events)
        before, first = cpu.spent(), watcher.stats.polls
        async for stats in watcher.progress(every=0.02):
            if stats.polls >= first + polls:
                return (cpu.spent() - before) / (stats.polls - first)
    raise AssertionError("unreachable")


async def account_memory(url: str, accounts: int) -> float:
    """Open a session for each account, with a connection that stays open, and give the bytes of each."""
    from hubspot_async import HubSpotSession, files

    async with contextlib.AsyncExitStack() as stack:
        warm = await stack.enter_async_context(HubSpotSession(TOKEN, base_url=url))
        await files.get_import_status(warm, files.task(1))
        gc.collect()
        before = memory.held()
        for _ in range(accounts):
            session = await stack.enter_async_context(HubSpotSession(TOKEN, base_url=url))
            await files.get_import_status(session, files.task(1))
        gc.collect()
        return (memory.held() - before) / accounts


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """Give the URL of a Redis of one's own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()
            server.wait()


async def booking(url: str, accounts: int = 50, seconds: float = 20.0) -> float:
    """Use up the limit of some accounts, and give the seconds that Redis was busy with each place."""
    from redis.asyncio import Redis

    from hubspot_async.integrations.redis import RedisBudget
    from hubspot_async.wire.request import USER

    async with contextlib.AsyncExitStack() as stack:
        budgets = [await stack.enter_async_context(RedisBudget(url, str(number))) for number in range(accounts)]

        async def use(budget: RedisBudget) -> None:
            budget.learn({})
            while True:
                await budget.acquire(USER)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(use(budget) for budget in budgets for _ in range(4)))
        granted = sum(budget.stats.granted for budget in budgets)
    async with Redis.from_url(url) as client:
        spent: Any = await client.info("commandstats")
        return float(spent["cmdstat_evalsha"]["usec"]) / 1e6 / granted


def measured(name: str, *arguments: str) -> float:
    """Measure something in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", name, *arguments]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure() -> float:
    """Measure and print what things cost; gives the seconds of CPU of a poll."""
    with running() as url:
        few, cost = (statistics.median(measured("poll", url, str(size)) for _ in range(5)) for size in (1, 1_000))
        account = measured("account", url, "2000")
    print(f"CPU of a poll          {few * 1e6:8.0f} µs on one account")
    print(f"                       {cost * 1e6:8.0f} µs on 1,000 accounts: {1 / cost:,.0f} polls a second and core")
    print(f"memory of an account   {account / 1024:8.1f} KiB, its open connection included")
    if shutil.which("redis-server"):
        with redis_server() as url:
            place = measured("booking", url)
        print(f"Redis's CPU of a place {place * 1e6:8.0f} µs: {1 / place:,.0f} requests a second and Redis")
    return cost


def main(cost: float) -> None:
    """Simulate, print and draw."""
    print(f"{'accounts':>10}{'mean s':>9}{'p95 s':>9}{'looks/s':>9}{'CPU':>7}   {TASKS} tasks each, one process")
    spread = {accounts: simulate(accounts, TASKS, cost) for accounts in SIZES}
    for accounts, run in spread.items():
        print(f"{accounts:>10,}{run.mean:>9.1f}{run.p95:>9.1f}{run.looks:>9.0f}{run.looks * cost:>7.0%}", flush=True)
    print(f"\n{'tasks':>10}{'mean s':>9}{'p95 s':>9}{'looks/s':>9}   on one account")
    alone = {tasks: simulate(1, tasks, cost) for tasks in ON_ONE_ACCOUNT}
    for tasks, run in alone.items():
        print(f"{tasks:>10,}{run.mean:>9.1f}{run.p95:>9.1f}{run.looks:>9.1f}", flush=True)
    lines = {
        "all on one account": [(tasks, run.mean) for tasks, run in alone.items()],
        "three on each account, one process": [(size * TASKS, run.mean) for size, run in spread.items()],
        "three on each account, ten processes": [
            (size * 10 * TASKS, run.mean) for size, run in spread.items() if size * 10 <= max(SIZES)
        ],
    }
    PICTURE.write_text(draw(lines, "tasks at work", "mean seconds from a task's end until it is known"), "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["poll", url, size]:
            pin(0)
            print(asyncio.run(poll(url, int(size))))
        case ["account", url, size]:
            print(asyncio.run(account_memory(url, int(size))))
        case ["booking", url]:
            print(asyncio.run(booking(url)))
        case [micros]:
            main(float(micros) / 1e6)
        case _:
            main(measure())
