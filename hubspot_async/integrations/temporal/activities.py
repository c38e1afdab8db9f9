"""Start, watch and download as activities: each may be taken over by another worker, and none begins work twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import anyio
from temporalio import activity
from temporalio.exceptions import ApplicationError

from hubspot_async.errors import (
    BadRequestError,
    DailyLimitError,
    FileFormatError,
    ForbiddenError,
    HubSpotError,
    InputError,
    NotFoundError,
    TaskError,
    UnsafeUrlError,
)
from hubspot_async.integrations import steps
from hubspot_async.integrations.plain import Plain, read_request, read_task, write_task
from hubspot_async.results.download import download
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.watcher import TaskGroupWatcher

BEATS = 3
"""Heartbeats in the time after which Temporal takes the worker for dead."""

BEAT = 10.0
"""Seconds between two where no such time is set."""

A_WHILE = timedelta(minutes=10)
"""How long a watch rests after the day's requests are used up."""


class HubSpotActivities:
    """The activities of one worker: `all` is what a Worker is given.

    *sessions* are those of the accounts that this worker serves, each by the name that its ``account`` is; a single
    session serves alone, whatever its name. They are neither entered nor left here. However many activities wait,
    one watcher looks for all of them.

    Everything that goes in or out is plain, as `hubspot_async.integrations.plain` writes it.
    Enter it with ``async with``, around the worker.
    """

    def __init__(self, sessions: HubSpotSession | Mapping[str, HubSpotSession]) -> None:
        self._sessions: dict[str | None, HubSpotSession] = {}
        self._sessions.update({sessions.account: sessions} if isinstance(sessions, HubSpotSession) else sessions)
        wrong = [name for name, session in self._sessions.items() if session.account != name]
        if wrong:
            raise InputError(f"the session of {wrong[0]!r} must have that name as its account")
        self._watcher = TaskGroupWatcher()

    async def __aenter__(self) -> Self:
        await self._watcher.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._watcher.__aexit__(exc_type, exc, traceback)

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for ``Worker(client, activities=…)``."""
        return [self.start, self.watch, self.download]

    @activity.defn(name="hubspot.start")
    async def start(self, request: Plain, account: str | None = None, paths: list[str] | None = None) -> Plain:
        """Ask HubSpot to begin what *request* says; gives the task.

        *paths* are the files of an import, on this worker's disk. Call it with ``RetryPolicy(maximum_attempts=1)``:
        the session repeats by itself what surely was not accepted, and HubSpot has no idempotency keys for the rest.
        A second attempt, which can only come after a worker that died at it, fails with the type
        ``StartOutcomeUnknownError``.
        """
        if activity.info().attempt > 1:
            reason = "a worker died while it asked, and HubSpot may have accepted it, or not"
            raise ApplicationError(reason, type="StartOutcomeUnknownError", non_retryable=True)
        try:
            session = self._session(account)
            return write_task(await steps.start(session, read_request(request), paths))
        except HubSpotError as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None

    @activity.defn(name="hubspot.watch")
    async def watch(self, tasks: list[Plain]) -> list[Plain]:
        """Wait until every task is settled; gives their outcomes, in the order of the tasks.

        A task that can be watched no longer is an outcome with an ``error``, and leaves the others be. What concerns
        the whole account, such as the end of the day's requests, fails the attempt: the retry policy says when the next
        one goes on, with what this one had seen. So does the ``heartbeat_timeout`` after a worker has died; give it
        15 to 30 seconds, which is a few looks. Cancelled, it stops looking, and cancels nothing at HubSpot.
        """
        wanted = [self._task(each) for each in tasks]
        settled = _settled_before()
        hurdles: list[HubSpotError] = []

        async def settle(task: HubSpotTask[Any], scope: anyio.CancelScope) -> None:
            try:
                settled[str(task)] = await steps.settle(self._watcher, task, self._session(task.account))
            except HubSpotError as error:
                hurdles.append(error)
                scope.cancel()

        async with _heart(lambda: list(settled.values())), anyio.create_task_group() as group:
            for task in wanted:
                if str(task) not in settled:
                    group.start_soon(settle, task, group.cancel_scope)
        if hurdles:
            raise _failure(hurdles[0])
        return [settled[str(task)] for task in wanted]

    @activity.defn(name="hubspot.download")
    async def download(self, task: Plain, path: str, is_overwriting: bool = False) -> Plain:  # noqa: FBT001, FBT002 - Temporal knows no keywords
        """Fetch the file of a complete export to *path* on this worker's disk, whole or not at all.

        Gives ``path``, ``paths``, ``bytes``, ``sha256`` and ``parts``. A path that is taken is an error unless
        *is_overwriting*, or unless this is a second attempt: then it was the first that took it.
        """
        export = self._task(task)
        done = {"bytes": 0, "of": None}

        def note(bytes_: int, total: int | None) -> None:
            done.update(bytes=bytes_, of=total)

        try:
            async with _heart(lambda: done):
                saved = await download(
                    self._session(export.account),
                    export,
                    path,
                    overwrite=is_overwriting or activity.info().attempt > 1,
                    progress=note,
                )
        except HubSpotError as error:
            raise _failure(error) from None
        return {
            "path": str(saved.path),
            "paths": [str(each) for each in saved.paths],
            "bytes": saved.bytes,
            "sha256": saved.sha256,
            "parts": saved.parts,
        }

    def _session(self, account: str | None) -> HubSpotSession:
        if account is None and len(self._sessions) == 1:
            return next(iter(self._sessions.values()))
        try:
            return self._sessions[account]
        except KeyError:
            raise InputError(f"this worker has no session of {account or 'an unnamed account'}") from None

    def _task(self, written: Plain) -> HubSpotTask[Any]:
        try:
            return read_task(written)
        except InputError as error:
            raise _failure(error) from None


def _settled_before() -> dict[str, Plain]:
    """Take up what the attempt before had told of."""
    details = activity.info().heartbeat_details
    return {str(read_task(outcome["task"])): outcome for outcome in (details[0] if details else [])}


@asynccontextmanager
async def _heart(tell: Callable[[], object]) -> AsyncIterator[None]:
    """Beat as long as the block lasts, and once more at its end, so that Temporal knows who has got how far."""
    timeout = activity.info().heartbeat_timeout
    pause = timeout.total_seconds() / BEATS if timeout else BEAT

    async def beat() -> None:
        while True:
            activity.heartbeat(tell())
            await asyncio.sleep(pause)

    beating = asyncio.create_task(beat(), name="heartbeats of an activity")
    try:
        yield
    finally:
        beating.cancel()
        activity.heartbeat(tell())
        await asyncio.wait([beating])


_FINAL = (InputError, TaskError, FileFormatError, UnsafeUrlError, BadRequestError, ForbiddenError, NotFoundError)
"""Errors that another attempt would only meet again."""


def _failure(error: HubSpotError) -> ApplicationError:
    """Say to Temporal what went wrong, and whether it may be different the next time."""
    return ApplicationError(
        str(error),
        type=type(error).__name__,
        non_retryable=isinstance(error, _FINAL),
        next_retry_delay=A_WHILE if isinstance(error, DailyLimitError) else None,
    )
