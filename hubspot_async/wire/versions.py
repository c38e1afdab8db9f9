"""Which versions of HubSpot's API there are, where each begins, and what each lacks."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.errors import InputError, UnsupportedVersionError, VersionEndedWarning

DEFAULT = "2026-03"
"""The one dated version that has all four kinds of task and whose specifications can be trusted."""

SUPPORTED_UNTIL: Mapping[str, date] = {
    "v3": date(2027, 9, 30),
    "2025-09": date(2027, 3, 31),
    "2026-03": date(2027, 9, 30),
    "2026-09": date(2028, 3, 31),
}
"""Known versions, oldest first, and about when HubSpot stops supporting each: 18 months after it came out."""


class Family(StrEnum):
    """A group of calls that share the beginning of their path."""

    EXPORTS = "exports"
    IMPORTS = "imports"
    FILES = "files"
    FOLDERS = "folders"
    SOURCE_CODE = "source_code"
    OAUTH = "oauth"
    OTHER = "other"
    """No family of this package's: the path is given whole (`Request.raw`)."""

    __hash__ = str.__hash__  # Enum's own is slower, and this is asked for with each request


_PREFIXES = {
    Family.EXPORTS: ("/crm/{}/exports", "/crm/exports/{}"),
    Family.IMPORTS: ("/crm/{}/imports", "/crm/imports/{}"),
    Family.FILES: ("/files/{}/files", "/files/{}/files"),
    Family.FOLDERS: ("/files/{}/folders", "/files/{}/folders"),
    Family.SOURCE_CODE: ("/cms/{}/source-code", "/cms/source-code/{}"),
    Family.OAUTH: ("/oauth/{}", "/oauth/{}"),
    Family.OTHER: ("", ""),
}

_LACKING: Mapping[str, Mapping[Family, frozenset[str]]] = {
    "2025-09": {
        Family.FILES: frozenset(
            {"upload", "stat", "get", "replace", "update", "delete", "gdpr_delete", "get_signed_url", "download"}
        ),
        Family.FOLDERS: frozenset({"create", "get", "delete"}),
        Family.OAUTH: frozenset({"token"}),
    },
    "2026-03": {Family.FILES: frozenset({"download"})},
    "2026-09": {Family.FOLDERS: frozenset({"update"})},
}
"""Which calls a version has not, by the names of our coroutines."""


@cache
def prefix(family: Family, version: str) -> str:
    """Give the beginning of every path of *family* in *version*."""
    legacy, dated = _PREFIXES[family]
    return (legacy if version.startswith("v") else dated).format(version)


def versions_with(family: Family, call: str | None = None) -> tuple[str, ...]:
    """Name the versions that have *call* of *family*, oldest first."""
    return tuple(version for version in SUPPORTED_UNTIL if call not in _LACKING.get(version, {}).get(family, ()))


@frozen
class Versions:
    """Which version each family is called in: what the user pinned, else the default."""

    pinned: Mapping[Family, str] = field(factory=dict)

    @classmethod
    def read(cls, versions: str | Mapping[str, str] | None, *, today: date | None = None) -> Versions:
        """Read what a user gives: one version for all, one by family, or nothing.

        Raises InputError for a family or a version that is not known, and warns of one that HubSpot no longer supports.
        """
        if versions is None:
            return cls()
        if isinstance(versions, str):
            versions = {family: versions for family in Family if family is not Family.OAUTH}
        pinned = {_family(name): _version(version) for name, version in versions.items()}
        _warn_of_ended(set(pinned.values()), today or datetime.now(UTC).date())
        return cls(pinned)

    def version_of(self, family: Family, call: str | None = None) -> str:
        """Choose the version to make *call* in: the pinned one, the default, or the newest that has it.

        Raises UnsupportedVersionError where the pinned version lacks the call.
        """
        having = versions_with(family, call)
        pinned = self.pinned.get(family)
        if pinned is None:
            return DEFAULT if DEFAULT in having else having[-1]
        if pinned not in having:
            raise UnsupportedVersionError(
                f"{family} has no {call} in version {pinned}, which versions= pins; {', '.join(having)} have it"
            )
        return pinned


_warned_of: set[str] = set()


def _warn_of_ended(versions: Collection[str], today: date) -> None:
    for version in sorted({version for version in versions if today > SUPPORTED_UNTIL[version]} - _warned_of):
        message = (
            f"HubSpot's support for version {version}, which versions= pins, ended about {SUPPORTED_UNTIL[version]}"
        )
        warnings.warn(message, VersionEndedWarning, stacklevel=_frames_of_ours())
        _warned_of.add(version)


def _frames_of_ours() -> int:
    """Count the frames up to the caller's own code, which a warning is to point at."""
    package = __name__.partition(".")[0]
    frame, count = sys._getframe(1), 0
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, count = frame.f_back, count + 1
    return count + 1


def _family(name: str) -> Family:
    try:
        return Family(name)
    except ValueError:
        raise InputError(f"versions= names {name!r}, which is not one of {', '.join(Family)}") from None


def _version(version: str) -> str:
    if version not in SUPPORTED_UNTIL:
        raise InputError(f"versions= names {version!r}, which is not one of {', '.join(SUPPORTED_UNTIL)}")
    return version
