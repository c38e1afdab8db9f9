"""However large a file is, the memory that it takes is small; what is traced are allocations, not the machine."""

import gc
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubspot_async import results
from tests.results.hosts import ETAG, TASK, exporting, names, ranged, table
from tests.session.rawserver import Act, Line, http

pytestmark = pytest.mark.asyncio

MEBIBYTE = 2**20
LITTLE = 6 * MEBIBYTE
BLOCK = table(10_000).split(b"\r\n", 1)[1]
HEADER = table(0)
SIZE = 20 * MEBIBYTE
COUNT = SIZE // len(BLOCK)


@contextmanager
def little_memory() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LITTLE, f"{peak / MEBIBYTE:.0f} MiB"


def in_blocks(*, broken_at: int = COUNT) -> Act:
    """Answer with a file that nobody has whole in memory."""
    size = len(HEADER) + COUNT * len(BLOCK)

    async def act(line: Line) -> None:
        await line.hear()
        await line.say(http(200, b"", Content_Length=str(size), ETag=ETAG) + HEADER)
        for _ in range(broken_at):
            await line.say(BLOCK)

    return act


@pytest.fixture(scope="module")
def zip_of_parts() -> bytes:
    """Make a zip that is small, and its parts are not."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(2):
            with archive.open(f"people-{number}.csv", "w") as part:
                part.write(HEADER)
                for _ in range(COUNT // 2):
                    part.write(BLOCK)
    return file.getvalue()


ROWS = 10_000 * (COUNT // 2) * 2


async def test_a_csv_to_the_disk(tmp_path: Path):
    async with exporting(in_blocks(broken_at=COUNT // 2), in_blocks()) as export:
        with little_memory():
            saved = await results.download(export.session, TASK, tmp_path / "people.csv")
    assert saved.bytes == len(HEADER) + COUNT * len(BLOCK)
    assert names(tmp_path) == ["people.csv"]


@pytest.mark.parametrize("escape_formulas", [False, True])
async def test_a_zip_to_the_disk(escape_formulas: bool, zip_of_parts: bytes, tmp_path: Path):
    async with exporting(ranged(zip_of_parts)) as export:
        with little_memory():
            saved = await results.download(
                export.session, TASK, tmp_path / "people.csv", escape_formulas=escape_formulas
            )
    assert saved.parts == 2
    assert saved.bytes > SIZE * 0.9


async def test_rows_of_a_zip(zip_of_parts: bytes):
    async with exporting(ranged(zip_of_parts)) as export:
        with little_memory():
            async with results.open_rows(export.session, TASK) as rows:
                count = 0
                async for _ in rows:
                    count += 1
    assert count == ROWS
