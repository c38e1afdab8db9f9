"""Where the files of a run are to be, and what must not be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hubspot_async.bulk.jobs import Job
from hubspot_async.errors import InputError
from hubspot_async.journal.records import RunRecord
from hubspot_async.results.names import safe_name
from hubspot_async.results.scratch import check_target


def place(into: Path, account: str | None, name: str, suffix: str) -> Path:
    """Name a file after what it holds, in the folder of its account if there are many."""
    folder = into / safe_name(account, "account") if account else into
    return (folder / f"{safe_name(name)}{suffix}").absolute()


def check_clashes(jobs: Iterable[Job[Any]]) -> None:
    """Refuse two files of one name, on a system too that does not tell a from A.

    Raises InputError.
    """
    taken: dict[str, Job[Any]] = {}
    for job in jobs:
        other = taken.setdefault(str(job.path).casefold(), job)
        if other is not job:
            raise InputError(f"{other.name!r} and {job.name!r} would both be {job.path}; give each a name of its own")


def allow_own(jobs: Iterable[Job[Any]], runs: Iterable[RunRecord], *, overwrite: bool) -> None:
    """Let what earlier runs have made be replaced, or with *overwrite* whatever is there."""
    own = {job.path for run in runs for job in run.jobs}
    for job in jobs:
        job.may_replace = overwrite or job.record.path in own


def make_room(jobs: Sequence[Job[Any]]) -> None:
    """Make the folders, and refuse what is in the way. Synchronous; a thread runs it.

    Raises InputError, and OSError where a folder cannot be made.
    """
    for job in jobs:
        job.path.parent.mkdir(parents=True, exist_ok=True)
        check_target(job.path, overwrite=job.may_replace)
