"""Which file may be a journal, whose it is meanwhile, and who may read it."""

import asyncio
import errno
import fcntl
import os
import pickle
import random
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubspot_async.errors import InputError, JournalError, JournalInUseError, UnknownTaskKindError
from hubspot_async.journal import Journal, opening, schema
from tests.journal.books import TASK, all_bytes, fill, names, note, read, tamper, write
from tests.journal.children import CONTEXT, NOBODY, child, hold, look_as, told_by_child

pytestmark = pytest.mark.asyncio

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exports.sqlite"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A journal with something in each table."""
    path = tmp_path_factory.mktemp("journal") / "exports.sqlite"
    asyncio.run(fill(path))
    return path.read_bytes()


@pytest.fixture
def umask_of_none() -> Any:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.lstat().st_mode) for each in folder.iterdir()}


async def look(path: Path, **options: Any) -> None:
    """Open it and read all there is."""
    async with Journal.open(path, **options) as journal:
        await journal.tasks()
        await journal.runs()


async def refused(path: Path, error: type[Exception], match: str, **options: Any) -> Exception:
    """See that it is refused, in one line."""
    with pytest.raises(error, match=match) as raised:
        await look(path, **options)
    assert len(str(raised.value).splitlines()) == 1
    return raised.value


# Who may read and write it.


@pytest.mark.usefixtures("umask_of_none")
async def test_fault_156_all_of_it_is_for_its_owner_only(path: Path):
    async with Journal.open(path) as journal:
        await journal.note([note()])
        assert modes(path.parent) == dict.fromkeys(
            ["exports.sqlite", "exports.sqlite-lock", "exports.sqlite-shm", "exports.sqlite-wal"], 0o600
        )
    assert modes(path.parent) == {"exports.sqlite": 0o600}


@pytest.mark.usefixtures("umask_of_none")
async def test_fault_156_one_that_all_may_read_is_taken_from_them_with_its_log(path: Path):
    async with Journal.open(path) as journal:
        await journal.note([note()])
        left = all_bytes(path.parent)
    for name, content in left.items():
        (path.parent / name).write_bytes(content)
        (path.parent / name).chmod(0o666)
    async with Journal.open(path) as journal:
        assert {name: mode for name, mode in modes(path.parent).items() if "lock" not in name and mode != 0o600} == {}
        assert len(await journal.tasks()) == 1


async def test_one_at_a_time_writes_to_it(path: Path):
    async with Journal.open(path) as journal:
        await journal.note([note()])
        for again in (path, path.parent / ".." / path.parent.name / path.name):
            await refused(again, JournalInUseError, "in use: one run or watcher at a time")
        assert len(await journal.tasks()) == 1
    async with Journal.open(path):
        pass


async def test_nor_does_another_process_until_the_one_is_killed(path: Path):
    ready = CONTEXT.Event()
    with child(hold, path, ready) as process:
        assert ready.wait(30)
        await refused(path, JournalInUseError, "in use")
        assert await read(path) == []
        assert "exports.sqlite-lock" in names(path.parent)
        process.kill()
        process.join()
        assert "exports.sqlite-lock" in names(path.parent)
    async with Journal.open(path) as journal:
        await journal.note([note()])
    assert names(path.parent) == ["exports.sqlite"]


async def test_of_many_who_make_it_at_once_one_has_it(path: Path):
    async def have() -> str:
        try:
            async with Journal.open(path) as journal:
                await journal.note([note()])
                await let_go.wait()
        except JournalInUseError:
            return "in use"
        return "had it"

    let_go = asyncio.Event()
    asking = [asyncio.create_task(have()) for _ in range(8)]
    while sum(each.done() for each in asking) < 7:
        await asyncio.sleep(0.001)
    let_go.set()
    assert sorted(await asyncio.gather(*asking)) == ["had it"] + ["in use"] * 7
    assert names(path.parent) == ["exports.sqlite"]


async def test_while_one_writes_any_number_may_look(path: Path):
    async with Journal.open(path) as journal, Journal.open(path, read_only=True) as looker:
        for number in range(3):
            assert len(await looker.tasks()) == len(await read(path)) == number
            await journal.note([note(TASK.kind.task(number))])
    async with Journal.open(path) as journal:
        assert len(await journal.tasks()) == 3
    assert names(path.parent) == ["exports.sqlite"]


