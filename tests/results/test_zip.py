"""Zips: of many parts, and made to do harm. The numbers are the faults'."""

import io
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import results
from hubspot_async.errors import FileFormatError
from hubspot_async.results import Limits
from tests.results.hosts import CSV, TASK, exporting, lines, names, ranged, rows_of, table, zipped

pytestmark = pytest.mark.asyncio

PARTS = [table(1000, start) for start in range(0, 5000, 1000)]


async def fetched(body: bytes, folder: Path, **options: Any) -> bytes:
    """Download a body; what there is then, is all there is."""
    async with exporting(ranged(body)) as export:
        try:
            saved = await results.download(export.session, TASK, folder / "people.csv", **options)
        except FileFormatError:
            assert names(folder) == []
            raise
    assert names(folder) == ["people.csv"]
    content = saved.path.read_bytes()
    saved.path.unlink()
    return content


async def read(body: bytes, folder: Path, **options: Any) -> list[dict[str, str]]:
    """Read the rows of a body, twice: as an export's, and as a file's."""
    (folder / "file").write_bytes(body)
    try:
        async with results.read_rows(folder / "file", **options) as rows:
            first = [row async for row in rows]
    finally:
        (folder / "file").unlink()
    async with exporting(ranged(body)) as export, results.open_rows(export.session, TASK, **options) as rows:
        assert [row async for row in rows] == first
    return first


async def broken(body: bytes, folder: Path, match: str, **options: Any) -> None:
    """See that a body is refused, whichever way it is taken."""
    with pytest.raises(FileFormatError, match=match) as caught:
        await fetched(body, folder, **options)
    assert str(caught.value).isprintable()
    with pytest.raises(FileFormatError, match=match):
        await read(body, folder, **options)
    with pytest.raises(FileFormatError, match=match):
        await fetched(body, folder, unpack=False, **options)


# Parts.


async def test_fault_100_five_parts_are_one_table(tmp_path: Path):
    body = zipped(*PARTS)
    assert await fetched(body, tmp_path) == table(5000)
    assert await read(body, tmp_path) == rows_of(table(5000))
    assert await fetched(body, tmp_path, unpack=False) == body


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [0, 1])
async def test_fault_100_parts_of_every_habit(newline: str, quoting: int, tmp_path: Path):
    one, two, three = (table(100, start, newline, quoting) for start in (0, 100, 200))
    all_of_them = table(300, 0, newline, quoting)
    bom, end = b"\xef\xbb\xbf", newline.encode()
    header = one.split(end)[0]
    assert await fetched(zipped(one.removesuffix(end), two.removesuffix(end), three), tmp_path) == all_of_them
    assert await fetched(zipped(bom + one, bom + two, bom + three), tmp_path) == bom + all_of_them
    assert await fetched(zipped(one, header, two, header + end, b"", three), tmp_path) == all_of_them
    for body in (zipped(one.removesuffix(end), bom + two), zipped(b"", one, header, two)):
        assert await read(body, tmp_path) == rows_of(table(200))


async def test_fault_100_quotes_and_newlines_at_the_seams(tmp_path: Path):
    header = b'"A\r\nB",C\r\n'
    one = header + b'1,"x\r\ny"\r\n2,"""\r\n"'
    two = header + b'"\r\n",3\r\n'
    three = b'"A\r\nB","C"\r\n"4",""'
    joined = b'"A\r\nB",C\r\n1,"x\r\ny"\r\n2,"""\r\n"\r\n"\r\n",3\r\n"4",""'
    assert await fetched(zipped(one, two, three), tmp_path) == joined
    assert await read(zipped(one, two, three), tmp_path) == rows_of(joined)


async def test_fault_100_a_quote_left_open_does_not_swallow_the_next_part(tmp_path: Path):
    one, two = lines(["A", "B"], ["1", "2"]), lines(["A", "B"], ["3", "4"])
    body = zipped(one + b'5,"6', two)
    with pytest.raises(FileFormatError, match=r"people-1\.csv in people\.csv, line 3: unexpected end of data"):
        await fetched(body, tmp_path)
    with pytest.raises(FileFormatError, match="line 3: unexpected end"):
        await read(body, tmp_path)
    inch = zipped(one + b'5,6" pipe\r\n', two)
    assert await fetched(inch, tmp_path) == one + b'5,6" pipe\r\n3,4\r\n'


async def test_fault_100_parts_with_different_headers_are_not_mixed(tmp_path: Path):
    body = zipped(lines(["A", "B"], ["1", "2"]), lines(["B", "A"], ["1", "2"]))
    with pytest.raises(FileFormatError, match="another header"):
        await fetched(body, tmp_path)
    with pytest.raises(FileFormatError, match="another header"):
        await read(body, tmp_path)


@pytest.mark.parametrize("name", ["people.zip", "people.ZIP"])
async def test_a_path_for_a_zip_keeps_the_zip(name: str, tmp_path: Path):
    body = zipped(*PARTS[:2])
    async with exporting(ranged(body)) as export:
        saved = await results.download(export.session, TASK, tmp_path / name)
    assert saved.path.read_bytes() == body
    assert saved.parts == 2


