"""Chromium for these tests, and a place for the pictures that they take.

`nox -s browser` runs them, `nox -s pictures` lets them renew the pictures of the docs.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.window import Window, window
from tests.web.conftest import temporary as temporary

REQUIRED = "HUBSPOT_REQUIRE_PROGRAMS"
"""Set by CI: a run without a browser has failed."""

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="save the pictures that the docs show")


@pytest.fixture
def open_window(tmp_path: Path) -> Iterator[Callable[[], Window]]:
    """Opens windows of browsers that know nothing of each other, also from several threads at once."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(programs):
        told = "chromium and chromedriver are not here: apt-get install chromium chromium-driver"
        pytest.fail(told, pytrace=False) if os.environ.get(REQUIRED) else pytest.skip(told)
    chromium, chromedriver = map(str, programs)
    numbers = count()  # one to each, where counting the folders that there are gives two threads the same
    with ExitStack() as stack, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SE_OFFLINE", "true")  # selenium is to fetch nothing
        environment.setenv("SE_AVOID_STATS", "true")  # and to tell nobody

        def open_one() -> Window:
            return stack.enter_context(window(chromium, chromedriver, tmp_path / f"browser-{next(numbers)}"))

        yield open_one


@pytest.fixture
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Image.Image], None]:
    """Saves a picture for the docs if they are to be renewed, and else sees that the one they have is of its size."""

    def keep_one(name: str, picture: Image.Image) -> None:
        kept = PICTURES / f"{name}.png"
        if request.config.getoption("--pictures"):
            PICTURES.mkdir(exist_ok=True)
            picture.quantize(128, dither=Image.Dither.NONE).save(kept, optimize=True)
        with Image.open(kept) as shown:
            assert shown.size == picture.size, f"{kept.name} is out of date: nox -s pictures"

    return keep_one
