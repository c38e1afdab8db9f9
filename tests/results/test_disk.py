"""The disk: full, forbidden, taken, linked elsewhere, and a process that is killed. The numbers are the faults'."""

import asyncio
import hashlib
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubspot_async import results
from hubspot_async.disk import scratch
from hubspot_async.errors import InputError
from hubspot_async.results.download import unnamed
from tests.results.hosts import CSV, TASK, Export, exporting, names, ranged, table, whole, zipped
from tests.session.rawserver import TOKEN, Line

pytestmark = pytest.mark.asyncio

ZIP = zipped(CSV)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Have files end at *size* bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize("body", [CSV, ZIP, whole(CSV)], ids=["plain", "zip", "small"])
@pytest.mark.parametrize("size", [0, 1000, 100_000])
async def test_fault_107_no_room_is_an_os_error(body: bytes, size: int, tmp_path: Path):
    async with exporting(ranged(body)) as export:
        with room_for(size), pytest.raises(OSError, match="File too large"):
            await results.download(export.session, TASK, tmp_path / "people.csv")
        assert names(tmp_path) == []
        async with results.open_rows(export.session, TASK) as rows:
            assert rows.columns


async def refused(export: Export, path: Path, match: str, **options: bool) -> None:
    """See that it is refused before anything is asked."""
    with pytest.raises((InputError, OSError), match=match):
        await results.download(export.session, TASK, path, **options)
    assert export.hubspot.count == export.host.count == 0


async def test_fault_108_a_path_that_cannot_be_is_refused_before_the_download(tmp_path: Path):
    (tmp_path / "here.csv").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    before = names(tmp_path)
    async with exporting(ranged(CSV)) as export:
        await refused(export, tmp_path / "here.csv", "overwrite=True")
        await refused(export, tmp_path / "folder", "directory")
        await refused(export, tmp_path / "folder", "directory", overwrite=True)
        await refused(export, tmp_path / "link", "directory", overwrite=True)
        await refused(export, tmp_path / "missing" / "x.csv", "does not exist")
        await refused(export, tmp_path / "here.csv" / "x.csv", "does not exist")
        await refused(export, tmp_path / "a\0b.csv", "cannot be the name")
        await refused(export, tmp_path / ("x" * 300), "too long")
        await refused(export, Path("/proc/people.csv"), "people|hubspot|No such file")
    assert names(tmp_path) == before
    assert (tmp_path / "here.csv").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_fault_108_a_folder_that_is_read_only(tmp_path: Path):
    tmp_path.chmod(0o500)
    async with exporting(ranged(CSV)) as export:
        await refused(export, tmp_path / "people.csv", "Permission denied")
    tmp_path.chmod(0o700)


