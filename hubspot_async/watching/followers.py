"""Those who wait for news of one task, each with a last-seen state of its own."""

from __future__ import annotations

import asyncio
from typing import Any, Generic, TypeVar

from hubspot_async.errors import HubSpotError, WatcherClosedError
from hubspot_async.tasks import Snapshot
from hubspot_async.watching.events import StatusChange, WatchFailed
from hubspot_async.watching.watch import Watch

S = TypeVar("S", bound=Snapshot)


class Follower(Generic[S]):
    """An async iterator over the changes of one task; of several that nobody took, the newest is kept."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._seen: str | None = None
        self._news: Snapshot | HubSpotError | None = None
        self._is_done = False
        self._is_closed = False
        self._told = asyncio.Event()

    def tell(self, news: Snapshot | HubSpotError, *, is_news: bool = False) -> None:
        """Pass on what a look showed, or why the watch ended; *is_news* even under the same status."""
        if is_news or isinstance(news, HubSpotError) or news.is_terminal or news.status != self._seen:
            self._news = news
            self._told.set()

    def close(self) -> None:
        """Say that no more will come."""
        self._is_closed = True
        self._told.set()

    async def last(self) -> StatusChange[S]:
        """Wait for the final change, and raise what a `WatchFailed` carries."""
        while True:
            event = await anext(self)
            if isinstance(event, WatchFailed):
                raise event.error.with_traceback(None)
            if event.is_final:
                return event

    def __aiter__(self) -> Follower[S]:
        return self

    async def __anext__(self) -> StatusChange[S] | WatchFailed:
        if self._is_done:
            raise StopAsyncIteration
        while self._news is None:
            if self._is_closed:
                raise WatcherClosedError(f"the watcher was left before {self.watch.task} was settled")
            self._told.clear()
            await self._told.wait()
        news, self._news = self._news, None
        event: StatusChange[Any] | WatchFailed = make_event(self.watch, self._seen, news)
        self._is_done = event.is_final
        self._seen = None if isinstance(news, HubSpotError) else str(news.status)
        return event


def make_event(watch: Watch, previous: str | None, news: Snapshot | HubSpotError) -> StatusChange[Any] | WatchFailed:
    """Put news of a watch into the form they are handed out in."""
    session = watch.group.session
    if isinstance(news, HubSpotError):
        return WatchFailed(task=watch.task, previous=previous, error=news, session=session)
    return StatusChange(
        task=watch.task,
        previous=previous,
        current=news,
        session=session,
        lateness=watch.remarks.lateness,
        details=watch.remarks.details,
    )
