"""A gigabyte within 64 MiB: an export down and row by row, an import up, and the event loop goes on meanwhile.

``python -m benchmarks.largefiles [MEGABYTES]`` takes about four minutes for its 1,000 MB of CSV, in a zip of eight
parts; half of that goes up. It ends with an error where the memory is more, or the loop is held for longer than 50 ms.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.filerun import Job, be, run
from benchmarks.files import download, rows_of_export, rows_of_file, upload, upload_source
from benchmarks.fileserver import running

MEBIBYTES = 64
MILLISECONDS = 50


async def upload_open_file(url: str, file: Path) -> int:
    with file.open("rb") as source:
        return await upload_source(url, file, source)


async def upload_stream(url: str, file: Path) -> int:
    async def pieces() -> AsyncIterator[bytes]:
        with file.open("rb") as source:
            while piece := await asyncio.to_thread(source.read, 2**18):
                yield piece

    return await upload_source(url, file, pieces())


TABLE: dict[str, tuple[str, Job]] = {
    "a zip to one CSV": ("quoted.zip", download),
    "rows of the zip": ("quoted.zip", rows_of_export),
    "a CSV to the disk": ("quoted.csv", download),
    "rows of the CSV": ("quoted.csv", rows_of_file),
    "an import from a path": ("half.csv", upload),
    "an import from an open file": ("half.csv", upload_open_file),
    "an import from a stream": ("half.csv", upload_stream),
}
JOBS = {job.__name__: job for _, job in TABLE.values()}


def main(megabytes: int = 1000) -> None:
    kept = True
    with running(megabytes) as (url, folder):
        halve(folder / "quoted.csv", folder / "half.csv")
        print(f"{'':30}{'of MB':>8}{'seconds':>9}{'memory':>11}{'loop held':>12}")
        for title, (name, job) in TABLE.items():
            figures = run("benchmarks.largefiles", job.__name__, url, folder / name)
            (folder / "out.csv").unlink(missing_ok=True)
            size = (folder / name).stat().st_size / 1e6
            memory, held = figures.mebibytes, figures.held
            print(f"{title:30}{size:8.0f}{figures.seconds:9.1f}{memory:7.1f} MiB{held:9.1f} ms", flush=True)
            kept = kept and memory < MEBIBYTES and held < MILLISECONDS
    if not kept:
        sys.exit(f"more than {MEBIBYTES} MiB, or more than {MILLISECONDS} ms")


def halve(whole: Path, half: Path) -> None:
    with whole.open("rb") as source, half.open("wb") as target:
        for _ in range(whole.stat().st_size // 2**21):
            target.write(source.read(2**20))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", job, url, file]:
            be(JOBS[job], url, Path(file))
        case arguments:
            main(*map(int, arguments))
