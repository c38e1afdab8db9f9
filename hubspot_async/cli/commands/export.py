"""`hubspot-async export`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from hubspot_async.cli.commands.common import Common, Overwrite, Timeout, flag


def conditions(_type: Any, tokens: Sequence[Token]) -> list[list[str]]:
    """Gather conditions into groups: each `--or` begins another one."""
    groups: list[list[str]] = []
    for token in tokens:
        if not groups or token.keyword == "--or":
            groups.append([])
        groups[-1].append(token.value)
    return groups


def export(
    object_type: Annotated[str, Parameter(name="OBJECT", help="contacts, companies, deals …, or an id, as 2-123.")],
    /,
    *,
    properties: Annotated[
        str, Parameter(name=("--properties", "-p"), help="Internal names of properties, with commas between them.")
    ],
    filters: Annotated[
        list[list[str]] | None,
        Parameter(
            name=("--filter", "--or"),
            converter=conditions,
            negative="",
            help="Which records: a condition, as often as need be. All must hold. --or begins another group of them.",
        ),
    ] = None,
    list_id: Annotated[str | None, Parameter(name="--list", help="The members of this list instead.")] = None,
    sort: Annotated[
        str | None, Parameter(allow_leading_hyphen=True, help="Properties to sort by. A - before one turns its order.")
    ] = None,
    name: Annotated[str | None, Parameter(help="What the export is called. Without it the object's name.")] = None,
    format: Annotated[str | None, Parameter(help="CSV, XLSX or XLS. Without it: what --to ends in, else CSV.")] = None,
    language: Annotated[str, Parameter(help="Of headers and values, as EN, DE, PT_BR.")] = "EN",
    internal: Annotated[
        bool, flag("--internal", help="Internal names in the header and internal values, not labels.")
    ] = False,
    associated: Annotated[
        str | None, Parameter(help="Up to four types of objects whose associated records are named too.")
    ] = None,
    to: Annotated[
        Path, Parameter(help="The file, or the directory it goes to. A file whose name ends in .zip stays packed.")
    ] = Path(),
    overwrite: Overwrite = False,
    escape_formulas: Annotated[
        bool, flag("--escape-formulas", help="Put an apostrophe before what a spreadsheet would run.")
    ] = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Export records of one type, wait for the file, and fetch it.

    A condition is a property, how it is compared, and a value:

        createdate >= 2026-01-01            = != < <= > >=
        amount between 100 and 500
        dealstage in (won, "closed, won")   in, not in
        lastname contains smith*            contains, not contains
        email is known                      is known, is unknown

    Dates, today, yesterday and "7 days ago" become what HubSpot's search
    wants. A value in quotes is text as it is.

    For example:

        hubspot-async export contacts -p email,firstname
        hubspot-async export contacts -p email --filter "createdate >= yesterday"
        hubspot-async export deals -p dealname,amount --list 42 --to deals.xlsx
        hubspot-async export contacts -p email --to exports/ --json | jq .path
    """
    from hubspot_async.cli.jobs import exports

    request = exports.request(
        object_type,
        properties,
        groups=filters or [],
        list_id=list_id,
        sort=sort,
        name=name,
        format=exports.format_for(to, format),
        language=language,
        internal=internal,
        associated=associated,
    )
    return exports.run(
        request, to, overwrite=overwrite, escape_formulas=escape_formulas, timeout=timeout, common=common
    )
