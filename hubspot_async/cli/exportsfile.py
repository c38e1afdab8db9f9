"""Exports that are listed in a TOML file, as a nightly job has them.

::

    [defaults]  # for every export that does not say otherwise
    accounts = ["north", "south"]  # of accounts.toml; without any the token of the environment
    language = "EN"

    [[export]]
    object = "contacts"  # or the type id of a custom object
    properties = ["email", "firstname"]
    name = "people"  # the file's name; the object's if not given
    filter = "createdate >= yesterday"  # or a list of conditions that must all hold, or a list of such lists

    [[export]]
    object = "contacts"
    name = "vip"
    list = "42"
    properties = ["email"]
    format = "XLSX"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

from hubspot_async import ListExport, PublicCrmSearchRequest, ViewExport
from hubspot_async.cli import filters, objects
from hubspot_async.errors import InputError
from hubspot_async.results.names import safe_name

Exports: TypeAlias = dict[str | None, list[ViewExport | ListExport]]
"""What each account is asked for; None is the account of the environment's token."""

_OPTIONS: Mapping[str, str] = {
    "format": "format",
    "language": "language",
    "associated": "associated_object_type",
    "internal": "export_internal_values_options",
    "labels": "include_labeled_associations",
}
"""Keys of the file that are options of an export under another name."""

_KEYS = ("object", "properties", "name", "list", "filter", "sort", "accounts", *_OPTIONS)
_LARGEST = 1_000_000
"""Characters of such a file; one of 10,000 exports has fewer."""