async def test_a_lock_that_nobody_has_is_taken(path: Path):
    (path.parent / "exports.sqlite-lock").touch()
    await write(path, note())
    assert names(path.parent) == ["exports.sqlite"]


async def test_a_lock_is_not_taken_from_who_was_quicker_after_it_was_removed(path: Path, monkeypatch: Any):
    """Between opening the file and locking it, the one before has gone and the next one has come."""
    lock = path.parent / "exports.sqlite-lock"
    flock, handles = fcntl.flock, []

    def slow(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        lock.unlink()
        handles.append(os.open(lock, os.O_RDWR | os.O_CREAT))
        flock(handles[0], how)
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    await refused(path, JournalInUseError, "in use")
    os.close(handles[0])
    await write(path)


async def test_a_disk_that_knows_no_locks_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_lock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_lock)
    await refused(path, OSError, "No locks available")
    assert not path.exists()


# How it is made.


async def test_one_without_hard_links_does(path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_link(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_link)
    await write(path, note())
    assert names(path.parent) == ["exports.sqlite"]


async def test_a_stranger_who_is_quicker_is_not_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch):
    def be_second(*_: object) -> None:
        path.write_text("mine")
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    monkeypatch.setattr(os, "link", be_second)
    await refused(path, JournalError, "no SQLite file")
    assert all_bytes(path.parent) == {"exports.sqlite": b"mine"}


async def test_what_somebody_left_who_was_killed_while_making_it_is_replaced(path: Path):
    (path.parent / "exports.sqlite-part").write_bytes(b"half")
    await write(path, note())
    assert names(path.parent) == ["exports.sqlite"]


async def test_it_has_its_log_from_the_first(path: Path):
    """Whoever was killed while changing to one would leave what no reader can read."""
    path.write_bytes(schema.blank())
    async with Journal.open(path, read_only=True):
        assert "exports.sqlite-journal" not in names(path.parent)
        assert "exports.sqlite-wal" in names(path.parent)


# What is none. Refused alike by who would write and who would look, and left as it is.


def a_database(*statements: str) -> Callable[[Path, bytes], object]:
    def make(path: Path, good: bytes) -> None:
        path.write_bytes(good)
        tamper(path, "PRAGMA journal_mode = DELETE", *statements)

    return make


REFUSED: dict[str, tuple[Callable[[Path, bytes], object], str]] = {
    "fault 123: 0 bytes": (lambda path, _: path.touch(), "is empty"),
    "a text": (lambda path, _: path.write_text("kind,id\n" * 1000), "no SQLite file"),
    "a short text": (lambda path, _: path.write_text("x"), "no journal"),
    "fault 156: a pickle": (lambda path, _: path.write_bytes(pickle.dumps(Bomb())), "no SQLite file"),
    "only the first words of a database": (lambda path, good: path.write_bytes(good[:16]), "no SQLite|damaged|cannot"),
    "half a page": (lambda path, good: path.write_bytes(good[:2000]), "no SQLite|damaged|cannot"),
    "fault 123: a page too few": (lambda path, good: path.write_bytes(good[: -schema.PAGE]), "damaged|malformed"),
    "fault 121: a byte too few": (lambda path, good: path.write_bytes(good[:-1]), "torn"),
    "fault 121: a page of nothing": (
        lambda path, good: path.write_bytes(good[: schema.PAGE] + bytes(schema.PAGE) + good[2 * schema.PAGE :]),
        "damaged|malformed",
    ),
    "noise": (lambda path, _: path.write_bytes(random.Random(1).randbytes(20_000)), "no SQLite file"),
    "an empty database": (lambda path, _: tamper(path, "CREATE TABLE x (y)", "DROP TABLE x"), "another program's"),
    "another program's": (lambda path, _: tamper(path, "CREATE TABLE contacts (email)"), "another program's"),
    "fault 123: a newer one": (a_database("PRAGMA user_version = 2"), "a newer version of hubspot_async"),
    "one of no version": (a_database("PRAGMA user_version = 0"), "tables are not those"),
    "another id": (a_database("PRAGMA application_id = 7"), "another program's"),
    "fault 157: a trigger": (
        a_database("CREATE TRIGGER t AFTER INSERT ON tasks BEGIN DELETE FROM tasks; END"),
        "tables are not those",
    ),
    "fault 157: a view": (a_database("CREATE VIEW v AS SELECT randomblob(1000000000)"), "tables are not those"),
    "fault 157: a view for a table": (
        a_database("ALTER TABLE tasks RENAME TO x", "CREATE VIEW tasks AS SELECT * FROM x"),
        "tables are not those",
    ),
    "a column more": (a_database("ALTER TABLE tasks ADD COLUMN token TEXT"), "tables are not those"),
    "a table less": (a_database("DROP TABLE jobs"), "tables are not those"),
    "an index": (a_database("CREATE INDEX i ON tasks (task)"), "tables are not those"),
    "fault 157: a computed column": (
        a_database("DROP TABLE runs", "CREATE TABLE runs (number, work, began_at AS (number + 1))"),
        "tables are not those",
    ),
    "a schema that is no text": (
        a_database("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = sql || CAST(x'2d2dff' AS TEXT)"),
        "tables are not those",
    ),
    "a fifo": (lambda path, _: os.mkfifo(path), "no file of its own"),
    "fault 155: a link": (lambda path, good: link_to(path, good, ""), "no file of its own but a link"),
    "fault 155: a log that is a link": (lambda path, good: link_to(path, good, "-wal"), "no file of its own"),
    "fault 155: a link to nowhere": (lambda path, _: path.symlink_to("nowhere"), "no file of its own but a link"),
    "fault 159: a huge one": (lambda path, good: make_huge(path, good, opening.LARGEST + 1), "too large"),
}


