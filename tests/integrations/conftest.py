"""What the tests of all doors share."""

import pytest


@pytest.fixture(autouse=True)
def _looks_are_frequent(quick_looks: None) -> None:
    """A door passes on what looks show; how far apart they are is the watcher's."""
