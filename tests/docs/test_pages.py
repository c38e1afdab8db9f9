"""Every piece of Python in the README and the documentation runs, in the order in which it stands there.

What a page finds, and does not itself show: an empty folder to work in, and `HUBSPOT_ACCESS_TOKEN` and
`HUBSPOT_BASE_URL`, set to a sandbox that holds a few records. A page with tests in it is given to pytest.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.docs.pages import ROOT, blocks, pages, run

RECORDS = {
    "CONTACT": [
        {"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"},
        {"email": "grace@example.com", "firstname": "Grace", "lastname": "Hopper"},
    ],
    "COMPANY": [{"name": "Analytical Engines", "domain": "engines.example"}],
}


@pytest.fixture
def account(contract: Contract, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[Sandbox]:
    """A HubSpot that a page finds through the environment, in a thread of its own: pages have their own event loops."""
    with start_blocking_portal() as portal:
        sandbox = Sandbox(task_seconds=0.2, middlewares=contract.middlewares)
        for object_type, records in RECORDS.items():
            sandbox.add_records(object_type, records)
        with portal.wrap_async_context_manager(sandbox):
            monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
            monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
            monkeypatch.chdir(tmp_path)
            yield sandbox


@pytest.mark.slow
@pytest.mark.parametrize("page", pages())
def test_page(page, account, tmp_path):
    found = [block for block in blocks(page) if block.why_not is None]
    if any("def test_" in block.code for block in found):
        give_to_pytest("\n\n".join(block.code for block in found), tmp_path)
    else:
        run(found)


def give_to_pytest(code, folder):
    path = folder / "test_page.py"
    path.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    options = ["-q", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function", "--rootdir", folder]
    command = [sys.executable, "-m", "pytest", *options, path]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_run():
    left_out = {(page, block.why_not) for page in pages() for block in blocks(page) if block.why_not}
    assert left_out == {
        ("docs/how-to/airflow.md", "needs Airflow; tests/distributed runs it"),
        ("docs/how-to/many-hosts.md", "needs Redis; tests/distributed runs it"),
        ("docs/how-to/other-engines.md", "needs Celery; tests/distributed runs it"),
        ("docs/how-to/other-engines.md", "needs procrastinate; tests/distributed runs it"),
        ("docs/how-to/temporal.md", "needs Temporal; tests/distributed runs it"),
    }


@pytest.mark.parametrize("page", pages())
def test_no_block_is_overlooked(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(blocks(page)) == text.count("```python")


@pytest.mark.parametrize("page", [page for page in pages() if "python -m asyncio" in (ROOT / page).read_text("utf-8")])
def test_what_is_said_to_run_in_the_repl_can_be_pasted_there(page):
    assert not [block.line for block in blocks(page) if "\n\n    " in block.code], "an empty line ends what is indented"


def test_the_two_commands_stand_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 -m venv .venv && .venv/bin/pip install '.[cli]' && .venv/bin/hubspot-async demo" in text
    assert "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s tests" in text
