"""What an import loads, in a Python of its own: no more than is used."""

import json
import subprocess
import sys

import pytest

import hubspot_async
from hubspot_async import models

EVERY_NAME = "import hubspot_async as package; [getattr(package, name) for name in package.__all__]"
EVERY_MODEL = "from hubspot_async import models; [getattr(models, name) for name in models.__all__]"

ROOMS = {
    "journal.connecting",
    "journal.opening",
    "models.rowerrors",
    "results.correcting",
    "results.finishing",
    "results.joining",
    "results.parts",
    "results.sheets",
    "results.tables",
    "sandbox",
}
"""What is loaded only by the work that needs it."""


def loaded(code: str) -> set[str]:
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_all_public_names_load_no_more_than_they_need():
    found = loaded(EVERY_NAME)
    assert {"hubspot_async.bulk.run", "hubspot_async.watching.watcher", "aiohttp", "cattrs"} <= found
    assert not {f"hubspot_async.{room}" for room in ROOMS} & found
    assert not {"aiosqlite", "anyio.to_thread", "csv", "pyarrow", "sqlite3", "zipfile"} & found


def test_the_models_need_neither_aiohttp_nor_cattrs():
    found = loaded(EVERY_MODEL)
    assert {"attrs", "hubspot_async.models.rowerrors"} <= found
    assert not {"aiohttp", "anyio", "asyncio", "cattrs", "csv"} & found


def test_one_model_loads_no_other():
    found = loaded("from hubspot_async.models import FolderInput; FolderInput('logos')")
    assert not {"hubspot_async.models.uploads", "hubspot_async.models.searches", "hubspot_async.models.imports"} & found


@pytest.mark.parametrize("package", [hubspot_async, models], ids=lambda package: package.__name__)
def test_every_name_is_what_it_says_and_no_other_is_there(package):
    for name in package.__all__:
        value = getattr(package, name)
        assert getattr(value, "__name__", name).rpartition(".")[2] == name
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match=f"'{package.__name__}' has no attribute 'Nothing'"):
        _ = package.Nothing
