"""The page that says which call is where, held against the code and against HubSpot's specs."""

import inspect
import json
import re
from collections.abc import Iterator
from types import ModuleType

import attrs
import pytest

import hubspot_async
from hubspot_async.errors import UnsupportedVersionError
from hubspot_async.wire.versions import SUPPORTED_UNTIL, Family, prefix, versions_with
from tests.contract import Specs
from tests.docs.pages import ROOT
from tests.endpoints.calls import CALLS, Catcher, SentError

PAGE = (ROOT / "docs" / "reference" / "coverage.md").read_text(encoding="utf-8")
VERSIONS = tuple(SUPPORTED_UNTIL)
ROW = r"^\| `(.+?)` \| (.+?)" + len(VERSIONS) * r" \| ([✓–])" + r" \|$"
FAMILIES = {
    "Exports": Family.EXPORTS,
    "Imports": Family.IMPORTS,
    "Files": Family.FILES,
    "Folders": Family.FOLDERS,
    "Source-code extract": Family.SOURCE_CODE,
}
SPECS = {
    Family.EXPORTS: "exports",
    Family.IMPORTS: "imports",
    Family.FILES: "files",
    Family.FOLDERS: "files",
    Family.SOURCE_CODE: "source-code",
}


@attrs.frozen
class Row:
    """One operation, as the page has it."""

    family: Family
    method: str
    path: str
    coroutines: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def calls(self) -> list[str]:
        """The calls to try it with."""
        by_path = " by path" if "{folderPath}" in self.path else ""
        return [coroutine + by_path for coroutine in self.coroutines]

    def matches(self, version: str, target: str) -> bool:
        """Whether *target* is this operation's path."""
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(prefix(self.family, version) + self.path))
        return re.fullmatch(pattern + "/?", target) is not None


def rows() -> Iterator[Row]:
    for title, text in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE):
        for operation, here, *marks in re.findall(
            r"^\| `(.+?)` \| (.+?)" + r" \| ([✓–])" * 4 + r" \|$", text, re.MULTILINE
        ):
            method, _, path = operation.partition(" ")
            coroutines = tuple(re.findall(r"`(.+?)`", here))
            has = tuple(version for version, mark in zip(VERSIONS, marks, strict=True) if mark == "✓")
            yield Row(FAMILIES[title], method, path, coroutines, has)


ROWS = tuple(rows())


def test_the_page_is_read_whole():
    assert len(ROWS) == PAGE.count("\n| `")
    assert "| operation | here | " + " | ".join(VERSIONS) + " |" in PAGE
    assert {row.family for row in ROWS} == set(FAMILIES.values())


def test_the_page_tells_how_long_each_version_lasts():
    told = dict(re.findall(r"^\| (v3|[\d-]{7}) \| ([\d-]{10}) \|$", PAGE, re.MULTILINE))
    assert told == {version: str(end) for version, end in SUPPORTED_UNTIL.items()}


def public(module: ModuleType) -> Iterator[str]:
    """The coroutines and async generators that a module of calls offers."""
    for name, value in vars(module).items():
        is_ours = inspect.isfunction(value) and value.__module__ == module.__name__
        if is_ours and not name.startswith("_"):
            yield f"{module.__name__.rpartition('.')[2]}.{name}"


def test_every_coroutine_has_its_row_and_its_call():
    names = {
        name
        for module in ("exports", "imports", "files", "folders", "source_code")
        for name in public(getattr(hubspot_async, module))
    }
    assert {coroutine for row in ROWS for coroutine in row.coroutines} == names
    assert {call.partition(" ")[0] for call in CALLS} == names


@pytest.mark.asyncio
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("row", "call"), [(row, call) for row in ROWS for call in row.calls], ids=str)
async def test_each_call_is_what_its_row_says(row: Row, call: str, version: str):
    session = Catcher(versions=version)
    if version in row.versions:
        with pytest.raises(SentError) as caught:
            await CALLS[call](session, version)
        assert caught.value.request.method == row.method
        assert row.matches(version, caught.value.request.target), caught.value.request.target
        assert caught.value.request.version == version
    elif not call.endswith("_status"):  # a task that a version could not make is not asked about in it
        having = ", ".join(row.versions)
        with pytest.raises(UnsupportedVersionError, match=f"in version {version}, .*; {having} have it"):
            await CALLS[call](session, version)


@pytest.mark.asyncio
@pytest.mark.parametrize(("row", "call"), [(row, call) for row in ROWS for call in row.calls], ids=str)
async def test_unpinned_it_is_2026_03_or_the_newest_that_has_it(row: Row, call: str):
    with pytest.raises(SentError) as caught:
        await CALLS[call](Catcher(), None)
    assert caught.value.request.version == ("2026-03" if "2026-03" in row.versions else row.versions[-1])


def test_a_version_may_be_pinned_for_one_family_only():
    assert versions_with(Family.FILES, "upload") == ("v3", "2026-03", "2026-09")
    assert Catcher(versions={"files": "v3"}).version_of(Family.FOLDERS) == "2026-03"


def described(specs: Specs, family: Family, version: str) -> set[tuple[str, str]] | None:
    """The operations of a family as HubSpot's file has them, or None where there is no file worth trusting."""
    suffix = "-beta" if family in (Family.FILES, Family.FOLDERS) and version == "2026-09" else ""
    file = specs.folder / f"{SPECS[family]}-{version}{suffix}.json"
    if not file.is_file():
        return None
    beginning = prefix(family, version + suffix)
    operations = {
        (method.upper(), path.removeprefix(beginning))
        for path, methods in json.loads(file.read_text(encoding="utf-8"))["paths"].items()
        for method in methods
        if path == beginning or path.startswith(beginning + "/")
    }
    if family is Family.SOURCE_CODE:
        return {(method, path) for method, path in operations if path.startswith("/extract/")}
    return operations


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("family", FAMILIES.values())
def test_the_page_has_every_operation_of_the_specs_and_no_other(specs: Specs, family: Family, version: str):
    operations = described(specs, family, version)
    if operations is None:
        assert (family, version) in {(Family.SOURCE_CODE, "2025-09"), (Family.SOURCE_CODE, "2026-09")}
        return
    assert operations
    assert {(row.method, row.path) for row in ROWS if row.family is family and version in row.versions} == operations
