"""A Temporal server for each test: one program that keeps its state in a file, and survives being killed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.distributed.hubspot import HubSpot
from tests.distributed.processes import Process, free_port, is_listening, program, python, running, wait_until


class TemporalServer:
    """Temporal's development server."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on what its file holds."""
        command = [program("temporal"), "server", "start-dev", "--headless", "--port", str(self.port)]
        command += ["--ip", "127.0.0.1", "--log-level", "error", "--db-filename", str(self._folder / "temporal.db")]
        self._process = Process(command, self._folder / "temporal.log", {"HOME": str(self._folder)})
        wait_until(lambda: is_listening(self.port), "Temporal listens")

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()

    async def connect(self) -> Client:
        """Make a client, as soon as it has come up."""
        for _ in range(100):
            try:
                return await Client.connect(self.address)
            except RuntimeError:
                await asyncio.sleep(0.1)
        pytest.fail("Temporal does not answer")


@pytest.fixture
def temporal(tmp_path: Path) -> Iterator[TemporalServer]:
    server = TemporalServer(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Workers:
    """Processes that work, and may be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.log = folder / "workers.log"

    def start(self, server: TemporalServer, hubspot: HubSpot, *accounts: str) -> Process:
        options = {"temporal": server.address, "url": hubspot.url, "token": hubspot.token, "accounts": accounts}
        ready = self.log.read_text().count("ready") if self.log.exists() else 0
        command = python("tests.distributed.temporal.worker", json.dumps(options))
        process = self._stack.enter_context(running(command, self.log))
        wait_until(lambda: self.log.read_text().count("ready") > ready, "the worker is ready")
        return process

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path)
    try:
        yield workers
    finally:
        workers.stop()
