"""A CSV file as the demo takes it: its rows, the column that tells them apart, its columns as properties."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from hubspot_async.cli.slugs import slug
from hubspot_async.errors import InputError

Row: TypeAlias = Mapping[str, str]


@frozen
class Sheet:
    """The cells of a CSV file, by column name."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    @classmethod
    def read(cls, path: Path) -> Sheet:
        """Read a file whole; rows without a single value are left out, since no record comes of them.

        Raises InputError where it is no CSV that can be imported, and OSError where it cannot be read.
        """
        with path.open(encoding="utf-8-sig", newline="") as file:
            try:
                header, *records = _records(path, csv.reader(file, strict=True)) or [[]]
            except UnicodeDecodeError:
                raise InputError(f"{path.name} is not UTF-8") from None
            except csv.Error as error:
                raise InputError(f"{path.name} cannot be read as CSV: {error}") from None
        rows = tuple(dict(zip(header, record, strict=True)) for record in records if any(record))
        if not rows:
            raise InputError(f"{path.name} has no rows below its header")
        return cls(path, tuple(header), rows)

    @property
    def properties(self) -> dict[str, str]:
        """The property that each column becomes; see `slug`."""
        return name_properties(self.header)

    @property
    def key(self) -> str | None:
        """The first column that tells the rows apart, in any case of its letters, if there is one."""
        for column in self.header:
            values = {row[column].casefold() for row in self.rows}
            if len(values) == len(self.rows) and "" not in values:
                return column
        return None


def _records(path: Path, lines: Iterator[list[str]]) -> list[list[str]]:
    records = [line for line in lines if line]
    width = len(records[0]) if records else 0
    if records and not all(name.strip() for name in records[0]):
        raise InputError(f"{path.name} has a column without a name")
    for number, record in enumerate(records, start=1):
        if len(record) != width:
            raise InputError(f"{path.name}, row {number}: {len(record)} cells where the header has {width}")
    return records


def name_properties(header: Sequence[str]) -> dict[str, str]:
    """Give each column a property of its own.

    Its name is the column's slug, led by ``column_`` where HubSpot would not take it: a name begins with a letter, and
    ``hs_`` is HubSpot's own. A name that is taken is numbered.
    """
    names: dict[str, str] = {}
    for column in header:
        stem = slug(column)
        if not stem or stem[0].isdigit() or stem.startswith("hs_"):
            stem = f"column_{stem}".rstrip("_")
        names[column] = _free(stem, names.values())
    return names


def _free(stem: str, taken: Iterable[str]) -> str:
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def choose_filter(sheet: Sheet) -> tuple[str, str]:
    """Choose a column and a value to filter by: the text most rows share, if not all of them do."""
    counts = Counter((column, row[column]) for row in sheet.rows for column in sheet.header if row[column])

    def rank(choice: tuple[str, str]) -> tuple[bool, bool, bool, int]:
        number = _number(choice[1])
        is_some = counts[choice] < len(sheet.rows)
        return (number is None or not math.isnan(number), is_some, number is None, counts[choice])

    return max(counts, key=rank)


def equal(cell: str, value: str) -> bool:
    """Whether HubSpot's EQ finds *cell* by *value*: numbers as numbers, text in any case of its letters."""
    one, other = _number(cell), _number(value)
    if one is None or other is None:
        return cell.casefold() == value.casefold()
    return one == other


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