# Harm.


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "..\\evil.csv", "a/b/c.csv", "\x1b[31mevil\n.csv"]
)
async def test_fault_97_names_in_a_zip_lead_nowhere(name: str, tmp_path: Path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    assert await fetched(zipped((name, CSV)), folder) == CSV
    assert await read(zipped((name, CSV)), folder) == rows_of(CSV)
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["b"]
    await broken(zipped((name, b"<html>")), folder, "in people.csv|in file|in the file")


async def test_fault_98_a_bomb_is_stopped_by_its_size(tmp_path: Path):
    bomb = zipped(b"a,b\r\n" + b"1,2\r\n" * 2_000_000)
    limits = Limits(unpacked=2**20, ratio=100)
    tracemalloc.start()
    await broken(bomb, tmp_path, "would unpack to more than", limits=limits)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    assert len(await fetched(bomb, tmp_path)) > 10_000_000


async def test_fault_98_a_bomb_that_lies_is_no_larger_than_it_says(tmp_path: Path):
    bomb = bytearray(zipped(b"a,b\r\n" + b"1,2\r\n" * 2_000_000))
    directory = bomb.rindex(b"PK\x01\x02")
    struct.pack_into("<I", bomb, directory + 24, 1000)
    await broken(bytes(bomb), tmp_path, "CRC", limits=Limits(unpacked=2**20, ratio=1))


async def test_fault_98_members_that_overlap(tmp_path: Path):
    body = bytearray(zipped(*PARTS, stored=True))
    second = body.index(b"PK\x01\x02", body.index(b"PK\x01\x02") + 1)
    struct.pack_into("<I", body, second + 42, 10)
    await broken(bytes(body), tmp_path, "overlap|not a zip")


async def test_fault_98_twenty_thousand_members(tmp_path: Path):
    await broken(zipped(*[b"a\r\n1\r\n"] * 20_000), tmp_path, "more than 1000 files")


async def test_fault_98_a_directory_without_measure(tmp_path: Path):
    body = bytearray(zipped(CSV) + b"PK\x05\x06".ljust(22, b"\0"))
    end = len(body) - 22
    body[:end] = body[:end] + b"\0" * 5_000_000
    struct.pack_into("<IHHHHIIH", body, len(body) - 22, 0x06054B50, 0, 0, 1, 1, 5_000_000, 0, 0)
    await broken(bytes(body), tmp_path, "directory is too large|not a zip")


def flawed(kind: str) -> bytes:
    """Make a zip with one flaw."""
    info = zipfile.ZipInfo("people.csv")
    if kind == "link":
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    method = zipfile.ZIP_LZMA if kind == "lzma" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(info, CSV, method)
        if kind == "mixed":
            archive.writestr("more.xlsx", zipped(("[Content_Types].xml", b"x")))
    body = bytearray(file.getvalue())
    directory = body.rindex(b"PK\x01\x02")
    match kind:
        case "encrypted":
            body[6] |= 1
            body[directory + 8] |= 1
        case "crc":
            body[directory + 16] ^= 1
        case "corrupt":
            body[60:70] = b"\xff" * 10
        case "shorter":
            struct.pack_into("<I", body, directory + 24, len(CSV) - 1)
        case "longer":
            struct.pack_into("<I", body, directory + 24, len(CSV) + 1)
        case "truncated":
            del body[-40:]
        case "garbage":
            body[4:] = b"\xab" * 500
        case "name":
            body[30] = ord("q")
        case "far":
            struct.pack_into("<I", body, directory + 42, 2**31)
    return bytes(body)


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("link", "is a link"),
        ("encrypted", "is encrypted"),
        ("lzma", "compressed in a way"),
        ("mixed", "of different kinds"),
        ("crc", "CRC"),
        ("corrupt", "not a zip that can be read"),
        ("shorter", "CRC|shorter"),
        ("longer", "shorter than announced"),
        ("truncated", "not a zip that can be read"),
        ("garbage", "not a zip that can be read"),
        ("name", "not a zip that can be read"),
        ("far", "overlap|not a zip that can be read"),
    ],
)
async def test_fault_99_a_flawed_zip(kind: str, match: str, tmp_path: Path):
    await broken(flawed(kind), tmp_path, match)


async def test_fault_99_a_zip_in_a_zip_and_an_empty_one(tmp_path: Path):
    await broken(zipped(("inner.zip", zipped(CSV))), tmp_path, "a zip in a zip")
    await broken(zipped(), tmp_path, "nothing in it")
    await broken(zipped(("folder/", b"")), tmp_path, "nothing in it")
    assert await fetched(zipped(b""), tmp_path) == b""


@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_fault_99_two_equal_names_are_two_parts(tmp_path: Path):
    body = zipped(("a.csv", PARTS[0]), ("a.csv", PARTS[1]))
    assert await fetched(body, tmp_path) == table(2000)
    assert await read(body, tmp_path) == rows_of(table(2000))


async def test_what_only_begins_as_a_zip_does_is_a_csv(tmp_path: Path):
    body = lines(["PK", "Name"], ["1", "Ada"])
    assert await fetched(body, tmp_path) == body
    assert await read(body, tmp_path) == [{"PK": "1", "Name": "Ada"}]
