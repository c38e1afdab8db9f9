"""A pinned version that HubSpot no longer supports: told once, where it was pinned."""

import warnings
from datetime import date, timedelta

import pytest

from hubspot_async import HubSpotSession
from hubspot_async.errors import VersionEndedWarning
from hubspot_async.wire import versions
from hubspot_async.wire.versions import SUPPORTED_UNTIL, Versions

LATE = date(2030, 1, 1)


@pytest.fixture(autouse=True)
def _nobody_was_warned(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(versions, "_warned_of", set())


@pytest.mark.parametrize("version", SUPPORTED_UNTIL)
def test_it_is_told_from_the_day_after(version: str):
    end = SUPPORTED_UNTIL[version]
    Versions.read(version, today=end)
    with pytest.warns(VersionEndedWarning, match=f"support for version {version}, .* ended about {end}") as told:
        Versions.read(version, today=end + timedelta(days=1))
    assert [warning.filename for warning in told] == [__file__]


def test_it_is_told_once():
    with pytest.warns(VersionEndedWarning) as told:
        Versions.read({"exports": "v3", "imports": "v3"}, today=LATE)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Versions.read("v3", today=LATE)


def test_each_ended_version_is_told():
    with pytest.warns(VersionEndedWarning) as told:
        Versions.read({"exports": "v3", "imports": "2025-09"}, today=LATE)
    assert len(told) == 2


def test_who_pins_nothing_is_told_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Versions.read(None, today=LATE)


def test_a_session_points_at_the_line_that_made_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(versions, "SUPPORTED_UNTIL", dict.fromkeys(SUPPORTED_UNTIL, date(2020, 1, 1)))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-1")
    with pytest.warns(VersionEndedWarning) as told:
        HubSpotSession.from_env(versions="v3")
    assert [warning.filename for warning in told] == [__file__]
