"""The web app of the examples, served in a test's own event loop, so that the test sees what it leaves behind."""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from examples.web.app import create_app


async def until(is_met: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for what nobody tells: a server's own start, a task's own end."""
    async with asyncio.timeout(seconds):
        while not is_met():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[str]:
    """Serve the app, with HubSpot where the environment says that it is, and see that it leaves nothing behind."""
    before = asyncio.all_tasks()
    config = uvicorn.Config(create_app(), log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started or running.done())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
    assert not server.server_state.connections
    await until(lambda: not left_behind(before))
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def left_behind(before: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Find the tasks that are more than there were, but for sse-starlette's own, which lives as long as the loop."""
    more = asyncio.all_tasks() - before - {asyncio.current_task()}
    return {task for task in more if getattr(task.get_coro(), "__name__", "") != "_shutdown_watcher"}


class Browser:
    """What a browser says to the app, without a page."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client = client
        self._url = url

    async def start(self, object_type: str, *properties: str) -> tuple[int, Any]:
        body = {"object_type": object_type, "properties": properties}
        async with self._client.post(f"{self._url}/exports", json=body) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self._client.get(self._url + path) as answer:
            return answer.status, await answer.read()

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[tuple[str, list[dict[str, Any]]]]]:
        """Open the stream of changes: each is the event's name and the exports it tells of."""
        async with self._client.get(f"{self._url}/exports/changes") as answer:
            assert answer.content_type == "text/event-stream"
            yield events(answer.content)


async def events(lines: aiohttp.StreamReader) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    name = ""
    async for line in lines:
        field, _, value = line.decode().strip().partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


async def states(changes: AsyncIterator[tuple[str, list[dict[str, Any]]]], *last: str) -> list[str]:
    """Read what the first export goes through, until it is in one of the states *last*."""
    seen: list[str] = []
    async for _, exports in changes:
        for export in exports:
            seen += [export["state"]] if export["number"] == 1 else []
        if seen and seen[-1] in last:
            return seen
    return seen
