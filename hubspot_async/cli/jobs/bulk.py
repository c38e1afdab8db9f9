"""`hubspot-async export --from` and `hubspot-async resume`: many exports, with a journal that outlives the command."""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, evolve, field

from hubspot_async import (
    ExportedFile,
    ExportFailed,
    HubSpotError,
    HubSpotSession,
    HubSpotTask,
    Journal,
    StartOutcomeUnknownError,
    WatchObserver,
    resume_exports,
    run_exports,
)
from hubspot_async.bulk import BulkRun, Job
from hubspot_async.bulk.resuming import goes_on, unfinished
from hubspot_async.cli import exportsfile
from hubspot_async.cli.accounts import session_for
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import status_of, worded
from hubspot_async.cli.exportsfile import Exports
from hubspot_async.cli.jobs.fetching import saved_as
from hubspot_async.cli.jobs.running import show
from hubspot_async.cli.screen.jsonlines import error_fields
from hubspot_async.cli.screen.line import Change
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import counted, moment, one_line
from hubspot_async.errors import InputError, TaskNotSucceededError
from hubspot_async.journal import failures
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord
from hubspot_async.tasks import Snapshot

Bulk: TypeAlias = BulkRun[Any, ExportedFile | ExportFailed]


def run(
    file: Path,
    to: Path,
    journal: Path | None,
    *,
    overwrite: bool,
    escape_formulas: bool,
    restart_unknown: bool,
    timeout: float | None,
    common: Common | None,
) -> int:
    """Run the exports of a file, or go on with those of it that an earlier command has left."""
    path = journal or to / f"{file.stem}.sqlite"

    async def do(shown: Screen) -> None:
        _prepare(file, to, common)
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(Journal.open(path))
            wanted, last = _wanted(file, unfinished(await opened.runs()), common)
            sessions = await _sessions(wanted, stack)
            progress = Progress(shown)
            bulk = _exports(
                wanted,
                sessions,
                common,
                into=to,
                journal=opened,
                overwrite=overwrite,
                escape_formulas=escape_formulas,
                restart_unknown=restart_unknown,
                timeout=timeout,
                progress=progress,
                observer=progress,
            )
            await _see_through(bulk, last, path, progress)

    return show(do, common)


def resume(path: Path, *, overwrite: bool, restart_unknown: bool, timeout: float | None, common: Common | None) -> int:
    """Go on with the exports that a journal has unfinished."""

    async def do(shown: Screen) -> None:
        _check_there(path)
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(Journal.open(path))
            last = unfinished(await opened.runs(), restart_unknown=restart_unknown)
            if last is None:
                shown.say(f"{path} has no exports to go on with")
                return
            left = {job.account for job in last.jobs if job.told_at is None or (restart_unknown and job.is_lost)}
            progress = Progress(shown)
            bulk = await resume_exports(
                [await stack.enter_async_context(session_for(_named(account, common))) for account in left],
                journal=opened,
                overwrite=overwrite,
                restart_unknown=restart_unknown,
                timeout=timeout,
                progress=progress,
                observer=progress,
            )
            await _see_through(bulk, last, path, progress)

    return show(do, common)


def _prepare(file: Path, to: Path, common: Common | None) -> None:
    """Read the file, so that a mistake in it leaves nothing behind, and make the folder."""
    if None not in exportsfile.load(file) and common and common.account:
        raise InputError(f"--account does not go with {file.name}, which names the accounts itself")
    to.mkdir(parents=True, exist_ok=True)


def _check_there(path: Path) -> None:
    """Refuse to make a journal where none is."""
    if not os.path.lexists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _wanted(file: Path, last: RunRecord | None, common: Common | None) -> tuple[Exports, RunRecord | None]:
    """Read what is wanted, and tell which run goes on with it: then ``yesterday`` is the day before that began."""
    if last is not None:
        then = _whose(exportsfile.load(file, now=last.began_at), common)
        if goes_on(last, then):
            return then, last
    return _whose(exportsfile.load(file), common), None


def _whose(wanted: Exports, common: Common | None) -> Exports:
    return {_named(account, common): found for account, found in wanted.items()}


def _named(account: str | None, common: Common | None) -> str | None:
    """Name an account: one without a name is that of the command line, if that has one."""
    return account or (common.account if common else None)


async def _sessions(accounts: Iterable[str | None], stack: AsyncExitStack) -> Mapping[str | None, HubSpotSession]:
    return {account: await stack.enter_async_context(session_for(account)) for account in accounts}


def _exports(wanted: Exports, sessions: Mapping[str | None, HubSpotSession], common: Common | None, **how: Any) -> Bulk:
    """Make the run; accounts that the file names have a folder each."""
    unnamed = _named(None, common)
    if set(wanted) == {unnamed}:
        return run_exports(sessions[unnamed], wanted[unnamed], **how)
    return run_exports({sessions[account]: found for account, found in wanted.items()}, **how)


