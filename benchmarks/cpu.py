"""CPU per 10,000 polls, in a process of its own for each peer: ours with watcher, budget and session, and bare aiohttp.

``python -m benchmarks.cpu`` prints the table.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys

from benchmarks.fastserver import pin, running

POLLS = 10_000
PAIRS = 9


async def ours(url: str, in_flight: int, polls: int) -> None:
    """The watcher, with so many tasks that are always due."""
    from hubspot_async import Constant, HubSpotSession, RequestBudget, TaskGroupWatcher, files

    budget = RequestBudget(10_000_000)
    async with HubSpotSession("pat-eu1-bench", base_url=url, budget=budget) as session:
        async with TaskGroupWatcher(session, backoff=Constant(1e-9), workers=in_flight) as watcher:
            for number in range(in_flight):
                watcher.add(files.task(f"AAAAAEZ{number:05d}"))
            async for _ in watcher:
                pass_on = watcher.stats.settled
                assert pass_on == 0
                if watcher.stats.by_status.get("PROCESSING", 0) == in_flight:
                    break
            while watcher.stats.polls < polls:
                await asyncio.sleep(0.02)


async def raw(url: str, in_flight: int, polls: int) -> None:
    """A loop for each task, as one writes it by hand."""
    import aiohttp

    left = polls

    async def watch(client: aiohttp.ClientSession, number: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            path = f"/files/2026-03/files/import-from-url/async/tasks/AAAAAEZ{number:05d}/status"
            async with client.get(url + path, headers={"Authorization": "Bearer pat-eu1-bench"}) as response:
                status = json.loads(await response.read())["status"]
            if status == "COMPLETE":
                break
            await asyncio.sleep(0)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await asyncio.gather(*(watch(client, number) for number in range(in_flight)))


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(peer: str, url: str, in_flight: int) -> float:
    """Run one peer in a process of its own and give its CPU seconds per poll, start-up taken out."""
    command = [sys.executable, "-m", "benchmarks.cpu", peer, url, str(in_flight)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def child(peer: str, url: str, in_flight: int) -> None:
    pin(0)
    run = {"ours": ours, "raw": raw}[peer]
    asyncio.run(run(url, in_flight, 500))
    before = spent()
    asyncio.run(run(url, in_flight, POLLS))
    print((spent() - before) / POLLS)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    print(
        f"{'in flight':>9}  {'ours':>9}  {'aiohttp':>9}  {'ratio':>6}   median of {pairs} interleaved pairs, µs of CPU a poll"
    )
    with running() as url:
        for in_flight in (1, 64, 512):
            ours_, raw_ = [], []
            for _ in range(pairs):
                ours_.append(measure("ours", url, in_flight))
                raw_.append(measure("raw", url, in_flight))
            ratio = statistics.median(a / b for a, b in zip(ours_, raw_, strict=True))
            print(
                f"{in_flight:>9}  {statistics.median(ours_) * 1e6:>9.1f}  {statistics.median(raw_) * 1e6:>9.1f}  {ratio:>6.2f}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 3:
        child(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
