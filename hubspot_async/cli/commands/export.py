"""`hubspot-async export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from hubspot_async.cli.commands.common import Common, Overwrite, RestartUnknown, Timeout, flag
from hubspot_async.errors import InputError


def conditions(_type: Any, tokens: Sequence[Token]) -> list[list[str]]:
    """Gather conditions into groups: each `--or` begins another one."""
    groups: list[list[str]] = []
    for token in tokens:
        if not groups or token.keyword == "--or":
            groups.append([])
        groups[-1].append(token.value)
    return groups


def export(
    object_type: Annotated[
        str | None, Parameter(name="OBJECT", help="contacts, companies, deals …, or an id, as 2-123.")
    ] = None,
    /,
    *,
    properties: Annotated[
        str | None,
        Parameter(name=("--properties", "-p"), help="Internal names of properties, with commas between them."),
    ] = None,
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
    language: Annotated[str | None, Parameter(help="Of headers and values, as EN, DE, PT_BR. Without it: EN.")] = None,
    internal: Annotated[
        bool, flag("--internal", help="Internal names in the header and internal values, not labels.")
    ] = False,
    associated: Annotated[
        str | None, Parameter(help="Up to four types of objects whose associated records are named too.")
    ] = None,
    to: Annotated[
        Path, Parameter(help="The file, or the directory it goes to. A file whose name ends in .zip stays packed.")
    ] = Path(),
    from_: Annotated[
        Path | None, Parameter(name="--from", help="Many exports instead, from a TOML file, to the directory --to.")
    ] = None,
    journal: Annotated[
        Path | None, Parameter(help="With --from: the journal. Without it: the TOML's name with .sqlite, in --to.")
    ] = None,
    restart_unknown: RestartUnknown = False,
    overwrite: Overwrite = False,
    escape_formulas: Annotated[
        bool, flag("--escape-formulas", help="Put an apostrophe before what a spreadsheet would run.")
    ] = False,
    timeout: Timeout = None,
    common: Common | None = None,
) -> int:
    """Export records of one type, wait for the file, and fetch it; or many --from a list.

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
        hubspot-async export --from exports.toml --to exports/
    """
    if from_ is not None:
        alone = {
            "OBJECT": object_type,
            "--properties": properties,
            "--filter": filters,
            "--list": list_id,
            "--sort": sort,
            "--name": name,
            "--format": format,
            "--language": language,
            "--internal": internal,
            "--associated": associated,
        }
        _refuse(alone, "does not go with --from: the file says it")
        from hubspot_async.cli.jobs import bulk

        return bulk.run(
            from_,
            to,
            journal,
            overwrite=overwrite,
            escape_formulas=escape_formulas,
            restart_unknown=restart_unknown,
            timeout=timeout,
            common=common,
        )
    _refuse({"--journal": journal, "--restart-unknown": restart_unknown}, "goes with --from")
    if object_type is None or properties is None:
        missing = "OBJECT" if object_type is None else "--properties"
        raise InputError(f"{missing} is missing: what to export. See hubspot-async export --help")
    from hubspot_async.cli.jobs import exports

    request = exports.request(
        object_type,
        properties,
        groups=filters or [],
        list_id=list_id,
        sort=sort,
        name=name,
        format=exports.format_for(to, format),
        language=language or "EN",
        internal=internal,
        associated=associated,
    )
    return exports.run(
        request, to, overwrite=overwrite, escape_formulas=escape_formulas, timeout=timeout, common=common
    )


def _refuse(options: Mapping[str, object], reason: str) -> None:
    """Refuse those of the options that were given."""
    for name, value in options.items():
        if value:
            raise InputError(f"{name} {reason}")