async def test_overwrite_replaces_it_whole_and_only_at_the_end(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("mine")
    seen = set()
    async with exporting(ranged(CSV)) as export:
        await results.download(
            export.session, TASK, path, overwrite=True, progress=lambda *_: seen.add(path.read_bytes())
        )
    assert seen == {b"mine"}
    assert path.read_bytes() == CSV


async def test_fault_108_a_file_that_comes_in_between_stays(tmp_path: Path):
    path = tmp_path / "people.csv"
    async with exporting(ranged(CSV)) as export:
        with pytest.raises(FileExistsError):
            await results.download(export.session, TASK, path, progress=lambda *_: path.write_text("mine") and None)
    assert names(tmp_path) == ["people.csv"]
    assert path.read_text() == "mine"


async def test_fault_108_also_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(scratch.os, "link", no_link)
    path = tmp_path / "people.csv"
    async with exporting(ranged(CSV)) as export:
        await results.download(export.session, TASK, path)
        path.unlink()
        with pytest.raises(FileExistsError):
            await results.download(export.session, TASK, path, progress=lambda *_: path.write_text("mine") and None)
    assert names(tmp_path) == ["people.csv"]
    assert path.read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("dangling", [False, True])
async def test_fault_155_a_link_at_the_path_is_not_followed(overwrite: bool, dangling: bool, tmp_path: Path):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    folder.mkdir()
    if not dangling:
        elsewhere.write_text("precious")
    path = folder / "people.csv"
    path.symlink_to(elsewhere)
    async with exporting(ranged(CSV)) as export:
        if overwrite:
            await results.download(export.session, TASK, path, overwrite=True)
            assert path.read_bytes() == CSV
            assert not path.is_symlink()
        else:
            await refused(export, path, "overwrite=True")
    assert names(folder) == ["people.csv"]
    assert elsewhere.exists() is not dangling
    assert dangling or elsewhere.read_text() == "precious"


async def test_fault_155_the_temporary_name_is_new_and_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target, elsewhere = tmp_path / "folder" / "people.csv", tmp_path / "elsewhere"
    target.parent.mkdir()
    elsewhere.write_text("precious")
    monkeypatch.setattr(scratch.secrets, "token_hex", lambda _: "guessed")
    place = scratch.Scratch(target, overwrite=False)._new_path()
    place.symlink_to(elsewhere)
    async with exporting(ranged(CSV)) as export:
        await refused(export, target, "File exists")
    assert elsewhere.read_text() == "precious"


async def test_fault_155_until_it_is_whole_only_its_owner_can_read_it(tmp_path: Path):
    modes = set()

    def look(*_: object) -> None:
        modes.update(stat.S_IMODE(each.lstat().st_mode) for each in tmp_path.iterdir())

    for body in (CSV, ZIP):
        async with exporting(ranged(body)) as export:
            await results.download(export.session, TASK, tmp_path / f"{len(body)}.csv", progress=look)
            look()
            (tmp_path / f"{len(body)}.csv").unlink()
    assert modes == {0o600, 0o666 & ~umask()}


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("body", [CSV, ZIP])
async def test_then_it_has_the_permissions_of_any_other_file(mask: int, body: bytes, tmp_path: Path):
    before = os.umask(mask)
    try:
        async with exporting(ranged(body)) as export:
            saved = await results.download(export.session, TASK, tmp_path / "people.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o666 & ~mask


def umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


KILLED = textwrap.dedent(
    """
    import asyncio, os, sys
    from hubspot_async import EXPORT, HubSpotSession, results

    async def main():
        async with HubSpotSession(sys.argv[1], base_url=sys.argv[2]) as session:
            say = lambda done, total: print(done, flush=True)
            await results.download(session, EXPORT.task("1"), sys.argv[3], progress=say)

    asyncio.run(main())
    """
)


@pytest.mark.parametrize("body", [CSV, ZIP])
async def test_fault_110_killed_in_the_middle(body: bytes, tmp_path: Path):
    async def slow(line: Line) -> None:
        await line.hear()
        await line.say(whole(body)[: len(body) // 2])
        await line.left()

    path = tmp_path / "people.csv"
    async with exporting(slow, ranged(body)) as export:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, TOKEN, export.hubspot.url, str(path), stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        await process.stdout.readline()
        process.kill()
        await process.communicate()
        (left,) = names(tmp_path)
        assert left.startswith(".hubspot-")
        saved = await results.download(export.session, TASK, path)
    assert names(tmp_path) == ["people.csv"]
    assert saved.sha256 == hashlib.sha256(CSV).hexdigest()


async def test_a_file_that_is_whole_has_no_name_before_it_is_kept(tmp_path: Path):
    async with exporting(ranged(CSV)) as export:
        async with unnamed(export.session, TASK, tmp_path / "people.csv") as file:
            (left,) = names(tmp_path)
            assert left.startswith(".hubspot-")
            assert file.saved.sha256 == hashlib.sha256((tmp_path / left).read_bytes()).hexdigest()
        assert names(tmp_path) == []
        async with unnamed(export.session, TASK, tmp_path / "people.csv") as file:
            assert await file.keep() == file.saved
            assert names(tmp_path) == ["people.csv"]
    assert (tmp_path / "people.csv").read_bytes() == CSV


async def test_fault_110_what_another_is_still_writing_is_left_alone(tmp_path: Path):
    mine, other = tmp_path / "people.csv", tmp_path / "others.csv"
    async with exporting(ranged(CSV)) as export:
        first, second = (scratch.Scratch(path, overwrite=False) for path in (mine, other))
        first.sink()
        second.sink()
        await results.download(export.session, TASK, mine)
        assert len(names(tmp_path)) == 3
        first.close()
        second.close()
    assert names(tmp_path) == ["people.csv"]


async def test_of_several_files_all_or_none_are_there(tmp_path: Path):
    body = zipped(*((f"people-{number}.xlsx", SHEET) for number in (1, 2, 3)))
    async with exporting(ranged(body)) as export:
        (tmp_path / "people-2.xlsx").write_text("mine")
        with pytest.raises(FileExistsError):
            await results.download(export.session, TASK, tmp_path / "people.xlsx")
        assert names(tmp_path) == ["people-2.xlsx"]
        assert (tmp_path / "people-2.xlsx").read_text() == "mine"


SHEET = zipped(("[Content_Types].xml", table(1)))


async def test_the_parts_of_a_spreadsheet_are_numbered(tmp_path: Path):
    sheets = [zipped(("[Content_Types].xml", table(number))) for number in (1, 2, 3)]
    body = zipped(*((f"whatever-{number}.xlsx", sheet) for number, sheet in enumerate(sheets)))
    async with exporting(ranged(body)) as export:
        saved = await results.download(export.session, TASK, tmp_path / "people.xlsx")
    assert [path.name for path in saved.paths] == ["people-1.xlsx", "people-2.xlsx", "people-3.xlsx"]
    assert names(tmp_path) == ["people-1.xlsx", "people-2.xlsx", "people-3.xlsx"]
    assert [path.read_bytes() for path in saved.paths] == sheets
    assert saved.path == saved.paths[0]
    assert (saved.bytes, saved.parts) == (sum(map(len, sheets)), 3)
    assert saved.sha256 == hashlib.sha256(b"".join(sheets)).hexdigest()
