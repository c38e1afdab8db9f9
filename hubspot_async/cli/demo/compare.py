"""Whether the rows that came back are those that went in, whatever their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hubspot_async.cli.demo.sheet import Row

SHOWN = 5
"""Differences worth reading; of more only their number is told."""


def differences(header: Sequence[str], sent: Sequence[Row], back: Sequence[Row], *, key: str | None) -> list[str]:
    """Name what differs between two sets of rows, cell for cell; nothing, if nothing does.

    *key* is the column that tells the rows apart; without one, whole rows are counted.
    """
    found = list(_by_row(header, sent, back) if key is None else _by_key(header, sent, back, key))
    surplus = len(found) - SHOWN
    return found[:SHOWN] + ([f"… and {surplus} more differences"] if surplus > 0 else [])


def _by_key(header: Sequence[str], sent: Sequence[Row], back: Sequence[Row], key: str) -> Iterator[str]:
    expected = {row[key]: row for row in sent}
    times = Counter(row.get(key, "") for row in back)
    for value in expected:
        if value not in times:
            yield f"{key} {value!r} is missing"
    for value, count in times.items():
        if value not in expected:
            yield f"{key} {value!r} is one too many"
        elif count > 1:
            yield f"{key} {value!r} came {count} times"
    for row in back:
        if row.get(key, "") in expected:
            yield from _cells(header, expected[row[key]], row, f"{key} {row[key]!r}")


def _cells(header: Sequence[str], sent: Row, back: Row, which: str) -> Iterator[str]:
    for column in header:
        if column not in back:
            yield f"{which} came without {column}"
        elif sent[column] != back[column]:
            yield f"{which}, {column}: {back[column]!r} instead of {sent[column]!r}"


def _by_row(header: Sequence[str], sent: Sequence[Row], back: Sequence[Row]) -> Iterator[str]:
    expected, given = (Counter(tuple(map(row.get, header)) for row in rows) for rows in (sent, back))
    for cells in (expected - given).elements():
        yield f"the row {cells} is missing"
    for extra in (given - expected).elements():
        yield f"the row {extra} is one too many"
