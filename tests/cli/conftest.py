"""The command in this process, against a sandbox that a thread of its own serves."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest
from anyio.from_thread import start_blocking_portal

from hubspot_async.cli import main
from hubspot_async.sandbox import Sandbox
from hubspot_async.session import session as session_module
from hubspot_async.session.retry import RetryPolicy
from tests.contract import Contract

RECORDS = [
    {"email": "ada@example.com", "firstname": "Ada"},
    {"email": "zoe@example.com", "firstname": "Zoë"},
    {"email": "yoko@example.com", "firstname": "陽子"},
]


@attrs.frozen
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What stdout holds, an object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results among it."""
        return [each for each in self.objects if each["event"] == "result"]

    @property
    def complaint(self) -> str:
        """The one line on stderr that says what is wrong."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("hubspot-async: ")]
        return line


Run: TypeAlias = Callable[..., Done]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: the folder where accounts.toml would be."""
    for name in ("HUBSPOT_ACCESS_TOKEN", "HUBSPOT_BASE_URL", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "hubspot-async"
    folder.mkdir(parents=True)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


@pytest.fixture
def run(settings: Path, capsys: pytest.CaptureFixture[str], quick_looks: None) -> Run:
    """Run the command and tell how it ended."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        status = main([str(each) for each in arguments])
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture
def served(settings: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that the environment names, with three contacts."""
    for path in ("/account-info/*", "/oauth/v2/*", "/crm/properties/*"):
        contract.expect_unspecified(path)
    with start_blocking_portal() as portal:
        sandbox = Sandbox(task_seconds=0.02, middlewares=contract.middlewares)
        sandbox.declare("CONTACT", {"email": "Email", "firstname": "First Name"})
        sandbox.add_records("CONTACT", RECORDS)
        with portal.wrap_async_context_manager(sandbox):
            monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
            monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
            yield sandbox


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that try everything once."""
    monkeypatch.setattr(session_module, "RetryPolicy", partial(RetryPolicy, attempts=1, patience=0.5))
