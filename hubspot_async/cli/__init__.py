"""The command `hubspot-async`, a thin door to the package; what it needs comes with the extra ``cli``.

::

    app.py          the commands, gathered; one of them run
    commands/       what each is called, takes and is for: the help, and nothing heavy to load
    jobs/           what each does, loaded when it runs
    screen/         what is shown: a table that moves, plain lines, JSON objects
    ending.py       exit statuses, and the one line that says why
    accounts.py     whose token
    logs.py         where the log goes
    filters.py      conditions as one writes them
    exportsfile.py  exports listed in a TOML file
    mapping.py      which column becomes which property
    objects.py      what HubSpot's objects are called
    slugs.py        labels as the names of properties
    demo/           the main job from end to end, and whether what came back is what went in
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

_EXTRA = ("cyclopts", "platformdirs", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, that of the process unless *arguments* are given, and give its exit status."""
    try:
        for name in _EXTRA:
            import_module(name)
    except ModuleNotFoundError as error:
        print(f"hubspot-async: {error.name} is missing: pip install 'hubspot-async[cli]'", file=sys.stderr)
        return 2
    from hubspot_async.cli.app import run

    return run(arguments)
