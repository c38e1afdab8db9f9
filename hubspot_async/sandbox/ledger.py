"""The books: every request that arrived, whatever was answered."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

KEEP_BODY = 1 << 20
"""Request bodies up to this size are kept, as far as they are not streamed; of larger ones nothing is."""


@dataclass(slots=True, eq=False)
class Exchange:
    """One request as it arrived, *at* so many seconds by the sandbox's clock, which `Sandbox.now` tells.

    *status* is 0 until it is answered, and for good if it never was.
    """

    method: str
    path: str
    operation: str
    account: str | None
    at: float
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = field(default=b"", repr=False)
    status: int = 0

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Ledger:
    """Keeps the last exchanges, oldest first; *keep* of 0 keeps none, of None all."""

    def __init__(self, keep: int | None) -> None:
        self.exchanges: list[Exchange] = []
        self._keep = keep
        self._answered = asyncio.Event()

    def enter(self, request: web.Request, operation: str, account: str | None, at: float) -> Exchange:
        """Write down a request on its arrival."""
        exchange = Exchange(
            request.method,
            request.path,
            operation,
            account,
            at,
            {name: request.query.getall(name) for name in request.query} if request.query_string else {},
            _masked(request),
        )
        if self._keep != 0:
            self.exchanges.append(exchange)
        if self._keep is not None and len(self.exchanges) > 2 * self._keep:
            del self.exchanges[: -self._keep]
        return exchange

    def answer(self, exchange: Exchange, status: int) -> None:
        """Write down what a request was answered."""
        exchange.status = status
        self._answered.set()

    def asked(self, operation: str) -> list[Exchange]:
        """Find the requests for an operation, or for those that fit a pattern."""
        return [exchange for exchange in self.exchanges if fnmatchcase(exchange.operation, operation)]

    async def until(self, is_met: Callable[[], bool]) -> None:
        """Wait until *is_met*, which is tried after every answer."""
        while not is_met():
            self._answered.clear()
            await self._answered.wait()

    @property
    def wants_bodies(self) -> bool:
        """Whether it is worth reading a body for the books."""
        return self._keep != 0


def _masked(request: web.Request) -> dict[str, str]:
    headers = {name.title(): value for name, value in request.headers.items()}
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    if secret:
        headers["Authorization"] = f"{scheme} …"
    return headers
