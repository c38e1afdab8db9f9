import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_async import HubSpotSession, ViewExport, exports
from tests.cli import commands


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        commands.command("sandbox", "--port", "0", "--task-seconds", "60"),
        cwd=tmp_path,
        env=commands.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        yield process
        process.kill()


def settings(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    found: dict[str, str] = {}
    while len(found) < 2:
        line = process.stdout.readline()
        assert line, "it ended without saying where it is"
        if line.startswith("  export "):
            name, _, value = line.removeprefix("  export ").strip().partition("=")
            found[name] = value
    return found


@pytest.mark.asyncio
async def test_a_session_from_the_environment_it_prints_talks_to_it(
    served: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings(served).items():
        monkeypatch.setenv(name, value)
    async with HubSpotSession.from_env() as session:
        task = await exports.start(session, ViewExport("CONTACT", ["email"]))
        assert (await exports.get_status(session, task)).status == "PENDING"


def test_ctrl_c_is_the_way_to_end_it(served: subprocess.Popen[str]) -> None:
    settings(served)
    served.send_signal(signal.SIGINT)
    _, errors = served.communicate(timeout=20)
    assert (served.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = commands.run("sandbox", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 7
    assert commands.is_one_line(done.stderr)
    assert "in use" in done.stderr
