"""A dozen kills; `nox -s crash` makes two hundred and more. The numbers are the faults'."""

import sys
from pathlib import Path

import pytest

from tests.crash.kills import Forks, Kill
from tests.crash.promises import tell
from tests.crash.story import Story

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork, and no SIGKILL"),
]

STORIES = {
    "at the door": (
        "after the journal is made",
        "after the run is written down",
        "before an intent is written down",
        "before HubSpot accepts a start",
    ),
    "starting": (
        "after HubSpot accepts a start",
        "before a file is sent",
    ),
    "watching": (
        "before a task is written down",
        "after a status is written down",
    ),
    "finishing": (
        "after bytes are written",
        "after a file is announced",
        "after a file gets its name",
        "after an outcome is written down",
    ),
}


@pytest.mark.parametrize("name", STORIES)
async def test_faults_110_and_120_to_122_a_run_that_is_killed_again_and_again(name: str, tmp_path: Path):
    async with Forks.open() as forks, Story.open(forks, tmp_path / "story") as story:
        await tell(story, *(Kill(point=point) for point in STORIES[name]))
        assert [found.kill.point for found in story.found] == list(STORIES[name])
