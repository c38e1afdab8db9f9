"""`hubspot-async import`: a CSV file into records, and the rows that HubSpot did not take back into a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
from attrs import frozen
from rich import box
from rich.table import Table

from hubspot_async import HubSpotSession, ImportRequest, StatusChange, imports, results
from hubspot_async.cli import mapping, objects
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.ending import Exit
from hubspot_async.cli.jobs.properties import labels_of
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.jobs.watching import read_name, watch
from hubspot_async.cli.mapping import Columns
from hubspot_async.cli.screen.console import Terminal
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.cli.screen.words import counted
from hubspot_async.disk.scratch import check_target
from hubspot_async.errors import InputError
from hubspot_async.models.imports import Import


@frozen(kw_only=True)
class Wish:
    """What the command line asks for."""

    csv: Path
    object_type: str
    columns: Sequence[str]
    columns_from: Path | None
    key: str | None
    operation: str
    name: str | None
    date_format: str | None
    rejected: Path
    overwrite: bool
    timeout: float | None
    is_sure: bool

    @property
    def type_id(self) -> str:
        """The id of the object's type."""
        return objects.type_id_of(self.object_type)

    def pairs(self) -> Mapping[str, str]:
        """Give the mapping as it was told; of a column told twice, that of the command line."""
        of_file = mapping.pairs_in(self.columns_from) if self.columns_from else {}
        return of_file | mapping.pairs_of(self.columns)

    def plan(self, columns: Columns) -> ImportRequest:
        """Make the request. Raises InputError."""
        key = self.key or columns.key(self.type_id)
        operation = self.operation.upper()
        if key is None and operation != "CREATE":
            raise InputError("no column tells which record a row is: name one with --key, or --operation CREATE")
        return ImportRequest.for_csv(
            self.csv,
            self.type_id,
            columns.mapped,
            name=self.name,
            key=key,
            operation=operation,
            date_format=self.date_format.upper() if self.date_format else None,
        )


def rejected_beside(csv: Path) -> Path:
    """Name the file for rows that are not taken."""
    return csv.with_name(f"{csv.stem}-rejected.csv")


def run(wish: Wish, *, dry_run: bool, common: Common | None) -> int:
    """Match the columns, ask if need be, import the rows, and fetch those that are not taken."""
    header, samples = mapping.read_header(wish.csv)
    pairs = wish.pairs()
    if not dry_run:
        _check_rejected(wish.rejected, overwrite=wish.overwrite)
    labels: dict[str, str] = {}

    async def look_up(session: HubSpotSession, shown: Screen) -> None:
        labels.update(await labels_of(session, wish.type_id))

    status = run_job(look_up, common)
    if status is not Exit.DONE:
        return status
    found = mapping.told(header, pairs, labels) if pairs else mapping.guess(header, wish.type_id, labels)
    columns = Columns(found, samples)
    plan = wish.plan(columns)
    if dry_run:
        return run_job(lambda session, shown: _show(wish, columns, shown), common)
    if not pairs and not wish.is_sure:
        _ask(wish, columns)
    return _import(wish, plan, common)


def _import(wish: Wish, plan: ImportRequest, common: Common | None) -> int:
    async def job(session: HubSpotSession, shown: Screen) -> None:
        task = await imports.start(session, plan, wish.csv)
        shown.add(task, f"the rows of {wish.csv.name}")

        async def step(done: StatusChange[Import]) -> Result:
            return await _result(session, done, wish)

        await watch(session, shown, [task], step, timeout=wish.timeout)

    return run_job(job, common)


async def _result(session: HubSpotSession, done: StatusChange[Import], wish: Wish) -> Result:
    """Say what came of an import; rows that were not taken go into a file."""
    counters = done.current.metadata.counters
    figures = {
        "rows": counters.get("TOTAL_ROWS", 0),
        "created": counters.get("CREATED_OBJECTS", 0),
        "updated": counters.get("UPDATED_OBJECTS", 0),
        "errors": done.current.num_errors,
    }
    about = counted(figures["rows"], "row")
    text = f"{wish.csv.name}  {about}"
    text += f", {figures['created']:,} created, {figures['updated']:,} updated"
    fields: dict[str, object] = {"status": str(done.current.status), "lateness": done.lateness, **figures}
    if not done.current.num_errors:
        return Result(text=text, about=about, task=done.task, fields=fields)
    refused = await write_rejected(session, done.task, wish.csv, wish.rejected, overwrite=wish.overwrite)
    return Result(
        text=f"{text}, {counted(figures['errors'], 'error')}",
        about=f"{about}, {counted(figures['errors'], 'error')}",
        complaint=refused.complaint,
        status=Exit.FAILED,
        task=done.task,
        fields={**fields, **refused.fields},
    )


