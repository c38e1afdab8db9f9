"""How long the watcher holds up an event loop: the longest gap of a heartbeat of 10 ms beside 10,000 watched tasks.

``python -m benchmarks.heartbeat [SECONDS]`` prints it, with gc on, and beside it the same without a watcher: what the
machine itself holds up. Ten times as many looks a second are made as a limit of 250 in ten seconds allows.
"""

from __future__ import annotations

import asyncio
import gc
import sys

from benchmarks.fastserver import pin, running

TASKS = 10_000
SECONDS = 30.0
BEAT = 0.010
TARGET = 0.050


async def beat(seconds: float) -> list[float]:
    """Sleep for so short a time again and again, and give how long that was, in seconds, the longest last."""
    loop = asyncio.get_running_loop()
    end, gaps = loop.time() + seconds, []
    while (began := loop.time()) < end:
        await asyncio.sleep(BEAT)
        gaps.append(loop.time() - began)
    return sorted(gaps)


async def watched(url: str, seconds: float) -> tuple[list[float], int]:
    """Give the gaps beside a watcher whose tasks do not end, and the looks it made."""
    from hubspot_async import HubSpotSession, RequestBudget, TaskGroupWatcher, files

    session = HubSpotSession("pat-eu1-bench", base_url=url, budget=RequestBudget(2_500))
    async with session, TaskGroupWatcher(session) as watcher, asyncio.TaskGroup() as group:
        for number in range(TASKS):
            watcher.add(files.task(number, started_at=session.now()))
            if number % 10 == 0:  # whoever adds many at once holds up the loop himself
                await asyncio.sleep(0)
        consumer = group.create_task(consume(watcher))
        gaps = await beat(seconds)
        consumer.cancel()
        return gaps, watcher.stats.polls


async def consume(watcher: object) -> None:
    """Take each change at once."""
    async for _ in watcher:  # type: ignore[attr-defined]
        pass


def show(name: str, gaps: list[float]) -> None:
    """Print one line."""
    median, high, longest = (gaps[int(len(gaps) * share)] * 1000 for share in (0.5, 0.999, 1 - 1e-9))
    print(f"{name:32} {median:8.1f} {high:10.1f} {longest:8.1f}", flush=True)


def main(seconds: float) -> None:
    """Print the table."""
    pin(0)
    assert gc.isenabled()
    print(f"{'gaps of a heartbeat of 10 ms':32} {'median':>8} {'99.9 %':>10} {'longest':>8}   ms")
    show("nothing else", asyncio.run(beat(seconds)))
    with running() as url:
        gaps, polls = asyncio.run(watched(url, seconds))
    show(f"{TASKS:,} tasks, {polls / seconds:,.0f} looks a second", gaps)
    print(f"target: at most {TARGET * 1000:.0f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
