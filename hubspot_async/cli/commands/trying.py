"""`hubspot-async demo` and `hubspot-async sandbox`: trying things without an account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number


def demo(
    csv: Annotated[
        Path | None,
        Parameter(name="CSV", help="The file to import, UTF-8 with a header row. Without it: 500 people made up."),
    ] = None,
    /,
    *,
    to: Annotated[
        Path, Parameter(help="Where the exports go. Files of an earlier demo of the same CSV are replaced.")
    ] = Path("hubspot-exports"),
    task_seconds: Annotated[float, Parameter(validator=Number(gt=0, lte=60), help="How long each task takes.")] = 1.5,
) -> int:
    """Do the main job once, from start to end, against a HubSpot of its own on this machine.

    Imports a CSV file as records and exports them three ways, imports a file
    from a URL, renames a folder, watches all of it at once, downloads the
    exports, and checks that what came back equals what went in. Exit status 0
    says that it did.

    For example:

        hubspot-async demo
        hubspot-async demo companies.csv --to exports
    """
    from hubspot_async.cli.demo import job

    return job.run(csv, to, task_seconds)


def sandbox(
    *,
    port: Annotated[
        int, Parameter(validator=Number(gte=0, lte=65535), help="Where it listens on 127.0.0.1; 0 takes a free one.")
    ] = 8787,
    task_seconds: Annotated[float, Parameter(validator=Number(gte=0), help="How long each task takes.")] = 5.0,
) -> int:
    """Run a HubSpot of one's own on this machine, until Ctrl-C.

    It keeps everything in memory and starts empty each time.

    For example:

        hubspot-async sandbox
        hubspot-async sandbox --port 9000 --task-seconds 60
    """
    from hubspot_async.cli.jobs import sandbox

    return sandbox.run(port, task_seconds)
