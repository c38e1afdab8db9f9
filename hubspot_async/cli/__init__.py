"""The command `hubspot-async`, a thin door to the package; what it needs comes with the extra ``cli``.

::

    app.py        the commands and their options; what each does stands in a module of its name
    demo.py       the main job from end to end
    sandbox.py    a HubSpot of one's own, alone
    live.py       tasks on the screen: a table that moves, or plain lines
    sheet.py      a CSV file as the demo takes it: its rows, its key, its columns as properties
    people.py     the CSV file that the demo makes up
    compare.py    whether the rows that came back are those that went in
    report.py     what came of the demo

Exit status: 0 where all went well, 1 where something did not, 2 where the command line cannot be understood or the
extra is missing, 130 after Ctrl-C.
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
