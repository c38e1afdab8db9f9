"""What an operation of the API is: its name, its route in each version, the scopes it asks for."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from aiohttp import web

from hubspot_async.sandbox.account import Account
from hubspot_async.sandbox.answers import invalid, not_found
from hubspot_async.sandbox.fields import Fields, parse_json
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.world import World

VERSIONS = ("v3", "2025-09", "2026-03", "2026-09")

T = TypeVar("T", bound=Task)


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request on its way to its handler."""

    request: web.Request
    world: World
    account: Account
    version: str

    @property
    def now(self) -> float:
        """The moment, in loop time; the work of whatever has ended by then is done, also of what ended just now."""
        return self.account.catch_up_now()

    def path(self, name: str) -> str:
        """Take a part of the path."""
        return self.request.match_info[name]

    async def fields(self) -> Fields:
        """Take the body as a JSON object."""
        return Fields(parse_json(await self.request.read()))

    def find(self, kind: type[T], task_id: str) -> T:
        """Find a task of this account, or answer 404."""
        task = self.world.tasks.get(task_id)
        if not isinstance(task, kind) or task.account != self.account.name:
            raise not_found()
        return task

    def links(self, path: str) -> dict[str, str]:
        """Make the `links` of a locator: like HubSpot's, they point at another host and another version."""
        return {"status": f"{self.world.signer.base}{path}"}


Handler: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API; *versions* are those that have it, *scopes* those of which any one suffices."""

    name: str
    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] = ()
    versions: tuple[str, ...] = VERSIONS


@dataclass(frozen=True, slots=True)
class Family:
    """Operations whose paths begin alike."""

    prefixes: Mapping[str, str]
    operations: tuple[Operation, ...]


def number_id(text: str, name: str) -> str:
    """Check an id that must be a positive number."""
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise invalid(f"Unable to parse value for path parameter: {name}", context={name: [text]})
    if int(text) <= 0:
        raise invalid(f"{name} must be positive", context={name: [text]})
    return str(int(text))


def opaque_id(text: str) -> str:
    """Check an id that must hide a number."""
    try:
        if len(base64.b64decode(text + "=", altchars=b"-_", validate=True)) == 8:
            return text
    except (ValueError, binascii.Error):
        pass
    raise invalid(f"Task id {text[:64]!r} could not be decoded", context={"taskId": [text[:64]]})


def action(task: Task, call: Call) -> dict[str, object]:
    """Write what all status calls have in common.

    HubSpot's specs ask for both times in any state: where a moment has not come, the time of the request stands for it.
    """
    now, iso = call.now, call.world.clock.iso
    body: dict[str, object] = {
        "status": task.status(now),
        "requestedAt": iso(task.requested),
        "startedAt": iso(task.started if task.started <= now else task.requested),
        "completedAt": iso(task.ended if task.ended <= now else task.requested),
    }
    if task.is_over(now) and task.errors:
        body |= {"numErrors": len(task.errors), "errors": task.errors}
    return body
