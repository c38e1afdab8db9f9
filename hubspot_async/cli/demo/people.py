"""The people that the demo makes up: the same every time, with everything in their cells that CSV can stumble over."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from hubspot_async.cli.slugs import slug

COUNT = 500
HEADER = ("Email", "First name", "Last name", "Company", "Job title", "City", "Member no.", "Note")

# Lists of lengths that share no divisor, so that walking them side by side mixes them.
_FIRST = (
    "Ana",
    "José",
    "Zoë",
    "Łukasz",
    "Siân",
    "Bjørn",
    "İpek",
    "Mary Ann",
    "Renée",
    "Jürgen",
    "Thảo",
    "Noor",
    "陽子",
)
_LAST = (
    "O’Neill",
    "García Márquez",
    "de la Cruz",
    "Müller",
    "Nguyễn",
    "Smith, Jr.",
    "Ng",
    "Dvořák",
    "Ó Sé",
    "Wu",
    "Þór",
)
_COMPANY = (
    'The "Best" Bakery',
    "Müller & Söhne, GmbH",
    "Crème Brûlée S.à r.l.",
    "A; B, and C",
    "",
    '"Quoted"',
    "100 % Büro",
    "Nordic Ice\tAB",
    "O’Brien's",
)
_TITLE = ("Engineer", "Chief of Staff, Europe", "", "Buyer", "Owner / Founder", "Editor", "Sales", "Nurse")
_CITY = ("Zürich", "São Paulo", "Reykjavík", "Kraków", "Cork", "Hồ Chí Minh", "Montréal")
_NOTE = (
    "",
    "Said: “call back in spring”",
    "first line\nsecond line",
    'He said "later", then left',
    " a space before, and one after ",
    "=1+1",
    "tab\there",
    "windows\r\nnewline",
    "a comma at the end,",
    "🎉 party",
    '"',
    "\\ and '",
    "NULL",
    "",
    'two\n\nnewlines, "quotes" and é',
    "-",
    "1e3",
)


def write(path: Path) -> Path:
    """Write the people to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(people())
    return path


def people(count: int = COUNT) -> Iterator[tuple[str, ...]]:
    """Make people up, one row each, known by their e-mail addresses."""
    for number in range(count):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
        yield (
            f"{slug(first) or 'someone'}.{slug(last)}.{number}@example.com",
            first,
            last,
            _COMPANY[number % len(_COMPANY)],
            _TITLE[number % len(_TITLE)],
            _CITY[number % len(_CITY)],
            f"{number:05}",
            _NOTE[number % len(_NOTE)],
        )
