"""Files up, down and row by row, beside what an asyncio program would write without this package.

``python -m benchmarks.files [MEGABYTES]`` takes about a minute for its 200 MB; with 1000 it holds the promise of the
project: an export of a gigabyte within 64 MiB of memory, the event loop never held for more than 50 ms. Every figure
is the median of three runs that take turns, each in a process of its own; the server is another process.

What is beside it: ``bare`` is aiohttp's chunks written to a file as they come; ``csv.reader`` and ``DictReader`` read
the same local file; ``in memory`` is what HubSpot's other clients leave to the caller: the answer's ``read()``, the zip
in a BytesIO, ``list(csv.DictReader(…))``.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from hubspot_async import EXPORT, HubSpotSession, ImportRequest, imports, results

ROUNDS = 3
PARTS = 8
TASK = EXPORT.task("1")
COLUMNS = [
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Create Date",
    "Owner",
    "Stage",
    "Company",
    "Notes",
]
WORDS = ("lead", "called", "Zürich", "renewal", "asked for a quote", "Q3", "left a message", "très bien", "demo", "ok")


# The files.


def rows(shape: str, count: int = 40_000) -> list[list[str]]:
    rng = random.Random(1)

    def note(number: int) -> str:
        text = " ".join(rng.choices(WORDS, k=rng.randrange(8)))
        return f'{text}\r\nsaid "{rng.choice(WORDS)}"' if shape == "awkward" and number % 100 == 0 else text

    return [
        [str(10**10 + rng.randrange(10**9)), rng.choice(WORDS), "Doe", f"jane{number}@example.com", f"+49 30 {number}",
         "2026-01-02 10:00", "" if number % 3 else "Ann Lee", "customer", f"Acme {number % 997}", note(number)]
        for number in range(count)
    ]  # fmt: skip


def blocks(shape: str, size: int) -> Iterator[bytes]:
    """Give a CSV of about *size* bytes, in pieces."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL if shape == "bare" else csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    header = text.getvalue().encode()
    writer.writerows(rows(shape))
    block = text.getvalue().encode().removeprefix(header)
    yield header
    for _ in range(max(1, size // len(block))):
        yield block


def make_csv(path: Path, shape: str, size: int) -> None:
    with path.open("wb") as file:
        file.writelines(blocks(shape, size))


def make_zip(path: Path, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(PARTS):
            with archive.open(f"people-{number}.csv", "w") as part:
                for block in blocks("quoted", size // PARTS):
                    part.write(block)


# The server.


def serve(folder: Path) -> None:
    """Be HubSpot and its host of files: tells where, and ends with its input."""

    async def status(request: web.Request) -> web.Response:
        name = request.headers["Authorization"].removeprefix("Bearer token-for-")
        return web.json_response({"status": "COMPLETE", "result": f"http://{request.host}/files/{name}"})

    async def take(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
        return web.json_response({"id": str(size), "state": "STARTED"})

    async def main() -> None:
        app = web.Application(client_max_size=0)
        app.router.add_get("/crm/exports/2026-03/export/async/tasks/1/status", status)
        app.router.add_post("/crm/imports/2026-03", take)
        app.router.add_static("/files", folder)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(main())


# What is measured: each takes the URL, the name of a file, and a folder to work in.


async def download(url: str, name: str, folder: Path) -> int:
    async with HubSpotSession(f"token-for-{name}", base_url=url) as session:
        return (await results.download(session, TASK, folder / "out.csv")).bytes


async def download_bare(url: str, name: str, folder: Path) -> int:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/files/{name}") as answer:
        with (folder / "out.csv").open("wb") as file:
            async for chunk in answer.content.iter_chunked(2**16):
                file.write(chunk)
            return file.tell()


async def download_bare_synced(url: str, name: str, folder: Path) -> int:
    size = await download_bare(url, name, folder)
    with (folder / "out.csv").open("rb") as file:
        os.fsync(file.fileno())
    return size


async def download_in_memory(url: str, name: str, folder: Path) -> int:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/files/{name}") as answer:
        content = await answer.read()
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(member) for member in archive.namelist())
    return (folder / "out.csv").write_bytes(content)


async def rows_of_export(url: str, name: str, folder: Path) -> int:
    async with HubSpotSession(f"token-for-{name}", base_url=url) as session, results.open_rows(session, TASK) as found:
        return await count_rows(found)


async def rows_in_memory(url: str, name: str, folder: Path) -> int:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/files/{name}") as answer:
        content = await answer.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(member).decode() for member in archive.namelist()]
    return sum(len(list(csv.DictReader(io.StringIO(part, newline="")))) for part in parts)


async def rows_of_file(url: str, name: str, folder: Path) -> int:
    async with results.read_rows(folder / name) as found:
        return await count_rows(found)


async def count_rows(found: results.Rows) -> int:
    count = 0
    async for _ in found:
        count += 1
    return count


async def arrow_of_file(url: str, name: str, folder: Path) -> int:
    count = 0
    async with results.read_rows(folder / name) as found:
        async for batch in found.record_batches():
            count += batch.num_rows
    return count


async def csv_reader(url: str, name: str, folder: Path) -> int:
    count = -1
    with (folder / name).open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            count += 1
    return count


async def dict_reader(url: str, name: str, folder: Path) -> int:
    count = 0
    with (folder / name).open(encoding="utf-8", newline="") as file:
        for _ in csv.DictReader(file):
            count += 1
    return count


async def dict_list(url: str, name: str, folder: Path) -> int:
    return len(list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8"), newline=""))))


async def upload(url: str, name: str, folder: Path) -> int:
    plan = ImportRequest.for_csv(folder / name, "0-1", {"Email": "email"}, key="Email")
    async with HubSpotSession("token", base_url=url) as session:
        return int((await imports.start(session, plan, folder / name)).id)


async def upload_bare(url: str, name: str, folder: Path) -> int:
    with (folder / name).open("rb") as file:
        form = aiohttp.FormData({"importRequest": "{}"})
        form.add_field("files", file, filename=name)
        async with aiohttp.ClientSession() as client, client.post(f"{url}/crm/imports/2026-03", data=form) as answer:
            return int((await answer.json())["id"])


async def upload_in_memory(url: str, name: str, folder: Path) -> int:
    form = aiohttp.FormData({"importRequest": "{}"})
    form.add_field("files", (folder / name).read_bytes(), filename=name)
    async with aiohttp.ClientSession() as client, client.post(f"{url}/crm/imports/2026-03", data=form) as answer:
        return int((await answer.json())["id"])


WAYS: dict[str, Callable[[str, str, Path], Coroutine[Any, Any, int]]] = {
    way.__name__: way
    for way in (
        download, download_bare, download_bare_synced, download_in_memory, rows_of_export, rows_in_memory, rows_of_file,
        arrow_of_file, csv_reader, dict_reader, dict_list, upload, upload_bare, upload_in_memory,
    )
}  # fmt: skip

TABLES = {
    "a CSV to the disk": ("people.csv", "download_bare", ["download", "download_bare_synced", "download_in_memory"]),
    "a zip of CSV to one CSV": ("people.zip", "download_in_memory", ["download"]),
    "rows of a zip": ("people.zip", "rows_in_memory", ["rows_of_export"]),
    "rows, all cells quoted": (
        "people.csv",
        "csv_reader",
        ["rows_of_file", "arrow_of_file", "dict_reader", "dict_list"],
    ),
    "rows, no cell quoted": ("bare.csv", "csv_reader", ["rows_of_file", "arrow_of_file", "dict_reader"]),
    "rows, some with quotes in them": ("awkward.csv", "csv_reader", ["rows_of_file", "arrow_of_file", "dict_reader"]),
    "an import of half the size": ("half.csv", "upload_bare", ["upload", "upload_in_memory"]),
}


# One run, in a process of its own.


def memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def run(way: str, url: str, name: str, folder: Path) -> None:
    before = peak = memory()
    longest, is_over = 0.0, threading.Event()

    def watch_memory() -> None:
        nonlocal peak
        while not is_over.wait(0.01):
            peak = max(peak, memory())

    async def watch_loop() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.002)
            longest = max(longest, time.perf_counter() - began - 0.002)

    thread = threading.Thread(target=watch_memory, daemon=True)
    thread.start()
    ticking = asyncio.create_task(watch_loop())
    await asyncio.sleep(0.01)
    longest, began, cpu = 0.0, time.perf_counter(), time.process_time()
    count = await WAYS[way](url, name, folder)
    seconds = time.perf_counter() - began
    ticking.cancel()
    is_over.set()
    thread.join()
    used = time.process_time() - cpu
    (folder / "out.csv").unlink(missing_ok=True)
    print(json.dumps({"seconds": seconds, "cpu": used, "mib": peak - before, "held": longest * 1000, "count": count}))


def measure(way: str, url: str, name: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.files", "run", way, url, name, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def main(megabytes: int = 200, only: str = "") -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        size = megabytes * 10**6
        for shape in ("quoted", "bare", "awkward"):
            make_csv(folder / ("people.csv" if shape == "quoted" else f"{shape}.csv"), shape, size)
        make_csv(folder / "half.csv", "quoted", size // 2)
        make_zip(folder / "people.zip", size)
        command = [sys.executable, "-m", "benchmarks.files", "serve", place]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            try:
                for title, (name, base, others) in TABLES.items():
                    if only in title:
                        show(title, url, folder, name, base, others)
            finally:
                server.communicate()


def show(title: str, url: str, folder: Path, name: str, base: str, others: list[str]) -> None:
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in (base, *others)}
    for _ in range(ROUNDS):
        for way, found in runs.items():
            found.append(measure(way, url, name, folder))
    size = (folder / name).stat().st_size / 1e6
    print(f"\n{title} ({name}, {size:.0f} MB)")
    print(f"{'':22}{'seconds':>9}{'speed':>9}{'CPU s':>8}{'memory':>11}{'loop held':>12}")
    middle = {
        way: {key: statistics.median(run[key] for run in found) for key in found[0]} for way, found in runs.items()
    }
    for way, figures in middle.items():
        speed = middle[base]["seconds"] / figures["seconds"]
        longest = max(run["held"] for run in runs[way])
        largest = max(run["mib"] for run in runs[way])
        print(
            f"{way:22}{figures['seconds']:9.2f}{speed:8.2f}×{figures['cpu']:8.2f}{largest:7.0f} MiB{longest:9.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            serve(Path(folder))
        case ["run", way, url, name, folder]:
            asyncio.run(run(way, url, name, Path(folder)))
        case arguments:
            main(*(int(each) if each.isdigit() else each for each in arguments))