class Bomb:
    def __reduce__(self) -> Any:
        return os._exit, (1,)


def link_to(path: Path, good: bytes, what: str) -> None:
    path.write_bytes(good)
    path.with_name(path.name + what).unlink(missing_ok=True)
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_bytes(good)
    path.with_name(path.name + what).symlink_to(elsewhere)


def make_huge(path: Path, good: bytes, size: int) -> None:
    path.write_bytes(good)
    os.truncate(path, size)


def contents(folder: Path) -> dict[str, object]:
    """What is in each file, or how large it is if it is huge."""
    found = {path.name: path.lstat() for path in folder.iterdir()}
    small = all_bytes(folder) if all(each.st_size < opening.LARGEST for each in found.values()) else {}
    return {name: small.get(name, each.st_size) for name, each in found.items()}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("what", REFUSED)
async def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(
    what: str, read_only: bool, path: Path, filled: bytes
):
    make, match = REFUSED[what]
    make(path, filled)
    is_large = path.exists() and path.stat().st_size > opening.LARGEST
    before = names(path.parent) if is_large or what == "a fifo" else all_bytes(path.parent)
    await refused(path, JournalError, match, read_only=read_only)
    after = names(path.parent) if is_large or what == "a fifo" else all_bytes(path.parent)
    if read_only:
        after = (
            {name: content for name, content in after.items() if name in before} if isinstance(after, dict) else after
        )
    assert after == before


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("", "is a directory"),
        ("..", "is a directory"),
        ("folder", "is a directory"),
        ("missing/exports.sqlite", "a directory that does not exist"),
        ("file/exports.sqlite", "a directory that does not exist"),
        ("a\0b", "cannot be the name"),
    ],
)
async def test_a_path_that_can_be_none_is_refused(name: str, match: str, read_only: bool, tmp_path: Path):
    folder = tmp_path / "here"
    (folder / "folder").mkdir(parents=True)
    (folder / "file").touch()
    await refused(folder / name, InputError, match, read_only=read_only)
    assert names(folder) == ["file", "folder"]
    assert names(tmp_path) == ["here"]


async def test_who_only_looks_makes_none(path: Path):
    await refused(path, FileNotFoundError, "exports.sqlite", read_only=True)
    assert names(path.parent) == []


async def test_a_name_that_is_too_long_is_the_systems_to_refuse(tmp_path: Path):
    await refused(tmp_path / ("x" * 300), OSError, "too long")


async def test_a_log_of_nonsense_is_none(path: Path, filled: bytes):
    for log in (b"", b"nonsense" * 1000, random.Random(1).randbytes(40_000)):
        path.write_bytes(filled)
        path.with_name("exports.sqlite-wal").write_bytes(log)
        assert len(await read(path)) == 2
        async with Journal.open(path) as journal:
            assert len(await journal.tasks()) == 2


