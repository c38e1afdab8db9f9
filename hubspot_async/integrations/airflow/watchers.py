"""One watcher for each connection of a triggerer: joined by every trigger that waits, and over with the last one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from weakref import WeakKeyDictionary

from hubspot_async.integrations.airflow.hook import HubSpotHook
from hubspot_async.watching.watcher import TaskGroupWatcher

log = logging.getLogger("hubspot_async.airflow")


class SharedWatcher:
    """A session and a watcher of one connection, in an asyncio task of their own.

    A watcher is entered and left in one task, and a trigger's may end at any time while others still wait: so neither
    the first of them nor the last can be its owner.
    """

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._users = 0
        self._left = asyncio.Event()
        self._watcher: asyncio.Future[TaskGroupWatcher] = asyncio.get_running_loop().create_future()
        # A context of its own, or whatever it logs would be put down to the trigger that happened to come first.
        self._life = asyncio.create_task(self._live(), name=f"HubSpot watcher of {conn_id}", context=Context())

    @property
    def is_over(self) -> bool:
        """Whether nobody may join it any more."""
        return self._left.is_set() or self._life.done()

    async def join(self) -> TaskGroupWatcher:
        """Take part in it; whoever has, leaves it too."""
        self._users += 1
        return await asyncio.shield(self._watcher)

    async def leave(self) -> None:
        """Take part no more; the last one waits for its end."""
        self._users -= 1
        if not self._users:
            self._left.set()
            await asyncio.wait([self._life])
            if not self._life.cancelled() and (error := self._life.exception()) is not None:
                log.debug("the watcher of %s ended: %s", self._conn_id, error)

    async def _live(self) -> None:
        try:
            async with HubSpotHook(self._conn_id).session() as session, TaskGroupWatcher(session) as watcher:
                log.info("one watcher looks for all who wait on connection %s", self._conn_id)
                self._watcher.set_result(watcher)
                await self._left.wait()
                log.info("nobody waits on connection %s any more: %s", self._conn_id, watcher.stats)
        except BaseException as error:
            if not self._watcher.done():
                self._watcher.set_exception(error)
                self._watcher.exception()  # heard, even if all who wanted to join have gone
            raise


_running: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, SharedWatcher]] = WeakKeyDictionary()


@asynccontextmanager
async def joined(conn_id: str) -> AsyncIterator[TaskGroupWatcher]:
    """Take part in the watcher of a connection, which begins with the first who does and ends with the last."""
    watchers = _running.setdefault(asyncio.get_running_loop(), {})
    shared = watchers.get(conn_id)
    if shared is None or shared.is_over:
        shared = watchers[conn_id] = SharedWatcher(conn_id)
    try:
        yield await shared.join()
    finally:
        await shared.leave()
        if shared.is_over and watchers.get(conn_id) is shared:
            del watchers[conn_id]
