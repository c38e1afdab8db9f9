"""The rows of an import that HubSpot did not take, as a file to be corrected."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from hubspot_async.classes import frozen
from hubspot_async.disk.saving import saving
from hubspot_async.endpoints import imports
from hubspot_async.models.imports import Import
from hubspot_async.results.rowerrors import Plan, explained
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import in_steps, in_thread
from hubspot_async.wire.request import Sender


@frozen(kw_only=True)
class RejectedRows:
    """A file of rows that HubSpot did not take."""

    path: Path
    rows: int
    """How many there are; with none there is only a header."""
    remarks: tuple[str, ...]
    """What was wrong with no row in particular, such as a whole file."""


async def write_rejected(
    session: Sender,
    task: HubSpotTask[Import],
    source_csv: str | Path,
    path: str | Path,
    *,
    file_name: str | None = None,
    overwrite: bool = False,
) -> RejectedRows:
    """Write the rows of *source_csv* that HubSpot did not take to *path*, to be corrected and imported again.

    They are as they were in the file, which was one of the import's, with one more column, ``Import error``, that says
    what is wrong with each. A row that cannot be found, since the file has changed, is written as HubSpot read it.
    *file_name* is the name that the import has for *source_csv*, where that is another one.

    Raises InputError for a file that the import does not name and where *path* is taken, FileFormatError where the file
    is no CSV, and OSError where one cannot be read or written. Nothing is left behind then.
    """
    from hubspot_async.results import correcting  # the csv module and all that reads with it

    source, target = Path(source_csv), Path(path)
    async with saving(target, overwrite=overwrite) as scratch:
        plan = Plan.of(await imports.get(session, task))
        name = file_name or plan.name_of(source)
        reasons = correcting.Reasons()
        async with aclosing(explained(session, task, plan)) as errors:
            async for error in errors:
                if error.file_name in (name, None):
                    reasons.note(error)
        sink = await in_thread(scratch.sink)
        rows = await in_steps(correcting.write(source, reasons, sink, has_header=plan.has_header(name)))
        await in_thread(lambda: scratch.keep([sink], [target]))
    return RejectedRows(path=target, rows=rows, remarks=tuple(dict.fromkeys(reasons.remarks)))
