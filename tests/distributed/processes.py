"""Processes of the tests: each is started by one of them, and ended by it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def program(name: str) -> str:
    """Find a program; without it a test is skipped, and on CI, which is to have it, fails."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def missing(reason: str) -> None:
    """Skip for want of something; CI is to have everything."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is to have it", pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until(holds: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Look again and again whether something that no event tells of has come about."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Tell whether somebody accepts connections."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Process:
    """A process in a group of its own, with whatever it starts."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
                start_new_session=True,
            )
        self.log = log

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(30)

    def stop(self) -> None:
        """Let it end in order, or else kill it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.kill(signal.SIGTERM)
        self.kill()


@contextlib.contextmanager
def running(command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a process as long as the block lasts."""
    process = Process(command, log, environment)
    try:
        yield process
    finally:
        process.stop()


def python(module: str, *arguments: str) -> list[str]:
    """Write the command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]
