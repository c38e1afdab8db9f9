"""Records cut out of text, where that gives what the csv module would, and sooner; no file here, and no state."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Record: TypeAlias = Sequence[str]
Batch: TypeAlias = Iterator[Record]

_ENDS = ("\r\n", "\n", "\r")
_SELDOM = 32
"""Cells for each quote in a cell, with less of which the csv module is quicker."""


def cut(text: str, ends: int, width: int) -> Batch | None:
    """Cut records of *width* cells out of whole lines, *ends* of which end in a line feed.

    None says that only the csv module can tell what they are.
    """
    return (_quoted(text, width) if text.startswith('"') else None) or _lines(text, ends, width)


def _lines(text: str, ends: int, width: int) -> Batch | None:
    """Where a record is a line, cells stand apart by commas; lines with quotes in them are read by the csv module."""
    lines = text.splitlines()  # which knows of ends that are none to the csv module
    if len(lines) != ends or width < 2:  # for an empty line, which is no record, has no comma
        return None
    odd = [line for line in lines if '"' in line] if '"' in text else []
    coming = _each_read(odd) if len(odd) <= len(lines) // 2 else None
    if coming is None:
        return None
    found = [next(coming) if '"' in line else line.split(",") for line in lines]
    return iter(found) if set(map(len, found)) == {width} else None


def _each_read(lines: list[str]) -> Iterator[list[str]] | None:
    """Read lines that are one record each; None if one is not, or goes on in the next."""
    try:
        found = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    return iter(found) if len(found) == len(lines) else None


def _quoted(text: str, width: int) -> Batch | None:
    """Cut at the quotes: every other piece is a cell, and what is between tells whether all of them are."""
    pieces = text.split('"')
    between, cells = pieces[::2], pieces[1::2]
    if len(between) == len(cells) or between[-1] not in _ENDS:
        return None  # its last line does not end, or ends within a cell
    if not _is_table(between, width) and not (_rejoin(between, cells) and _is_table(between, width)):
        return None
    return zip(*[iter(cells)] * width, strict=True)


def _is_table(between: list[str], width: int) -> bool:
    """Whether cells stand apart by commas and, after every *width* of them, by the end of a line."""
    end = between[-1]
    rows, surplus = divmod(len(between) - 1, width)
    return not surplus and between[1:] == ([","] * (width - 1) + [end]) * rows


def _rejoin(between: list[str], cells: list[str]) -> bool:
    """Undo the cuts at quotes within cells, which are written twice with nothing between; False if they are many."""
    at = 1
    for _ in range(1 + len(cells) // _SELDOM):
        try:
            at = between.index("", at)
        except ValueError:
            return True
        del between[at]
        cells[at - 1 : at + 1] = ['"'.join(cells[at - 1 : at + 1])]
    return False
