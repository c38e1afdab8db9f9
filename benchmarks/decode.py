"""Reading a complete export's status, and importing the package: ratios to the plain way.

``python -m benchmarks.decode`` prints both.
"""

from __future__ import annotations

import json
import subprocess
import sys
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
MODELS = "import hubspot_async.models"


def timed(call: Callable[[], object], number: int = 20_000) -> float:
    """Give the seconds of one call."""
    began = time.process_time()
    for _ in range(number):
        call()
    return (time.process_time() - began) / number


def started(code: str) -> float:
    """Give the seconds that a Python takes to run *code*."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print both tables."""
    from hubspot_async.models.exports import ExportStatus
    from hubspot_async.wire import codec

    rounds = [(timed(lambda: codec.loads(BODY, ExportStatus)), timed(lambda: json.loads(BODY))) for _ in range(15)]
    ours, plain = (median(each) * 1e6 for each in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    print(f"decode a complete export: {ours:.2f} µs, json.loads {plain:.2f} µs, ratio {ratio:.2f}")
    imports = [(started(NAMES), started(MODELS), started(BARE)) for _ in range(15)]
    for name, at in (("every public name", 0), ("hubspot_async.models", 1)):
        ratio = median(each[at] / each[2] for each in imports)
        millis = median(each[at] for each in imports) * 1000
        print(f"import {name}: {millis:.0f} ms, ratio to the bare libraries {ratio:.2f}")


if __name__ == "__main__":
    main()
