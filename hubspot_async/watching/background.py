"""Child tasks that end with the block they belong to."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from anyio.abc import TaskGroup


class Background:
    """A task group that is cancelled when its block is left, and lets out the block's own exception as it is."""

    def __init__(self) -> None:
        self._group = anyio.create_task_group()

    async def __aenter__(self) -> TaskGroup:
        return await self._group.__aenter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:  # whatever the group says: the block's exception, or its being cancelled, is not ours to swallow
        self._group.cancel_scope.cancel()
        try:
            await self._group.__aexit__(exc_type, exc, traceback)
        except BaseExceptionGroup as errors:
            if exc is None or errors.exceptions != (exc,):
                raise
