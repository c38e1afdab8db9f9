"""What tests of the watcher share: scripted tasks, and what came of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from hubspot_async.errors import RateLimitError
from hubspot_async.models.values import NextPage, Page, Paging
from hubspot_async.session.budget import RequestBudget
from hubspot_async.tasks import FILE_IMPORT, IMPORT, HubSpotTask, TaskKind
from hubspot_async.watching.events import StatusChange, WatchFailed
from hubspot_async.watching.watcher import TaskGroupWatcher
from hubspot_async.wire.request import USER, Lane, Request
from tests.fakes import EPOCH, ScriptedSender, look

T = TypeVar("T")
Event = StatusChange[Any] | WatchFailed

IMPORTS = "/crm/imports/2026-03"


def now() -> float:
    return asyncio.get_running_loop().time()


def about(seconds: float) -> Any:
    """Times that differ by less than matters: who waits for a time wakes a hair after it."""
    return pytest.approx(seconds, abs=0.01)


def at(seconds: float) -> str:
    """A moment of the loop's time, as HubSpot writes it."""
    return (EPOCH + timedelta(seconds=seconds)).isoformat()


def lasting(seconds: float, kind: TaskKind[Any] = FILE_IMPORT, *, id: str = "1") -> Callable[[Request[Any]], Any]:
    """A script of a task that is done *seconds* after the loop's time was zero."""

    def answer(request: Request[Any]) -> Any:
        if now() < seconds:
            return look(kind, "PROCESSING", id=id)
        return look(
            kind, "DONE" if kind is IMPORT else "COMPLETE", id=id, completedAt=at(seconds), updatedAt=at(seconds)
        )

    return answer


def files(count: int, *, session: ScriptedSender, seconds: Callable[[int], float]) -> list[HubSpotTask[Any]]:
    """Tasks of which number n is done after so many seconds."""
    tasks: list[HubSpotTask[Any]] = [FILE_IMPORT.task(number, account=session.account) for number in range(count)]
    for number, task in enumerate(tasks):
        session.script(task, lasting(seconds(number), id=task.id))
    return tasks


async def all_of(events: AsyncIterator[Event] | TaskGroupWatcher) -> list[Event]:
    """Iterate to the end."""
    return [event async for event in events]


def words(events: Iterable[Event], task: HubSpotTask[Any] | None = None) -> list[str]:
    """What was said, or only what was said of one task: status words, and names of errors."""
    return [
        type(event.error).__name__ if isinstance(event, WatchFailed) else str(event.current.status)
        for event in events
        if task is None or event.task == task
    ]


def imports_page(states: dict[str, str], *, after: str | None = None) -> Page[Any]:
    paging = Paging(next=NextPage(after=after)) if after else None
    return Page(results=tuple(look(IMPORT, state, id=id) for id, state in states.items()), paging=paging)


class LimitedSender(ScriptedSender):
    """A session with a true budget, at a HubSpot that refuses what is too much in any ten seconds."""

    def __init__(self, *args: Any, limit: int = 100, budget: RequestBudget | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.limit = limit
        self.budget: Any = budget or RequestBudget(limit)
        self.refused = 0

    async def send(self, request: Request[T], *, lane: Lane | None = USER) -> T:
        if lane is not None:
            await self.budget.acquire(lane)
        recent = sum(1 for time in self.times[-self.limit :] if time > now() - 10)
        if recent >= self.limit:
            self.refused += 1
            self.budget.refused(None, {})
            raise RateLimitError("too many", status=429)
        return await super().send(request, lane=lane)


def longest_gap(session: ScriptedSender, task: HubSpotTask[Any]) -> float:
    return max(gaps(session.looks_at(task)))


def gaps(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]
