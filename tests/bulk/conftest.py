"""Fixtures for bulk runs."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from hubspot_async.bulk import run
from hubspot_async.watching import group
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.watcher import TaskGroupWatcher
from tests.bulk.boxes import until

HANDLES = Path("/proc/self/fd")


@pytest.fixture(autouse=True)
def _looks_are_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second between two looks is what HubSpot's tasks are worth, and far too long for these."""
    monkeypatch.setattr(run, "TaskGroupWatcher", partial(TaskGroupWatcher, backoff=Constant(0.02)))
    monkeypatch.setattr(group, "LIST_PAUSE", 0.02)


@pytest.fixture(autouse=True, scope="module")
def _collects_what_was_left() -> Iterator[None]:
    """An unclosed connection or a coroutine never awaited warns when it is collected, and a warning is an error."""
    yield
    gc.collect()


@pytest_asyncio.fixture
async def leaves_nothing() -> AsyncIterator[None]:
    """See that a test leaves no task, no thread but idle ones, and no open file."""
    files = open_files()
    yield
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})  # the sandbox's may take a moment
    for thread in threading.enumerate():
        if "connection_worker" in thread.name:
            thread.join(1)  # which has said that it ends, and may take a moment to
            assert not thread.is_alive()
    assert open_files() == files


def open_files() -> set[str]:
    """Which files this process holds open, where the system tells."""
    if not HANDLES.is_dir():
        return set()
    found = [os.path.realpath(handle) for handle in HANDLES.iterdir()]
    return {path for path in found if not path.startswith(("/dev/", "/proc/"))}
