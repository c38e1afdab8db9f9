"""Rows, from the wire and from files at hand. The numbers are the faults'."""

import asyncio
import codecs
import csv
import io
import os
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hubspot_async import results
from hubspot_async.disk.scratch import Scratch
from hubspot_async.disk.sink import Sink
from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.rows import Rows
from tests.results.hosts import CSV, TASK, cut, exporting, names, open_files, ranged, rows_of, table, whole, zipped

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("temporary")]

ZIP = zipped(table(2000), table(2000, 2000))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(CSV)
    return path


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


ODD = {
    "BOM": b"\xef\xbb\xbfa,b\r\n1,2\r\n",
    "LF": b"a,b\n1,2\n3,4",
    "CR": b"a,b\r1,2\r",
    "cells": 'a,b,c\r\n"é, ""x""\r\ny",\0,\r\n,,""\r\n'.encode(),
    "twice": b"a,b,a\r\n1,2,3\r\n",
    "wide": b",".join(b"c%d" % number for number in range(100_000)) + b"\r\n" + b"1," * 99_999 + b"2\r\n",
    "large": b'a,b\r\n1,"' + b"x\r\n" * 500_000 + b'"\r\n3,4\r\n',
    "empty": b"a,b\r\n\r\n1,2\r\n",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("pack", [bytes, zipped])
async def test_faults_101_102_and_103_an_odd_file_is_the_file_that_it_is(
    body: bytes, pack: Callable[[bytes], bytes], tmp_path: Path, temporary: Path
):
    with field_limit(len(body)):
        header, *records = filter(None, csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    async with exporting(ranged(pack(body))) as export:
        async with results.open_rows(export.session, TASK) as rows:
            assert [column.removesuffix(" (2)") for column in rows.columns] == header
            assert [list(row.values()) async for row in rows] == records
        saved = await results.download(export.session, TASK, tmp_path / "people.csv")
    assert saved.path.read_bytes() == body if pack is bytes else body.removeprefix(codecs.BOM_UTF8)
    assert (names(tmp_path), names(temporary), open_files(temporary)) == (["people.csv"], [], [])


ROW = ["1", "2"]
WRONG = {
    "no end of a quote": (b'a,b\r\n1,2\r\n3,"4\r\n' + b"5,6\r\n" * 1000, [ROW], "line 3: unexpected end of data"),
    "a cell too many": (b"a,b\r\n1,2\r\n3,4,5\r\n", [ROW], "line 3 has 3 cells, and the header has 2"),
    "latin-1": ("a,b\r\n1,Ren\xe9\r\n".encode("latin-1"), [], "not UTF-8: near byte 10"),
    "UTF-16": ("a,b\r\n1,2\r\n".encode("utf-16"), [], "UTF-16, not UTF-8"),
}


@pytest.mark.parametrize(("body", "before", "words"), WRONG.values(), ids=WRONG)
async def test_faults_103_and_104_no_row_is_made_up_and_the_file_may_still_be_had(
    body: bytes, before: list[list[str]], words: str, tmp_path: Path, temporary: Path
):
    seen: list[list[str]] = []

    async def consume() -> None:
        nonlocal seen
        async with results.open_rows(export.session, TASK) as rows:
            async for row in rows:
                seen += [list(row.values())]

    async with exporting(ranged(body)) as export:
        with pytest.raises(FileFormatError, match=words):
            await consume()
        saved = await results.download(export.session, TASK, tmp_path / "people.csv")
    assert seen == before
    assert saved.path.read_bytes() == body
    assert (names(tmp_path), names(temporary), open_files(temporary)) == (["people.csv"], [], [])


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


# The loop goes on.


async def test_whatever_takes_long_is_done_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    at_work: dict[str, set[bool]] = {}

    def watch(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            at_work.setdefault(name, set()).add(threading.current_thread() is threading.main_thread())
            return function(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)

    for owner, name in LONG:
        watch(owner, name)
    async with exporting(ranged(ZIP)) as export:
        await results.download(export.session, TASK, tmp_path / "people.csv")
        async with results.open_rows(export.session, TASK) as rows:
            assert len([row async for row in rows]) == 4000
    assert at_work == {name: {False} for _, name in LONG}


LONG = [(Sink, "write"), (Scratch, "keep"), (os, "fsync"), (zipfile.ZipExtFile, "read"), (zipfile.ZipFile, "__init__")]
"""Writing and hashing, naming, waiting for the disk, unpacking, and reading a zip's directory."""
