"""Files down, up and row by row, beside what an asyncio program would write without this package.

``python -m benchmarks.files [MEGABYTES] [ROUNDS]`` takes about ten minutes for its 100 MB and seven rounds. In a round
all ways take their turn, each in a process of its own; a ratio is the median of those of the rounds. The server is
another process. Beside it:

- *bare* is aiohttp's chunks written to a file as they come, *bare, to the disk* the same and an fsync after it, which
  ``results.download`` does too, *and its SHA-256* what it does besides;
- *csv.reader* and *csv.DictReader* read the same file from the disk;
- *in memory* is what HubSpot's own clients leave to the caller: all of the answer, the zip in a BytesIO,
  ``list(csv.DictReader(…))``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import statistics
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.filerun import Figures, Job, be, run
from benchmarks.fileserver import TOKEN, running
from hubspot_async import EXPORT, HubSpotSession, ImportRequest, imports, results

TASK = EXPORT.task("1")


async def download(url: str, file: Path) -> int:
    async with HubSpotSession(TOKEN + file.name, base_url=url) as session:
        return (await results.download(session, TASK, file.with_name("out.csv"))).bytes


async def download_bare(url: str, file: Path) -> int:
    return await write_chunks(url, file, hashes=False)


async def download_bare_to_disk(url: str, file: Path) -> int:
    size = await write_chunks(url, file, hashes=False)
    sync(file.with_name("out.csv"))
    return size


async def download_bare_with_hash(url: str, file: Path) -> int:
    size = await write_chunks(url, file, hashes=True)
    sync(file.with_name("out.csv"))
    return size


async def write_chunks(url: str, file: Path, *, hashes: bool) -> int:
    digest = hashlib.sha256()
    async with aiohttp.ClientSession() as client, client.get(f"{url}/files/{file.name}") as answer:
        with file.with_name("out.csv").open("wb") as out:
            async for chunk in answer.content.iter_chunked(2**16):
                out.write(chunk)
                if hashes:
                    digest.update(chunk)
            return out.tell()


def sync(file: Path) -> None:
    with file.open("rb") as out:
        os.fsync(out.fileno())


async def download_in_memory(url: str, file: Path) -> int:
    content = await all_of(url, file)
    if file.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [archive.read(name) for name in archive.namelist()]
        content = b"".join([parts[0], *(part.split(b"\r\n", 1)[1] for part in parts[1:])])
    return file.with_name("out.csv").write_bytes(content)


async def all_of(url: str, file: Path) -> bytes:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/files/{file.name}") as answer:
        return await answer.read()


async def rows_of_export(url: str, file: Path) -> int:
    async with HubSpotSession(TOKEN + file.name, base_url=url) as session, results.open_rows(session, TASK) as rows:
        return await count_of(rows)


async def rows_in_memory(url: str, file: Path) -> int:
    with zipfile.ZipFile(io.BytesIO(await all_of(url, file))) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist()]
    return sum(len(list(csv.DictReader(io.StringIO(part, newline="")))) for part in parts)


async def rows_of_file(url: str, file: Path) -> int:
    async with results.read_rows(file) as rows:
        return await count_of(rows)


async def count_of(rows: AsyncIterator[Any]) -> int:
    count = 0
    async for _ in rows:
        count += 1
    return count


async def csv_reader(url: str, file: Path) -> int:
    count = -1
    with file.open(encoding="utf-8", newline="") as lines:
        for _ in csv.reader(lines):
            count += 1
    return count


async def csv_dict_reader(url: str, file: Path) -> int:
    count = 0
    with file.open(encoding="utf-8", newline="") as lines:
        for _ in csv.DictReader(lines):
            count += 1
    return count


async def dicts_in_memory(url: str, file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as lines:
        return len(list(csv.DictReader(io.StringIO(lines.read(), newline=""))))


async def upload(url: str, file: Path) -> int:
    return await upload_source(url, file, file)


async def upload_source(url: str, file: Path, source: Any) -> int:
    plan = ImportRequest.for_csv(file, "0-1", {"Email": "email"}, key="Email")
    async with HubSpotSession("token", base_url=url) as session:
        return arrived(file, (await imports.start(session, plan, {file.name: source})).id)


def arrived(file: Path, size: str) -> int:
    """See that the server got a form that has room for all of the file."""
    assert int(size) > file.stat().st_size
    return file.stat().st_size


async def upload_bare(url: str, file: Path) -> int:
    with file.open("rb") as source:
        return await post(url, file, source)


async def upload_in_memory(url: str, file: Path) -> int:
    with file.open("rb") as source:
        return await post(url, file, source.read())


async def post(url: str, file: Path, source: Any) -> int:
    form = aiohttp.FormData({"importRequest": "{}"})
    form.add_field("files", source, filename=file.name)
    async with aiohttp.ClientSession() as client, client.post(f"{url}/crm/imports/2026-03", data=form) as answer:
        return arrived(file, (await answer.json())["id"])


OURS = "hubspot_async"
TABLES: dict[str, tuple[str, dict[str, Job]]] = {
    "a CSV to the disk": (
        "quoted.csv",
        {
            "bare, to the disk": download_bare_to_disk,
            "bare": download_bare,
            "bare, and its SHA-256": download_bare_with_hash,
            "in memory": download_in_memory,
            OURS: download,
        },
    ),
    "a zip to one CSV": ("quoted.zip", {"in memory": download_in_memory, OURS: download}),
    "rows of a zip": ("quoted.zip", {"in memory": rows_in_memory, OURS: rows_of_export}),
}
READERS: dict[str, Job] = {"csv.reader": csv_reader, "csv.DictReader": csv_dict_reader, OURS: rows_of_file}
TABLES |= {
    "rows: every cell quoted": ("quoted.csv", {**READERS, "in memory": dicts_in_memory}),
    "rows: no cell quoted": ("bare.csv", READERS),
    "rows: every cell quoted, a few with quotes and line feeds": ("some.csv", READERS),
    "rows: only cells with commas quoted": ("commas.csv", READERS),
    "rows: every cell quoted, every second note with quotes and line feeds": ("quotes.csv", READERS),
    "an import": ("quoted.csv", {"bare": upload_bare, "in memory": upload_in_memory, OURS: upload}),
}
JOBS = {job.__name__: job for _, ways in TABLES.values() for job in ways.values()}


def main(megabytes: int = 100, rounds: int = 7, only: str = "") -> None:
    with running(megabytes) as (url, folder):
        for title, (name, ways) in TABLES.items():
            if only in title:
                figures = [in_turn(url, folder / name, ways) for _ in range(rounds)]
                show(f"{title} ({(folder / name).stat().st_size / 1e6:.0f} MB)", figures)


def in_turn(url: str, file: Path, ways: dict[str, Job]) -> dict[str, Figures]:
    found = {}
    for way, job in ways.items():
        found[way] = run("benchmarks.files", job.__name__, url, file)
        file.with_name("out.csv").unlink(missing_ok=True)
    assert len({figures.count for figures in found.values()}) == 1, found
    return found


def show(title: str, rounds: list[dict[str, Figures]]) -> None:
    print(f"\n{title}\n{'':24}{'seconds':>9}{'speed':>9}{'CPU s':>8}{'memory':>11}{'loop held':>12}")
    base, *_ = rounds[0]
    for way in rounds[0]:
        seconds = statistics.median(each[way].seconds for each in rounds)
        speed = statistics.median(each[base].seconds / each[way].seconds for each in rounds)
        cpu = statistics.median(each[way].cpu for each in rounds)
        memory, held = (max(getattr(each[way], what) for each in rounds) for what in ("mebibytes", "held"))
        print(f"{way:24}{seconds:9.2f}{speed:7.2f} ×{cpu:8.2f}{memory:7.0f} MiB{held:9.0f} ms", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", job, url, file]:
            be(JOBS[job], url, Path(file))
        case arguments:
            main(*(int(each) if each.isdigit() else each for each in arguments))  # type: ignore[arg-type]
