"""A story: a run of bulk exports that is killed, again and again, and run to its end."""

import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from attrs import define, field, frozen

from hubspot_async import Journal
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord
from hubspot_async.sandbox import Sandbox
from tests.crash.child import WANTED
from tests.crash.kills import REMOTE, Forks, Kill

COMPANIES = 500
ROWS_PER_FILE = 200

JOBS = [f"{account}/{request.export_name}" for account, requests in WANTED.items() for request in requests]

FILES = {
    "one/small": ["one/small.csv"],
    "one/joined": ["one/joined.csv"],
    "two/small": ["two/small.csv"],
    "two/sheets": ["two/sheets-1.xlsx", "two/sheets-2.xlsx", "two/sheets-3.xlsx"],
}
"""What the exports that end well become."""


@frozen
class Found:
    """What was there after a kill."""

    kill: Kill
    job: str | None
    """Which export the point was about."""
    states: dict[str, str]
    """How far each export had come."""
    requests: int
    """How many HubSpot had had by then."""
    items: int
    """How many items had been logged."""
    finished: dict[str, int]
    """The exports whose files were there, and how often each had been asked for."""


@define
class Story:
    """One journal, one folder, one HubSpot, and processes that die."""

    sandbox: Sandbox
    forks: Forks
    folder: Path
    restart_unknown: bool = False
    """Whether the last run is to start again what is unknown."""
    found: list[Found] = field(factory=list)
    _trap: Kill | None = None
    _left: int = 0
    _child: int = 0
    _about: str | None = None
    """Which export the request was about that sprang the trap."""
    ended_by_itself: bool = False
    """Whether the last run was not killed."""
    requests: int | None = None
    """How many requests the runs have made, once they are all over."""

    @classmethod
    @asynccontextmanager
    async def open(cls, forks: Forks, folder: Path, *, restart_unknown: bool = False) -> AsyncIterator[Self]:
        @web.middleware
        async def between(request: web.Request, handler: Any) -> Any:
            return await story._between(request, handler)

        sandbox = Sandbox(
            lambda _, dice: dice.uniform(0, 0.06),
            rate_limit=None,
            zip_above=1000,
            rows_per_file=ROWS_PER_FILE,
            middlewares=[between],
        )
        story = cls(sandbox, forks, folder, restart_unknown)
        folder.mkdir()
        async with sandbox:
            for account in WANTED:
                box = sandbox.account(account)
                box.add_records("CONTACT", [{"email": f"{number}@{account}.example"} for number in range(3)])
                box.add_records("COMPANY", [{"name": f"{account} {number}"} for number in range(COMPANIES)])
            yield story

    @property
    def journal(self) -> Path:
        return self.folder / "exports.sqlite"

    @property
    def into(self) -> Path:
        return self.folder / "out"

    # HubSpot's end.

    async def _between(self, request: web.Request, handler: Any) -> Any:
        operation = "exports.start" if request.method == "POST" else "exports.status"
        if await self._spring(operation, request, is_done=False):
            return web.Response(status=503)
        response = await handler(request)
        if operation == "exports.start":
            for task in self.sandbox.tasks:
                if task.order.name == "failing":
                    task.outcome = "FAILED"
        await self._spring(operation, request, is_done=True)
        return response

    async def _spring(self, operation: str, request: web.Request, *, is_done: bool) -> bool:
        """Kill the child if this is the point for it; it is there, for it waits for our answer."""
        if self._trap is None or REMOTE.get(self._trap.point or "") != (operation, is_done):
            return False
        self._left -= 1
        if self._left == 0:
            self._trap, self._about = None, await self._job_of(request)
            os.kill(self._child, signal.SIGKILL)
        return self._left == 0

    async def _job_of(self, request: web.Request) -> str | None:
        """Say which export a request is about."""
        if request.method == "POST":
            accounts = {self.sandbox.account(account).token: account for account in WANTED}
            name = (await request.json())["exportName"]
            return f"{accounts[request.headers['Authorization'].removeprefix('Bearer ')]}/{name}"
        return next((job for job, id in self.accepted() if f"/{id}/" in request.path), None)

    async def _no_file(self, request: web.Request) -> Any:
        await self._spring("downloads.export", request, is_done=False)
        return web.Response(status=503)

    # Runs.

    async def run(self, kill: Kill | None = None, *, restart_unknown: bool = False) -> bool:
        """Run until the end or the kill, whichever comes first; tell whether it was killed."""
        point = kill and kill.point
        told: dict[str, Any] = {
            "url": self.sandbox.url,
            "tokens": {account: self.sandbox.account(account).token for account in WANTED},
            "into": str(self.into),
            "journal": str(self.journal),
            "log": str(self.folder / "log"),
            "restart_unknown": restart_unknown,
        }
        if kill is not None:
            told |= {"delay": kill.delay, "nth": kill.nth}
            if point in REMOTE:
                self._trap, self._left = kill, kill.nth
                if REMOTE[point][0] == "downloads.export":
                    self.sandbox.fail("downloads.export", after=kill.nth - 1, answer=self._no_file)
                    self._left = 1
            else:
                told["point"] = point
        self._about = None
        self._child = await self.forks.fork(**told)
        status = await self.forks.ended()
        self._trap = None
        self.sandbox.heal()
        assert status in (0, -signal.SIGKILL), "the child has failed by itself"
        self.ended_by_itself = status == 0
        if kill is not None and not self.ended_by_itself:
            await self._look(kill)
        return not self.ended_by_itself

    async def _look(self, kill: Kill) -> None:
        """Take note of what is there after a kill; the journal can be read, whenever it was."""
        run = await self.newest_run()
        entries = self.log()
        by_itself = entries and entries[-1]["process"] == self._child and "died" in entries[-1]
        job = entries[-1].get("job") if by_itself else self._about
        fetched = self.fetched()
        found = Found(
            kill,
            job,
            states=self.states(run),
            requests=len(self.sandbox.requests),
            items=len(self.items()),
            finished={job: fetched[job] for job, paths in FILES.items() if (self.into / paths[0]).exists()},
        )
        self.found.append(found)

    async def newest_run(self) -> RunRecord | None:
        if not self.journal.exists():
            return None
        async with Journal.open(self.journal, read_only=True) as journal:
            runs = [run for run in await journal.runs() if run.jobs]
        assert len(runs) < 2, "a run was begun anew"
        return runs[-1] if runs else None

    async def is_over(self) -> bool:
        run = None if self.ended_by_itself else await self.newest_run()
        return self.ended_by_itself or (run is not None and run.closed_at is not None)

    # What is known.

    def log(self) -> list[dict[str, Any]]:
        path = self.folder / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def items(self) -> list[dict[str, Any]]:
        return [entry for entry in self.log() if "died" not in entry]

    def accepted(self) -> list[tuple[str, str]]:
        """Every export that HubSpot has accepted, and the id of its task."""
        return [(f"{task.account}/{task.order.name}", task.id) for task in self.sandbox.tasks]

    def fetched(self, since: int = 0) -> Counter[str]:
        """How often the file of each export was asked for by a run."""
        jobs = {id: job for job, id in self.accepted()}
        requests = self.sandbox.requests[since : self.requests]
        paths = [each.path for each in requests if each.operation == "downloads.export"]
        return Counter(jobs[path.split("/")[3]] for path in paths)

    def states(self, run: RunRecord | None) -> dict[str, str]:
        records = {f"{job.account}/{job.name}": job for job in run.jobs} if run else {}
        accepted = {job for job, _ in self.accepted()}
        return {job: self._state(job, records.get(job), is_accepted=job in accepted) for job in JOBS}

    def _state(self, name: str, job: JobRecord | None, *, is_accepted: bool) -> str:
        match job:
            case None:
                return "nothing"
            case JobRecord(told_at=told) if told is not None:
                return "dealt with"
            case JobRecord(outcome=Outcome.DONE):
                return "done, not dealt with"
            case JobRecord(outcome=Outcome.FAILED):
                return "failed, not dealt with"
            case JobRecord(said=said) if said:
                is_there = (self.into / FILES[name][0]).exists()
                return "announced, the file has its name" if is_there else "announced, the file has no name"
            case JobRecord(task=task) if task is not None:
                return "a task"
            case JobRecord(asked_at=asked) if asked is not None:
                return "an intent, and HubSpot has begun" if is_accepted else "an intent, and HubSpot has not begun"
            case _:
                return "to be started"
