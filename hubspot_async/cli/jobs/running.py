"""Running one command: a session, a screen, a log, and an end that is told."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from hubspot_async import HubSpotError, HubSpotSession, HubSpotTask
from hubspot_async.cli.accounts import session_for
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import Exit, Terminated, tell
from hubspot_async.cli.logs import logging_to
from hubspot_async.cli.screen.screen import Screen, screen

Job: TypeAlias = Callable[[HubSpotSession, Screen], Awaitable[None]]


def run(job: Job, common: Common | None) -> Exit:
    """Do *job* with the account that was named, show it, and give the exit status."""
    common = common or Common()
    failure: BaseException | None = None
    with (
        screen(json=common.json, quiet=common.quiet) as shown,
        logging_to(common.log, debug=common.debug, say=shown.say),
    ):
        try:
            asyncio.run(_until_told_to_stop(job, session_for(common.account), shown))
        except BrokenPipeError:
            raise
        except (HubSpotError, OSError, KeyboardInterrupt, Terminated) as error:
            failure = error
            shown.fail(error)
    for complaint in shown.complaints:
        print(f"hubspot-async: {complaint}", file=sys.stderr)
    if failure is None:
        return shown.status
    if shown.unfinished:
        _say_how_to_go_on(shown.unfinished, common.account)
    return tell(failure, debug=common.debug, whose=common.account)


async def _until_told_to_stop(job: Job, session: HubSpotSession, shown: Screen) -> None:
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
        async with session:
            await job(session, shown)
    except asyncio.CancelledError:
        if was_told:
            raise Terminated from None
        raise


def _say_how_to_go_on(tasks: list[HubSpotTask[Any]], account: str | None) -> None:
    """Say which work goes on at HubSpot, and how to take it up again."""
    named = [f"{task.kind.name}:{task.id}" for task in tasks]
    whose = ["--account", account] if account else []
    command = shlex.join(["hubspot-async", "watch", *named, *whose])
    print(f"hubspot-async: HubSpot goes on with it; to take it up again: {command}", file=sys.stderr)