async def _see_through(bulk: Bulk, last: RunRecord | None, path: Path, progress: Progress) -> None:
    """Show a run, and give a result for each of its exports; what had failed before is told again."""
    shown = progress.shown
    async with bulk:
        shown.way_on = ("resume", str(path))
        if last is not None:
            shown.say(_how_far(last))
        progress.follow(bulk)
        for job in bulk.earlier:
            if job.record.outcome is Outcome.FAILED:
                shown.give(_failed(job.name, job.record.account, job.task, failures.read(job.record.said), path))
        async for item in bulk:
            shown.give(_result(item, path, progress))


def _how_far(last: RunRecord) -> str:
    over = sum(job.told_at is not None for job in last.jobs)
    jobs = counted(len(last.jobs), "export")
    return f"Going on with what began {moment(last.began_at)}: of {jobs} {over} ended before"


@define(eq=False)
class Progress(WatchObserver):
    """Shows each step of a run's jobs: a task as soon as there is one, its statuses and its end, then its file."""

    shown: Screen
    lateness: dict[HubSpotTask[Any], float | None] = field(factory=dict, init=False)
    """Seconds for which the end of each task had gone unnoticed."""
    _statuses: dict[HubSpotTask[Any], str | None] = field(factory=dict, init=False)
    _over: set[HubSpotTask[Any]] = field(factory=set, init=False)
    _jobs: dict[HubSpotTask[Any], Job[Any]] = field(factory=dict, init=False)

    def follow(self, bulk: Bulk) -> None:
        """Have the screen ask when a task is looked at next, and how many exports are no task yet."""
        board = self.shown.board
        board.follow(lambda task: bulk.next_look(self._jobs[task]) if task in self._jobs else None)
        board.sum_up(lambda: waiting(bulk.jobs))
        for job in bulk.jobs:
            self(job)

    def __call__(self, job: Job[Any]) -> None:
        """Show a step of a job."""
        task, record = job.task, job.record
        if task is None or record.told_at is not None:
            return
        if task not in self._jobs:
            self._jobs[task] = job
            self.shown.add(task, job.name)
        if record.outcome is not None:
            self._end(task, _end_of(record))
        elif job.bytes:
            self.shown.board.load(task, job.bytes, job.total)
        elif task not in self._over and record.status not in (None, self._statuses.get(task)):
            change = Change(status=str(record.status), previous=self._statuses.get(task))
            self._statuses[task] = record.status
            self.shown.board.show(task, change)

    def ended(self, task: HubSpotTask[Any], outcome: Snapshot | HubSpotError, lateness: float | None) -> None:
        """Show the end of a task."""
        self.lateness[task] = lateness
        if not isinstance(outcome, HubSpotError):
            self._end(task, Change(status=str(outcome.status), succeeded=outcome.succeeded, lateness=lateness))

    def _end(self, task: HubSpotTask[Any], change: Change) -> None:
        """Show an end once."""
        if task in self._jobs and task not in self._over:
            self._over.add(task)
            self.shown.board.show(task, evolve(change, is_final=True, previous=self._statuses.get(task)))


def _end_of(record: JobRecord) -> Change:
    """Say how a job has ended whose task was not seen to end: it was given up, or had been before."""
    error = None if record.outcome is Outcome.DONE else failures.read(record.said)
    if error is not None and not isinstance(error, TaskNotSucceededError):
        return Change(status="lost", error=error)
    return Change(status=record.status or "", succeeded=error is None)


def waiting(jobs: Iterable[Job[Any]]) -> str:
    """Say how many exports wait for their turn, and how many of them for the day's allowance, and until when."""
    found = [job for job in jobs if job.state == "waiting"]
    late = [job.starts_at for job in found if job.starts_at is not None]
    if not found:
        return ""
    line = f"{counted(len(found), 'export')} in line"
    return f"{line}, {len(late)} of them from {moment(min(late))} on" if late else line


def _result(item: ExportedFile | ExportFailed, path: Path, progress: Progress) -> Result:
    name, task = item.request.export_name, item.task
    if isinstance(item, ExportFailed):
        return _failed(name, item.session.account, task, item.error, path)
    lateness = progress.lateness.get(item.task)
    result = saved_as(item.file, item.task, "COMPLETE", item.remarks, lateness=lateness)
    return evolve(result, fields={"name": name, **result.fields})


def _failed(name: str, account: str | None, task: HubSpotTask[Any] | None, error: HubSpotError, path: Path) -> Result:
    whose = ": ".join(filter(None, [account, name]))
    complaint = f"{whose}: {worded(error)}"
    if isinstance(error, StartOutcomeUnknownError):
        complaint += f": {shlex.join(['hubspot-async', 'resume', str(path), '--restart-unknown'])}"
    return Result(
        about=one_line(error.message),
        complaint=complaint,
        status=status_of(error),
        task=task,
        fields={"name": name, "account": account, **error_fields(error)},
    )
