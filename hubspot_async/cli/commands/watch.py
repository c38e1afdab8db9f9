"""`hubspot-async watch` and `hubspot-async whoami`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hubspot_async.cli.commands.common import Common, Overwrite, Timeout


def watch(
    tasks: Annotated[
        list[str],
        Parameter(
            name="KIND:ID", negative="", help="The tasks: export:ID, import:ID, file-import:ID, folder-update:ID."
        ),
    ],
    /,
    *,
    to: Annotated[Path | None, Parameter(help="Fetch the files of exports to this directory, or file.")] = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Watch tasks until they have ended, whoever started them.

    Leaving it stops nothing at HubSpot.

    For example:

        hubspot-async watch export:90151673
        hubspot-async watch export:90151673 --to people.csv
        hubspot-async watch import:7251 file-import:AAAAAASvrbY --timeout 3600
    """
    from hubspot_async.cli.jobs import watching

    return watching.run(tasks, to, overwrite=overwrite, timeout=timeout, common=common)


def whoami(*, common: Common | None = None) -> int:
    """Tell whose token this is, what it may do, and how many requests are left.

    For example:

        hubspot-async whoami
        hubspot-async whoami --account north --json
    """
    from hubspot_async.cli.jobs import whoami

    return whoami.run(common)
