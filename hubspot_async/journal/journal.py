"""The journal: tasks that are watched and the work of bulk runs, written down as they go."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from anyio import CancelScope, to_thread
from attrs import frozen

from hubspot_async.errors import InputError, JournalError
from hubspot_async.journal import opening, reading
from hubspot_async.journal.books import Books
from hubspot_async.journal.records import JobRecord, RunRecord, TaskRecord
from hubspot_async.tasks import HubSpotTask, TaskKind

if TYPE_CHECKING:
    import aiosqlite

KEPT = 90 * 86_400.0
"""Seconds for which what is over stays in the journal."""

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
AND run IN (SELECT run FROM jobs GROUP BY run HAVING count(*) = count(told_at) AND max(told_at) < ?1)
"""
_FORGET = (
    "DELETE FROM tasks WHERE ended_at < ?1",
    _FORGET_JOBS,
    "DELETE FROM runs WHERE began_at < ?1 AND number NOT IN (SELECT run FROM jobs)",
)
"""Drops what is over for long; the last run stays however old it is, for its files may be replaced."""


@frozen(kw_only=True)
class Note:
    """What has become of a watched task: it was added, its status was dealt with, or it ended."""

    task: HubSpotTask[Any]
    status: str | None = None
    ended: str | None = None


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
        path = Path(path)
        _check_extra()
        async with AsyncExitStack() as stack:
            if read_only:
                await to_thread.run_sync(opening.check, path)
            else:
                stack.enter_context(opening.held(path))  # at once, lest a cancellation come between lock and release
                await to_thread.run_sync(opening.prepare, path)
            database = await stack.enter_async_context(_connected(path, "ro" if read_only else "rw"))
            journal = cls(path, database, kinds)
            if not read_only:
                await journal._forget_old()
            yield journal

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
            jobs = list(map(self._reader.job, rows))
            return [reading.run(run, [job for job in jobs if job.run == run[0]]) for run in runs]

    # For a watcher.

    async def note(self, notes: Iterable[Note]) -> None:
        """Write down what has become of tasks."""
        now = self._wall()
        entries = [
            {
                "kind": note.task.kind.name,
                "id": note.task.id,
                "account": note.task.account or "",
                "task": note.task.to_json(),
                "at": now,
                "status": note.status,
                "ended": note.ended,
                "ended_at": now if note.ended else None,
            }
            for note in notes
        ]
        await self._run(_NOTE, [json.dumps(entries)])

    # For a bulk run, besides what any books note.

    async def begin_run(self, work: str) -> int:
        """Begin a run of *work*, and give its number."""
        with opening.translated(self.path):
            row = await self._database.execute_insert(
                "INSERT INTO runs (work, began_at) VALUES (?, ?)", [work, self._wall()]
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
        await self._run(_ADD_JOBS, [json.dumps(entries)])

    # Inside: each change is one statement, so that whatever is cancelled, it is done or it is not.

    async def _set(self, job: JobRecord, **changes: Any) -> JobRecord:
        changed = await super()._set(job, **changes)
        values = [
            changed.path,
            changed.asked_at and changed.asked_at.timestamp(),
            changed.task and changed.task.to_json(),
            changed.status,
            changed.outcome,
            json.dumps(changed.said) if changed.said else None,
            changed.told_at and changed.told_at.timestamp(),
        ]
        await self._run(_SET_JOB, [*values, job.run, job.place])
        return changed

    async def _run(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        with opening.translated(self.path):
            return list(await self._database.execute_fetchall(statement, parameters))

    @contextmanager
    def _believing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            fault = reading.fault(error)
            if fault is None:
                raise
            raise JournalError(f"{self.path} holds what cannot be: {fault}", path=self.path) from None

    async def _forget_old(self) -> None:
        for statement in _FORGET:
            await self._run(statement, [self._wall() - KEPT])


def _check_extra() -> None:
    if find_spec("aiosqlite") is None:
        raise InputError("a journal needs aiosqlite: pip install 'hubspot-async[journal]'")


@asynccontextmanager
async def _connected(path: Path, mode: str) -> AsyncIterator[aiosqlite.Connection]:
    """Open the database; what is committed is on the disk, whatever happens to the power."""
    import aiosqlite

    connecting = aiosqlite.connect(opening.address(path, mode), uri=True, isolation_level=None)
    with opening.translated(path):
        database = await connecting
    try:
        with opening.translated(path):
            for pragma in opening.PRAGMAS if mode == "ro" else (*opening.PRAGMAS, *opening.WRITERS):
                await database.execute(f"PRAGMA {pragma}")
        yield database
    finally:
        with CancelScope(shield=True):
            await database.close()
