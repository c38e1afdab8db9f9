"""CPU per poll with watcher, budget and session, beside what others make of a poll; each in a process of its own.

``python -m benchmarks.cpu [PAIRS]`` prints the table; peers that are not installed are left out.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import peers
from benchmarks.fastserver import pin, running
from benchmarks.peers import TOKEN

POLLS = 10_000
PAIRS = 9
IN_FLIGHT = (1, 64, 512)


async def ours(url: str, in_flight: int, polls: int) -> int:
    """The watcher, with so many tasks that are always due."""
    from hubspot_async import Constant, HubSpotSession, RequestBudget, TaskGroupWatcher, files

    session = HubSpotSession(TOKEN, base_url=url, budget=RequestBudget(10_000_000))
    async with session, TaskGroupWatcher(session, backoff=Constant(1e-9), workers=in_flight) as watcher:
        for number in range(in_flight):
            watcher.add(files.task(number))
        events = aiter(watcher)
        for _ in range(in_flight):
            await anext(events)
        async for stats in watcher.progress(every=0.02):
            if stats.polls >= polls:
                break
    return watcher.stats.polls


async def raw(url: str, in_flight: int, polls: int) -> int:
    """aiohttp and json, a loop for each task, as one writes it by hand."""
    import aiohttp

    looks = iter(range(polls))

    async def watch(client: aiohttp.ClientSession, number: int) -> None:
        path = f"/files/2026-03/files/import-from-url/async/tasks/{number}/status"
        for _ in looks:
            async with client.get(url + path, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
                if json.loads(await response.read())["status"] == "COMPLETE":
                    return
            await asyncio.sleep(0)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await asyncio.gather(*(watch(client, number) for number in range(in_flight)))
    return polls


async def sdk(url: str, in_flight: int, polls: int) -> int:
    """hubspot-sdk's asynchronous client, a loop for each task."""
    looks = iter(range(polls))

    async def watch(is_over: Callable[[int], Awaitable[bool]], number: int) -> None:
        for _ in looks:
            if await is_over(number):
                return
            await asyncio.sleep(0)

    async with peers.sdk(url) as is_over:
        await asyncio.gather(*(watch(is_over, number) for number in range(in_flight)))
    return polls


async def official(url: str, in_flight: int, polls: int) -> int:
    """hubspot-api-client in threads, as its users are told to."""
    is_over = peers.official(url)
    looks = iter(range(polls))

    def watch(number: int) -> None:
        for _ in looks:
            if is_over(number):
                return

    with ThreadPoolExecutor(in_flight) as threads:
        list(threads.map(watch, range(in_flight)))
    return polls


PEERS: dict[str, Callable[[str, int, int], Coroutine[Any, Any, int]]] = {
    "hubspot_async": ours,
    "aiohttp": raw,
    "hubspot-sdk": sdk,
    "hubspot-api-client": official,
}


def spent() -> float:
    """Give the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(peer: str, url: str, in_flight: int) -> float:
    """Run one peer in a process of its own and give its CPU seconds per poll, start-up taken out."""
    command = [sys.executable, "-m", "benchmarks.cpu", peer, url, str(in_flight)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def child(peer: str, url: str, in_flight: int) -> None:
    """Be that process."""
    warnings.simplefilter("ignore")
    pin(0)
    watch = PEERS[peer]
    polls = POLLS if peer in ("hubspot_async", "aiohttp") else POLLS // 5
    asyncio.run(watch(url, in_flight, max(in_flight, 200)))
    before = spent()
    made = asyncio.run(watch(url, in_flight, polls))
    print((spent() - before) / made)


def main(pairs: int) -> None:
    """Print the table: peers in turn, over and over, and the medians of the ratios."""
    names = peers.installed(PEERS)
    print(f"µs of CPU a poll, and the ratio to aiohttp, medians of {pairs} rounds")
    print(f"{'in flight':>9}" + "".join(f"{peer:>26}" for peer in names))
    with running() as url:
        for in_flight in IN_FLIGHT:
            rounds = [{peer: measure(peer, url, in_flight) for peer in names} for _ in range(pairs)]
            cells = []
            for peer in names:
                micros = statistics.median(each[peer] for each in rounds) * 1e6
                ratio = statistics.median(each[peer] / each["aiohttp"] for each in rounds)
                cells.append(f"{micros:17.0f} {ratio:6.2f} ×")
            print(f"{in_flight:>9}" + "".join(cells), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        child(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
