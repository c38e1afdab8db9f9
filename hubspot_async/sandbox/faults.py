"""Things going wrong on purpose: faults scripted per operation, played instead of or around the true answer."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from aiohttp import web

from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.blobs import as_payload

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Truth: TypeAlias = Callable[[], Awaitable[web.StreamResponse]]

_CATEGORIES = {401: "EXPIRED_AUTHENTICATION", 403: "MISSING_SCOPES", 404: "OBJECT_NOT_FOUND", 429: "RATE_LIMITS"}


class DroppedError(ConnectionResetError):
    """The connection is to be closed without an answer."""


@dataclass(eq=False)
class Fault:
    """One scripted fault, in the words of `Sandbox.fail`; *hits* counts how often it was played, `cancel()` ends it."""

    operation: str
    status: int | None = None
    times: int | None = 1
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    after: int = 0
    delay: float = 0.0
    disconnect: bool = False
    performed: bool = False
    cut: int | None = None
    chance: float = 1.0
    account: str | None = None
    answer: Handler | None = None
    hits: int = 0

    def cancel(self) -> None:
        """Play this fault no more."""
        self.times = self.hits

    @property
    def is_spent(self) -> bool:
        """Whether the fault has been played as often as it should."""
        return self.times is not None and self.hits >= self.times

    def concerns(self, operation: str, account: str | None) -> bool:
        """Whether a request is of the kind that this fault waits for."""
        return fnmatchcase(operation, self.operation) and self.account in {None, account}

    @property
    def replaces(self) -> bool:
        """Whether the true answer is thrown away, or never made."""
        refused = self.status is not None and self.status >= 400
        return refused or self.body is not None or self.disconnect

    async def play(self, request: web.Request, truth: Truth) -> web.StreamResponse:
        """Answer *request* as the script says; *truth* makes the true answer, and does what was asked."""
        response = await self._response(request, truth)
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.disconnect:
            raise DroppedError
        if response.prepared:
            return response
        response.headers.update(self.headers)
        if self.cut is not None and isinstance(response, web.Response):
            as_payload(response, cut=self.cut)
        return response

    async def _response(self, request: web.Request, truth: Truth) -> web.StreamResponse:
        if self.answer is not None:
            return await self.answer(request)
        if self.replaces:
            if self.performed:
                await truth()
            return self._made_up()
        response = await truth()
        if self.status is not None:
            response.set_status(self.status)
        return response

    def _made_up(self) -> web.Response:
        status = self.status or 200
        body = _error_body(status) if self.body is None else self.body
        if isinstance(body, str | bytes):
            content = body.encode() if isinstance(body, str) else body
            return web.Response(body=content, status=status, content_type="text/html")
        return web.json_response(body, status=status, dumps=json.dumps)


class Faults:
    """The script of one sandbox."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._script: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put *fault* at the end of the script."""
        self._script.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go well from now on."""
        self._script.clear()

    def take(self, operation: str, account: str | None) -> Fault | None:
        """Find the fault to play for a request, the oldest first."""
        if not self._script:
            return None
        self._script = [fault for fault in self._script if not fault.is_spent]
        for fault in self._script:
            if not fault.concerns(operation, account):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.chance < 1.0 and self._rng.random() >= fault.chance:
                continue
            fault.hits += 1
            return fault
        return None


def _error_body(status: int) -> Json:
    body: Json = {
        "status": "error",
        "message": f"a scripted {status}",
        "correlationId": "00000000-0000-4000-8000-000000000000",
        "category": _CATEGORIES.get(status, "VALIDATION_ERROR" if status < 500 else "INTERNAL_ERROR"),
    }
    if status == 429:
        body |= {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
    return body
