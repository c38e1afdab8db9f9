"""The reference of the command line says what the command does."""

import inspect
import re

from hubspot_async import errors
from hubspot_async.cli.accounts import _KEYS
from hubspot_async.cli.ending import Exit, status_of
from hubspot_async.facts import FIELDS
from tests.docs.command_line import BEGIN, END, PAGE, written
from tests.docs.pages import ROOT

TEXT = PAGE.read_text(encoding="utf-8")


def rows(section: str, text: str = TEXT) -> list[tuple[str, ...]]:
    """Read the rows of the table in a section."""
    body = re.split(r"^## ", text.partition(f"\n## {section}\n")[2], flags=re.MULTILINE)[0]
    return [
        tuple(cell.strip() for cell in line.strip("|\n").split("|")) for line in body.splitlines() if line[:1] == "|"
    ]


def test_the_help_of_every_command_stands_there_as_it_is() -> None:
    found = TEXT.partition(BEGIN)[2].partition(END)[0]
    assert found == written(), "python -m tests.docs.command_line brings the page up to date"


def test_every_exit_status_is_listed() -> None:
    listed, _ = exit_statuses()
    assert [int(row[0]) for row in listed] == [status.value for status in Exit]


def test_every_class_of_error_is_listed_beside_its_exit_status() -> None:
    _, listed = exit_statuses()
    found = {name: int(status) for status, names in listed for name in re.findall(r"`(\w+)`", names)}
    classes = {name: cls for name, cls in vars(errors).items() if inspect.isclass(cls) and issubclass(cls, Exception)}
    known = {name: cls for name, cls in classes.items() if cls not in (errors.HubSpotError, errors.VersionEndedWarning)}
    assert found == {name: status_of(cls.__new__(cls)).value for name, cls in {**known, "OSError": OSError}.items()}


def exit_statuses() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Read the two tables: what each status means, and which errors have it."""
    _, _, *lines = rows("Exit statuses")
    second = lines.index(("status", "errors"))
    return lines[:second], lines[second + 2 :]


def test_every_key_of_an_account_is_listed() -> None:
    assert {row[0].strip("`") for row in rows("accounts.toml")[2:]} == set(_KEYS)


def test_every_field_of_the_log_is_listed_and_says_the_same() -> None:
    text = (ROOT / "docs" / "how-to" / "read-the-log.md").read_text(encoding="utf-8")
    assert {name.strip("`"): says for name, says in rows("Fields", text)[2:]} == dict(FIELDS)
