"""Looks that follow one another ten times as quickly as a user's would: for tests of what comes of them, not of when.

``python -m tests.quick`` is the command with such looks, for tests that run it in a process of its own.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from hubspot_async.watching import group, schedule
from hubspot_async.watching.backoff import SquareRoot


def make_looks_quick(put: Callable[[object, str, Any], None] = setattr) -> None:
    """Have every watcher of this process that is not told otherwise look ten times a second at first."""
    put(schedule, "SquareRoot", partial(SquareRoot, factor=0.05, floor=0.1))
    put(group, "LIST_PAUSE", 0.1)


if __name__ == "__main__":
    from hubspot_async.cli import main

    make_looks_quick()
    sys.exit(main())
