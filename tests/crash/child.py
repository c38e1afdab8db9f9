"""The process that is killed: it runs bulk exports, and may be told at which point to die by its own hand.

It is forked off a parent that has everything imported, so that a run costs its work only. The parent reads what to do
from its input, a line of JSON for each run, and answers with the child's number and then how it ended.
"""

import asyncio
import faulthandler
import inspect
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial, wraps
from pathlib import Path
from typing import Any

import aiosqlite  # noqa: F401 - loaded before the fork

from hubspot_async import ExportedFile, HubSpotSession, Journal, RequestBudget, ViewExport, run_exports
from hubspot_async.bulk import run as bulk_run
from hubspot_async.disk import scratch, sink
from hubspot_async.journal import opening
from hubspot_async.journal.records import JobRecord
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.watcher import TaskGroupWatcher

WANTED = {
    "one": [
        ViewExport("CONTACT", ["email"], export_name="small"),
        ViewExport("COMPANY", ["name"], export_name="joined"),
        ViewExport("CONTACT", ["no_such_property"], export_name="refused"),
    ],
    "two": [
        ViewExport("COMPANY", ["name"], export_name="sheets", format="XLSX"),
        ViewExport("CONTACT", ["email"], export_name="failing"),
        ViewExport("CONTACT", ["email"], export_name="small"),
    ],
}
"""What is exported: plain, out of a zip of several parts, as several sheets, and what HubSpot refuses or fails at."""

HANDLES = Path("/proc/self/fd")

LONGEST = 30.0
"""Seconds that a run may take."""

Log = Callable[[dict[str, Any]], None]


class Dying:
    """Wraps what is called at a named point, so that the process dies just before or after it, for the nth time."""

    def __init__(self, point: str | None, nth: int, log: Log) -> None:
        self._point = point
        self._left = nth
        self._log = log

    def at(self, owner: Any, name: str, label: str) -> None:
        """Watch one function, under the name that its points have."""
        before, after = f"before {label}", f"after {label}"
        if self._point not in (before, after):
            return
        function = getattr(owner, name)

        def passed(point: str, arguments: tuple[Any, ...]) -> None:
            if point == self._point:
                self._left -= 1
                if self._left == 0:
                    self._log({"died": point, **_about(arguments)})
                    os.kill(os.getpid(), signal.SIGKILL)

        @wraps(function)
        async def later(*arguments: Any, **options: Any) -> Any:
            passed(before, arguments)
            outcome = await function(*arguments, **options)
            passed(after, arguments)
            return outcome

        @wraps(function)
        def now(*arguments: Any, **options: Any) -> Any:
            passed(before, arguments)
            outcome = function(*arguments, **options)
            passed(after, arguments)
            return outcome

        setattr(owner, name, later if inspect.iscoroutinefunction(function) else now)


def _about(arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Say which export a call is about, if it is about one."""
    for each in arguments:
        match each:
            case Path(suffix=".csv" | ".xlsx"):
                return {"job": f"{each.parent.name}/{each.stem.partition('-')[0]}"}
            case JobRecord():
                return {"job": f"{each.account}/{each.name}"}
            case scratch.Scratch():
                return _by_temporary(each._folder / each._prefix)
            case sink.Sink() if HANDLES.is_dir():
                return _by_temporary((HANDLES / str(each.file.fileno())).readlink())
    return {}


def _by_temporary(path: Path) -> dict[str, Any]:
    """Say which export a temporary file is for, by its name."""
    for request in WANTED.get(path.parent.name, ()):
        target = path.with_name(f"{request.export_name}.{request.format.lower()}")
        if path.name.startswith(scratch.Scratch(target, overwrite=False)._prefix):
            return {"job": f"{path.parent.name}/{request.export_name}"}
    return {}


STEPS = {
    "begin_run": "the run is written down",
    "add_jobs": "its exports are written down",
    "asking": "an intent is written down",
    "unasked": "a refusal is written down",
    "started": "a task is written down",
    "seen": "a status is written down",
    "finishing": "a file is announced",
    "ended": "an outcome is written down",
    "told": "an item is written down as dealt with",
}


def install(dying: Dying) -> None:
    """Watch every step of a run."""
    for name, label in STEPS.items():
        dying.at(Journal, name, label)
    dying.at(opening, "_make", "the journal is made")
    dying.at(opening, "_name", "the journal gets its name")
    dying.at(scratch.Scratch, "sink", "a temporary file is made")
    dying.at(sink.Sink, "write", "bytes are written")
    dying.at(scratch, "_name", "a file gets its name")
    dying.at(os, "link", "a file has both of its names")


async def work(told: dict[str, Any]) -> None:
    """Run the exports, and log each item before the next is asked for."""
    handle = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def log(entry: dict[str, Any]) -> None:
        os.write(handle, (json.dumps({"process": os.getpid(), **entry}) + "\n").encode())

    install(Dying(told.get("point"), told.get("nth", 1), log))
    bulk_run.TaskGroupWatcher = partial(TaskGroupWatcher, backoff=Constant(0.02))
    async with AsyncExitStack() as stack:
        sessions = {
            await stack.enter_async_context(
                HubSpotSession(token, base_url=told["url"], account=account, budget=RequestBudget(50_000))
            ): WANTED[account]
            for account, token in told["tokens"].items()
        }
        run = run_exports(
            sessions,
            into=told["into"],
            journal=told["journal"],
            in_flight=2,
            downloads=2,
            restart_unknown=told["restart_unknown"],
        )
        async with run:
            async for item in run:
                log(described(item))
    os.close(handle)


def described(item: Any) -> dict[str, Any]:
    about = {"job": f"{item.session.account}/{item.request.export_name}", "task": item.task and item.task.id}
    if isinstance(item, ExportedFile):
        return {**about, "paths": list(map(str, item.file.paths)), "sha256": item.file.sha256}
    return {**about, "error": type(item.error).__name__}


def child(told: dict[str, Any]) -> None:
    """Be the forked process. One that hangs says where, and dies."""
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    try:
        asyncio.run(work(told))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork a child for each line of input."""
    logging.getLogger("hubspot_async").addHandler(logging.NullHandler())  # what they warn of is meant to happen
    for line in sys.stdin:
        told = json.loads(line)
        number = os.fork()
        if number == 0:
            child(told)
        print(number, flush=True)
        ended = 0
        if told.get("delay") is not None:
            until = time.monotonic() + told["delay"]
            while not ended and time.monotonic() < until:
                time.sleep(0.0005)
                ended, status = os.waitpid(number, os.WNOHANG)
            if not ended:
                os.kill(number, signal.SIGKILL)
        if not ended:
            _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
