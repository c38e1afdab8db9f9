"""Which version a call is made in, and where its path begins."""

import pytest

from hubspot_async.errors import InputError, UnsupportedVersionError
from hubspot_async.wire.versions import Family, Versions, prefix, versions_with

PREFIXES = """
exports      v3       /crm/v3/exports
exports      2025-09  /crm/exports/2025-09
exports      2026-03  /crm/exports/2026-03
exports      2026-09  /crm/exports/2026-09
imports      v3       /crm/v3/imports
imports      2025-09  /crm/imports/2025-09
imports      2026-03  /crm/imports/2026-03
imports      2026-09  /crm/imports/2026-09
files        v3       /files/v3/files
files        2025-09  /files/2025-09/files
files        2026-03  /files/2026-03/files
files        2026-09  /files/2026-09/files
folders      v3       /files/v3/folders
folders      2025-09  /files/2025-09/folders
folders      2026-03  /files/2026-03/folders
folders      2026-09  /files/2026-09/folders
source_code  v3       /cms/v3/source-code
source_code  2025-09  /cms/source-code/2025-09
source_code  2026-03  /cms/source-code/2026-03
source_code  2026-09  /cms/source-code/2026-09
oauth        v1       /oauth/v1
oauth        2026-03  /oauth/2026-03
"""


@pytest.mark.parametrize(("family", "version", "beginning"), [line.split() for line in PREFIXES.split("\n") if line])
def test_where_paths_begin(family: str, version: str, beginning: str):
    assert prefix(Family(family), version) == beginning


def test_nothing_pinned_is_2026_03_for_every_family():
    assert {Versions().version_of(family) for family in Family} == {"2026-03"}


def test_one_version_is_pinned_for_all_but_the_token_endpoint():
    versions = Versions.read("v3")
    assert {versions.version_of(family) for family in set(Family) - {Family.OAUTH}} == {"v3"}
    assert versions.version_of(Family.OAUTH) == "2026-03"
    assert Versions.read({"oauth": "v3"}).version_of(Family.OAUTH) == "v3"


def test_a_version_is_pinned_for_one_family():
    versions = Versions.read({"exports": "v3"})
    assert versions.version_of(Family.EXPORTS) == "v3"
    assert versions.version_of(Family.IMPORTS) == "2026-03"


def test_a_call_the_default_lacks_is_made_in_the_newest_that_has_it():
    assert Versions().version_of(Family.FILES, "download") == "2026-09"
    assert versions_with(Family.FILES, "download") == ("v3", "2026-09")


def test_a_pinned_version_that_lacks_the_call_is_an_error_that_names_those_that_have_it():
    versions = Versions.read("2026-09")
    with pytest.raises(UnsupportedVersionError, match="no update in version 2026-09") as caught:
        versions.version_of(Family.FOLDERS, "update")
    assert "v3, 2025-09, 2026-03 have it" in str(caught.value)
    assert versions.version_of(Family.FOLDERS, "create") == "2026-09"
    assert Versions().version_of(Family.FOLDERS, "update") == "2026-03"


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        ("v4", "'v4'.*v3, 2025-09, 2026-03, 2026-09"),
        ("", "''"),
        ({"exports": "2027-03"}, "'2027-03'"),
        ({"contacts": "v3"}, "'contacts'.*exports, imports"),
    ],
)
def test_unknown_versions_and_families_are_refused(versions: object, reason: str):
    with pytest.raises(InputError, match=reason):
        Versions.read(versions)  # type: ignore[arg-type]
