"""The doors stay shut: nothing of the package needs what they bring, and installing it brings none of that."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires

import pytest

FOREIGN = {"redis", "airflow", "temporalio"}

EVERYTHING_ELSE = """
import importlib, pathlib, sys
import hubspot_async

house = pathlib.Path(hubspot_async.__file__).parent
for path in sorted(house.rglob("*.py")):
    name = ".".join(("hubspot_async", *path.relative_to(house).with_suffix("").parts)).removesuffix(".__init__")
    if not name.startswith("hubspot_async.integrations.") and not name.endswith((".__main__", ".sheetreader")):
        importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_other_module_imports_them():
    done = subprocess.run([sys.executable, "-c", EVERYTHING_ELSE], capture_output=True, text=True, check=True)
    assert not FOREIGN & set(done.stdout.split())
    assert {"aiohttp", "cyclopts"} <= set(done.stdout.split()), "it has imported less than it should"


def needed(distribution: str, extras: tuple[str, ...] = ()) -> set[str]:
    """Name what a distribution needs, its extras left out unless they are named."""
    found = set()
    for line in requires(distribution) or []:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
        if extra is None or extra.group(1) in extras:
            match = re.match(r"[\w.-]+", requirement)
            assert match
            found.add(match.group().lower())
    return found


def test_installing_the_core_brings_none_of_them():
    found, left = set(), needed("hubspot-async")
    assert {"aiohttp", "attrs", "anyio", "cattrs"} == left
    while left:
        name = left.pop()
        found.add(name)
        try:
            left |= needed(name) - found
        except PackageNotFoundError:  # for another Python or another machine
            continue
    assert not {name for name in found if re.search("redis|airflow|temporal", name)}


@pytest.mark.parametrize(
    ("extra", "brings"), [("redis", "redis"), ("airflow", "apache-airflow"), ("temporal", "temporalio")]
)
def test_each_comes_with_its_extra(extra: str, brings: str):
    assert brings in needed("hubspot-async", (extra,))
