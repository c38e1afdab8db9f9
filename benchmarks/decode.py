"""Reading a complete export's status, and importing the package: ratios to the plain way.

``python -m benchmarks.decode`` prints both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

BODY = (
    b'{"status":"COMPLETE","requestedAt":"2026-03-30T10:00:00.123Z","startedAt":"2026-03-30T10:00:01.123Z",'
    b'"completedAt":"2026-03-30T10:00:14.123Z","numErrors":0,"errors":[],"links":{},'
    b'"result":"https://files.example/people.csv?Expires=1795421135&Signature=htCPI1NxhFZNNEUBg1tYLDJ7"}'
)
BARE = "import aiohttp, attrs, cattrs, anyio"
NAMES = "import hubspot_async as h; [getattr(h, name) for name in h.__all__]"
MODELS = "import hubspot_async.models as m; [getattr(m, name) for name in m.__all__]"
WATCHING = "from hubspot_async import HubSpotSession, TaskGroupWatcher, exports"


def timed(call: Callable[[], object], number: int = 20_000) -> float:
    """Give the seconds of one call."""
    began = time.process_time()
    for _ in range(number):
        call()
    return (time.process_time() - began) / number


def started(code: str, environment: dict[str, str]) -> float:
    """Give the seconds that a Python takes to run *code*."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - began


def compiled(folder: str) -> dict[str, str]:
    """Give an environment in which all modules, ours and others', are compiled once and kept, as after an install."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


def print_imports() -> None:
    """Print what it takes to import the package, in processes that take turns."""
    codes = {
        "every public name": NAMES,
        "session, watcher and exports": WATCHING,
        "every name of hubspot_async.models": MODELS,
        "aiohttp, attrs, cattrs and anyio": BARE,
    }
    with tempfile.TemporaryDirectory() as folder:
        environment = compiled(folder)
        rounds = [[started(code, environment) for code in codes.values()] for _ in range(16)][1:]
    for name, *times in zip(codes, *rounds, strict=True):
        ratio = median(one / each[-1] for one, each in zip(times, rounds, strict=True))
        print(f"import {name}: {median(times) * 1000:.0f} ms, ratio to the bare libraries {ratio:.2f}")


def main() -> None:
    """Print both tables."""
    from hubspot_async.models.exports import ExportStatus
    from hubspot_async.wire import codec

    rounds = [(timed(lambda: codec.loads(BODY, ExportStatus)), timed(lambda: json.loads(BODY))) for _ in range(15)]
    ours, plain = (median(each) * 1e6 for each in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    print(f"decode a complete export: {ours:.2f} µs, json.loads {plain:.2f} µs, ratio {ratio:.2f}")
    print_imports()


if __name__ == "__main__":
    main()
