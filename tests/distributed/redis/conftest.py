"""A Redis server for each test, on loopback and with nothing on disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.distributed.processes import Process, free_port, is_listening, program, wait_until


class RedisServer:
    """A server that can be killed and started again, empty."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._options = options
        self._port = free_port()
        self._folder = folder
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [program("redis-server"), "--port", str(self._port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder), *self._options]
        self._process = Process(command, self._folder / "redis.log")
        wait_until(lambda: is_listening(self._port), "Redis listens")

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()


def serving(server: RedisServer) -> Iterator[RedisServer]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that is up."""
    yield from serving(RedisServer(tmp_path))


@pytest.fixture
def redis_cluster(tmp_path: Path) -> Iterator[RedisServer]:
    """A cluster, of one server."""
    for server in serving(RedisServer(tmp_path, "--cluster-enabled", "yes")):
        with Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
            wait_until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"), "the cluster is up")
        yield server