async def test_fault_121_a_log_that_is_torn_ends_where_it_is_torn(path: Path):
    """Each change is one transaction: it is in what is left of the log, or it is not."""
    async with Journal.open(path) as journal:
        for number in range(8):
            await journal.note([note(TASK.kind.task(name), status=str(number)) for name in range(100)])
        left = all_bytes(path.parent)
    path.unlink()
    log = left["exports.sqlite-wal"]
    found = []
    for size in range(0, len(log) + 1, len(log) // 60):
        path.write_bytes(left["exports.sqlite"])
        path.with_name("exports.sqlite-wal").write_bytes(log[:size])
        statuses = {record.status for record in await read(path)}
        assert len(statuses) <= 1
        found.append(max(map(int, filter(None, statuses)), default=-1))
        path.with_name("exports.sqlite-shm").unlink()
    assert found == sorted(found)
    assert len(set(found)) > 5


async def test_faults_121_157_a_flipped_bit_is_refused_or_does_no_harm(path: Path, filled: bytes):
    chance = random.Random(7)
    outcomes = Counter[str]()
    for number in range(150):
        torn = bytearray(filled)
        at = chance.choice([chance.randrange(100), chance.randrange(schema.PAGE), chance.randrange(len(torn))])
        torn[at] ^= 1 << chance.randrange(8)
        path.write_bytes(torn)
        try:
            await look(path, read_only=bool(number % 2))
        except (JournalError, UnknownTaskKindError) as error:
            outcomes[str(error).partition(": ")[0].rpartition(" ")[2]] += 1
        else:
            outcomes["read"] += 1
        for rest in ("exports.sqlite-wal", "exports.sqlite-shm"):
            path.with_name(rest).unlink(missing_ok=True)
    assert outcomes.keys() >= {"read", "journal", "used"}


@pytest.mark.parametrize("read_only", [False, True])
async def test_what_another_program_was_killed_over_is_left_to_it(path: Path, read_only: bool):
    """A database whose last change was not finished, with what undoes it beside."""
    tamper(path, "PRAGMA cache_size = 1", "CREATE TABLE contacts (email)", "INSERT INTO contacts VALUES (1)")
    before = path.read_bytes()
    log = bytes.fromhex("d9d505f920a163d7") + (1).to_bytes(4) + bytes(4) + (len(before) // 4096).to_bytes(4)
    log += (512).to_bytes(4) + (4096).to_bytes(4)
    path.with_name("exports.sqlite-journal").write_bytes(log.ljust(512, b"\0") + (1).to_bytes(4) + before[:4096])
    left = all_bytes(path.parent)
    await refused(path, JournalError, "no journal", read_only=read_only)
    assert all_bytes(path.parent) == left


@as_root
@pytest.mark.parametrize("read_only", [False, True])
async def test_fault_156_somebody_elses_is_refused(path: Path, filled: bytes, read_only: bool):
    path.write_bytes(filled)
    os.chown(path, NOBODY, NOBODY)
    await refused(path, JournalError, "belongs to somebody else", read_only=read_only)
    assert all_bytes(path.parent) == {"exports.sqlite": filled}


@as_root
async def test_fault_123_a_read_only_directory_is_said_to_be_one_and_can_be_looked_into(filled: bytes):
    folder = Path(f"/tmp/hubspot-journal-{os.getpid()}")  # pytest's own are for one user only
    folder.mkdir(mode=0o755)
    path = folder / "exports.sqlite"
    try:
        path.write_bytes(filled)
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o600)
        error = told_by_child(look_as, NOBODY, path, False)
        assert isinstance(error, PermissionError)
        assert "exports.sqlite-lock" in str(error)
        assert told_by_child(look_as, NOBODY, path, True) == (2, ["exports.sqlite"])
        path.unlink()
        assert isinstance(told_by_child(look_as, NOBODY, path, False), PermissionError)
        assert isinstance(told_by_child(look_as, NOBODY, path, True), FileNotFoundError)
        assert names(folder) == []
    finally:
        path.unlink(missing_ok=True)
        folder.rmdir()