def load(path: Path, *, now: datetime | None = None) -> Exports:
    """Read the exports of a file. Raises InputError as `parse` does, and OSError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8") from None
    return parse(text, path.name, now=now)


def parse(text: str, name: str = "exports.toml", *, now: datetime | None = None) -> Exports:
    """Read exports, by the account that they are asked of.

    Raises InputError for what cannot be understood; it names the line, the table and the key.
    """
    if len(text) > _LARGEST:
        raise InputError(f"{name} is longer than {_LARGEST:,} characters")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is no TOML: {error}") from None
    file = _File(name, text)
    defaults, tables = file.check(document)
    exports: Exports = {}
    names_accounts = any("accounts" in each for each in (*tables, defaults))
    taken: dict[tuple[str | None, str], int] = {}
    for number, own in enumerate(tables):
        table = _Table(file, number, own, defaults)
        export = table.export(now)
        if names_accounts:
            table.check_accounts()
        for account in table.accounts():
            first = taken.setdefault((account, safe_name(export.export_name).casefold()), number)
            if first != number:
                raise table.wrong(
                    "name", f"{export.export_name!r} is that of the export in line {file.line(first)} too"
                )
            exports.setdefault(account, []).append(export)
    return exports


@frozen
class _File:
    """The text of the file, for the lines that errors name."""

    name: str
    text: str

    def check(self, document: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
        """Give the defaults and the exports, if the file has nothing else."""
        unknown = [key for key in document if key not in ("defaults", "export")]
        if unknown:
            raise InputError(f"{self.name}: {unknown[0]!r} is neither [defaults] nor [[export]]")
        defaults, tables = document.get("defaults", {}), document.get("export", [])
        if not isinstance(defaults, dict):
            raise InputError(f"{self.name}: defaults must be a table, [defaults]")
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
            raise InputError(f"{self.name} has no exports: each is a table of its own, [[export]]")
        return defaults, tables

    def line(self, number: int | None, key: str = "") -> int:
        """Find the line of an export, or of the defaults, or of one of their keys."""
        header = r"\[\s*defaults\s*\]" if number is None else r"\[\[\s*export\s*\]\]"
        lines = self.text.splitlines()
        begins = next(islice(self._places(lines, header), number or 0, None), 0)
        ends = next((at for at in self._places(lines, r"\[") if at > begins), len(lines))
        keys = self._places(lines, rf"""["']?{re.escape(key)}["']?\s*=""") if key else iter(())
        return 1 + next((at for at in keys if begins < at < ends), begins)

    @staticmethod
    def _places(lines: Sequence[str], pattern: str) -> Iterator[int]:
        """Find lines that begin so, unless they stand inside a value: then what is above them is no whole TOML.

        What was whole above the last such line need not be read again.
        """
        whole = 0
        for at, line in enumerate(lines):
            if re.match(rf"\s*{pattern}", line):
                try:
                    tomllib.loads("\n".join(lines[whole:at]))
                except tomllib.TOMLDecodeError:
                    continue
                whole = at
                yield at


@frozen
class _Table:
    """One export, with what the defaults say where it says nothing."""

    file: _File
    number: int
    own: Mapping[str, Any]
    defaults: Mapping[str, Any]

    def export(self, now: datetime | None) -> ViewExport | ListExport:
        """Make the export."""
        self._check_keys()
        options: dict[str, Any] = {
            option: self._get(key, list if key in ("associated", "internal") else str if key != "labels" else bool)
            for key, option in _OPTIONS.items()
            if self._has(key)
        }
        if self._has("name"):
            options["export_name"] = self._get("name", str)
        kind: Any = ListExport if self._has("list") else ViewExport
        which = {"list_id": self._list()} if self._has("list") else {"public_crm_search_request": self._search(now)}
        object_type, properties = objects.name_of(self._get("object", str)), self._get("properties", list)
        try:
            export: ViewExport | ListExport = kind(
                object_type=object_type, object_properties=properties, **which, **options
            )
        except InputError as error:
            raise self._named(error) from None
        return export

    def accounts(self) -> Sequence[str | None]:
        """Tell whom it is asked of."""
        return list(dict.fromkeys(self._get("accounts", list))) if self._has("accounts") else [None]

    def check_accounts(self) -> None:
        """See that whom it is asked of has a name: others of the file have one."""
        if not self._has("accounts"):
            raise self.wrong("accounts", "is missing, which other exports name")
        if not all(self.accounts()):
            raise self.wrong("accounts", "must hold names")

    def wrong(self, key: str, reason: str) -> InputError:
        """Make the error that names line, table and key."""
        number = self.number if key in self.own or key not in self.defaults else None
        table = "[defaults]" if number is None else f"[[export]] {self.number + 1}"
        line = self.file.line(number, key)
        return InputError(
            f"{self.file.name}, line {line}, {table}: {key}{reason if reason[:1] in ',:' else ' ' + reason}"
        )

    def _list(self) -> str:
        if self._has("filter") or self._has("sort"):
            raise self.wrong("list", "goes with neither filter nor sort: the list says which records")
        return str(self._get("list", (str, int)))

    def _search(self, now: datetime | None) -> PublicCrmSearchRequest | None:
        sorts = self._get("sort", list) if self._has("sort") else ()
        conditions = self._conditions() if self._has("filter") else ()
        try:
            return filters.search(conditions, sorts, now=now)
        except InputError as error:
            raise self.wrong("filter", f": {error}") from None

    def _conditions(self) -> Sequence[Sequence[str]]:
        given: Any = self._value("filter")
        groups: Any = [[given]] if isinstance(given, str) else given
        if isinstance(groups, list) and all(isinstance(each, str) for each in groups):
            groups = [groups]
        if not isinstance(groups, list) or not all(_is_texts(group) for group in groups):
            raise self.wrong("filter", ", a condition, must be a text, a list of them, or a list of such lists")
        return groups

    def _check_keys(self) -> None:
        for key in [*self.own, *self.defaults]:
            if key not in _KEYS:
                raise self.wrong(key, f"is none of {', '.join(_KEYS)}")
        for key in ("object", "properties"):
            if not self._has(key):
                raise self.wrong(key, "is missing")

    def _has(self, key: str) -> bool:
        return key in self.own or key in self.defaults

    def _value(self, key: str) -> Any:
        return self.own[key] if key in self.own else self.defaults[key]

    def _get(self, key: str, kind: Any) -> Any:
        """Give the value of a key; of a list, one text will do."""
        value = self._value(key)
        if kind is list and isinstance(value, str):
            return [value]
        if kind is list and not _is_texts(value):
            raise self.wrong(key, "must be a text, or a list of texts")
        if kind is not list and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise self.wrong(key, "must be true or false" if kind is bool else "must be a text")
        return value

    def _named(self, error: InputError) -> InputError:
        """Name in our words the key that an export complains of in its own."""
        model, _, reason = error.message.partition(" ")
        names = {option: key for key, option in _OPTIONS.items()}
        names |= {"object_type": "object", "object_properties": "properties", "export_name": "name", "list_id": "list"}
        field = model.partition(".")[2]
        return self.wrong(names.get(field, field), reason)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)
