"""The journal: tasks that are watched and the work of bulk runs, written down as they go."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hubspot_async import threads
from hubspot_async.classes import frozen
from hubspot_async.errors import InputError, JournalError, UnknownTaskKindError
from hubspot_async.journal import reading
from hubspot_async.journal.books import Books
from hubspot_async.journal.records import JobRecord, RunRecord, TaskRecord, key_of
from hubspot_async.tasks import HubSpotTask, TaskKind

if TYPE_CHECKING:
    import aiosqlite

KEPT = 90 * 86_400.0
"""Seconds for which what is over stays in the journal."""

LONGEST_WORD = 200
"""Letters that are kept of a status."""

_NOTE = """
INSERT INTO tasks (kind, id, account, task, added_at, status, ended, ended_at)
SELECT json_extract(value, '$.kind'), json_extract(value, '$.id'), json_extract(value, '$.account'),
    json_extract(value, '$.task'), json_extract(value, '$.at'), json_extract(value, '$.status'),
    json_extract(value, '$.ended'), json_extract(value, '$.ended_at')
FROM json_each(?) WHERE true
ON CONFLICT (kind, id, account) DO UPDATE
SET status = coalesce(excluded.status, status), ended = excluded.ended, ended_at = excluded.ended_at
"""

_ADD_JOBS = """
INSERT INTO jobs (run, place, account, name, asked, path)
SELECT json_extract(value, '$.run'), json_extract(value, '$.place'), json_extract(value, '$.account'),
    json_extract(value, '$.name'), json_extract(value, '$.asked'), json_extract(value, '$.path')
FROM json_each(?)
"""

_SET_JOB = """
UPDATE jobs SET path = ?, asked_at = ?, task = ?, status = ?, outcome = ?, said = ?, told_at = ?
WHERE run = ? AND place = ?
"""

_FORGET_JOBS = """
DELETE FROM jobs WHERE run NOT IN (SELECT max(number) FROM runs GROUP BY work)
AND run IN (SELECT run FROM jobs GROUP BY run HAVING count(*) = count(told_at) AND max(told_at) < ?)
"""
_FORGET = (
    "DELETE FROM tasks WHERE ended IS NOT NULL AND ended_at < ?",
    _FORGET_JOBS,
    "DELETE FROM runs WHERE began_at < ? AND number NOT IN (SELECT run FROM jobs)",
)
"""Drops what is over for long; the last run stays however old it is, for its files may be replaced."""


@frozen(kw_only=True)
class Note:
    """What has become of a watched task: it was added, its status was dealt with, or it ended."""

    task: HubSpotTask[Any]
    account: str | None
    status: str | None = None
    ended: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells the task from all others in the journal."""
        return key_of(self.task, self.account)


