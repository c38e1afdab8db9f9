"""Running one command: a session, a screen, a log, and an end that is told."""

from __future__ import annotations

import asyncio
import shlex
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from hubspot_async import HubSpotError, HubSpotSession, HubSpotTask
from hubspot_async.cli.accounts import session_for
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import Exit, Terminated, tell
from hubspot_async.cli.logs import logging_to
from hubspot_async.cli.screen.screen import Screen, screen
from hubspot_async.cli.screen.words import complain

Doing: TypeAlias = Callable[[Screen], Awaitable[None]]


def run(job: Callable[[HubSpotSession, Screen], Awaitable[None]], common: Common | None) -> Exit:
    """Do *job* with the account that was named, show it, and give the exit status."""

    async def with_session(shown: Screen) -> None:
        async with session_for(common.account if common else None) as session:
            await job(session, shown)

    return show(with_session, common)


def show(job: Doing, common: Common | None) -> Exit:
    """Do *job*, which finds its accounts itself, show it, and give the exit status."""
    common = common or Common()
    failure: BaseException | None = None
    with (
        screen(json=common.json, quiet=common.quiet) as shown,
        logging_to(common.log, debug=common.debug, say=shown.say),
    ):
        try:
            asyncio.run(_until_told_to_stop(job, shown))
        except BrokenPipeError:
            raise
        except (HubSpotError, OSError, KeyboardInterrupt, Terminated) as error:
            failure = error
            shown.fail(error)
    for complaint in shown.complaints:
        complain(complaint)
    if failure is None:
        return shown.status
    if way_on := shown.way_on or _way_on(shown.unfinished, common.account):
        command = shlex.join(["hubspot-async", *way_on])
        complain(f"HubSpot goes on with it; to take it up again: {command}")
    return tell(failure, debug=common.debug, whose=common.account)


async def _until_told_to_stop(job: Doing, shown: Screen) -> None:
    """Do *job*; SIGTERM ends it as Ctrl-C does, so that nothing half done is left behind."""
    task = asyncio.current_task()
    assert task is not None
    was_told = False

    def stop() -> None:
        nonlocal was_told
        was_told = True
        task.cancel()

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
        loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        await job(shown)
    except asyncio.CancelledError:
        if was_told:
            raise Terminated from None
        raise


def _way_on(tasks: Sequence[HubSpotTask[Any]], account: str | None) -> Sequence[str]:
    """Name the command that takes up what HubSpot goes on with."""
    named = [f"{task.kind.name}:{task.id}" for task in tasks]
    return ["watch", *named, *(["--account", account] if account else [])] if named else []
