"""Which column of a CSV file becomes which property: told, or guessed from the header."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import frozen

from hubspot_async.cli.objects import KEYS
from hubspot_async.cli.slugs import slug
from hubspot_async.errors import InputError

RECORD_ID = "hs_object_id"

_STANDARD: Mapping[str, str] = {
    "0-1": "email firstname lastname phone mobilephone company website jobtitle address city state zip country "
    "lifecyclestage hs_lead_status",
    "0-2": "name domain website phone industry address city state zip country numberofemployees annualrevenue",
    "0-3": "dealname amount dealstage pipeline closedate",
    "0-5": "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority",
}
"""Properties that every account has, by type id; of an account whose own may not be read, these are known."""

_ALSO_CALLED: Mapping[str, str] = {
    RECORD_ID: "record id, hubspot id, object id",
    "email": "e-mail, email address, mail",
    "firstname": "first name, given name, forename",
    "lastname": "last name, surname, family name",
    "phone": "phone number, telephone, tel",
    "mobilephone": "mobile, mobile phone number, cell phone",
    "company": "company name, organisation, organization",
    "name": "company, company name, name",
    "domain": "company domain name, company domain, domain name",
    "website": "website url, web site, url, homepage",
    "jobtitle": "job title, title, position, role",
    "address": "street address, street",
    "city": "town",
    "state": "state/region, region, province",
    "zip": "postal code, postcode, zip code",
    "country": "country/region",
    "industry": "sector",
    "numberofemployees": "number of employees, employees",
    "annualrevenue": "annual revenue, revenue",
    "lifecyclestage": "lifecycle stage",
    "hs_lead_status": "lead status",
    "dealname": "deal name, deal",
    "amount": "value, deal value",
    "dealstage": "deal stage, stage",
    "closedate": "close date, closing date",
    "subject": "ticket name",
    "content": "ticket description, description",
}


@frozen
class Columns:
    """What becomes of each column of a file, in its order; None is ignored."""

    properties: Mapping[str, str | None]
    samples: Mapping[str, str]
    """The first value of each column that has one."""

    @property
    def mapped(self) -> dict[str, str]:
        """The columns that become properties."""
        return {column: name for column, name in self.properties.items() if name}

    def key(self, type_id: str) -> str | None:
        """Choose the column that tells which record a row is, if there is one that can."""
        by_property = {name: column for column, name in self.mapped.items()}
        return by_property.get(RECORD_ID) or by_property.get(KEYS.get(type_id, ""))


def read_header(path: Path) -> tuple[list[str], dict[str, str]]:
    """Read the columns of a CSV file, and the first value of each.

    Raises InputError where it is none, and OSError where it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(islice(csv.reader(file), 20))
        except UnicodeDecodeError:
            raise InputError(f"{path.name} is not UTF-8, the encoding HubSpot expects of a CSV file") from None
        except csv.Error as error:
            raise InputError(f"{path.name} does not begin as a CSV file does: {error}") from None
    header, *records = rows or [[]]
    if not any(header):
        raise InputError(f"{path.name} has no header row")
    samples = {
        name: next((row[at] for row in records if at < len(row) and row[at]), "") for at, name in enumerate(header)
    }
    return header, samples


def guess(header: Iterable[str], type_id: str, labels: Mapping[str, str]) -> dict[str, str | None]:
    """Guess a property for each column, each property once; *labels* are those of the account, by name, if known."""
    known = labels or dict.fromkeys((RECORD_ID, *_STANDARD.get(type_id, "").split()), "")
    names: dict[str, str] = {}
    for name, label in known.items():
        for word in (name, label):
            names.setdefault(_plain(word), name)
    for name in known:
        for word in _ALSO_CALLED.get(name, "").split(","):
            names.setdefault(_plain(word), name)
    free = set(names.values())
    found: dict[str, str | None] = {}
    for column in header:
        match = names.get(_plain(column), "") if _plain(column) else ""
        found[column] = match if match in free else None
        free.discard(match)
    return found


def told(header: Sequence[str], pairs: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str | None]:
    """Take a mapping as it was told; columns it leaves out are ignored.

    Raises InputError for a column the file lacks, and for a property that the account is known to lack.
    """
    for column, name in pairs.items():
        if column not in header:
            raise InputError(f"--map names {column!r}{_close(column, header)}; the columns are {', '.join(header)}")
        if name and labels and name not in labels:
            raise InputError(f"--map {column!r}: the object has no property {name!r}{_close(name, labels)}")
    return {column: pairs.get(column) or None for column in header}


def pairs_of(words: Iterable[str]) -> dict[str, str]:
    """Read ``COLUMN=property``, as often as it was given; nothing behind the sign ignores the column."""
    pairs: dict[str, str] = {}
    for word in words:
        column, sign, name = word.rpartition("=")
        if not sign or not column:
            raise InputError(f"--map must be COLUMN=property, not {word!r}")
        pairs[column.strip()] = name.strip()
    return pairs


def pairs_in(path: Path) -> dict[str, str]:
    """Read a mapping from a JSON or TOML file: of column to property, as a whole or under ``columns``.

    Raises InputError for anything else, and OSError where it cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        found: Any = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from None
    found = found.get("columns", found) if isinstance(found, dict) else found
    if not isinstance(found, dict) or not all(isinstance(name, str | None) for name in found.values()):
        raise InputError(f"{path.name} must map names of columns to names of properties")
    return {column: name or "" for column, name in found.items()}


def _plain(word: str) -> str:
    return slug(word).replace("_", "")


def _close(word: str, known: Iterable[str]) -> str:
    found = get_close_matches(word, list(known), 1)
    return f" (is it {found[0]!r}?)" if found else ""
