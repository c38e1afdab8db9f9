"""What tests of bulk runs share: a HubSpot of one's own with some accounts, requests, and what came of a run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from hubspot_async import (
    ExportedFile,
    ExportFailed,
    HubSpotSession,
    ImportRequest,
    Journal,
    RequestBudget,
    StartOutcomeUnknownError,
    ViewExport,
    run_exports,
)
from hubspot_async.journal.records import RunRecord
from hubspot_async.sandbox import Sandbox
from hubspot_async.session.retry import RetryPolicy

Item = ExportedFile | ExportFailed

PEOPLE = [{"email": f"person{number}@example.com"} for number in range(3)]
WHOLE = b"".join(f'"{cell}"\n'.encode() for cell in ["Email", *(person["email"] for person in PEOPLE)])

PATIENCE = RetryPolicy(attempts=2, longest_pause=0.01)


def boxed(task_seconds: Any = 0.03, **options: Any) -> Sandbox:
    return Sandbox(task_seconds=task_seconds, rate_limit=None, daily_limit=None, **options)


def of(sandbox: Sandbox, account: str | None = None, **options: Any) -> HubSpotSession:
    """A session of one of the sandbox's accounts, with people in it."""
    box = sandbox.account(account or "default")
    if not box.crm.object_type("CONTACT") or not box.records("CONTACT"):
        box.declare("CONTACT", {"email": "Email"})
        box.add_records("CONTACT", PEOPLE)
    options = {"budget": RequestBudget(50_000), "retry": PATIENCE} | options
    return HubSpotSession(box.token, base_url=sandbox.url, account=account, **options)


@asynccontextmanager
async def hubspot(task_seconds: Any = 0.03, **options: Any) -> AsyncIterator[tuple[Sandbox, HubSpotSession]]:
    async with boxed(task_seconds, **options) as sandbox, of(sandbox) as session:
        yield sandbox, session


@asynccontextmanager
async def accounts(*names: str, task_seconds: Any = 0.03, **options: Any) -> AsyncIterator[tuple[Any, ...]]:
    """A sandbox, and a session for each account."""
    async with boxed(task_seconds, **options) as sandbox, AsyncExitStack() as stack:
        yield sandbox, *[await stack.enter_async_context(of(sandbox, name)) for name in names]


def an_export(name: str = "people", **options: Any) -> ViewExport:
    return ViewExport("CONTACT", ["email"], export_name=name, **options)


def some(*names: str) -> list[ViewExport]:
    return [an_export(name) for name in names]


def people(path: Path, *emails: str, name: str | None = None) -> tuple[ImportRequest, Path]:
    """An import of a file with these people in it."""
    path.write_text("\n".join(["Email", *(emails or ("ada@example.com",))]) + "\n")
    return ImportRequest.for_csv(path, "0-1", {"Email": "email"}, name=name or path.stem, operation="CREATE"), path


async def all_of(run: Any) -> list[Any]:
    """Enter a run, and take its items to the end."""
    async with run:
        return [item async for item in run]


async def exported(session: Any, requests: Any = None, *, into: Path, **options: Any) -> dict[str, Item]:
    """Run exports to the end, and give what came, each under the name of its request."""
    items = await all_of(run_exports(session, requests, into=into, **options))
    named = {item.request.export_name: item for item in items}
    assert len(named) == len(items)
    return named


def asked(sandbox: Sandbox, operation: str = "exports.start") -> int:
    return sum(exchange.operation == operation for exchange in sandbox.requests)


def fetched(sandbox: Sandbox) -> Counter[str]:
    """How often the file of each export was asked for, by the file's name."""
    found = [exchange.path for exchange in sandbox.requests if exchange.operation == "downloads.export"]
    return Counter(path.rpartition("/")[2] for path in found)


class Finished:
    """Files that were finished when a run was left, and that nobody may fetch again."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._fetched: dict[str, int] = {}

    def note(self) -> None:
        """Take note of what is there, after a run was left."""
        now = fetched(self._sandbox)
        self.check()
        self._fetched |= {path.name: now[path.name] for path in self._folder.iterdir()}

    def check(self) -> None:
        """See that none of it has been fetched since."""
        now = fetched(self._sandbox)
        assert {name: now[name] for name in self._fetched} == self._fetched


def begun(sandbox: Sandbox) -> Counter[str]:
    """How often each export was accepted, by its name, and each import."""
    return Counter(task.order.name for task in sandbox.tasks)


def words(items: Iterable[Any]) -> dict[str, str]:
    """What came of each request: ``ok``, or the name of the error."""
    return {_name(item): type(item.error).__name__ if getattr(item, "error", None) else "ok" for item in items}


def _name(item: Any) -> str:
    return str(getattr(item.request, "export_name", None) or item.request.name)


def is_unknown(item: Any) -> bool:
    return isinstance(item, ExportFailed) and isinstance(item.error, StartOutcomeUnknownError)


async def read(path: Path) -> list[RunRecord]:
    """What a journal holds."""
    async with Journal.open(path, read_only=True) as journal:
        return await journal.runs()


def names(folder: Path) -> list[str]:
    """Every file under a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def until(true: Any, seconds: float = 5.0) -> None:
    """Let others run until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.002)
