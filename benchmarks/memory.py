"""Memory of a watched task after the first look, the task itself included.

``python -m benchmarks.memory`` prints the table; each cell is measured in a process of its own: what the system counts,
and for a thousand tasks, which it is too coarse for, what Python has allocated.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SIZES = (1_000, 100_000)
FEW = 10_000


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
        from benchmarks.fastserver import BODY
        from hubspot_async.wire import codec

        await asyncio.sleep(0)
        return codec.loads(BODY, request.promise)


def held() -> int:
    """Give the bytes this process holds, or those that Python has allocated if it was told to count them."""
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0]
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def ours(count: int) -> float:
    """Watch so many tasks and give the bytes each takes."""
    from hubspot_async import TaskGroupWatcher, files

    session: Any = Account()
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(files.task("first"))
        await anext(aiter(watcher))
        gc.collect()
        before = held()
        for number in range(count):
            watcher.add(files.task(f"AAAAAEZ{number:08d}", started_at=datetime.now(UTC)))
        events = aiter(watcher)
        for _ in range(count):
            await anext(events)
        gc.collect()
        return (held() - before) / count


async def raw(count: int) -> float:
    """A loop for each task, with nothing in it but its sleep and what it needs to go on."""
    gc.collect()
    before = held()

    async def watch(id: str) -> None:
        pause = 1.0
        while True:
            status = "PROCESSING"
            if status == id:
                return
            await asyncio.sleep(1000 * pause)

    watches = [asyncio.create_task(watch(f"AAAAAEZ{number:08d}")) for number in range(count)]
    await asyncio.sleep(0.1)
    gc.collect()
    each_holds = (held() - before) / count
    for each in watches:
        each.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
    return each_holds


def main() -> None:
    """Print the table."""
    print(f"{'KiB a watched task':28}" + "".join(f"{size:>12,}" for size in SIZES))
    for peer, name in (("ours", "hubspot_async"), ("raw", "a sleeping coroutine each")):
        cells = []
        for size in SIZES:
            options = ["-X", "tracemalloc"] if size < FEW else []
            command = [sys.executable, *options, "-m", "benchmarks.memory", peer, str(size)]
            cells.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(f"{name:28}" + "".join(f"{cell / 1024:>12.2f}" for cell in cells), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(asyncio.run({"ours": ours, "raw": raw}[sys.argv[1]](int(sys.argv[2]))))
    else:
        main()
