"""The watcher, the session and a HubSpot of one's own, over real sockets and in real time."""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import (
    FolderUpdate,
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    RequestBudget,
    StatusChange,
    TaskGroupWatcher,
    ViewExport,
    exports,
    files,
    folders,
    imports,
    settle,
)
from hubspot_async.models.exports import Export, ExportState
from hubspot_async.models.folders import FolderInput
from hubspot_async.models.imports import ColumnMapping, ImportFile
from hubspot_async.sandbox import Sandbox
from hubspot_async.watching.backoff import Constant
from tests.watching.loops import all_of, words

pytestmark = pytest.mark.asyncio

QUICK = Constant(0.05)


def boxed(task_seconds: Any = 0.2, **options: Any) -> Sandbox:
    return Sandbox(task_seconds=task_seconds, rate_limit=None, daily_limit=None, **options)


def of(sandbox: Sandbox) -> HubSpotSession:
    return HubSpotSession(sandbox.token, base_url=sandbox.url, budget=RequestBudget(50_000))


@asynccontextmanager
async def hubspot(task_seconds: Any = 0.2, **options: Any) -> AsyncIterator[tuple[Sandbox, HubSpotSession]]:
    async with boxed(task_seconds, **options) as sandbox, of(sandbox) as session:
        sandbox.declare("CONTACT", ["email"])
        yield sandbox, session


def an_export(number: int = 0) -> ViewExport:
    return ViewExport("CONTACT", ["email"], export_name=f"people {number}")


async def start_files(sandbox: Sandbox, session: HubSpotSession, count: int) -> list[HubSpotTask[Any]]:
    url = sandbox.host_file("logo.png", b"png")
    return [
        await files.import_from_url(session, ImportFromUrl(url, folder_path="/logos", name=f"logo {number}"))
        for number in range(count)
    ]


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """An unclosed connection or a coroutine never awaited warns when it is collected, and a warning is an error."""
    yield
    gc.collect()


@pytest.mark.slow
async def test_a_thousand_tasks_of_four_kinds_end_in_a_thousand_final_events(tmp_path: Path):
    dice = random.Random(1)
    path = tmp_path / "people.csv"
    path.write_text("Email\nada@example.com\n")

    def seconds(kind: str, _: random.Random) -> float:
        return {"export": 0.005, "import": 0.01}.get(kind) or dice.uniform(0.05, 1.0)  # those wait for each other

    async with hubspot(seconds) as (sandbox, session):
        url = sandbox.host_file("logo.png", b"png")
        folder = await folders.create(session, FolderInput("somewhere"))
        plan = ImportRequest(
            "people",
            [ImportFile("people.csv", [ColumnMapping("Email", "email", column_object_type_id="0-1")])],
            import_operations={"0-1": "CREATE"},
        )
        added: list[HubSpotTask[Any]] = []
        ends: Counter[HubSpotTask[Any]] = Counter()
        async with TaskGroupWatcher(session, backoff=QUICK) as watcher:

            async def start(make: Any) -> None:
                async with places:
                    task = await make()
                added.append(task)
                watcher.add(task)

            async def start_all() -> None:
                with watcher.held_open():
                    async with asyncio.TaskGroup() as group:
                        for number in range(100):
                            group.create_task(start(lambda n=number: exports.start(session, an_export(n))))
                        for number in range(300):
                            group.create_task(start(lambda: imports.start(session, plan, path)))
                            wish = ImportFromUrl(url, folder_path="/logos", name=f"logo {number}")
                            group.create_task(start(lambda wish=wish: files.import_from_url(session, wish)))
                            update = FolderUpdate(folder.id, name=f"name {number}")
                            group.create_task(start(lambda update=update: folders.update(session, update)))

            places = asyncio.Semaphore(32)
            async with asyncio.TaskGroup() as group:
                group.create_task(start_all())
                await asyncio.sleep(0)
                async for event in watcher:
                    ends[event.task] += event.is_final
                    assert isinstance(event, StatusChange), event
            stats = watcher.stats
        assert len(added) == len(set(added)) == 1_000
        assert ends == Counter(dict.fromkeys(added, 1))
        kinds = Counter(task.kind.name for task in added)
        assert kinds == {"export": 100, "import": 300, "file-import": 300, "folder-update": 300}
        assert (stats.settled, stats.failed, stats.watched, stats.refused) == (1_000, 0, 0, 0)


async def test_exports_run_one_at_a_time_and_are_looked_at_so():
    async with hubspot(0.3) as (sandbox, session), TaskGroupWatcher(session, backoff=QUICK) as watcher:
        tasks = [await exports.start(session, an_export(number)) for number in range(6)]
        for task in tasks:
            watcher.add(task)
        ends = [event.task async for event in watcher if event.is_final]
        assert ends == tasks
        own = {task.id: task for task in sandbox.tasks}
        times = [(own[task.id].begins, own[task.id].ended) for task in tasks]
        assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(times))
        for at, task in enumerate(tasks[2:], start=2):
            early = [each for each in _looks(sandbox, task) if each.at < times[at - 2][1]]
            assert not early, "who waits for two others is not looked at"