class Journal(Books):
    """An SQLite file that tells, after a crash, what was under way: ``async with Journal.open("exports.sqlite")``.

    It holds no token and no URL of a file, is readable by its owner only, and is written to by one process at a time.
    Each change is one transaction, on the disk when the call returns: after a crash it is there whole, or it is not.
    """

    def __init__(
        self,
        path: Path,
        database: aiosqlite.Connection,
        kinds: Iterable[TaskKind[Any]] = (),
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(wall)
        self.path = path
        self._database = database
        self._reader = reading.Reader(kinds)
        self._is_open = True

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: str | Path, *, kinds: Iterable[TaskKind[Any]] = (), read_only: bool = False
    ) -> AsyncIterator[Self]:
        """Open the journal at *path*, which is made where it is missing.

        *kinds* are the kinds of task of your own that it may name. With *read_only* it is only looked at, also while
        somebody else writes to it, and is not made.

        Raises JournalInUseError where somebody writes to it, JournalError for a file that is damaged, of a newer
        version or no journal, which is left as it is, and OSError where it cannot be read or made.
        """
        path = _fixed(path)
        _check_extra()
        from hubspot_async.journal import connecting  # SQLite, which nobody needs who has no journal

        async with threads.whole(connecting.connected(path) if read_only else connecting.held(path)) as database:
            journal = cls(path, database, kinds)
            try:
                if not read_only:
                    await journal._forget_old()
                yield journal
            finally:
                journal._is_open = False

    # For people.

    async def tasks(self, *, only_open: bool = False) -> list[TaskRecord]:
        """Give the tasks that watchers were given, the oldest first; *only_open* leaves out those that have ended.

        Raises UnknownTaskKindError for a task of a kind that was not passed to `open`.
        """
        wanted = "WHERE ended IS NULL " if only_open else ""
        rows = await self._run(f"SELECT {reading.TASK} FROM tasks {wanted}ORDER BY added_at, kind, id")  # noqa: S608
        with self._believing():
            return list(map(self._reader.task, rows))

    async def runs(self) -> list[RunRecord]:
        """Give the bulk runs, the oldest first, with all of their jobs."""
        runs = await self._run(f"SELECT {reading.RUN} FROM runs ORDER BY number")  # noqa: S608
        rows = await self._run(f"SELECT {reading.JOB} FROM jobs ORDER BY run, place")  # noqa: S608
        with self._believing():
            found = groupby(map(self._reader.job, rows), attrgetter("run"))
            jobs = {number: tuple(each) for number, each in found}
            return [reading.run(row, jobs.get(row[0], ())) for row in runs]

    # For a watcher.

    async def note(self, notes: Iterable[Note]) -> None:
        """Write down what has become of tasks."""
        now = self._wall()
        entries = [
            {
                **dict(zip(("kind", "id", "account"), note.key, strict=True)),
                "task": note.task.to_json(),
                "at": now,
                "status": _word(note.status),
                "ended": _word(note.ended),
                "ended_at": now if note.ended else None,
            }
            for note in notes
        ]
        await self._run(_NOTE, [json.dumps(entries, ensure_ascii=False)])

    # For a bulk run, besides what any books note.

    async def begin_run(self, work: str, options: Mapping[str, Any]) -> int:
        """Begin a run of *work*, whose files are written as *options* say, and give its number."""
        with self._at_work():
            row = await self._database.execute_insert(
                "INSERT INTO runs (work, began_at, options) VALUES (?, ?, ?)", [work, self._wall(), json.dumps(options)]
            )
        assert row is not None
        return int(row[0])

    async def add_jobs(self, jobs: Sequence[JobRecord]) -> None:
        """Write down what a run is to do."""
        entries = [
            {
                "run": job.run,
                "place": job.place,
                "account": job.account or "",
                "name": job.name,
                "asked": job.asked,
                "path": job.path,
            }
            for job in jobs
        ]
        await self._run(_ADD_JOBS, [json.dumps(entries, ensure_ascii=False)])

    # Inside: each change is one statement, so that whatever is cancelled, it is done or it is not.

    async def _set(self, job: JobRecord, **changes: Any) -> JobRecord:
        changed = await super()._set(job, **changes)
        values = [
            changed.path,
            changed.asked_at and changed.asked_at.timestamp(),
            changed.task and changed.task.to_json(),
            _word(changed.status),
            changed.outcome,
            json.dumps(changed.said) if changed.said else None,
            changed.told_at and changed.told_at.timestamp(),
        ]
        await self._run(_SET_JOB, [*values, job.run, job.place])
        return changed

    async def _run(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        with self._at_work():
            return list(await self._database.execute_fetchall(statement, parameters))

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Say in our words what SQLite says in its own."""
        from hubspot_async.journal import opening

        if not self._is_open:
            raise JournalError(f"{self.path} was closed", path=self.path)
        try:
            with opening.translated(self.path):
                yield
        except UnicodeEncodeError as error:
            letter = error.object[error.start : error.end]
            raise InputError(f"{letter!r} cannot be written to {self.path}, for it is no character") from None

    @contextmanager
    def _believing(self) -> Iterator[None]:
        try:
            yield
        except UnknownTaskKindError as error:
            raise UnknownTaskKindError(
                f"{self.path}: {reading.short(error)}; name others in Journal.open(kinds=…)"
            ) from None
        except (ValueError, OverflowError, OSError) as error:
            raise JournalError(f"{self.path} holds what cannot be: {reading.short(error)}", path=self.path) from None

    async def _forget_old(self) -> None:
        for statement in _FORGET:
            await self._run(statement, [self._wall() - KEPT])


def _fixed(path: str | Path) -> Path:
    """Name the file so that it stays the same wherever the process goes."""
    return Path(path).absolute()


def _check_extra() -> None:
    if find_spec("aiosqlite") is None:
        raise InputError("a journal needs aiosqlite: pip install 'hubspot-async[journal]'")


def _word(text: str | None) -> str | None:
    """Make of what HubSpot says what any file can hold."""
    return text and "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST_WORD])
