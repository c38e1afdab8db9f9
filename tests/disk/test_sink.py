"""Bytes to a file: counted, hashed, and on the disk when it is said that they are."""

import hashlib
import os
from pathlib import Path

import pytest

from hubspot_async.disk import sink
from hubspot_async.disk.saving import saving
from hubspot_async.disk.sink import BLOCK, Behind, Sink
from hubspot_async.errors import InputError
from tests.results.hosts import names


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of a file there were whenever the disk was waited for."""
    found: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: found.append(os.fstat(handle).st_size))
    monkeypatch.setattr(sink, "STRETCH", 100)
    return found


def test_what_is_written_is_counted_and_hashed_and_can_be_begun_again(tmp_path: Path):
    with (tmp_path / "file").open("w+b") as file:
        target = Sink(file)
        target.write([b"other", b"bytes"])
        target.rewind()
        target.write([b"a", b"", b"bc"])
        assert (target.size, target.sha256) == (3, hashlib.sha256(b"abc").hexdigest())
    assert (tmp_path / "file").read_bytes() == b"abc"


def test_a_file_that_is_to_last_goes_to_the_disk_as_it_comes(tmp_path: Path, synced: list[int]):
    with (tmp_path / "file").open("w+b") as file:
        lasting = Sink(file, is_lasting=True)
        for _ in range(5):
            lasting.write([bytes(60)])
        assert synced == [120, 240]
        lasting.rewind()
        lasting.write([bytes(60)])
        assert synced == [120, 240]
        lasting.write([bytes(60)])
        assert synced == [120, 240, 120]


def test_one_that_is_not_has_no_need_of_the_disk(tmp_path: Path, synced: list[int]):
    with (tmp_path / "file").open("w+b") as file:
        Sink(file).write([bytes(1000)])
    assert synced == []


@pytest.mark.asyncio
async def test_a_saved_file_is_all_on_the_disk_before_it_has_its_name(tmp_path: Path, synced: list[int]):
    target = tmp_path / "file"
    async with saving(target, overwrite=False) as scratch:
        lasting = scratch.sink()
        async with Behind(lasting) as behind:
            for _ in range(3):
                await behind.add(bytes(BLOCK // 2))
        assert names(tmp_path) != ["file"]
        scratch.keep([lasting], [target])
    assert synced[:2] == [BLOCK, 3 * BLOCK // 2]
    assert target.read_bytes() == bytes(3 * BLOCK // 2)


@pytest.mark.asyncio
async def test_what_is_not_kept_is_gone_whatever_ends_the_block(tmp_path: Path):
    async def begin_and_fail() -> None:
        async with saving(tmp_path / "file", overwrite=False) as scratch, Behind(scratch.sink()) as behind:
            await behind.add(b"some")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await begin_and_fail()
    assert names(tmp_path) == []


@pytest.mark.asyncio
async def test_a_name_that_cannot_be_is_refused_at_once(tmp_path: Path):
    for path in (tmp_path, tmp_path / "no" / "file", tmp_path / "a\0b"):
        with pytest.raises(InputError):
            async with saving(path, overwrite=True):
                raise AssertionError