def _looks(sandbox: Sandbox, task: HubSpotTask[Any]) -> list[Any]:
    return [each for each in sandbox.requests if each.path.endswith(f"/{task.id}/status")]


async def test_details_of_an_export_that_failed_are_on_its_event():
    async with hubspot(60) as (sandbox, session), TaskGroupWatcher(session, backoff=QUICK) as watcher:
        task = await exports.start(session, an_export())
        watcher.add(task)
        async for event in watcher:
            if event.is_final:
                break
            sandbox.finish(task.id, "FAILED")
        assert isinstance(event, StatusChange)
        assert event.current.status == "CANCELED"
        assert isinstance(event.details, Export)
        assert event.details.export_state == ExportState.FAILED
        assert not event.succeeded


async def test_lateness_is_told_by_hubspots_clock():
    async with hubspot(0.4) as (sandbox, session):
        (task,) = await start_files(sandbox, session, 1)
        done = await settle(session, task)
        (true,) = [task for task in sandbox.tasks if task.kind == "file_import"]
        late = asyncio.get_running_loop().time() - true.ended
        assert done.lateness == pytest.approx(late, abs=0.6), "a Date header names whole seconds"


async def test_fault_46_a_server_that_fails_three_looks_in_ten_costs_less_than_half_more():
    async def requests(chance: float) -> int:
        async with hubspot(lambda kind, dice: dice.uniform(0.5, 1.5), seed=3) as (sandbox, session):
            tasks = await start_files(sandbox, session, 150)
            if chance:
                sandbox.fail("files.import_status", status=503, times=None, chance=chance / 2)
                sandbox.fail("files.import_status", disconnect=True, times=None, chance=chance / 2)
            async with TaskGroupWatcher(session, backoff=Constant(0.1)) as watcher:
                for task in tasks:
                    watcher.add(task)
                events = await all_of(watcher)
                polls = watcher.stats.polls
            assert Counter(words(event for event in events if event.is_final)) == {"COMPLETE": 150}
            failed = [each for each in sandbox.requests if each.operation == "files.import_status"]
            assert (Counter(each.status for each in failed)[503] > 20) is bool(chance)
            return polls

    # Both at once, so that what else the machine does slows both alike.
    normal, troubled = await asyncio.gather(requests(0), requests(0.3))
    assert troubled < 1.5 * normal


# Leaving. Nothing may stay: no asyncio task, no connection, no warning.


class MineError(Exception):
    """The consumer's own."""


async def leave_by(how: str, watcher: TaskGroupWatcher) -> None:
    async for _ in watcher:
        if how == "break":
            break
        if how == "exception":
            raise MineError
        if how == "return":
            return
        await asyncio.sleep(60)


@pytest.mark.parametrize("how", ["break", "return", "exception", "cancel", "timeout"])
async def test_faults_113_114_115_116_however_a_watcher_is_left_nothing_stays(how: str):
    loop = asyncio.get_running_loop()
    async with boxed(60) as sandbox:
        sandbox.fail("files.import_status", delay=30, times=None, after=20)
        theirs = asyncio.all_tasks()
        async with of(sandbox) as session:
            tasks = await start_files(sandbox, session, 20)
            await asyncio.sleep(0)

            async def watch() -> None:
                async with TaskGroupWatcher(session, backoff=QUICK) as watcher:
                    for task in tasks:
                        watcher.add(task)
                    await asyncio.sleep(0.3)  # the first looks are answered, the second hang
                    await leave_by(how, watcher)

            began = loop.time()
            if how == "cancel":
                watching = asyncio.create_task(watch())
                await asyncio.sleep(0.5)
                watching.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await watching
            elif how == "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.5):
                        await watch()
            elif how == "exception":
                with pytest.raises(MineError) as caught:
                    await watch()
                assert caught.value.__cause__ is caught.value.__context__ is None
            else:
                await watch()
            assert loop.time() - began < 1.3
            mine = {task for task in asyncio.all_tasks() - theirs if not _is_of_the_server(task)}
            assert mine == set()
            assert _connections(session) == 0
            await asyncio.sleep(0.1)  # for what was on its way
            sent = len(sandbox.requests)
            await asyncio.sleep(0.2)
            assert len(sandbox.requests) == sent
            sandbox.heal()
            assert not (await files.get_import_status(session, tasks[0])).is_terminal, "and the session is still good"


def _is_of_the_server(task: asyncio.Task[Any]) -> bool:
    return "aiohttp/web_protocol" in str(task) or "RequestHandler" in str(task)


def _connections(session: HubSpotSession) -> int:
    """How many connections of the session are in use; idle ones are kept for the next request."""
    client = session._transport._client
    assert client is not None
    assert client.connector is not None
    return len(client.connector._acquired)
