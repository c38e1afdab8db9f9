"""A full or forbidden disk, and a journal that fails: a clear error, nothing is lost, and the next call goes on."""

import errno
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import ExportedFile, Journal, ViewExport, run_exports
from hubspot_async.disk import scratch
from hubspot_async.errors import JournalError, JournalInUseError
from hubspot_async.journal import schema
from tests.bulk.boxes import WHOLE, all_of, asked, begun, exported, hubspot, is_unknown, names, some, words

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]

ALL = some("a", "b", "c")


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


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}


async def taken(run: Any, into: list[Any]) -> None:
    """Take items until the run breaks off."""
    async with run:
        async for item in run:
            into.append(item)  # noqa: PERF401 - those before the break count


async def test_a_disk_that_is_full_for_a_file(options: dict[str, Any]):
    async with hubspot(rows_per_file=10_000) as (sandbox, session):
        sandbox.declare("COMPANY", ["name"])
        sandbox.add_records("COMPANY", [{"name": "x" * 1000}] * 500)
        large = ViewExport("COMPANY", ["name"], export_name="large")
        seen: list[Any] = []
        with room_for(300_000), pytest.raises(OSError, match="File too large") as caught:
            await taken(run_exports(session, [*ALL[:2], large, ALL[2]], in_flight=1, **options), seen)
        assert caught.value.errno == errno.EFBIG
        assert words(seen).items() <= {"a": "ok", "b": "ok", "c": "ok"}.items()
        assert seen
        assert ".part" not in "".join(names(options["into"]))
        rest = await exported(session, [*ALL[:2], large, ALL[2]], **options)
        assert words(rest.values()) == dict.fromkeys({"a", "b", "c", "large"} - words(seen).keys(), "ok")
        assert begun(sandbox) == {"a": 1, "b": 1, "large": 1, "c": 1}
        assert names(options["into"]) == ["a.csv", "b.csv", "c.csv", "large.csv"]


async def test_a_disk_that_is_full_for_the_journal(options: dict[str, Any]):
    async with hubspot() as (_, session):
        seen: list[Any] = []

        async def body() -> None:
            async with run_exports(session, ALL, in_flight=1, **options) as run:
                seen.append(await anext(run))
                with room_for(options["journal"].stat().st_size):
                    async for item in run:
                        seen.append(item)  # noqa: PERF401 - what a list would lose with the error has been handed out

        with pytest.raises(OSError, match=r"j\.sqlite"):
            await body()
        rest = await exported(session, ALL, restart_unknown=True, **options)
        assert {*words(seen), *words(rest.values())} == {"a", "b", "c"}
        assert {path.read_bytes() for path in options["into"].iterdir()} == {WHOLE}
        assert names(options["into"]) == ["a.csv", "b.csv", "c.csv"]


STEPS = ["begin_run", "add_jobs", "asking", "started", "seen", "finishing", "ended", "told"]


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_journal_that_fails_at_any_step(
    step: str, is_done: bool, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    seen: list[Any] = []
    async with hubspot(0) as (sandbox, session):
        async with Journal.open(options["journal"]) as journal:
            method, left = getattr(journal, step), 1 if step in ("begin_run", "add_jobs") else 2

            async def failing(*arguments: Any) -> Any:
                nonlocal left
                left -= 1
                is_last = left == 0
                outcome = await method(*arguments) if is_done or not is_last else None
                if is_last:
                    raise OSError(errno.ENOSPC, "No space left on device", str(journal.path))
                return outcome

            monkeypatch.setattr(journal, step, failing)
            with pytest.raises(OSError, match=r"No space left.*j\.sqlite"):
                await taken(run_exports(session, ALL, into=options["into"], journal=journal, in_flight=1), seen)
        there, fetched = names(options["into"]), asked(sandbox, "downloads.export")
        assert ".part" not in "".join(there)
        rest = await all_of(run_exports(session, ALL, **options))
        lost = {"b"} if (step, is_done) in {("asking", True), ("started", False)} else set()
        assert {item.request.export_name for item in rest if is_unknown(item)} == lost
        assert {*words(seen), *words(rest)} == {"a", "b", "c"}
        assert begun(sandbox) == dict.fromkeys({"a", "b", "c"} - (lost if step == "asking" else set()), 1)
        assert names(options["into"]) == sorted(f"{name}.csv" for name in {"a", "b", "c"} - lost)
        assert asked(sandbox, "downloads.export") - fetched == 3 - len(lost) - len(there)


async def test_a_journal_that_breaks_in_the_middle_is_left_as_it_is(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        seen: list[Any] = []

        async def body() -> None:
            async with (
                Journal.open(options["journal"]) as journal,
                run_exports(session, ALL, into=options["into"], journal=journal, in_flight=1) as run,
            ):
                seen.append(await anext(run))
                await journal._database.execute("DROP TABLE jobs")
                seen.extend([item async for item in run])

        with pytest.raises(JournalError, match="no such table"):
            await body()
        assert isinstance(seen[0], ExportedFile)
        content, starts = options["journal"].read_bytes(), asked(sandbox)
        with pytest.raises(JournalError, match="not those of a journal"):
            await exported(session, ALL, **options)
        assert options["journal"].read_bytes() == content
        assert asked(sandbox) == starts


async def test_a_new_journal_can_be_looked_at_without_writing_to_it(tmp_path: Path):
    path = tmp_path / "j.sqlite"
    path.write_bytes(schema.blank())
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert schema.fault(database) is None
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert path.read_bytes() == schema.blank()  # there is no moment of switching to be killed in


async def test_a_folder_that_is_read_only_is_an_error_before_the_first_start(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    def forbidden(self: scratch.Scratch) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(options["into"]))

    async with hubspot() as (sandbox, session):
        with monkeypatch.context() as patch:
            patch.setattr(scratch.Scratch, "sink", forbidden)  # for root, no folder is read-only
            with pytest.raises(PermissionError, match="out"):
                await exported(session, ALL, **options)
        assert sandbox.requests == []
        assert words((await exported(session, ALL, **options)).values()) == dict.fromkeys("abc", "ok")


async def test_a_folder_that_goes_read_only_in_the_middle_loses_nothing(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    async with hubspot() as (sandbox, session):
        seen: list[Any] = []

        def forbidden(*_: Any, **__: Any) -> Any:
            raise PermissionError(errno.EACCES, "Permission denied", str(options["into"]))

        async def body() -> None:
            async with run_exports(session, ALL, in_flight=1, **options) as run:
                async for item in run:
                    seen.append(item)
                    patch.setattr(scratch, "_name", forbidden)

        with monkeypatch.context() as patch, pytest.raises(PermissionError, match="out"):
            await body()
        rest = await exported(session, ALL, **options)
        assert {*words(seen), *words(rest.values())} == {"a", "b", "c"}
        assert begun(sandbox) == {"a": 1, "b": 1, "c": 1}
        assert names(options["into"]) == ["a.csv", "b.csv", "c.csv"]


async def test_two_at_once_on_one_journal_are_one_too_many(options: dict[str, Any]):
    async with hubspot() as (sandbox, session), run_exports(session, ALL, **options):
        with pytest.raises(JournalInUseError):
            await exported(session, ALL, **options)
        assert asked(sandbox) <= len(ALL)
