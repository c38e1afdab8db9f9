"""Memory of a watched task after the first look, the task itself included.

``python -m benchmarks.memory`` prints the table; each cell is measured in a process of its own: what the system counts,
and for a thousand tasks, which it is too coarse for, what Python has allocated. Threads are always what the system
counts, as their stacks are not Python's. Peers that are not installed are left out.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import fastserver, peers

SIZES = (1_000, 100_000)
FEW = 10_000
NO_LONGER = 300.0


class Places:
    """A budget with a place for everyone."""

    rate = 1e6

    def take(self, lane: object) -> bool:
        """Always."""
        return True

    async def acquire(self, lane: object) -> None:
        """Never has to wait."""

    def give_back(self, lane: object) -> None:
        """Has enough."""


class Account:
    """Answers each look without a network."""

    account = None
    budget = Places()

    def now(self) -> datetime:
        """Tell the time."""
        return datetime.now(UTC)

    async def send(self, request: Any, *, lane: object = None) -> Any:
        """Answer as HubSpot does of a task at work."""
        from hubspot_async.wire import codec

        await asyncio.sleep(0)
        return codec.loads(fastserver.BODY, request.promise)


def held() -> int:
    """Give the bytes this process holds, or those that Python has allocated if it was told to count them."""
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0]
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def settled() -> int:
    """Give the same once the garbage is out."""
    gc.collect()
    return held()


async def ours(count: int) -> float:
    """Watch so many tasks and give the bytes each takes."""
    from hubspot_async import TaskGroupWatcher, files

    session: Any = Account()
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(files.task("first"))
        await anext(aiter(watcher))
        before = settled()
        for number in range(count):
            watcher.add(files.task(f"AAAAAEZ{number:08d}", started_at=datetime.now(UTC)))
        events = aiter(watcher)
        for _ in range(count):
            await anext(events)
        return (settled() - before) / count


async def raw(count: int) -> float:
    """A loop for each task, with nothing in it but its sleep and what it needs to go on."""
    before = settled()

    async def watch(id: str) -> None:
        pause = 1.0
        while True:
            status = "PROCESSING"
            if status == id:
                return
            await asyncio.sleep(1000 * pause)

    watches = [asyncio.create_task(watch(f"AAAAAEZ{number:08d}")) for number in range(count)]
    await asyncio.sleep(0.1)
    each_holds = (settled() - before) / count
    for each in watches:
        each.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
    return each_holds


async def sdk(count: int) -> float:
    """hubspot-sdk, a loop for each task, begun when the one before has looked; only the sleep is a longer one."""
    looked = asyncio.Semaphore(0)
    watches = []

    async def watch(is_over: Callable[[int], Awaitable[bool]], number: int) -> None:
        while not await is_over(number):
            looked.release()
            await asyncio.sleep(1000)

    with fastserver.running() as url:
        async with peers.sdk(url) as is_over:
            before = 0
            for number in range(count + 1):
                watches.append(asyncio.create_task(watch(is_over, number)))
                await looked.acquire()
                before = before or settled()
            each_holds = (settled() - before) / count
            for each in watches:
                each.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
    return each_holds


async def official(count: int) -> float:
    """hubspot-api-client, the same loop in a thread for each task."""
    looked, over = threading.Semaphore(0), threading.Event()
    with fastserver.running() as url, ThreadPoolExecutor(count + 1) as threads:
        is_over = peers.official(url)

        def watch(number: int) -> None:
            while not is_over(number):
                looked.release()
                if over.wait(1000):
                    return

        before = 0
        for number in range(count + 1):
            threads.submit(watch, number)
            looked.acquire()
            before = before or settled()
        each_holds = (settled() - before) / count
        over.set()
    return each_holds


PEERS: dict[str, tuple[Callable[[int], Awaitable[float]], tuple[int, ...]]] = {
    "hubspot_async": (ours, SIZES),
    "a sleeping coroutine each": (raw, SIZES),
    "hubspot-sdk": (sdk, SIZES),
    "hubspot-api-client": (official, SIZES[:1]),  # 100,000 threads are more than most systems give out
}


def measure(peer: str, size: int) -> float:
    """Run one peer in a process of its own and give the KiB each task takes."""
    options = ["-X", "tracemalloc"] if size < FEW and peer != "hubspot-api-client" else []
    command = [sys.executable, *options, "-m", "benchmarks.memory", peer, str(size)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=NO_LONGER)
    return float(run.stdout) / 1024


def main() -> None:
    """Print the table."""
    print(f"{'KiB a watched task':28}" + "".join(f"{size:>12,}" for size in SIZES))
    for peer in peers.installed(PEERS):
        cells = [measure(peer, size) for size in PEERS[peer][1]]
        print(f"{peer:28}" + "".join(f"{cell:>12.2f}" for cell in cells), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(asyncio.run(PEERS[sys.argv[1]][0](int(sys.argv[2]))))  # type: ignore[arg-type]
    else:
        main()
