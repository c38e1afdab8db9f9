"""Where a sandbox lives: in the event loop that entered it, or in a thread with a loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial, wraps
from threading import get_ident
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

P = ParamSpec("P")
T = TypeVar("T")


class Home:
    """Lets work be done where the sandbox lives, whichever thread asks for it: nothing in there is locked."""

    def __init__(self) -> None:
        self._portal: BlockingPortal | None = None
        self._thread = 0

    @contextmanager
    def in_thread(self, sandbox: AbstractAsyncContextManager[object]) -> Iterator[None]:
        """Enter *sandbox* in a thread of its own, and leave it there."""
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(sandbox):
            self._portal, self._thread = portal, portal.call(get_ident)
            try:
                yield
            finally:
                self._portal = None

    def do(self, work: Callable[[], T]) -> T:
        """Have *work* done, and wait for it."""
        portal = self._elsewhere()
        return work() if portal is None else portal.call(work)

    async def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """Wait for *work* that takes its time."""
        portal = self._elsewhere()
        return await (work() if portal is None else asyncio.wrap_future(portal.start_task_soon(work)))

    def _elsewhere(self) -> BlockingPortal | None:
        """Give the way there, if this is another thread."""
        return None if get_ident() == self._thread else self._portal


class Housed(Protocol):
    """What has a home."""

    @property
    def home(self) -> Home:
        """Where it lives."""
        ...


H = TypeVar("H", bound=Housed)


def at_home(method: Callable[Concatenate[H, P], T]) -> Callable[Concatenate[H, P], T]:
    """Let *method* be called from any thread."""

    @wraps(method)
    def call(self: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.home.do(partial(method, self, *args, **kwargs))

    return call
