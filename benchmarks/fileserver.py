"""A HubSpot with finished exports, and the host of their files, in a process of its own; it makes the files itself.

``python -m benchmarks.fileserver FOLDER MEGABYTES`` writes them, piece by piece, and tells its port.
"""

from __future__ import annotations

import asyncio
import csv
import io
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

PARTS = 8
TOKEN = "for-"
"""What a session's token begins with; the rest is the name of the file that is its export's."""

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
SHAPES = ("quoted", "bare", "some", "commas", "quotes")
"""Every cell quoted; none; every cell quoted, with quotes and a line feed in every hundredth note; only those that hold
a comma quoted, which is every third company; every cell quoted, with quotes and a line feed in every second note."""


def rows(shape: str, count: int = 20_000) -> list[list[str]]:
    """Make contacts of some 150 bytes each."""
    rng = random.Random(1)

    def note(number: int) -> str:
        text = " ".join(rng.choices(WORDS, k=rng.randrange(8)))
        if shape == "some" and number % 100 == 0:
            return f'{text}\r\nsaid "{rng.choice(WORDS)}"'
        if shape == "quotes" and number % 2 == 0:
            return f'{text}\r\nsaid "{rng.choice(WORDS)}", then "{rng.choice(WORDS)}", and left'
        return text

    def company(number: int) -> str:
        return f"Acme {number % 997}, Inc." if shape == "commas" and number % 3 == 0 else f"Acme {number % 997}"

    return [
        [str(10**10 + rng.randrange(10**9)), rng.choice(WORDS), "Doe", f"jane{number}@example.com", f"+49 30 {number}",
         "2026-01-02 10:00", "" if number % 3 else "Ann Lee", "customer", company(number), note(number)]
        for number in range(count)
    ]  # fmt: skip


def blocks(shape: str, size: int) -> Iterator[bytes]:
    """Give a CSV of about *size* bytes, in pieces."""
    every_cell = shape not in ("bare", "commas")
    yield written([COLUMNS], every_cell=every_cell)
    block = written(rows(shape), every_cell=every_cell)
    for _ in range(max(1, round(size / len(block)))):
        yield block


def written(records: list[list[str]], *, every_cell: bool) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL if every_cell else csv.QUOTE_MINIMAL).writerows(records)
    return text.getvalue().encode()


def make(folder: Path, size: int) -> None:
    """Write a CSV of every shape, and the first as a zip of several parts, each with a header."""
    for shape in SHAPES:
        with (folder / f"{shape}.csv").open("wb") as file:
            file.writelines(blocks(shape, size))
    with zipfile.ZipFile(folder / "quoted.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(PARTS):
            with archive.open(f"people-{number}.csv", "w") as part:
                for block in blocks("quoted", size // PARTS):
                    part.write(block)


def app(folder: Path) -> web.Application:
    async def status(request: web.Request) -> web.Response:
        name = request.headers["Authorization"].removeprefix(f"Bearer {TOKEN}")
        return web.json_response({"status": "COMPLETE", "result": f"http://{request.host}/files/{name}"})

    async def take(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
        return web.json_response({"id": str(size), "state": "STARTED"})

    server = web.Application(client_max_size=0)
    server.router.add_get("/crm/exports/2026-03/export/async/tasks/1/status", status)
    server.router.add_post("/crm/imports/2026-03", take)
    server.router.add_static("/files", folder)
    return server


async def serve(folder: Path) -> None:
    """Serve until the end of standard input."""
    runner = web.AppRunner(app(folder))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


@contextmanager
def running(megabytes: int) -> Iterator[tuple[str, Path]]:
    """Run it, and give its URL and the folder where its files are."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "benchmarks.fileserver", place, str(megabytes)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                yield f"http://127.0.0.1:{server.stdout.readline().strip()}", Path(place)
            finally:
                server.communicate()


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) * 10**6)
    asyncio.run(serve(Path(sys.argv[1])))
