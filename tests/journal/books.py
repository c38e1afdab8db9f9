"""What tests of the journal share."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import evolve

from hubspot_async.journal import JobRecord, Journal, Outcome, TaskRecord
from hubspot_async.journal.journal import Note
from hubspot_async.tasks import EXPORT, HubSpotTask

TASK = EXPORT.task("90151673", account="acme")

JOB = JobRecord(run=0, place=0, account="acme", name="people", asked='{"objectType": "CONTACT"}', path="/x/people.csv")


def note(task: HubSpotTask[Any] = TASK, **became: Any) -> Note:
    return Note(**{"task": task, "account": task.account, **became})


async def begin(journal: Journal, *jobs: JobRecord, work: str = "exports") -> list[JobRecord]:
    """A run of these jobs."""
    number = await journal.begin_run(work, {})
    placed = [evolve(job, run=number, place=place) for place, job in enumerate(jobs or (JOB,))]
    await journal.add_jobs(placed)
    return placed


async def jobs_of(journal: Journal) -> list[JobRecord]:
    return [job for run in await journal.runs() for job in run.jobs]


async def write(path: Path, *notes: Note) -> None:
    async with Journal.open(path) as journal:
        await journal.note(notes)


async def read(path: Path, **options: Any) -> list[TaskRecord]:
    async with Journal.open(path, read_only=True, **options) as journal:
        return await journal.tasks()


async def fill(path: Path) -> None:
    """A journal with something in each table."""
    async with Journal.open(path) as journal:
        await journal.note([note(), note(EXPORT.task("2"), status="COMPLETE", ended="COMPLETE")])
        (job,) = await begin(journal)
        job = await journal.started(await journal.asking(job), TASK)
        await journal.told(await journal.ended(job, Outcome.DONE, {"bytes": 3}))


def tamper(path: Path, *statements: str, values: Iterable[object] = ()) -> None:
    """Do to the file what any program can."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            database.execute(statement, tuple(values) if "?" in statement else ())


def names(folder: Path) -> list[str]:
    """Each file that is there."""
    return sorted(path.name for path in folder.iterdir())


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Each file that is there, and what is in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def left_open(folder: Path) -> list[Path]:
    """Which files in it this process has open."""
    handles = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    return [file for file in (each.readlink() for each in handles if each.exists()) if folder in file.parents]
