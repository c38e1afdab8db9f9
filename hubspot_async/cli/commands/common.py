"""What commands take alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from attrs import frozen
from cyclopts import Group, Parameter
from cyclopts.validators import Number

COMMON = Group("Options of every command")


def flag(*names: str, help: str, group: Group | None = None) -> Parameter:
    """Describe an option that is there or not."""
    return Parameter(name=names, help=help, negative="", group=group)


@Parameter(name="*")
@frozen(kw_only=True)
class Common:
    """Whose account it is, and how things are shown."""

    account: Annotated[
        str | None,
        Parameter(
            name="--account",
            group=COMMON,
            help="An account of accounts.toml. Without it the token in HUBSPOT_ACCESS_TOKEN.",
        ),
    ] = None
    json: Annotated[bool, flag("--json", help="Write every event to stdout, one JSON object a line.", group=COMMON)] = (
        False
    )
    quiet: Annotated[
        bool, flag("--quiet", "-q", help="Say nothing on the way, only results and errors.", group=COMMON)
    ] = False
    log: Annotated[
        Path | None,
        Parameter(name="--log", group=COMMON, help="Add the log to this file, as JSON if its name ends in .jsonl."),
    ] = None
    debug: Annotated[bool, flag("--debug", help="Log every exchange to stderr, and show tracebacks.", group=COMMON)] = (
        False
    )


Timeout: TypeAlias = Annotated[
    float | None,
    Parameter(
        name="--timeout",
        validator=Number(gt=0),
        help="Seconds after which a task is given up. It goes on at HubSpot. Without it: never.",
    ),
]

RestartUnknown: TypeAlias = Annotated[
    bool,
    flag("--restart-unknown", help="Start again what may have been started, where the answer was lost."),
]

Overwrite: TypeAlias = Annotated[bool, flag("--overwrite", help="Replace files that exist.")]


def words(text: str) -> list[str]:
    """Take words with commas between them apart."""
    return [word.strip() for word in text.split(",") if word.strip()]
