"""`hubspot-async import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hubspot_async.cli.commands.common import Common, Overwrite, Timeout, flag
from hubspot_async.errors import InputError


def import_(
    csv: Annotated[Path | None, Parameter(name="CSV", help="The file, UTF-8 with a header row.")] = None,
    /,
    *,
    object_type: Annotated[
        str, Parameter(name="--object", help="What the rows become: contacts, companies …, or an id, as 2-123.")
    ] = "contacts",
    columns: Annotated[
        list[str] | None,
        Parameter(
            name="--map",
            negative="",
            help='What becomes of a column: "COLUMN=property". Columns not named are ignored.',
        ),
    ] = None,
    columns_from: Annotated[
        Path | None, Parameter(name="--map-from", help="A JSON or TOML file that maps columns to properties.")
    ] = None,
    key: Annotated[
        str | None, Parameter(help="The column that tells which record a row is. Without it: id, e-mail or domain.")
    ] = None,
    operation: Annotated[str, Parameter(help="CREATE, UPDATE or UPSERT records.")] = "UPSERT",
    name: Annotated[str | None, Parameter(help="What the import is called. Without it the file's name.")] = None,
    date_format: Annotated[str | None, Parameter(help="MONTH_DAY_YEAR, DAY_MONTH_YEAR or YEAR_MONTH_DAY.")] = None,
    dry_run: Annotated[bool, flag("--dry-run", help="Show what would be imported, and send nothing.")] = False,
    yes: Annotated[bool, flag("--yes", "-y", help="Import without asking whether a guess is right.")] = False,
    rejected: Annotated[
        Path | None, Parameter(help="Where rows go that HubSpot does not take. Without it CSV-rejected.csv beside it.")
    ] = None,
    errors: Annotated[
        str | None, Parameter(name="--errors", help="Import nothing: tell what was wrong with the rows of this import.")
    ] = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Import the rows of a CSV file, and fetch those that are not taken.

    Without --map the columns are matched with the object's properties by
    their names and labels; you see what was found, and are asked.

    Rows that HubSpot does not take are written to a file of their own, with
    one more column that says why; correct them there and import that file.

    For example:

        hubspot-async import leads.csv
        hubspot-async import leads.csv --dry-run
        hubspot-async import leads.csv --map "E-mail=email" --map "Name=lastname"
        hubspot-async import firms.csv --object companies --map-from firms.toml
        hubspot-async import --errors 7251
        hubspot-async import leads.csv --errors 7251 --rejected again.csv
    """
    from hubspot_async.cli.jobs import imports

    if errors is not None:
        return imports.run_errors(errors, csv, rejected, overwrite=overwrite, common=common)
    if csv is None:
        raise InputError("name a CSV file to import")
    wish = imports.Wish(
        csv=csv,
        object_type=object_type,
        columns=columns or [],
        columns_from=columns_from,
        key=key,
        operation=operation,
        name=name,
        date_format=date_format,
        rejected=rejected or imports.rejected_beside(csv),
        overwrite=overwrite,
        timeout=timeout,
        is_sure=yes,
    )
    return imports.run(wish, dry_run=dry_run, common=common)
