"""Spreadsheets, read by a process of its own. The numbers are the faults'."""

import asyncio
import datetime as dt
import io
import os
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import spawn
from pathlib import Path
from typing import TypeAlias

import pytest
import xlsxwriter

from hubspot_async import results
from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.results import Limits
from tests.results.hosts import CSV, TASK, exporting, names, open_files, ranged, zipped

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("temporary")]


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


# The process.


Children: TypeAlias = Callable[[], list[str]]


@pytest.fixture
def children() -> Children:
    """Tell which processes the test has begun, the dead among them that nobody has asked after.

    Other tests may have left a server of processes.
    """
    before = all_children()
    return lambda: sorted(all_children() - before)


def all_children() -> set[str]:
    """Ask every thread for its own, and all again where one ends meanwhile: another has its children then."""
    while True:
        with suppress(FileNotFoundError, ProcessLookupError):
            return {
                pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
            }


@pytest.fixture(scope="module")
def large_sheet() -> bytes:
    """Make a spreadsheet that is not read in one go."""
    return sheet(["Name", "Note"], *([f"name {number}", f"{number} " * 50] for number in range(30_000)))


@pytest.fixture
def large(large_sheet: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "people.xlsx"
    path.write_bytes(large_sheet)
    return path


async def test_fault_111_the_reader_of_a_spreadsheet_ends_with_its_rows(
    large: Path, temporary: Path, children: Children
):
    async with results.read_rows(large) as rows:
        assert (await anext(rows))["Name"] == "name 0"
        assert len(children()) == 1
    assert children() == []
    assert open_files(temporary) == []


async def test_fault_143_the_reader_is_told_nothing_that_it_need_not_know(
    large: Path, children: Children, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "s3cret")
    monkeypatch.setenv("PYTHONPATH", "s3cret")
    async with results.read_rows(large) as rows:
        await anext(rows)
        (pid,) = children()
        assert "s3cret" not in Path("/proc", pid, "environ").read_text()


async def test_the_reader_takes_no_code_that_lies_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "csv.py").write_text("raise SystemExit(0)")
    (tmp_path / "people.xlsx").write_bytes(PEOPLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with results.read_rows("people.xlsx") as rows:
        assert await anext(rows) == FIRST


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a program that goes for Python, to be written by the test."""
    program = tmp_path / "python"
    program.touch(mode=0o700)
    monkeypatch.setattr(spawn, "_python_exe", os.fsencode(program))
    return program


async def test_a_reader_that_takes_long_ends_where_its_rows_are_cancelled(
    python: Path, large: Path, temporary: Path, children: Children
):
    python.write_text("#!/bin/sh\nexec sleep 60\n")

    async def consume() -> None:
        async with results.read_rows(large):
            raise AssertionError

    task = asyncio.create_task(consume())
    async with asyncio.timeout(10):
        while not children():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert children() == open_files(temporary) == []


async def test_what_is_no_python_is_an_error(python: Path, large: Path, temporary: Path, children: Children):
    python.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(FileFormatError, match="its reader gave up"):
        async with results.read_rows(large):
            pass
    python.unlink()
    with pytest.raises(FileNotFoundError):
        async with results.read_rows(large):
            pass
    assert children() == open_files(temporary) == []


async def test_a_program_without_a_python_says_so(large: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(InputError, match=r"multiprocessing\.set_executable"):
        async with results.read_rows(large):
            pass
    monkeypatch.delattr(sys, "frozen")
    monkeypatch.setattr(spawn, "_python_exe", None)
    with pytest.raises(InputError, match=r"multiprocessing\.set_executable"):
        async with results.read_rows(large):
            pass
