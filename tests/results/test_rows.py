"""Rows, from the wire and from files at hand. The numbers are the faults'."""

import asyncio
import datetime as dt
import io
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter

from hubspot_async import results
from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.results import Limits
from hubspot_async.results.rows import Rows
from tests.results.hosts import CSV, TASK, cut, exporting, names, ranged, rows_of, table, whole, zipped

pytestmark = pytest.mark.asyncio

ZIP = zipped(table(2000), table(2000, 2000))


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of which none may be left."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(CSV)
    return path


def open_files(folder: Path) -> list[str]:
    """Give the files in *folder* that this process has open, those without a name too."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            place = str(each.readlink())
        except FileNotFoundError:
            continue
        if place.startswith(str(folder)):
            found.append(place)
    return found


@pytest.mark.parametrize("body", [CSV, ZIP], ids=["csv", "zip"])
async def test_rows_of_an_export(body: bytes, temporary: Path):
    async with exporting(ranged(body)) as export, results.open_rows(export.session, TASK) as rows:
        assert rows.columns == ["Record ID", "Name", "Note"]
        assert names(temporary) == []
        assert [row async for row in rows] == rows_of(CSV)
    assert names(temporary) == open_files(temporary) == []


async def test_fault_86_rows_survive_a_break():
    acts = (cut(whole(CSV), 150_000), ranged(CSV))
    async with exporting(*acts) as export, results.open_rows(export.session, TASK) as rows:
        assert [row async for row in rows] == rows_of(CSV)


async def test_rows_of_a_file_at_hand(file: Path, tmp_path: Path):
    async with results.read_rows(file) as rows:
        assert [row async for row in rows] == rows_of(CSV)
    async with results.read_rows(str(file)) as rows:
        batches = [batch async for batch in rows.batches(1500)]
    assert [len(batch) for batch in batches] == [1500, 1500, 1000]
    assert [row for batch in batches for row in batch] == rows_of(CSV)
    with pytest.raises(FileNotFoundError):
        async with results.read_rows(tmp_path / "missing.csv"):
            pass


async def test_a_batch_has_at_least_one_row(file: Path):
    async with results.read_rows(file) as rows:
        with pytest.raises(InputError, match="count"):
            await anext(rows.batches(0))


async def test_fault_105_nothing_and_a_header_only_and_a_page(tmp_path: Path):
    for body, columns in ((b"", []), (b"a,b\r\n", ["a", "b"]), (zipped(b"a,b"), ["a", "b"])):
        async with exporting(ranged(body)) as export:
            async with results.open_rows(export.session, TASK) as rows:
                assert rows.columns == columns
                assert [row async for row in rows] == []
            saved = await results.download(export.session, TASK, tmp_path / "people.csv", overwrite=True)
            assert saved.path.read_bytes() in (body, b"a,b")
    saved.path.unlink()
    for page in (
        b"<!DOCTYPE html><p>Sorry",
        b"\xef\xbb\xbf\n<html>",
        b'<?xml version="1.0"?><Error/>',
        b'{"status":"error"}',
    ):
        async with exporting(ranged(page)) as export:
            with pytest.raises(FileFormatError, match="a page or an error message"):
                async with results.open_rows(export.session, TASK):
                    pass
            with pytest.raises(FileFormatError, match="a page or an error message"):
                await results.download(export.session, TASK, tmp_path / "people.csv")
    assert names(tmp_path) == []


async def test_fault_106_formulas_are_escaped_if_asked_for(tmp_path: Path):
    body = b'\xef\xbb\xbfName,Phone\r\n=1+1,"+49, 30"\r\n-5,@x\r\n'
    for content in (body, zipped(body, body.replace(b"1+1", b"2+2"))):
        async with exporting(ranged(content)) as export:
            async with results.open_rows(export.session, TASK, escape_formulas=True) as rows:
                first = [row async for row in rows]
            saved = await results.download(
                export.session, TASK, tmp_path / "x.csv", escape_formulas=True, overwrite=True
            )
        assert first[:2] == [{"Name": "'=1+1", "Phone": "'+49, 30"}, {"Name": "-5", "Phone": "'@x"}]
        assert rows_of(saved.path.read_bytes()) == first
        async with exporting(ranged(content)) as export, results.open_rows(export.session, TASK) as rows:
            assert await anext(aiter(rows)) == {"Name": "=1+1", "Phone": "+49, 30"}


# An early end.


@pytest.mark.parametrize("body", [CSV, ZIP], ids=["csv", "zip"])
async def test_fault_111_a_consumer_who_has_enough(body: bytes, temporary: Path):
    async with exporting(ranged(body)) as export:
        async with results.open_rows(export.session, TASK) as rows:
            seen = 0
            async for _ in rows:
                seen += 1
                if seen == 10:
                    break
            assert len(open_files(temporary)) == 1
        assert names(temporary) == open_files(temporary) == []
        with pytest.raises(InputError, match="closed"):
            await anext(aiter(rows))


async def test_fault_111_a_consumer_who_is_cancelled_before_the_first_row(temporary: Path):
    async with exporting(ranged(CSV)) as export:

        async def consume() -> None:
            async with results.open_rows(export.session, TASK, progress=lambda *_: task.cancel()):
                raise AssertionError

        task = asyncio.create_task(consume())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert names(temporary) == open_files(temporary) == []


async def test_fault_111_the_reader_of_a_spreadsheet_ends_with_its_rows(tmp_path: Path, temporary: Path):
    def children() -> set[str]:
        return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}

    before = children()  # other tests may have left a server of processes
    path = tmp_path / "people.xlsx"
    path.write_bytes(sheet(["Name", "Note"], *([f"name {number}", f"{number} " * 50] for number in range(30_000))))
    async with results.read_rows(path) as rows:
        assert (await anext(rows))["Name"] == "name 0"
        assert len(children() - before) == 1
    assert children() == before
    assert open_files(temporary) == []


async def test_a_consumer_who_is_cancelled_and_asks_again_misses_nothing(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(table(60_000))
    seen, cancelled = [], 0
    async with results.read_rows(path) as rows:
        while True:
            asking = asyncio.ensure_future(anext(rows, None))
            await asyncio.sleep(0)
            if not asking.done() and (cancelled := cancelled + 1) % 3:
                asking.cancel()
            try:
                row = await asking
            except asyncio.CancelledError:
                continue
            if row is None:
                break
            seen.append(row["Record ID"])
    assert cancelled
    assert seen == [str(10**10 + number) for number in range(60_000)]


async def test_an_error_of_the_consumer_is_the_consumers(temporary: Path):
    async def consume() -> None:
        async with results.open_rows(export.session, TASK) as rows:
            async for _ in rows:
                raise ZeroDivisionError

    async with exporting(ranged(ZIP)) as export:
        with pytest.raises(ZeroDivisionError):
            await consume()
    assert open_files(temporary) == []


async def test_rows_before_a_flaw_come_and_then_the_error(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(b'a,b\r\n1,2\r\n3,4\r\n5,"6"x\r\n7,8\r\n')
    async with results.read_rows(path) as rows:
        every = aiter(rows)
        assert await anext(every) == {"a": "1", "b": "2"}
        assert await anext(every) == {"a": "3", "b": "4"}
        with pytest.raises(FileFormatError, match=r"people\.csv, line 4: ',' expected after '\"'"):
            await anext(every)


# Spreadsheets.


def sheet(*rows: list[object]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write(number, column, cell)
    book.close()
    return file.getvalue()


HEADER: list[object] = ["Record ID", "Name", "When", "Name", "Is"]
PEOPLE = sheet(
    HEADER,
    [12345678901, "Ada é", dt.datetime(2026, 1, 2, 10, 30), 1.5, True],  # noqa: DTZ001 - a sheet knows no zones
    [2, "=1+1 \n x", None, "007", False],
)
FIRST = {"Record ID": "12345678901", "Name": "Ada é", "When": "2026-01-02 10:30:00", "Name (2)": "1.5", "Is": "true"}
SECOND = {"Record ID": "2", "Name": "", "When": "", "Name (2)": "007", "Is": "false"}


async def test_fault_112_rows_of_a_spreadsheet(tmp_path: Path):
    async with exporting(ranged(PEOPLE)) as export:
        async with results.open_rows(export.session, TASK) as rows:
            assert rows.columns == ["Record ID", "Name", "When", "Name (2)", "Is"]
            first, second = [row async for row in rows]
        saved = await results.download(export.session, TASK, tmp_path / "people.xlsx")
    assert first == FIRST
    assert second | {"Name": ""} == SECOND
    assert saved.path.read_bytes() == PEOPLE
    async with results.read_rows(saved.path) as rows:
        assert await anext(aiter(rows)) == FIRST


async def test_fault_112_a_spreadsheet_in_several_parts():
    other = sheet(HEADER, [3, "Bob", None, "", True])
    body = zipped(("a.xlsx", PEOPLE), ("b.xlsx", other))
    async with exporting(ranged(body)) as export, results.open_rows(export.session, TASK) as rows:
        assert [row["Record ID"] async for row in rows] == ["12345678901", "2", "3"]


@pytest.mark.parametrize(("name", "body"), [("people.csv", PEOPLE), ("people.xlsx", CSV), ("people.xls", PEOPLE)])
async def test_fault_112_a_file_is_what_its_name_says(name: str, body: bytes, tmp_path: Path):
    for content in (body, zipped(("inner.xlsx" if body is PEOPLE else "inner.csv", body))):
        async with exporting(ranged(content)) as export:
            with pytest.raises(FileFormatError, match=r"the export is (XLSX|CSV)"):
                await results.download(export.session, TASK, tmp_path / name)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["people.zip", "people.ZIP"])
async def test_a_path_for_a_zip_keeps_the_zip(name: str, tmp_path: Path):
    async with exporting(ranged(ZIP)) as export:
        saved = await results.download(export.session, TASK, tmp_path / name)
    assert saved.path.read_bytes() == ZIP
    assert saved.parts == 2


async def test_fault_112_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    path = tmp_path / "people.xlsx"
    path.write_bytes(PEOPLE)
    with pytest.raises(InputError, match=r"pip install 'hubspot-async\[xlsx\]'"):
        async with results.read_rows(path):
            pass


async def test_fault_112_a_spreadsheet_that_is_none_or_too_large(tmp_path: Path):
    path = tmp_path / "people.xlsx"
    path.write_bytes(zipped(("[Content_Types].xml", b"<x/>")))
    with pytest.raises(FileFormatError, match="not a spreadsheet"):
        async with results.read_rows(path):
            pass
    path.write_bytes(PEOPLE)
    with pytest.raises(FileFormatError, match="not read as rows"):
        async with results.read_rows(path, limits=Limits(sheet=1000)):
            pass
    path.write_bytes(zipped(*FAR_APART.items()))
    with pytest.raises(FileFormatError, match="its reader gave up"):
        async with results.read_rows(path):
            pass
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(FileFormatError, match="not a spreadsheet"):
        async with results.read_rows(path):
            pass


with zipfile.ZipFile(io.BytesIO(sheet(["a", "b"], [1, 2]))) as book:
    FAR_APART = {name: book.read(name).replace(b'"B2"', b'"XFD1048576"') for name in book.namelist()}


# Arrow.


async def arrow(rows: Rows) -> pa.Table:
    return pa.Table.from_batches([batch async for batch in rows.record_batches()])


async def test_rows_as_columns(file: Path):
    async with results.read_rows(file) as rows:
        found = await rows.to_arrow()
    assert found.to_pylist() == rows_of(CSV)
    assert found.schema.types == [pa.string()] * 3
    async with results.read_rows(file) as rows:
        assert await arrow(rows) == found


async def test_no_rows_have_columns_too(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"a,a\r\n")
    async with results.read_rows(path) as rows:
        found = await rows.to_arrow()
    assert (found.num_rows, found.column_names) == (0, ["a", "a (2)"])


async def test_without_the_extra_it_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    async with results.read_rows(file) as rows:
        with pytest.raises(InputError, match=r"pip install 'hubspot-async\[arrow\]'"):
            await rows.to_arrow()


# The loop goes on, and memory stays flat.


async def test_the_loop_is_never_held_long(tmp_path: Path):
    body = zipped(*(table(60_000, start) for start in range(0, 180_000, 60_000)))
    loop, longest, done = asyncio.get_running_loop(), 0.0, False

    async def tick() -> None:
        nonlocal longest
        while not done:
            began = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - began)

    async with exporting(ranged(body)) as export:
        ticking = asyncio.create_task(tick())
        await results.download(export.session, TASK, tmp_path / "people.csv")
        async with results.open_rows(export.session, TASK) as rows:
            assert len([row["Name"] async for row in rows]) == 180_000
        done = True
        await ticking
    assert longest < 0.25, "measured quietly it is 10 to 30 ms; benchmarks/files.py holds it to 50"
