"""`hubspot-async journal show`: what a journal holds, for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.table import Table

from hubspot_async import HubSpotTask, Journal
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.jobs.running import show
from hubspot_async.cli.screen.console import Terminal
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import counted, moment, nearby, plain, say, size
from hubspot_async.errors import UnknownTaskKindError
from hubspot_async.journal.records import JobRecord, RunRecord, TaskRecord

_WIDEST = 22
"""Letters of a column, but for the last one."""


def run(path: Path, *, is_whole: bool, common: Common | None) -> int:
    """Show the last run of each kind of work and the tasks still watched; all there is if *is_whole*."""

    async def job(shown: Screen) -> None:
        async with Journal.open(path, read_only=True) as journal:
            runs, tasks = await journal.runs(), await _tasks(journal, shown, only_open=not is_whole)
        wanted = runs if is_whole else last_of_each(runs)
        if shown.json is not None:
            for event, task, fields in objects(wanted, tasks):
                shown.json.write(event, task, fields=fields)
        else:
            _print(Terminal(sys.stdout), wanted, tasks)

    return show(job, common)


async def _tasks(journal: Journal, shown: Screen, *, only_open: bool) -> Sequence[TaskRecord]:
    try:
        return await journal.tasks(only_open=only_open)
    except UnknownTaskKindError as error:  # which a program has that is not here
        shown.say(f"The tasks that are watched cannot be shown: {error}")
        return ()


def last_of_each(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Choose the last run of exports, and the last one of imports."""
    return sorted({run.work: run for run in runs if run.jobs}.values(), key=lambda run: run.number)


def objects(
    runs: Sequence[RunRecord], tasks: Sequence[TaskRecord]
) -> Iterator[tuple[str, HubSpotTask[Any] | None, Mapping[str, object]]]:
    """Give an object for each run, for each of its jobs, and for each task."""
    for run in runs:
        yield (
            "run",
            None,
            {"run": run.number, "work": run.work, "began_at": run.began_at, "closed_at": run.closed_at},
        )
        for job in run.jobs:
            yield "job", job.task, job_fields(job)
    for task in tasks:
        yield (
            "task",
            task.task,
            {"account": task.account, "status": task.status, "ended": task.ended, "added_at": task.added_at},
        )


def job_fields(job: JobRecord) -> Mapping[str, object]:
    """Say of a job what a program wants to know."""
    told = {
        "run": job.run,
        "account": job.account,
        "name": job.name,
        "state": state_of(job),
        "status": job.status,
        "path": job.path,
        "asked_at": job.asked_at,
        "told_at": job.told_at,
    }
    said = {"http_status" if name == "status" else name: value for name, value in job.said.items()}
    return {**told, **{name: value for name, value in said.items() if name not in told}}


def state_of(job: JobRecord) -> str:
    """Say in a word how far a job is; ``unknown`` is a start of which nobody knows whether HubSpot accepted it."""
    if job.outcome is not None:
        return job.outcome.value
    if job.task is not None:
        return job.status or "started"
    return "waiting" if job.asked_at is None else "unknown"


def _print(out: Terminal, runs: Sequence[RunRecord], tasks: Sequence[TaskRecord]) -> None:
    for run in runs:
        say(out, _headline(run))
        out.print(_table(("Account", "Name", "State", "Id", ""), [_cells(job) for job in run.jobs]))
    if tasks:
        say(out, f"{counted(len(tasks), 'task')} watched")
        cells = [
            (each.account or "", each.task.kind.name, each.ended or each.status or "", each.task.id, "")
            for each in tasks
        ]
        out.print(_table(("Account", "Kind", "Status", "Id", ""), cells))
    if not runs and not tasks:
        say(out, "Nothing is noted.")


def _headline(run: RunRecord) -> str:
    jobs = counted(len(run.jobs), run.work.removesuffix("s"))
    over = "unfinished" if run.closed_at is None else f"over since {moment(run.closed_at)}"
    return f"Run {run.number}: {jobs}, began {moment(run.began_at)}, {over}"


def _cells(job: JobRecord) -> tuple[str, str, str, str, str]:
    return job.account or "", job.name, state_of(job), job.task.id if job.task else "", _about(job)


def _about(job: JobRecord) -> str:
    """Say what came of a job, or is to come."""
    if "error" in job.said:
        return str(job.said.get("message"))
    path = "" if job.path is None else nearby(job.path)
    amount = job.said.get("bytes")
    return f"{path}  {size(amount)}" if isinstance(amount, int) and job.outcome is not None else path


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Set rows in columns, each row one line: the last column has what is left, one in which nothing stands no room."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, expand=True)
    columns = [(head, cells) for head, *cells in zip(heads, *rows, strict=True) if any(cells)]
    for head, cells in columns:
        width = min(max(map(cell_len, [head, *cells])), _WIDEST) if head else None
        ratio = None if head else 1
        table.add_column(head, no_wrap=True, overflow="ellipsis", width=width, ratio=ratio)
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*map(plain, row))
    return table
