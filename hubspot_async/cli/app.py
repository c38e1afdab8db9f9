"""The commands and their options. Whatever a command needs is loaded when it runs, so that `--help` stays quick.

The docstrings are the help; their lines are kept as they are, so they fit into 78 columns.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from hubspot_async.errors import HubSpotError


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hubspot-async")
    except PackageNotFoundError:  # run from a checkout
        return "not installed"


app = App(
    name="hubspot-async",
    help="HubSpot's background tasks: exports, imports, file imports and folder updates.",
    help_format="plaintext",
    version=_version,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


@app.command
def demo(
    csv: Annotated[Path | None, Parameter(name="CSV")] = None,
    /,
    *,
    to: Path = Path("hubspot-exports"),
    task_seconds: Annotated[float, Parameter(validator=Number(gt=0, lte=60))] = 1.5,
) -> int:
    """Do the main job once, from start to end, against a HubSpot of its own on this machine.

    Imports a CSV file as records and exports them three ways, imports a file
    from a URL, renames a folder, watches all of it at once, downloads the
    exports, and checks that what came back equals what went in. Exit status 0
    says that it did.

    For example:

        hubspot-async demo
        hubspot-async demo companies.csv --to exports

    Parameters
    ----------
    csv
        The file to import, UTF-8 with a header row. Without it: 500 people made up on the spot.
    to
        Where the exports go. Files of an earlier demo of the same CSV are replaced.
    task_seconds
        How long each task takes.
    """
    from hubspot_async.cli import demo

    return demo.run(csv, to, task_seconds)


@app.command
def sandbox(
    *,
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 8787,
    task_seconds: Annotated[float, Parameter(validator=Number(gte=0))] = 5.0,
) -> int:
    """Run a HubSpot of one's own on this machine, until Ctrl-C.

    It keeps everything in memory and starts empty each time.

    For example:

        hubspot-async sandbox
        hubspot-async sandbox --port 9000 --task-seconds 60

    Parameters
    ----------
    port
        Where it listens on 127.0.0.1; 0 takes a free one.
    task_seconds
        How long each task takes.
    """
    from hubspot_async.cli import sandbox

    return sandbox.run(port, task_seconds)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; what goes wrong is one line on stderr."""
    _show_any_letter()
    try:
        return app(arguments, exit_on_error=False) or 0
    except CycloptsError:  # cyclopts has said it
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who read our output has had enough; nor can Python flush the rest on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (HubSpotError, OSError) as error:
        print(f"hubspot-async: {one_line(error)}", file=sys.stderr)
        return 1


def one_line(error: Exception) -> str:
    """Word an error in one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _show_any_letter() -> None:
    """Let a letter that the terminal's encoding lacks be shown by its number, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
