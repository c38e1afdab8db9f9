"""`hubspot-async export --from` and `hubspot-async resume`: many exports, with a journal that outlives the command."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, field

from hubspot_async import (
    ExportedFile,
    ExportFailed,
    HubSpotSession,
    HubSpotTask,
    Journal,
    WatchObserver,
    resume_exports,
    run_exports,
)
from hubspot_async.bulk import BulkRun, Job
from hubspot_async.bulk.resuming import unfinished
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
from hubspot_async.cli.screen.words import counted, one_line
from hubspot_async.errors import InputError, TaskNotSucceededError
from hubspot_async.journal import failures
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord

Run: TypeAlias = BulkRun[Any, ExportedFile | ExportFailed]


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
    exportsfile.load(file)  # so that a mistake in it leaves nothing behind
    to.mkdir(parents=True, exist_ok=True)
    path = journal or to / f"{file.stem}.sqlite"

    async def job(shown: Screen) -> None:
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(Journal.open(path))
            last = unfinished(await opened.runs())
            wanted = exportsfile.load(file, now=last.began_at if last else None)
            sessions = await _sessions(wanted, stack, common)
            bulk = run_exports(
                *_requests(wanted, sessions),
                into=to,
                journal=opened,
                overwrite=overwrite,
                escape_formulas=escape_formulas,
                restart_unknown=restart_unknown,
                timeout=timeout,
                progress=(progress := Progress(shown)),
                observer=progress,
            )
            await _see_through(bulk, last, path, progress)

    return show(job, common)


def resume(path: Path, *, restart_unknown: bool, timeout: float | None, common: Common | None) -> int:
    """Go on with the exports that a journal has unfinished."""
    if not os.path.lexists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    async def job(shown: Screen) -> None:
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(Journal.open(path))
            last = unfinished(await opened.runs())
            if last is None:
                shown.say(f"{path} has no exports to go on with")
                return
            sessions = await _sessions({job.account for job in last.jobs}, stack, common)
            bulk = await resume_exports(
                sessions.values(),
                journal=opened,
                restart_unknown=restart_unknown,
                timeout=timeout,
                progress=(progress := Progress(shown)),
                observer=progress,
            )
            await _see_through(bulk, last, path, progress)

    return show(job, common)


async def _sessions(
    accounts: Iterable[str | None], stack: AsyncExitStack, common: Common | None
) -> Mapping[str | None, HubSpotSession]:
    """Open a session for each account; one without a name is that of the command line."""
    unnamed = common.account if common else None
    return {account: await stack.enter_async_context(session_for(account or unnamed)) for account in accounts}


def _requests(wanted: Exports, sessions: Mapping[str | None, HubSpotSession]) -> tuple[Any, ...]:
    """Give what `run_exports` takes: the files of accounts with names have a folder each."""
    if set(wanted) == {None}:
        return sessions[None], wanted[None]
    return ({sessions[account]: requests for account, requests in wanted.items()},)


async def _see_through(bulk: Run, last: RunRecord | None, path: Path, progress: Progress) -> None:
    """Show a run, and give a result for each of its exports."""
    shown = progress.shown
    try:
        async with bulk:
            if last is not None:
                shown.say(_how_far(last, bulk))
            progress.follow(bulk)
            shown.way_on = ("resume", str(path))
            async for item in bulk:
                shown.give(_result(item, progress.lateness.get(item.task) if item.task else None))
    except InputError as error:
        raise InputError(error.message.replace("overwrite=True", "--overwrite")) from None


def _how_far(last: RunRecord, bulk: Run) -> str:
    began = f"{last.began_at:%Y-%m-%d %H:%M} UTC"
    return f"Going on with what began {began}: {len(bulk.earlier)} of {counted(len(bulk.jobs), 'export')} are over"


@define(eq=False)
class Progress(WatchObserver):
    """Shows each step of a run's jobs: a task as soon as there is one, then its statuses, then its file."""

    shown: Screen
    lateness: dict[HubSpotTask[Any], float | None] = field(factory=dict, init=False)
    """Seconds for which the end of each task had gone unnoticed."""
    _statuses: dict[HubSpotTask[Any], str | None] = field(factory=dict, init=False)
    _jobs: dict[HubSpotTask[Any], Job[Any]] = field(factory=dict, init=False)

    def follow(self, bulk: Run) -> None:
        """Have the screen ask when a task is looked at next, and how many exports are no task yet."""
        board = self.shown.board
        board.follow(lambda task: bulk.next_look(self._jobs[task]) if task in self._jobs else None)
        board.sum_up(lambda: waiting(bulk.jobs))
        for job in bulk.jobs:
            if job.record.told_at is None:
                self(job)

    def ended(self, task: HubSpotTask[Any], outcome: object, lateness: float | None) -> None:
        """Remember how late an end was seen."""
        self.lateness[task] = lateness

    def __call__(self, job: Job[Any]) -> None:
        """Show a step of a job."""
        task = job.task
        if task is None or job.record.told_at is not None:
            return
        if task not in self._jobs:
            self._jobs[task] = job
            self.shown.add(task, job.name)
        self._show(task, job)

    def _show(self, task: HubSpotTask[Any], job: Job[Any]) -> None:
        previous, status = self._statuses.get(task), job.record.status
        if job.record.outcome is not None:
            self.shown.board.show(task, _end(job.record, previous, self.lateness.get(task)))
        elif status is not None and status != previous:
            self._statuses[task] = status
            self.shown.board.show(task, Change(status=status, previous=previous))
        elif job.bytes:
            self.shown.board.load(task, job.bytes, job.total)


def _end(record: JobRecord, previous: str | None, lateness: float | None) -> Change:
    """Say how a job has ended: as HubSpot says, or given up."""
    error = None if record.outcome is Outcome.DONE else failures.read(record.said)
    if error is not None and not isinstance(error, TaskNotSucceededError):
        return Change(status="lost", previous=previous, is_final=True, error=error)
    status = record.status or ""
    return Change(status=status, previous=previous, is_final=True, succeeded=error is None, lateness=lateness)


def waiting(jobs: Iterable[Job[Any]]) -> str:
    """Say how many exports wait for their turn, and until when if the day's allowance makes them."""
    found = [job for job in jobs if job.state == "waiting"]
    until = min((job.starts_at for job in found if job.starts_at is not None), default=None)
    if not found:
        return ""
    return f"{counted(len(found), 'export')} in line" + (f", the next from {until:%Y-%m-%d %H:%M} UTC" if until else "")


def _result(item: ExportedFile | ExportFailed, lateness: float | None) -> Result:
    match item:
        case ExportedFile(file=file, task=task, remarks=remarks):
            return saved_as(file, task, "COMPLETE", remarks, lateness=lateness)
        case ExportFailed(error=error, task=task):
            name, account = item.request.export_name, item.session.account
            whose = ": ".join(filter(None, [account, name]))
            fields = {"name": name, "account": account, **error_fields(error)}
            return Result(
                about=one_line(error.message),
                complaint=f"{whose}: {worded(error)}",
                status=status_of(error),
                task=task,
                fields=fields,
            )
