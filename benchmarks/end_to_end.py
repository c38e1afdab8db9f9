"""300 tasks at once against a server that enforces 190 requests per ten seconds: how late, at what cost, how rude.

``python -m benchmarks.end_to_end [SEED]`` takes about five minutes and prints the table; peers that are not installed
are left out. What is not learned of within 120 s is left out of the lateness, and shows in the last column.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks import peers
from benchmarks.peers import TOKEN
from benchmarks.taskserver import TASKS, running

NO_LONGER = 120.0


async def ours(url: str) -> None:
    """One watcher for all."""
    from hubspot_async import HubSpotSession, TaskGroupWatcher, files

    async with HubSpotSession(TOKEN, base_url=url) as session, TaskGroupWatcher(session) as watcher:
        for number in range(TASKS):
            watcher.add(files.task(number + 1, started_at=session.now()))
        async for _ in watcher:
            pass


async def ours_as_imports(url: str) -> None:
    """The same tasks as imports, which a list shows."""
    from hubspot_async import HubSpotSession, TaskGroupWatcher, imports

    async with HubSpotSession(TOKEN, base_url=url) as session, TaskGroupWatcher(session) as watcher:
        for number in range(TASKS):
            watcher.add(imports.task(number + 1, started_at=session.now()))
        async for _ in watcher:
            pass


async def one_second_loop(url: str) -> None:
    """A loop for each task that sleeps a second, as one writes it by hand on aiohttp."""
    import aiohttp

    async def watch(client: aiohttp.ClientSession, number: int) -> None:
        path = f"/files/2026-03/files/import-from-url/async/tasks/{number}/status"
        while True:
            async with client.get(url + path, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
                if response.status == 200 and json.loads(await response.read())["status"] == "COMPLETE":
                    return
            await asyncio.sleep(1)

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(watch(client, number + 1) for number in range(TASKS)))


async def sdk(url: str) -> None:
    """The same loop on hubspot-sdk's asynchronous client, which sends what was refused twice more by itself."""
    from hubspot_sdk import APIError

    async def watch(is_over: Callable[[int], Awaitable[bool]], number: int) -> None:
        while True:
            with contextlib.suppress(APIError):
                if await is_over(number):
                    return
            await asyncio.sleep(1)

    async with peers.sdk(url) as is_over:
        await asyncio.gather(*(watch(is_over, number + 1) for number in range(TASKS)))


async def official(url: str) -> None:
    """The same loop on hubspot-api-client, in a thread for each task."""
    from hubspot.files.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    is_over = peers.official(url)
    given_up = threading.Event()

    def watch(number: int) -> None:
        while not given_up.is_set():
            with contextlib.suppress(ApiException, HTTPError):
                if is_over(number):
                    return
            given_up.wait(1)

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(TASKS) as threads:
        try:
            await asyncio.gather(*(loop.run_in_executor(threads, watch, number + 1) for number in range(TASKS)))
        finally:
            given_up.set()


PEERS: dict[str, Callable[[str], Awaitable[None]]] = {
    "hubspot_async": ours,
    "hubspot_async, as imports": ours_as_imports,
    "aiohttp, loop of 1 s": one_second_loop,
    "hubspot-sdk": sdk,
    "hubspot-api-client": official,
}


def main(seed: int = 1) -> None:
    """Run one after the other; each has a server of its own, with the same tasks."""
    print(f"{'':28} {'mean s':>7} {'p95 s':>7} {'requests':>9} {'refused':>8} {'learned':>8}")
    for name in peers.installed(PEERS):
        with running(seed) as (url, ledger), contextlib.suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(PEERS[name](url), NO_LONGER))
        cells = [ledger[key] for key in ("mean", "p95", "requests", "refused", "learned")]
        print("{:28} {:7.2f} {:7.2f} {:9.2f} {:8.0f} {:8.0f}".format(name, *cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