async def write_rejected(session: HubSpotSession, task: Any, csv: Path, target: Path, *, overwrite: bool) -> Result:
    """Write the rows that were not taken to a file, and say so."""
    rejected = await results.write_rejected(session, task, csv, target, overwrite=overwrite)
    if not rejected.rows:
        await anyio.Path(target).unlink(missing_ok=True)
        remarks = "; ".join(rejected.remarks[:3])
        return Result(complaint=f"{csv.name}: {remarks}" if remarks else "", fields={"remarks": rejected.remarks})
    rows = counted(rejected.rows, "row")
    return Result(
        text=f"{target}  {rows}",
        complaint=f"{rows} not taken: correct and import {target}",
        fields={"rejected": rejected.rows, "rejected_path": str(target), "remarks": rejected.remarks},
    )


def run_errors(id: str, csv: Path | None, rejected: Path | None, *, overwrite: bool, common: Common | None) -> int:
    """Tell what was wrong with the rows of an import, or write those of a file to another."""
    task = read_name(f"import:{id.removeprefix('import:')}", common.account if common else None)

    async def tell(session: HubSpotSession, shown: Screen) -> None:
        async with aclosing(results.row_errors(session, task)) as errors:
            async for error in errors:
                fields = {"file": error.file_name, "line": error.line, "column": error.column, "value": error.value}
                kind = {"error_type": error.error.error_type, "message": error.message}
                shown.give(Result(text=str(error), fields={**fields, **kind}))

    async def write(session: HubSpotSession, shown: Screen) -> None:
        assert csv is not None
        shown.give(await write_rejected(session, task, csv, rejected or rejected_beside(csv), overwrite=overwrite))

    if csv is None and rejected is not None:
        raise InputError("--rejected needs the CSV file that was imported")
    if csv is None:
        return run_job(tell, common)
    _check_rejected(rejected or rejected_beside(csv), overwrite=overwrite)
    csv.open("rb").close()
    return run_job(write, common)


def _check_rejected(target: Path, *, overwrite: bool) -> None:
    """See that the rows which are not taken will have somewhere to go."""
    if target.exists() and not overwrite:
        raise InputError(f"{target} exists: name another file with --rejected, or replace it with --overwrite")
    check_target(target, overwrite=overwrite)


# What was found, for people to look at.


async def _show(wish: Wish, columns: Columns, shown: Screen) -> None:
    key = wish.key or columns.key(wish.type_id)
    fields = {"file": str(wish.csv), "object": wish.type_id, "operation": wish.operation.upper(), "key": key}
    console = Terminal(sys.stdout, width=79)
    with console.capture() as capture:
        console.print(_table(columns, key))
    shown.give(Result(text=capture.get().rstrip(), fields={**fields, "columns": dict(columns.properties)}))


def _table(columns: Columns, key: str | None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    for name, widest in (("Column", 26), ("Property", 26), ("First value", 22)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=widest)
    for column, property_name in columns.properties.items():
        told = f"{property_name or '–'}{' (key)' if column == key else ''}"
        table.add_row(
            column, told, " ".join(columns.samples.get(column, "").split()), style=None if property_name else "dim"
        )
    return table


def _ask(wish: Wish, columns: Columns) -> None:
    """Show what was guessed, and have somebody say whether it is right. Raises InputError where nobody does."""
    err = Terminal(sys.stderr)
    err.print(_table(columns, wish.key or columns.key(wish.type_id)))
    if not (sys.stdin.isatty() and err.is_terminal):
        raise InputError("the columns were only guessed: say --yes to import them so, or --map what they are")
    print(
        f"{wish.operation.upper()} {wish.object_type} from {wish.csv.name} so? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was imported")
