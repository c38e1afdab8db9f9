"""The fixture `hubspot_sandbox`, as somebody meets it who has installed the package: in a pytest of their own."""

import os
import subprocess
import sys
from collections.abc import Container
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.slow

USERS_CODE = """
from hubspot_async import HubSpotSession, ViewExport, exports, results, settle


async def sync_contacts(session):
    export = ViewExport("CONTACT", ["email", "firstname"], export_internal_values_options=["NAMES"])
    task = await exports.start(session, export)
    await settle(session, task, timeout=6 * 3600)
    async with results.open_rows(session, task) as rows:
        return {row["email"]: row["firstname"] async for row in rows}


async def synced():
    async with HubSpotSession.from_env() as session:
        return await sync_contacts(session)
"""

RUN_QUICKLY = """
    hubspot_sandbox.add_records("CONTACT", [{"email": "ada@example.com", "firstname": "Ada"}])
    assert await synced() == {"ada@example.com": "Ada"}
    assert len(hubspot_sandbox.asked("exports.start")) == 1
"""

NOTHING_IS_LOADED = """
import sys

mine = {name for name in sys.modules if name.startswith("hubspot_async")}
assert mine == {"hubspot_async", "hubspot_async.pytest_plugin"}, mine
assert not {"aiohttp", "attrs", "cattrs", "ssl"} & {*sys.modules}, "the plugin has loaded more than itself"
"""


LOOP_SCOPE = "asyncio_default_fixture_loop_scope=function"


def run_pytest(folder: Path, *options: str, plugins: Container[str] = (), **files: str) -> CompletedProcess[str]:
    """Run pytest in a process of its own on *files*, as if this package and *plugins* were all that is installed."""
    for name, code in files.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "HUBSPOT"))}
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-W", "error", "--strict-markers", f"--rootdir={folder}"]
    for plugin in entry_points(group="pytest11"):
        if plugin.name != "hubspot_async" and plugin.name not in plugins:
            command += ["-p", f"no:{plugin.name}"]
    command += ["-o", "pythonpath=.", *options]
    return subprocess.run(command, check=False, cwd=folder, env=kept, capture_output=True, encoding="utf-8", timeout=50)


def passed(done: CompletedProcess[str], count: int) -> bool:
    assert f"{count} passed" in done.stdout, done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(
    ("plugins", "options", "test"),
    [
        ((), (), "import asyncio\ndef test(hubspot_sandbox): asyncio.run(using(hubspot_sandbox))"),
        (
            ("asyncio",),
            (LOOP_SCOPE,),
            "@pytest.mark.asyncio\nasync def test(hubspot_sandbox): await using(hubspot_sandbox)",
        ),
        (
            ("asyncio",),
            (LOOP_SCOPE, "asyncio_mode=auto"),
            "async def test(hubspot_sandbox): await using(hubspot_sandbox)",
        ),
        (
            ("asyncio",),
            (LOOP_SCOPE, "asyncio_mode=auto", "asyncio_default_test_loop_scope=session"),
            "async def test(hubspot_sandbox): await using(hubspot_sandbox)",
        ),
        (
            ("anyio",),
            (),
            """
@pytest.fixture
def anyio_backend(): return "asyncio"

@pytest.mark.anyio
async def test(hubspot_sandbox): await using(hubspot_sandbox)
""",
        ),
        (
            (),
            (),
            """
import unittest

class Test(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def given(self, hubspot_sandbox): self.sandbox = hubspot_sandbox

    async def test(self): await using(self.sandbox)
""",
        ),
    ],
    ids=["plain", "strict", "auto", "one loop for all", "anyio", "unittest"],
)
def test_any_test_can_use_it(plugins: tuple[str], options: tuple[str], test: str, tmp_path: Path) -> None:
    code = f"import pytest\nfrom users_code import synced\nasync def using(hubspot_sandbox):{RUN_QUICKLY}\n{test}\n"
    given = [word for option in options for word in ("-o", option)]
    done = run_pytest(tmp_path, *given, plugins=plugins, users_code=USERS_CODE, test_it=code)
    assert passed(done, 1)


def test_whoever_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    code = f"def test():\n    pass\n{NOTHING_IS_LOADED}"
    assert passed(run_pytest(tmp_path, test_it=code), 1)


def test_its_marker_takes_the_options_of_a_sandbox_and_the_nearest_wins(tmp_path: Path) -> None:
    code = """
import pytest

pytestmark = pytest.mark.hubspot_sandbox(task_seconds=60, seed=7)

def test_module(hubspot_sandbox):
    seconds = hubspot_sandbox._world.options.task_seconds
    assert (seconds, hubspot_sandbox._world.options.seed) == (60, 7)

@pytest.mark.hubspot_sandbox(task_seconds=1)
class TestClass:
    def test_class(self, hubspot_sandbox):
        seconds = hubspot_sandbox._world.options.task_seconds
        assert (seconds, hubspot_sandbox._world.options.seed) == (1, 7)

    @pytest.mark.hubspot_sandbox(task_seconds=2)
    def test_method(self, hubspot_sandbox):
        assert hubspot_sandbox._world.options.task_seconds == 2
"""
    done = run_pytest(tmp_path, test_it=code)
    assert passed(done, 3)


@pytest.mark.parametrize(
    ("marker", "told"),
    [("60", "takes its options by name"), ("task_second=60", "unexpected keyword argument 'task_second'")],
)
def test_a_marker_that_means_nothing_is_an_error(marker: str, told: str, tmp_path: Path) -> None:
    code = f"import pytest\n@pytest.mark.hubspot_sandbox({marker})\ndef test(hubspot_sandbox): pass\n"
    done = run_pytest(tmp_path, test_it=code)
    assert done.returncode == 1
    assert told in done.stdout


def test_the_environment_is_as_it_was_afterwards(tmp_path: Path) -> None:
    code = """
import os
import pytest

@pytest.fixture(autouse=True)
def around(request):
    os.environ["HUBSPOT_ACCESS_TOKEN"] = "mine"
    hubspot_sandbox = request.getfixturevalue("hubspot_sandbox")
    assert os.environ["HUBSPOT_ACCESS_TOKEN"] == hubspot_sandbox.token
    assert os.environ["HUBSPOT_BASE_URL"] == hubspot_sandbox.url

def test_during():
    pass

def test_with_another(hubspot_sandbox):
    pass

@pytest.fixture(scope="session", autouse=True)
def afterwards():
    yield
    assert os.environ["HUBSPOT_ACCESS_TOKEN"] == "mine"
    assert "HUBSPOT_BASE_URL" not in os.environ
"""
    assert passed(run_pytest(tmp_path, test_it=code), 2)


def test_it_can_be_left_out(tmp_path: Path) -> None:
    code = "def test(hubspot_sandbox): pass\n"
    done = run_pytest(tmp_path, "-p", "no:hubspot_async", test_it=code)
    assert "fixture 'hubspot_sandbox' not found" in done.stdout
