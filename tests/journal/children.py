"""Other processes that work on a journal, so that they can be killed, cramped, or somebody else."""

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import c_longlong
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from hubspot_async.errors import HubSpotError
from hubspot_async.journal import Journal
from hubspot_async.journal.journal import Note
from hubspot_async.tasks import EXPORT, HubSpotTask
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.events import StatusChange
from hubspot_async.watching.watcher import TaskGroupWatcher
from hubspot_async.wire.request import Request
from tests.fakes import ScriptedSender
from tests.journal.books import JOB, TASK, begin, names, note

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "aiosqlite",
        "anyio._backends._asyncio",
        "anyio.to_thread",
        "hubspot_async.journal",
        "hubspot_async.watching.checkpoint",
        "hubspot_async.watching.watcher",
    ]
)

FIFTY = [EXPORT.task(number) for number in range(50)]

NOBODY = 65534


def counter() -> c_longlong:
    """A number that outlives whoever counts, and has no lock to die with."""
    return CONTEXT.RawValue(c_longlong, 0)


@contextmanager
def child(work: Callable[..., object], *args: object) -> Iterator[ForkServerProcess]:
    """A process that does *work*, and is killed when the block is left, unless it has ended."""
    process = CONTEXT.Process(target=work, args=args)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def told_by_child(work: Callable[..., object], *args: object) -> Any:
    """What *work* returns in a process of its own, or the exception that it raises."""
    here, there = CONTEXT.Pipe(duplex=False)
    with here, child(_tell, there, work, *args):
        there.close()
        return here.recv()


def _tell(to: Any, work: Callable[..., object], *args: object) -> None:
    try:
        to.send(work(*args))
    except (HubSpotError, OSError) as error:
        to.send(error)


# What they do.


MANY = [EXPORT.task(number) for number in range(12)]


def steps(*answers: object) -> Callable[[Request[Any]], object]:
    """One answer after the other, and the last one from then on."""
    left = deque(answers)
    return lambda _: left.popleft() if len(left) > 1 else left[0]


def hubspot(scripts: dict[HubSpotTask[Any], Iterable[object]], **options: Any) -> ScriptedSender:
    """A session that answers for each task by such steps."""
    return ScriptedSender({task: steps(*answers) for task, answers in scripts.items()}, **options)


def watch_and_log(path: Path, log: Path, crash_at: int | None) -> None:
    """Watch twelve tasks, log each event as it comes, and die after so many of them."""

    async def run() -> None:
        session = hubspot({task: ["PENDING", "COMPLETE"] for task in MANY})
        async with TaskGroupWatcher(session, journal=path, backoff=Constant(0.001)) as watcher:
            if not log.exists():
                for task in MANY:
                    watcher.add(task)
                log.touch()
            number = 0
            async for event in watcher:
                number += 1
                word = event.current.status if isinstance(event, StatusChange) else type(event.error).__name__
                with log.open("a") as file:
                    file.write(f"{event.task.id} {event.previous} {word}\n")
                if number == crash_at:
                    os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


INTERRUPTED = 130


def watch_until_interrupted(path: Path, log: Path) -> None:
    """Watch twelve tasks, and keep the first event in one's hands until somebody presses Ctrl-C."""

    async def run() -> None:
        session = hubspot({task: ["COMPLETE"] for task in MANY})
        async with TaskGroupWatcher(session, journal=path, backoff=Constant(0.001)) as watcher:
            for task in MANY:
                watcher.add(task)
            async for _ in watcher:
                log.touch()
                await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def hold(path: Path, ready: Any) -> None:
    """Open the journal, say so, and keep it."""

    async def run() -> None:
        async with Journal.open(path):
            ready.set()
            await asyncio.Event().wait()

    asyncio.run(run())


def open_and_close(path: Path, begun: Any) -> None:
    """Open a journal that may not be there yet."""

    async def run() -> None:
        begun.set()
        async with Journal.open(path):
            pass

    asyncio.run(run())


def open_until(path: Path, steps: int) -> None:
    """Open a journal that is not there yet, and die before Python asks the system or SQLite for so many things."""
    left = steps

    def hear(event: str, _: object) -> None:
        nonlocal left
        left -= event.startswith(("open", "os.", "fcntl.", "sqlite3."))
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def run() -> None:
        async with Journal.open(path) as journal:
            await journal.note([note()])

    sys.addaudithook(hear)
    asyncio.run(run())


def count_up(path: Path, written: c_longlong, start: int) -> None:
    """Give fifty tasks the same status, again and again another one, and tell of each that is written."""

    async def run() -> None:
        async with Journal.open(path) as journal:
            number = start
            while True:
                number += 1
                await journal.note([Note(task=task, account=None, status=str(number)) for task in FIFTY])
                written.value = number

    asyncio.run(run())


def start_one(path: Path, answered: bool) -> None:
    """Die when a start was sent, before or after its answer was written down."""

    async def run() -> None:
        async with Journal.open(path) as journal:
            job, _ = await begin(journal, JOB, JOB)
            job = await journal.asking(job)
            if answered:
                await journal.started(job, TASK)
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


def may_not_grow(path: Path, size: int) -> None:
    """Write to it until it fails, where no file may be larger than *size*."""

    async def run() -> None:
        async with Journal.open(path) as journal:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            for number in range(1000):
                await journal.note([note(EXPORT.task(f"{number}-{'x' * 900}"))])

    asyncio.run(run())


def fill_a_disk(folder: Path) -> tuple[list[OSError], int, int] | str:
    """Write to a journal on a small disk until it is full, try again, make room, and read what is there.

    Gives the errors, how many tasks it was told are written, and how many there are; or why there is no such disk.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000):  # mounts of one's own
        return f"no disk of one's own: {os.strerror(ctypes.get_errno())}"
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder]):
        if subprocess.run(command, check=False, capture_output=True).returncode:
            return "no disk of one's own can be mounted here"

    async def run() -> tuple[list[OSError], int, int]:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(20_000))
        errors: list[OSError] = []
        count = 0
        async with Journal.open(folder / "exports.sqlite") as journal:
            while len(errors) < 3:
                try:
                    await journal.note([note(EXPORT.task(f"{count}-{'x' * 900}"))])
                    count += 1
                except OSError as error:
                    errors.append(error)
            ballast.unlink()
            await journal.note([note(EXPORT.task("last"))])
            count += 1
        async with Journal.open(folder / "exports.sqlite") as journal:
            return errors, count, len(await journal.tasks())

    return asyncio.run(run())


def look_as(uid: int, path: Path, read_only: bool) -> tuple[int, list[str]]:
    """Open the journal as somebody else: how many tasks are in it, and what stands beside it then."""

    async def run() -> tuple[int, list[str]]:
        async with Journal.open(path, read_only=read_only) as journal:
            return len(await journal.tasks()), names(path.parent)

    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    return asyncio.run(run())
