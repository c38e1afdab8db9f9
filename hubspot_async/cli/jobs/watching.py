"""Watching tasks until they have ended, and what is done then; `hubspot-async watch`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeAlias

from hubspot_async import (
    EXPORT,
    IMPORT,
    HubSpotError,
    HubSpotSession,
    HubSpotTask,
    StatusChange,
    TaskGroupWatcher,
    WatchFailed,
    results,
)
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import Exit, status_of, worded
from hubspot_async.cli.jobs import fetching
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.screen.jsonlines import error_fields
from hubspot_async.cli.screen.line import Event
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import counted
from hubspot_async.errors import InputError
from hubspot_async.tasks import KINDS

Step: TypeAlias = Callable[[StatusChange[Any]], Awaitable[Result]]
"""What is done when a task has ended well."""


_FEW = 3
"""Errors that are told of an import that has failed as a whole."""


def run(names: Sequence[str], to: Path | None, *, overwrite: bool, timeout: float | None, common: Common | None) -> int:
    """Watch tasks by their names, and fetch the files of exports if there is somewhere to put them."""
    account = common.account if common else None
    tasks = [read_name(name, account) for name in dict.fromkeys(names)]
    targets = fetching.targets([task for task in tasks if task.kind is EXPORT], to, overwrite=overwrite)

    async def job(session: HubSpotSession, shown: Screen) -> None:
        for task in tasks:
            shown.add(task, targets[task].name if task in targets else "")

        async def step(done: StatusChange[Any]) -> Result:
            target = targets.get(done.task)
            if target is None:
                return ended_well(done)
            return await fetching.fetch(session, shown, done, target, overwrite=overwrite)

        await watch(session, shown, tasks, step, timeout=timeout)

    return run_job(job, common)


def read_name(name: str, account: str | None = None) -> HubSpotTask[Any]:
    """Read a task as ``KIND:ID`` names it. Raises InputError."""
    word, _, id = name.partition(":")
    kinds = {kind.name: kind for kind in KINDS}
    if word not in kinds or not id:
        raise InputError(f"{name!r} is no task: write {', '.join(f'{kind}:ID' for kind in kinds)}")
    return kinds[word].task(id, account=account)


async def watch(
    session: HubSpotSession,
    shown: Screen,
    tasks: Iterable[HubSpotTask[Any]],
    step: Step,
    *,
    timeout: float | None,
) -> None:
    """Watch tasks until all have ended, and give a result for each; one task's failure leaves the others be."""
    async with TaskGroupWatcher(session) as watcher:
        shown.board.follow(watcher.next_look)
        for task in tasks:
            watcher.add(task, timeout=timeout)
        async for event in watcher:
            shown.show(event)
            if event.is_final:
                shown.give(await _outcome(session, event, step))


async def _outcome(session: HubSpotSession, event: Event, step: Step) -> Result:
    if isinstance(event, WatchFailed):
        return failed(event.task, event.error)
    try:
        return await step(event) if event.succeeded else ended_badly(event, await _reasons(session, event))
    except (HubSpotError, OSError) as error:
        return failed(event.task, error)


def ended_well(done: StatusChange[Any]) -> Result:
    """Say that a task has done what it was for; it may still tell of parts that it has not."""
    text = f"{done.task} is {done.current.status}"
    reasons = [error.message for error in done.current.errors]
    if done.task.kind is IMPORT and done.current.num_errors:
        errors = counted(done.current.num_errors, "error")
        reasons.append(f"{errors} in its rows, which hubspot-async import --errors {done.task.id} tells")
    complaint = ": ".join([f"{text}, but not all of it was done", *reasons]) if reasons else ""
    status = Exit.FAILED if reasons else Exit.DONE
    return Result(text=text, complaint=complaint, status=status, task=done.task, fields=_fields(done, reasons))


def ended_badly(done: StatusChange[Any], reasons: Sequence[str]) -> Result:
    """Say that a task has not ended well, and why as far as HubSpot tells."""
    complaint = ": ".join([f"{done.task} ended as {done.current.status}", *reasons])
    return Result(complaint=complaint, status=Exit.FAILED, task=done.task, fields=_fields(done, reasons))


async def _reasons(session: HubSpotSession, done: StatusChange[Any]) -> list[str]:
    """Find out why a task has not ended well: from itself, from an export's record, from an import's first errors."""
    reasons = [error.message for error in done.current.errors]
    state = getattr(done.details, "export_state", None)
    if state:
        reasons.append(f"its record says {state}")
    if done.task.kind is IMPORT:
        async with aclosing(results.row_errors(session, done.task)) as errors:
            async for error in errors:
                reasons.append(error.reason)
                if len(reasons) >= _FEW:
                    break
    return reasons


def failed(task: HubSpotTask[Any], error: Exception) -> Result:
    """Say what went wrong with a task, or with what was to follow on it."""
    named = "" if str(task) in str(error) else f"{task}: "
    return Result(complaint=f"{named}{worded(error)}", status=status_of(error), task=task, fields=error_fields(error))


def _fields(done: StatusChange[Any], reasons: Sequence[str]) -> Mapping[str, object]:
    told = {"status": str(done.current.status), "lateness": done.lateness}
    return told | ({"errors": list(reasons)} if reasons else {})
