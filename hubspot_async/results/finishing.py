"""What is kept of a file that has come: the file as it came, or what is in it. Synchronous; a thread runs its steps."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

from hubspot_async.classes import frozen
from hubspot_async.disk.scratch import Scratch
from hubspot_async.disk.sink import Sink
from hubspot_async.errors import FileFormatError
from hubspot_async.results import joining
from hubspot_async.results.limits import Limits
from hubspot_async.results.parts import Kind, check_members, contents_of
from hubspot_async.results.tables import Table

_KINDS = {".csv": Kind.CSV, ".xlsx": Kind.XLSX, ".xls": Kind.XLS}


@frozen
class Product:
    """What is to be kept."""

    sinks: list[Sink]
    parts: int
    is_checked: bool
    """Whether its own checksums show that it is whole."""


def as_it_came(sink: Sink, target: Path, limits: Limits) -> Generator[None, None, Product]:
    """Keep the file that HubSpot sent, once its checksums are right."""
    contents = contents_of(sink.file, target.name, limits)
    if contents.is_checked:
        yield from check_members(sink.file, target.name)
    return Product([sink], len(contents.parts), contents.is_checked)


def unpacked(
    scratch: Scratch, sink: Sink, target: Path, limits: Limits, *, escape_formulas: bool
) -> Generator[None, None, Product]:
    """Keep what is in it: one CSV of all parts, or each spreadsheet."""
    contents = contents_of(sink.file, target.name, limits)
    _check_suffix(target, contents.kind)
    is_csv = contents.kind is Kind.CSV
    if not contents.is_zip and not (is_csv and escape_formulas):
        return (yield from as_it_came(sink, target, limits))
    digest = hashlib.sha256()
    if not is_csv:
        sinks = [scratch.sink(digest) for _ in contents.parts]
        for part, each in zip(contents.parts, sinks, strict=True):
            yield from joining.copy(part, each)
    else:
        sinks = [scratch.sink(digest)]
        if escape_formulas:
            table = Table(sink.file, target.name, limits, escape_formulas=True)
            yield from joining.rewrite(table, sinks[0])
        else:
            yield from joining.join(contents.parts, sinks[0], limits)
    return Product(sinks, len(contents.parts), contents.is_checked)


def _check_suffix(target: Path, kind: Kind) -> None:
    """See that the file will be what its name says."""
    named = _KINDS.get(target.suffix.lower(), kind)
    if named is not kind:
        raise FileFormatError(f"the export is {kind.value}, and {target.name} would not be")
