from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubspot_async import Filter, ListExport, PublicCrmSearchRequest, Sort, ViewExport
from hubspot_async.cli.exportsfile import load, parse
from hubspot_async.errors import InputError

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)

NIGHTLY = """\
# every night
[defaults]
accounts = ["north", "south"]
language = "DE"

[[export]]
object = "contacts"
properties = ["email", "firstname"]
name = "people"
filter = "createdate >= yesterday"
sort = "-createdate"

[[export]]
object = "2-123"
properties = "name"
list = 42
name = "vip"
format = "xlsx"
internal = ["NAMES"]
accounts = "north"
"""


def test_exports_by_account() -> None:
    search = PublicCrmSearchRequest(
        filters=[Filter("createdate", "GTE", "1772582400000")], sorts=[Sort("createdate", "DESC")]
    )
    people = ViewExport(
        "CONTACT", ["email", "firstname"], export_name="people", language="DE", public_crm_search_request=search
    )
    vip = ListExport(
        "42",
        "2-123",
        ["name"],
        export_name="vip",
        language="DE",
        format="XLSX",
        export_internal_values_options=["NAMES"],
    )
    assert parse(NIGHTLY, now=NOW) == {"north": [people, vip], "south": [people]}


def test_without_accounts_it_is_the_environments() -> None:
    found = parse('[[export]]\nobject = "deals"\nproperties = ["amount"]\n')
    assert found == {None: [ViewExport("DEAL", ["amount"], export_name="deal")]}


def test_groups_of_conditions_are_lists_of_lists() -> None:
    text = '[[export]]\nobject = "deals"\nproperties = ["amount"]\nfilter = {}\n'
    one = parse(text.format('["a = 1", "b = 2"]'))[None][0]
    two = parse(text.format('[["a = 1", "b = 2"], ["c = 3"]]'))[None][0]
    assert isinstance(one, ViewExport)
    assert isinstance(two, ViewExport)
    assert one.public_crm_search_request == PublicCrmSearchRequest(
        filters=[Filter("a", "EQ", "1"), Filter("b", "EQ", "2")]
    )
    assert two.public_crm_search_request is not None
    assert [len(group.filters) for group in two.public_crm_search_request.filter_groups] == [2, 1]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("createdate >=", "createdate >", None),
        ("yesterday", "", "exports.toml, line 10, [[export]] 1: filter: filter 'createdate >= ', character 15"),
        ('"DE"', '"XX"', "exports.toml, line 4, [defaults]: language must be one of"),
        ('"DE"', "3", "exports.toml, line 4, [defaults]: language must be a text"),
        ("language =", "langage =", "exports.toml, line 4, [defaults]: langage is none of object, properties"),
        ("[defaults]", "[default]", "exports.toml: 'default' is neither [defaults] nor [[export]]"),
        ('"xlsx"', '"PDF"', "exports.toml, line 18, [[export]] 2: format must be one of CSV, XLS, XLSX, not 'PDF'"),
        ("list = 42", "list = true", "exports.toml, line 16, [[export]] 2: list must be a text"),
        ("list = 42", "list = 42\nsort = 'name'", "exports.toml, line 16, [[export]] 2: list goes with neither"),
        ('name = "vip"', 'name = "People"', "exports.toml, line 17, [[export]] 2: name 'People' is that of"),
        ('name = "vip"', "name = ''", "exports.toml, line 17, [[export]] 2: name must be a non-empty string"),
        (
            'properties = "name"',
            "properties = []",
            "exports.toml, line 15, [[export]] 2: properties must be a text, or",
        ),
        ('properties = "name"', "", "exports.toml, line 13, [[export]] 2: properties is missing"),
        ('object = "2-123"', "", "exports.toml, line 13, [[export]] 2: object is missing"),
        ('accounts = "north"', "accounts = [1]", "exports.toml, line 20, [[export]] 2: accounts must be a text, or"),
        ('["NAMES"]', '["LABELS"]', "exports.toml, line 19, [[export]] 2: internal must be one of NAMES, VALUES"),
        (
            'filter = "createdate >= yesterday"',
            "filter = 3",
            "exports.toml, line 10, [[export]] 1: filter, a condition",
        ),
        ('filter = "createdate >= yesterday"', "filter = [3]", "exports.toml, line 10, [[export]] 1: filter, a cond"),
        ("list = 42", "list = 42 43", "exports.toml is no TOML: "),
    ],
)
def test_errors_name_the_line_the_table_and_the_key(before: str, after: str, complaint: str | None) -> None:
    assert before in NIGHTLY
    text = NIGHTLY.replace(before, after, 1)
    if complaint is None:
        parse(text)
        return
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


def test_what_stands_inside_a_value_is_no_table() -> None:
    text = '''\
[[export]]
object = "deals"
properties = [
    "amount",
]
name = """
[[export]]
format = 3
"""

[[export]] # the second
  "object" = "deals"
properties = ["amount"]
format = "PDF"
'''
    with pytest.raises(InputError, match=r"^exports.toml, line 14, \[\[export\]\] 2: format"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no exports"),
        ("[defaults]\n", "has no exports"),
        ("export = 3\n", "has no exports"),
        ("[export]\n", "has no exports"),
        ("defaults = 3\n", "defaults must be a table"),
        ("x" * 1_000_001, "longer than"),
    ],
)
def test_a_file_without_exports_says_how_one_looks(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        parse(text)


def test_a_name_that_two_exports_share_matters_in_one_account_only() -> None:
    text = NIGHTLY.replace('name = "vip"', 'name = "people"').replace('["north", "south"]', '["south"]')
    assert {account: len(exports) for account, exports in parse(text).items()} == {"south": 1, "north": 1}


def test_an_account_named_twice_is_asked_once() -> None:
    found = parse(NIGHTLY.replace('"north", "south"', '"south", "south"'), now=NOW)
    assert [len(found["south"]), len(found["north"])] == [1, 1]


def test_a_file_is_read_with_or_without_a_mark_and_named(tmp_path: Path) -> None:
    path = tmp_path / "nightly.toml"
    path.write_bytes(b"\xef\xbb\xbf" + NIGHTLY.encode())
    assert load(path, now=NOW) == parse(NIGHTLY, now=NOW)
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"^nightly.toml is not UTF-8$"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.toml")


def test_accounts_are_named_by_every_export_or_by_none() -> None:
    first = '[[export]]\nobject = "contacts"\nproperties = ["email"]\naccounts = ["north"]\n'
    text = f'{first}[[export]]\nobject = "deals"\nproperties = ["amount"]\n'
    with pytest.raises(InputError, match=r"line 5, \[\[export\]\] 2: accounts is missing, which other exports name"):
        parse(text)
    with pytest.raises(InputError, match=r"line 4, .*: accounts must hold names"):
        parse(text.replace('"north"', '""'))


def test_a_mistake_at_the_end_of_a_long_list_is_found() -> None:
    table = '[[export]]\nobject = "contacts"\nproperties = ["email"]\nname = "x{}"\n'
    text = "".join(map(table.format, range(3000))) + '[[export]]\nobject = 1\nproperties = ["email"]\n'
    with pytest.raises(InputError, match="line 12002"):
        parse(text)
