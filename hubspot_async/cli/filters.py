"""Conditions as one writes them on a command line, as HubSpot's filters.

::

    createdate >= 2026-01-01             = != < <= > >=
    amount between 100 and 500
    dealstage in (won, "closed, won")    in, not in
    lastname contains smith*             contains, not contains: words, * for any letters
    email is known                       is known, is unknown; also: has email

What is not quoted may be a moment, which becomes milliseconds since 1970, as HubSpot's search wants: a date, a date
with a time (in UTC unless it says otherwise), ``today``, ``yesterday``, ``7 days ago``, ``2 weeks ago``. A day is its
midnight in UTC, so that one condition means the same all day. A value in quotes is text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from attrs import define

from hubspot_async import Filter, FilterGroup, PublicCrmSearchRequest, Sort
from hubspot_async.errors import InputError

_SYMBOLS = {"=": "EQ", "!=": "NEQ", "<=": "LTE", ">=": "GTE", "<": "LT", ">": "GT"}

_NAME = re.compile(r"\w+")
_OPERATOR = re.compile(r"!=|<=|>=|=|<|>|(?:not\s+)?(?:in|contains)\b|between\b|is\s+(?:un)?known\b", re.IGNORECASE)
_HAS = re.compile(r"has\s+(?=\w+\s*$)", re.IGNORECASE)
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")
_REST = re.compile(r"\S(?:.*\S)?")
_ONE_OF_SEVERAL = re.compile(r"[^\s,()](?:[^,()]*[^\s,()])?")
_UNTIL_AND = re.compile(r"\S(?:.*?\S)??(?=\s+and\s)", re.IGNORECASE)

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE
)
_AGO = re.compile(r"(\d{1,6})\s+(day|week)s?\s+ago", re.IGNORECASE)
_DAYS = {"today": 0, "yesterday": 1}

WORDS = "= != < <= > >= in (…), not in (…), between … and …, contains, not contains, is known, is unknown"


def search(
    groups: Iterable[Iterable[str]], sorts: Iterable[str] = (), *, now: datetime | None = None
) -> PublicCrmSearchRequest | None:
    """Make the search of which all conditions of one group must hold; None where nothing is asked for.

    *sorts* are properties, the first one counting most; a ``-`` before one turns its order round.

    Raises InputError for a condition that cannot be understood, and says where.
    """
    read = [FilterGroup([condition(text, now=now) for text in group]) for group in groups]
    read = [group for group in read if group.filters]
    order = [Sort(name[1:], "DESC") if name.startswith("-") else name for name in sorts]
    if len(read) > 1:
        return PublicCrmSearchRequest(filter_groups=read, sorts=order)
    filters = read[0].filters if read else ()
    return PublicCrmSearchRequest(filters=filters, sorts=order) if filters or order else None


def condition(text: str, *, now: datetime | None = None) -> Filter:
    """Read one condition. Raises InputError where it cannot be understood, and says where."""
    return _Reader(text, now or datetime.now(UTC)).condition()


@define
class _Reader:
    """One condition, and how far it has been read."""

    text: str
    now: datetime
    at: int = 0

    def condition(self) -> Filter:
        has = self._take(_HAS)
        name = self._demand(_NAME, "the name of a property")
        found = Filter(name, "HAS_PROPERTY") if has else self._compared(name)
        self._skip()
        if self.at < len(self.text):
            raise self._wrong("the end")
        return found

    def _compared(self, name: str) -> Filter:
        word = " ".join(self._demand(_OPERATOR, f"one of {WORDS}").lower().split())
        match word:
            case "is known":
                return Filter(name, "HAS_PROPERTY")
            case "is unknown":
                return Filter(name, "NOT_HAS_PROPERTY")
            case "in" | "not in":
                return Filter(name, word.replace(" ", "_").upper(), values=self._values())
            case "between":
                low = self._value(_UNTIL_AND, "a value and the word `and`")
                self._demand(re.compile("and", re.IGNORECASE), "the word `and`")
                return Filter(name, "BETWEEN", low, high_value=self._value(_REST))
            case "contains" | "not contains":
                operator = word.replace(" ", "_").upper().replace("CONTAINS", "CONTAINS_TOKEN")
                return Filter(name, operator, self._value(_REST, moments=False))
            case _:
                return Filter(name, _SYMBOLS[word], self._value(_REST))

    def _values(self) -> list[str]:
        self._demand(re.compile(r"\("), "( and values with commas between them")
        values = [self._value(_ONE_OF_SEVERAL)]
        while self._take(re.compile(",")):
            values.append(self._value(_ONE_OF_SEVERAL))
        self._demand(re.compile(r"\)"), "a comma or )")
        return values

    def _value(self, bare: re.Pattern[str], expected: str = "a value", *, moments: bool = True) -> str:
        """Take a value: in quotes as it is, else maybe a moment."""
        self._skip()
        quoted = _QUOTED.match(self.text, self.at)
        if quoted:
            self.at = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2])
        begins = self.at
        if self.text[begins : begins + 1] in ("'", '"'):
            raise self._wrong("an end of the quotes")
        value = self._demand(bare, expected)
        if value[0] in "=<>!":
            self.at = begins
            raise self._wrong(expected)
        return self._moment(value, begins) if moments else value

    def _moment(self, value: str, begins: int) -> str:
        try:
            moment = _moment(value, self.now)
        except (ValueError, OverflowError):
            self.at = begins
            raise self._wrong("a date there is") from None
        return value if moment is None else str(round(moment.timestamp() * 1000))

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        self._skip()
        found = pattern.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found[0]

    def _demand(self, pattern: re.Pattern[str], expected: str) -> str:
        found = self._take(pattern)
        if found is None:
            raise self._wrong(expected)
        return found

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _wrong(self, expected: str) -> InputError:
        rest = self.text[self.at :].strip()
        came = f"not {rest[:30]!r}" if rest else "and there is nothing"
        return InputError(f"filter {self.text!r}, character {self.at + 1}: {expected} is expected, {came}")


def _moment(value: str, now: datetime) -> datetime | None:
    """Read a moment, or None where the value is none. Raises ValueError for a date that there is not."""
    if _MOMENT.fullmatch(value):
        moment = datetime.fromisoformat(value.upper())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    ago = _AGO.fullmatch(value)
    if ago is None and value.lower() not in _DAYS:
        return None
    days = _DAYS[value.lower()] if ago is None else int(ago[1]) * (7 if ago[2].lower() == "week" else 1)
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
