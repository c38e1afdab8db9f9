"""One job with files, in a process of its own: how long it takes, its memory, and how long it holds the event loop.

The memory is the highest resident set, as the kernel keeps it, above the one before the job. The loop is asked for a
turn every ten milliseconds; it is held for as long as that turn comes late, but for the time that the system gave its
core to others.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

Job: TypeAlias = Callable[[str, Path], Awaitable[int]]
"""Takes the server's URL and a file, whose folder is there to work in; gives what it has counted."""

BEAT = 0.01


@frozen(kw_only=True)
class Figures:
    """What came of one job."""

    seconds: float
    cpu: float
    mebibytes: float
    held: float
    """Milliseconds."""
    count: int


def run(module: str, job: str, url: str, file: Path) -> Figures:
    """Have *module* run one of its jobs in a process of its own.

    The files of earlier ones are on the disk by then, and Python's own are compiled, as installed ones are.
    """
    os.sync()
    command = [sys.executable, "-m", module, "run", job, url, str(file)]
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "hubspot-bench"))}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **compiled})
    return Figures(**json.loads(done.stdout))


def be(job: Job, url: str, file: Path) -> None:
    """Be that process."""
    print(json.dumps(asyncio.run(measured(job, url, file))))


async def measured(job: Job, url: str, file: Path) -> dict[str, float]:
    late: list[float] = []

    async def beat() -> None:
        while True:
            due = time.perf_counter() + BEAT - kept_waiting()
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - kept_waiting() - due)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(5 * BEAT)
    late.clear()
    before = resident("VmRSS")
    forget_highest()
    began, cpu = time.perf_counter(), time.process_time()
    count = await job(url, file)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await asyncio.sleep(2 * BEAT)
    beating.cancel()
    peak = resident("VmHWM") - before
    return {"seconds": seconds, "cpu": cpu, "mebibytes": peak / 1024, "held": max(late) * 1000, "count": count}


def kept_waiting() -> float:
    """Give the seconds that this thread could have run, and others did."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def forget_highest() -> None:
    """Have the kernel take the highest resident set from here on."""
    Path("/proc/self/clear_refs").write_text("5")


def resident(which: str) -> int:
    """Give kibibytes out of what the kernel says of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[which].split()[0])
