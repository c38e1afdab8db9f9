"""A file from a URL, whole: resumed after a break, under a new URL if need be, and never of two pieces that differ."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TypeAlias

import anyio
from attrs import evolve, field

from hubspot_async.classes import define, frozen
from hubspot_async.disk.sink import Behind, Sink
from hubspot_async.endpoints import exports
from hubspot_async.errors import (
    ConnectionFailedError,
    DownloadError,
    ResultMissingError,
    TaskNotSucceededError,
    TlsError,
)
from hubspot_async.facts import of_task
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.values import SecretUrl
from hubspot_async.results import urls
from hubspot_async.results.resume import Have, Outcome, judge, question
from hubspot_async.session.session import HubSpotSession
from hubspot_async.session.transport import Download
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import in_thread

Progress: TypeAlias = Callable[[int, int | None], None]

log = logging.getLogger("hubspot_async.results")

_HOPS = 3
"""Redirects from one URL to another before it looks like a circle."""

_WORTH_IT = 2**16
"""Bytes that an attempt has to get further than any before it, or it has failed."""

_FIRST_PAUSE = 0.5


@frozen(kw_only=True)
class Fetched:
    """How a file came."""

    resumed: int
    is_framed: bool


async def fetch_export(
    session: HubSpotSession, task: HubSpotTask[ExportStatus], sink: Sink, progress: Progress | None = None
) -> Fetched:
    """Fetch the file of a complete export, asking for its URL as often as it takes, and for no other export."""

    async def renew() -> SecretUrl:
        status = await exports.get_status(session, task)
        if not status.succeeded:
            raise TaskNotSucceededError(f"its status is {status.status}, so there is no file", task)
        if status.result is None:
            raise ResultMissingError("it is complete, but its URL did not come with it", task)
        return status.result

    return await Fetching(session, renew, sink, f"the file of {task}", progress, of_task(task)).run()


@define
class Fetching:
    """One file on its way. *renew* gives a URL of it, and a fresh one whenever it is asked again."""

    session: HubSpotSession
    renew: Callable[[], Awaitable[SecretUrl]]
    sink: Sink
    what: str
    progress: Progress | None = None
    facts: Mapping[str, object] = field(factory=dict)
    _have: Have = field(factory=Have, init=False)
    _url: SecretUrl | None = field(default=None, init=False, repr=False)
    _resumed: int = field(default=0, init=False)
    _furthest: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)

    async def run(self) -> Fetched:
        """Fetch it, as patiently as the session repeats its reads.

        Raises DownloadError where it does not come whole.
        """
        while True:
            reason, wait = await self._attempt()
            if reason is None:
                return Fetched(resumed=self._resumed, is_framed=self._have.is_framed)
            pause = self._pause(reason)
            log.info("%s: %s, at byte %d; it is asked for again", self.what, reason, self._have.size, extra=self.facts)
            if wait:
                await anyio.sleep(pause)

    def _pause(self, reason: str) -> float:
        """Count a failure, unless the attempt got further than any before it."""
        if self._have.size >= self._furthest + _WORTH_IT:
            self._furthest = self._have.size
            self._failures = 0
        self._failures += 1
        if self._failures >= self.session.retry.attempts:
            times = "" if self._failures == 1 else f", {self._failures} times in a row"
            raise DownloadError(f"{self.what} could not be had whole: {reason}{times}")
        grown = _FIRST_PAUSE * 2.0 ** (self._failures - 1)
        return min(self.session.retry.longest_pause, grown) * (1 + random.random() / 2)  # noqa: S311

    async def _attempt(self) -> tuple[str | None, bool]:
        """Ask once for what is missing. Gives what went wrong, None if nothing did, and whether waiting may help."""
        if self._url is None:
            self._url = urls.check_url(await self.renew(), local=self.session.is_local)
        try:
            return await self._ask(self._url)
        except TlsError:
            raise
        except ConnectionFailedError as error:
            return error.message, True

    async def _ask(self, url: SecretUrl) -> tuple[str | None, bool]:
        for _ in range(_HOPS + 1):
            async with self.session.fetch(url, question(self._have)) as answer:
                outcome, have = judge(self._have, answer.status, answer.headers)
                if outcome is not Outcome.FOLLOW:
                    return await self._act(outcome, have, answer)
            location = answer.headers.get("Location", "")
            if not location:
                raise DownloadError(f"{self.what}: {url.redacted} redirects to nowhere")
            url = urls.follow(url, location, local=self.session.is_local)
        raise DownloadError(f"{self.what}: its URL leads from one to the next, and on and on")

    async def _act(self, outcome: Outcome, have: Have, answer: Download) -> tuple[str | None, bool]:
        match outcome:
            case Outcome.TAKE:
                return await self._take(have, answer)
            case Outcome.WHOLE:
                self._have = have
                return None, False
            case Outcome.AFRESH:
                await self._begin_again()
                return "it goes on in another place, or as another file", False
            case Outcome.RENEW:
                self._url = None
                return f"its URL is refused: {await _said(answer)}", False
            case Outcome.AGAIN:
                return await _said(answer), True
            case _:
                raise DownloadError(f"{self.what}: its host answered {await _said(answer)} instead of the file")

    async def _take(self, have: Have, answer: Download) -> tuple[str | None, bool]:
        if have.size != self.sink.size:
            await self._begin_again()
        self._resumed += have.size > 0
        self._have = have
        try:
            await self._pour(answer)
        finally:
            self._have = evolve(self._have, size=self.sink.size)
        if self._have.is_whole:
            return None, False
        if self._have.total is not None and self._have.size > self._have.total:
            await self._begin_again()
            return "more came than was announced", True
        return "only a part of it came", True

    async def _pour(self, answer: Download) -> None:
        done, total = self._have.size, self._have.total
        async with Behind(self.sink) as behind, aclosing(answer.pieces()) as pieces:
            async for piece in pieces:
                done += len(piece)
                await behind.add(piece)
                if total is not None and done > total:
                    return
                if self.progress is not None:
                    self.progress(done, total)

    async def _begin_again(self) -> None:
        await in_thread(self.sink.rewind)
        self._have = Have()


async def _said(answer: Download) -> str:
    """Tell what a file's host answered: the status, and the word that S3 and its like put into their errors."""
    code = re.search(rb"<Code>(\w{1,64})</Code>", await answer.start(2000))
    return f"{answer.status} {code[1].decode()}" if code else str(answer.status)
