"""An export's file to the disk: under its name it is whole, or it is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import Factory, field

from hubspot_async.classes import frozen
from hubspot_async.disk.saving import saving
from hubspot_async.disk.scratch import Scratch
from hubspot_async.disk.sink import Sink
from hubspot_async.models.exports import ExportStatus
from hubspot_async.results.fetching import Progress, fetch_export
from hubspot_async.results.limits import DEFAULT, Limits
from hubspot_async.results.names import numbered
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.threads import in_steps, in_thread

if TYPE_CHECKING:
    from hubspot_async.results.finishing import Product


@frozen(kw_only=True)
class SavedFile:
    """A file that is on the disk, whole; of a spreadsheet in several parts, all of them."""

    path: Path
    """Where it is, or the first of several."""
    bytes: int
    """Of all of them."""
    sha256: str
    """Of the file as it lies on the disk; of several, of one after the other."""
    parts: int = 1
    """How many files HubSpot had made of it."""
    resumed: int = 0
    """How often the download broke off and was taken up where it was."""
    is_verified: bool = True
    """False where the server did not say how long the file is and nothing in it shows that it is whole."""
    paths: tuple[Path, ...] = field(default=Factory(lambda file: (file.path,), takes_self=True), repr=False)
    """All of them."""


async def download(
    session: HubSpotSession,
    task: HubSpotTask[ExportStatus],
    path: str | Path,
    *,
    progress: Progress | None = None,
    overwrite: bool = False,
    unpack: bool = True,
    escape_formulas: bool = False,
    limits: Limits = DEFAULT,
) -> SavedFile:
    """Fetch the file of a complete export to *path*.

    HubSpot sends larger exports as a zip. It is unpacked: a *path* that ends in ``.csv`` always holds CSV, the rows of
    all parts under one header, and a spreadsheet in several parts becomes ``people-1.xlsx``, ``people-2.xlsx`` …. With
    *unpack* off, and for a *path* that ends in ``.zip``, HubSpot's file is kept as it came.

    A broken download is resumed, under a fresh URL if need be, as patiently as the session repeats its reads.
    *progress* is called with the bytes so far and, where it is known, their total; both are those of HubSpot's file.
    *escape_formulas* puts an apostrophe before cells of a CSV that a spreadsheet would take for a formula; otherwise
    every cell stays byte for byte. *limits* bounds what a file may unpack to.

    The file gets the permissions of an ordinary new one, from the umask; until then only its owner can read it. A link
    at *path* is not followed.

    Raises TaskNotSucceededError for an export that is not complete, InputError where *path* is taken and *overwrite* is
    not set, DownloadError where the file does not come whole, FileFormatError where it is not what it should be, and
    OSError where it cannot be written. Nothing is left behind then.
    """
    async with unnamed(
        session,
        task,
        path,
        progress=progress,
        overwrite=overwrite,
        unpack=unpack,
        escape_formulas=escape_formulas,
        limits=limits,
    ) as file:
        return await file.keep()


@frozen
class UnnamedFile:
    """A file that is on the disk, whole and checked, and has no name yet: without `keep` it goes with the block."""

    saved: SavedFile
    """What it is once it has its name."""
    _name: Callable[[], None] = field(repr=False)

    async def keep(self) -> SavedFile:
        """Give it its name. Raises OSError where that cannot be done, FileExistsError if the name has been taken."""
        await in_thread(self._name)
        return self.saved


@asynccontextmanager
async def unnamed(
    session: HubSpotSession,
    task: HubSpotTask[ExportStatus],
    path: str | Path,
    *,
    progress: Progress | None = None,
    overwrite: bool = False,
    unpack: bool = True,
    escape_formulas: bool = False,
    limits: Limits = DEFAULT,
) -> AsyncIterator[UnnamedFile]:
    """Fetch a file as `download` does, for whoever has something to do before it gets its name."""
    target = Path(path)
    async with saving(target, overwrite=overwrite) as scratch:
        sink = await in_thread(scratch.sink)
        fetched = await fetch_export(session, task, sink, progress)
        finished = _finished(scratch, sink, target, limits, unpack=unpack, escape_formulas=escape_formulas)
        product = await in_steps(finished)
        paths = numbered(target, len(product.sinks))
        saved = SavedFile(
            path=paths[0],
            paths=tuple(paths),
            bytes=sum(each.size for each in product.sinks),
            sha256=product.sinks[-1].sha256,
            parts=product.parts,
            resumed=fetched.resumed,
            is_verified=fetched.is_framed or product.is_checked,
        )
        yield UnnamedFile(saved, lambda: scratch.keep(product.sinks, paths))


def _finished(
    scratch: Scratch, sink: Sink, target: Path, limits: Limits, *, unpack: bool, escape_formulas: bool
) -> Generator[None, None, Product]:
    """Make of the file that came what is to be kept, in steps."""
    from hubspot_async.results import finishing  # all that takes files apart, and loaded by the thread that needs it

    if unpack and target.suffix.lower() != ".zip":
        return (yield from finishing.unpacked(scratch, sink, target, limits, escape_formulas=escape_formulas))
    return (yield from finishing.as_it_came(sink, target, limits))
