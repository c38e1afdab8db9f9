"""Every piece of Python in the README and the documentation runs, in the order in which it stands there.

What a page finds, and does not itself show: an empty folder to work in, and `HUBSPOT_ACCESS_TOKEN` and
`HUBSPOT_BASE_URL`, set to a sandbox that holds a few records. A page with tests in it is given to pytest.
Looks follow one another ten times as quickly as a user's would, so that nobody has to wait for them; but in the
tutorial, which says what each of them shows.
"""

import builtins
import os
import re
import subprocess
import sys

import attrs
import pytest

import hubspot_async
from hubspot_async.cli.app import app
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.sandbox import Sandbox
from tests.docs.pages import ROOT, blocks, needs, pages, run

OURS = [page for page in pages() if needs(page) is None]
"""Pages that show nothing but this package; the others are run by ``nox -s peers``."""


@pytest.mark.slow
@pytest.mark.no_contract
@pytest.mark.parametrize("page", sorted({*pages()} - {*OURS}))
def test_page_about_another_library(page, account):
    pytest.importorskip(needs(page), reason="`nox -s peers` runs it")
    run(blocks(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", OURS)
def test_page(page, account, tmp_path, request):
    if page != "docs/tutorial.md":
        request.getfixturevalue("quick_looks")
    found = [block for block in blocks(page) if block.why_not is None]
    if any("def test_" in block.code for block in found):
        give_to_pytest("\n\n".join(block.code for block in found), tmp_path)
    else:
        run(found)


def give_to_pytest(code, folder):
    path = folder / "test_page.py"
    path.write_text(code, encoding="utf-8")
    # looptime asks for the current loop, also in tests that have none: see tests/conftest.py.
    (folder / "conftest.py").write_text("import asyncio\n\nasyncio.set_event_loop(None)\n", encoding="utf-8")
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


LLMS = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")


def test_llms_txt_points_to_what_is_built_and_leaves_no_guide_out():
    linked = {name.removesuffix(".html") for name in re.findall(r"\]\((.+?\.html)\)", LLMS)}
    assert len(linked) == LLMS.count("](")
    assert not [page for page in linked if not (ROOT / "docs" / f"{page}.md").is_file()]
    assert {f"how-to/{path.stem}" for path in (ROOT / "docs" / "how-to").glob("*.md")} <= linked


def test_the_first_page_leaves_no_guide_out():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^how-to/([\w-]+)$", index, re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "docs" / "how-to").glob("*.md"))


RULES = LLMS.partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+|\b(?:run|resume)_\w+", RULES))))
def test_what_llms_txt_names_is_there(name):
    homes = (hubspot_async, hubspot_async.errors, builtins)
    assert any(hasattr(home, name) for home in homes) or name in ("HubSpot", "RedisBudget")


@pytest.mark.parametrize("dotted", sorted(set(re.findall(r"(?<![\w.])(?!hubspot_)\w+\.(?!sqlite|toml|csv)\w+", RULES))))
def test_what_llms_txt_calls_is_there(dotted):
    owner, name = dotted.split(".")
    homes = {
        "current": attrs.fields_dict(ActionResponse),
        "done": dir(hubspot_async.StatusChange),
        "sandbox": dir(Sandbox),
        "task": dir(hubspot_async.HubSpotTask),
        "watcher": dir(hubspot_async.TaskGroupWatcher),
    }
    assert name in (homes.get(owner) or dir(getattr(hubspot_async, owner)))


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`hubspot-async (\w+)", LLMS))))
def test_what_llms_txt_types_is_there(command):
    assert command in [*app]
