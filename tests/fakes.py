"""Stand-ins that answer from a script instead of the network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from hubspot_async.tasks import HubSpotTask, TaskKind
from hubspot_async.wire import codec
from hubspot_async.wire.request import USER, Lane, Request
from hubspot_async.wire.versions import Family, Versions

T = TypeVar("T")

EPOCH = datetime(2026, 3, 30, 10, tzinfo=UTC)
"""The time at HubSpot when the event loop's own is zero, as looptime's is when a test begins."""

Answer: TypeAlias = object
"""A model, an error to raise, or a word: PENDING, DONE …"""

Script: TypeAlias = Iterable[Answer] | Callable[[Request[Any]], Answer]
"""One answer after the other, with none to spare, or a function that makes them."""

RESULTS: Mapping[str, object] = {
    "export": "https://files.example/people.csv?Signature=s3cret",
    "file-import": {"id": "204471837", "name": "logo"},
    "folder-update": {"id": "42", "name": "archive"},
}
"""What a COMPLETE task of each kind shows."""


def look(kind: TaskKind[Any], word: str, *, id: str = "1", **fields: object) -> Any:
    """What one look at a task shows: its status, its result if it is COMPLETE, and *fields* in HubSpot's spelling."""
    result = RESULTS.get(kind.name) if word == "COMPLETE" else None
    return codec.structure({"id": id, "state": word, "status": word, "result": result, **fields}, kind.promise)


class Unpaced:
    """A budget with a place for everyone."""

    rate = 1000.0

    def take(self, lane: Lane) -> bool:
        return True

    async def acquire(self, lane: Lane) -> None:
        """Never has to wait."""

    def give_back(self, lane: Lane) -> None:
        """Has enough."""


class ScriptedSender:
    """A session that answers each task, or each path, by a script of its own.

    An answer that nobody scripted fails the test; so does one look too many. *latency* is how long each answer takes.
    """

    def __init__(
        self,
        scripts: Mapping[HubSpotTask[Any] | str, Script] | None = None,
        *,
        account: str | None = None,
        versions: str | Mapping[str, str] | None = None,
        latency: float = 0.0,
    ) -> None:
        self.account = account
        self.budget = Unpaced()
        self.latency = latency
        self.requests: list[Request[Any]] = []
        """What was sent, in order."""
        self.times: list[float] = []
        """When, by the event loop."""
        self.lanes: list[Lane | None] = []
        self.under_way = 0
        self.most_under_way = 0
        self._versions = Versions.read(versions)
        self._scripts: dict[str, Callable[[Request[Any]], Answer]] = {}
        for target, script in (scripts or {}).items():
            self.script(target, script)

    def script(self, target: HubSpotTask[Any] | str, script: Script) -> None:
        """Say how looks at a task, or requests to a path, are answered from now on."""
        if isinstance(target, HubSpotTask):
            kind, id = target.kind, target.id
            answer = script if callable(script) else _one_by_one(script)
            self._scripts[path_of(target)] = lambda request: _spelled_out(answer(request), kind, id)
        else:
            self._scripts[target] = script if callable(script) else _one_by_one(script)

    @property
    def looks(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(request.target for request in self.requests)

    def looks_at(self, task: HubSpotTask[Any]) -> list[float]:
        """When *task* was looked at, by the event loop."""
        target = path_of(task)
        return [when for when, request in zip(self.times, self.requests, strict=True) if request.target == target]

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())

    def version_of(self, family: Family, call: str | None = None) -> str:
        return self._versions.version_of(family, call)

    async def send(self, request: Request[T], *, lane: Lane | None = USER) -> T:
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        self.lanes.append(lane)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.latency)
            answer: Any = self._scripts.get(request.target, _unscripted)(request)
        finally:
            self.under_way -= 1
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return] # a script promises what its test says

    @asynccontextmanager
    async def open(self, request: Request[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            yield content

        content = await self.send(request)
        yield pieces()


def path_of(task: HubSpotTask[Any]) -> str:
    """Where looks at *task* go."""
    return task.kind.status_request(task).target


def _one_by_one(answers: Iterable[Answer]) -> Callable[[Request[Any]], Answer]:
    left = iter(answers)

    def next_answer(request: Request[Any]) -> Answer:
        for answer in left:
            return answer
        raise AssertionError(f"{request} was sent more often than its script has answers")

    return next_answer


def _unscripted(request: Request[Any]) -> Answer:
    raise AssertionError(f"{request} is in no script")


def _spelled_out(answer: Answer, kind: TaskKind[Any], id: str) -> Answer:
    return look(kind, answer, id=id) if isinstance(answer, str) else answer
