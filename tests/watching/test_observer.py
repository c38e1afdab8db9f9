"""What a watcher tells who measures it: every look, every end, and none of the observer's own mistakes."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from hubspot_async import (
    EXPORT,
    IMPORT,
    HubSpotTask,
    StatusChange,
    TaskGroupWatcher,
    WatchFailed,
    WatchObserver,
)
from hubspot_async.errors import ForbiddenError, HubSpotError, ServerError
from tests.fakes import ScriptedSender, look

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=0)]

REFUSED = ForbiddenError("no", status=403, category="MISSING_SCOPES")
FAILED = ServerError("oh", status=500)


class Notes(WatchObserver):
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def added(self, task: HubSpotTask[Any], session: Any) -> None:
        self.heard.append(("added", task.id, session.account))

    def looked(self, tasks: Sequence[HubSpotTask[Any]], took: float, error: HubSpotError | None) -> None:
        self.heard.append(("looked", [task.id for task in tasks], took, error))

    def ended(self, task: HubSpotTask[Any], outcome: Any, lateness: float | None) -> None:
        status = outcome if isinstance(outcome, HubSpotError) else outcome.status
        self.heard.append(("ended", task.id, status, lateness))

    def dropped(self, task: HubSpotTask[Any]) -> None:
        self.heard.append(("dropped", task.id))


async def test_every_look_is_heard_and_how_it_ended() -> None:
    task, notes = EXPORT.task("7"), Notes()
    session = ScriptedSender({task: ["PENDING", FAILED, "COMPLETE"]}, account="north", latency=0.25)
    async with TaskGroupWatcher(session, observer=notes) as watcher:
        watcher.add(task)
        assert [event.current.status async for event in watcher] == ["PENDING", "COMPLETE"]
    assert notes.heard == [
        ("added", "7", "north"),
        ("looked", ["7"], 0.25, None),
        ("looked", ["7"], 0.25, FAILED),
        ("looked", ["7"], 0.25, None),
        ("ended", "7", "COMPLETE", None),
    ]


async def test_a_watch_that_is_given_up_ends_with_its_error() -> None:
    task, notes = EXPORT.task("7"), Notes()
    async with TaskGroupWatcher(ScriptedSender({task: [REFUSED]}), observer=notes) as watcher:
        watcher.add(task)
        assert [type(event) async for event in watcher] == [WatchFailed]
    assert notes.heard[-1] == ("ended", "7", REFUSED, None)


async def test_a_page_is_one_look_at_all_whom_it_shows() -> None:
    tasks, notes = [IMPORT.task(str(number)) for number in range(3)], Notes()
    page = {"results": [look_as_json(task) for task in tasks]}
    session = ScriptedSender({"/crm/imports/2026-03": [page_of(page)]})
    async with TaskGroupWatcher(session, observer=notes) as watcher:
        for task in tasks:
            watcher.add(task)
        assert len([event async for event in watcher]) == 3
    looks = [heard for heard in notes.heard if heard[0] == "looked"]
    assert looks == [("looked", ["0", "1", "2"], 0.0, None)]


def look_as_json(task: HubSpotTask[Any]) -> Any:
    return look(IMPORT, "DONE", id=task.id)


def page_of(body: dict[str, Any]) -> Any:
    from hubspot_async.models.values import Page

    return Page(results=tuple(body["results"]))


async def test_who_leaves_drops_what_has_not_ended() -> None:
    task, notes = EXPORT.task("7"), Notes()
    async with TaskGroupWatcher(ScriptedSender({task: lambda _: "PENDING"}), observer=notes) as watcher:
        watcher.add(task)
        async for event in watcher:
            assert isinstance(event, StatusChange)
            break
    assert notes.heard[-1] == ("dropped", "7")


async def test_a_task_that_nobody_waits_for_any_more_is_dropped() -> None:
    task, notes = EXPORT.task("7"), Notes()
    async with TaskGroupWatcher(ScriptedSender({task: lambda _: "PENDING"}), observer=notes) as watcher:
        with anyio.move_on_after(5):
            await watcher.settle(task)
        assert notes.heard[-1] == ("dropped", "7")


async def test_an_observers_mistake_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Clumsy(WatchObserver):
        def looked(self, tasks: object, took: float, error: object) -> None:
            raise KeyError("oops")

    task = EXPORT.task("7")
    async with TaskGroupWatcher(ScriptedSender({task: ["COMPLETE"]}), observer=Clumsy()) as watcher:
        assert (await watcher.settle(task)).succeeded
    assert "the observer failed in looked" in caplog.text


async def test_one_that_hears_nothing_is_no_bother() -> None:
    task = EXPORT.task("7")
    async with TaskGroupWatcher(ScriptedSender({task: ["COMPLETE"]}), observer=WatchObserver()) as watcher:
        assert (await watcher.settle(task)).succeeded


# When the next look is.


async def test_the_next_look_is_counted_down() -> None:
    task = EXPORT.task("7")
    session = ScriptedSender({task: ["PENDING", "COMPLETE"]}, latency=0.5)
    async with TaskGroupWatcher(session) as watcher:
        watcher.add(task)
        await anyio.sleep(0.25)
        assert watcher.next_look(task) == 0.0
        event = await anext(aiter(watcher))
        assert event.current.status == "PENDING"
        await anyio.sleep(0.1)
        left = watcher.next_look(task)
        assert left is not None
        await anyio.sleep(0.3)
        assert watcher.next_look(task) == pytest.approx(left - 0.3)


async def test_an_export_whose_turn_has_not_come_waits_for_others() -> None:
    tasks = [EXPORT.task(str(number)) for number in range(3)]
    session = ScriptedSender({task: lambda _: "PENDING" for task in tasks})
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        await anyio.sleep(0.5)
        assert watcher.next_look(tasks[2]) == float("inf")


async def test_no_look_is_planned_at_what_is_not_watched_or_waits_to_be_taken() -> None:
    task, stranger = EXPORT.task("7"), EXPORT.task("8")
    async with TaskGroupWatcher(ScriptedSender({task: ["PENDING"]})) as watcher:
        watcher.add(task)
        await anyio.sleep(0.5)
        assert watcher.next_look(task) is None
        assert watcher.next_look(stranger) is None
    assert watcher.next_look(task) is None
    assert TaskGroupWatcher().next_look(task) is None


async def test_imports_are_looked_at_when_their_list_is() -> None:
    tasks = [IMPORT.task(str(number)) for number in range(2)]
    body = {"results": [look(IMPORT, "PROCESSING", id=task.id) for task in tasks]}
    session = ScriptedSender({"/crm/imports/2026-03": lambda _: page_of(body)})
    async with TaskGroupWatcher(session) as watcher:
        for task in tasks:
            watcher.add(task)
        events = aiter(watcher)
        await anext(events)
        await anext(events)
        await anyio.sleep(0.1)
        assert watcher.next_look(tasks[0]) == watcher.next_look(tasks[1]) > 0
