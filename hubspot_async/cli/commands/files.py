"""`hubspot-async file` and `hubspot-async folder`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from hubspot_async.cli.commands.common import Common, Timeout, flag

file = App(
    name="file",
    help="Files of the file manager: fetched from a URL, or sent from here.",
    help_flags=[],
    version_flags=[],
)
folder = App(
    name="folder",
    help="Folders of the file manager: moved and renamed with all below them.",
    help_flags=[],
    version_flags=[],
)

Access = Annotated[str, Parameter(name="--access", help="PRIVATE, PUBLIC_INDEXABLE, PUBLIC_NOT_INDEXABLE …")]
Folder = Annotated[str, Parameter(name="--folder", help="The folder: its path, made if it is new, or its id.")]
Replace = Annotated[bool, flag("--overwrite", help="Replace a file of that name; else the new one is renamed.")]


@file.command(name="import-url")
def import_url(
    urls: Annotated[list[str], Parameter(name="URL", negative="", help="Where HubSpot fetches the files from.")],
    /,
    *,
    folder: Folder,
    access: Access = "PRIVATE",
    overwrite: Replace = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Let HubSpot fetch files from URLs, and wait until it has.

    For example:

        hubspot-async file import-url https://example.com/logo.png --folder /logos
        hubspot-async file import-url $(cat urls.txt) --folder 4711 --timeout 600
    """
    from hubspot_async.cli.jobs import files

    return files.run_import(urls, folder, access=access, overwrite=overwrite, timeout=timeout, common=common)


@file.command
def upload(
    paths: Annotated[list[Path], Parameter(name="PATH", negative="", help="The files.")],
    /,
    *,
    folder: Folder,
    access: Access = "PRIVATE",
    overwrite: Replace = False,
    common: Common | None = None,
) -> int:
    """Send files from this machine, piece by piece.

    For example:

        hubspot-async file upload logo.png --folder /logos
        hubspot-async file upload *.pdf --folder /brochures --access PUBLIC_NOT_INDEXABLE
    """
    from hubspot_async.cli.jobs import files

    return files.run_upload(paths, folder, access=access, overwrite=overwrite, common=common)


@folder.command
def move(
    which: Annotated[str, Parameter(name="FOLDER", help="The folder: its id or its path.")],
    /,
    *,
    to: Annotated[str, Parameter(help="The folder it goes into: its id or its path.")],
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Move a folder into another one, with all below it.

    For example:

        hubspot-async folder move /logos/2025 --to /archive
        hubspot-async folder move 4711 --to 42
    """
    from hubspot_async.cli.jobs import folders

    return folders.run(which, parent=to, timeout=timeout, common=common)


@folder.command
def rename(
    which: Annotated[str, Parameter(name="FOLDER", help="The folder: its id or its path.")],
    name: Annotated[str, Parameter(name="NAME", help="Its new name.")],
    /,
    *,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Give a folder another name; the paths of all below it change with it.

    For example:

        hubspot-async folder rename /logos/2025 2025-archive
    """
    from hubspot_async.cli.jobs import folders

    return folders.run(which, name=name, timeout=timeout, common=common)
