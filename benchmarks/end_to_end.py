"""300 tasks at once against a server that enforces 190 requests per ten seconds: how late, at what cost, how rude.

``python -m benchmarks.end_to_end [SEED]`` takes about four minutes and prints the table.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

from benchmarks.taskserver import TASKS, running


async def ours(url: str) -> None:
    """One watcher for all."""
    from hubspot_async import HubSpotSession, TaskGroupWatcher, files

    async with HubSpotSession("pat-eu1-bench", base_url=url) as session, TaskGroupWatcher(session) as watcher:
        for number in range(TASKS):
            watcher.add(files.task(number + 1, started_at=session.now()))
        async for _ in watcher:
            pass


async def ours_as_imports(url: str) -> None:
    """The same tasks as imports, which a list shows."""
    from hubspot_async import HubSpotSession, TaskGroupWatcher, imports

    async with HubSpotSession("pat-eu1-bench", base_url=url) as session, TaskGroupWatcher(session) as watcher:
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
            async with client.get(url + path, headers={"Authorization": "Bearer pat-eu1-bench"}) as response:
                if response.status == 200 and json.loads(await response.read())["status"] == "COMPLETE":
                    return
            await asyncio.sleep(1)

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(watch(client, number + 1) for number in range(TASKS)))


PEERS: dict[str, Callable[[str], Awaitable[None]]] = {
    "hubspot_async": ours,
    "hubspot_async, as imports": ours_as_imports,
    "aiohttp, loop of 1 s": one_second_loop,
}


def main(seed: int = 1) -> None:
    """Run one after the other; each has a server of its own, with the same tasks."""
    print(f"{'':28} {'mean s':>7} {'p95 s':>7} {'requests':>9} {'refused':>8} {'learned':>8}")
    for name, watch in PEERS.items():
        with running(seed) as (url, ledger):
            asyncio.run(asyncio.wait_for(watch(url), 200))  # type: ignore[arg-type]
        cells = [ledger[key] for key in ("mean", "p95", "requests", "refused", "learned")]
        print("{:28} {:7.2f} {:7.2f} {:9.2f} {:8.0f} {:8.0f}".format(name, *cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
