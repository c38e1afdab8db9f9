"""`hubspot-async resume` and `hubspot-async journal`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from hubspot_async.cli.commands.common import Common, Overwrite, RestartUnknown, Timeout, flag

Place = Annotated[Path, Parameter(name="JOURNAL", help="The journal's file.")]

journal = App(
    name="journal",
    help="Journals: what bulk runs and watchers have noted, and a crash leaves.",
    help_flags=[],
    version_flags=[],
)


def resume(
    path: Place,
    /,
    *,
    restart_unknown: RestartUnknown = False,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Go on with exports that were stopped, by Ctrl-C, a crash or a reboot.

    The journal says what is asked for and where the files go. What was
    started is not started again, and what was fetched not fetched again.
    --account is for exports that were begun without the name of one.

    For example:

        hubspot-async resume exports/exports.sqlite
        hubspot-async resume exports/exports.sqlite --restart-unknown
    """
    from hubspot_async.cli.jobs import bulk

    return bulk.resume(path, overwrite=overwrite, restart_unknown=restart_unknown, timeout=timeout, common=common)


@journal.command
def show(
    path: Place,
    /,
    *,
    all_: Annotated[bool, flag("--all", help="Earlier runs too, and tasks that have ended.")] = False,
    common: Common | None = None,
) -> int:
    """Show how far the jobs of the last run are, and which tasks are watched.

    Nothing is changed, and somebody may write to it meanwhile.

    For example:

        hubspot-async journal show exports/exports.sqlite
        hubspot-async journal show exports/exports.sqlite --all --json
    """
    from hubspot_async.cli.jobs import journals

    return journals.run(path, is_whole=all_, common=common)
