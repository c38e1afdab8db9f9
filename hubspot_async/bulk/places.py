"""Where the files of a run are to be, and what must not be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hubspot_async.bulk.jobs import Job
from hubspot_async.disk.scratch import Scratch, check_target, sweep
from hubspot_async.errors import InputError
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord
from hubspot_async.results.names import safe_name


def place(into: Path, account: str | None, name: str, suffix: str) -> Path:
    """Name a file after what it holds, in the folder of its account if there are many."""
    folder = into / safe_name(account, "account") if account else into
    return (folder / f"{safe_name(name)}{suffix}").absolute()


def check_clashes(places: Iterable[tuple[Job[Any], Path]]) -> None:
    """Refuse two files of one name, on a system too that does not tell a from A.

    Raises InputError.
    """
    taken: dict[str, Job[Any]] = {}
    for job, path in places:
        other = taken.setdefault(str(path).casefold(), job)
        if other is not job:
            raise InputError(f"{other.name!r} and {job.name!r} would both be {path}; give each a name of its own")


def allow_own(
    jobs: Iterable[Job[Any]], runs: Iterable[RunRecord], files_of: Callable[[JobRecord], Iterable[Path]]
) -> None:
    """Let each job replace what earlier runs have made in its place, or were about to; *files_of* names that."""
    own: dict[str | None, set[Path]] = {}
    for run in runs:
        for record in run.jobs:
            if record.is_made and record.outcome is not Outcome.FAILED:
                own.setdefault(record.path, set()).update(files_of(record))
    for job in jobs:
        job.own = frozenset(own.get(job.record.path, ()))


def make_room(places: Iterable[tuple[Job[Any], Path]], *, overwrite: bool) -> None:
    """Make the folders, see that they can be written to, and refuse what is in the way. Synchronous; a thread runs it.

    What killed processes have left there unfinished is removed. Raises InputError, and OSError where a folder cannot
    be made or written to.
    """
    open_jobs = [(job, path) for job, path in places if job.record.told_at is None]
    for folder in {path.parent for _, path in open_jobs}:
        folder.mkdir(parents=True, exist_ok=True)
        _try_out(folder)
        sweep(folder)
    for job, path in open_jobs:
        check_target(path, overwrite=overwrite or path in job.own)


def _try_out(folder: Path) -> None:
    scratch = Scratch(folder / "trial", overwrite=False)
    try:
        scratch.sink()
    finally:
        scratch.close()
