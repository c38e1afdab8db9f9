"""The fixture `hubspot_sandbox`, for everyone who runs pytest where this package is installed.

pytest loads this with every run, so it loads nothing else before somebody asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_async.sandbox import Sandbox

_QUICK = {"task_seconds": 0.0}


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "hubspot_sandbox(**options): the arguments of Sandbox for the fixture `hubspot_sandbox`"
    )


@pytest.fixture
def hubspot_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A HubSpot of the test's own, which `HubSpotSession.from_env()` finds; its tasks end at once.

    It runs in a thread, so that any test can use it: plain ones, and async ones of any plugin and any loop.
    """
    from hubspot_async.sandbox import Sandbox

    with Sandbox(**_options(request.node)) as sandbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        environment.setenv("HUBSPOT_BASE_URL", sandbox.url)
        yield sandbox


def _options(node: pytest.Item) -> dict[str, Any]:
    """Join what the markers of a test, its class and its module say; the nearest has the last word."""
    options: dict[str, Any] = dict(_QUICK)
    for marker in reversed(list(node.iter_markers("hubspot_sandbox"))):
        if marker.args:
            raise pytest.UsageError("the marker hubspot_sandbox takes its options by name, as in task_seconds=3600")
        options |= marker.kwargs
    return options
