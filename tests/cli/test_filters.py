from datetime import UTC, datetime

import pytest

from hubspot_async import Filter, FilterGroup, PublicCrmSearchRequest, Sort
from hubspot_async.cli.filters import condition, search
from hubspot_async.errors import InputError
from hubspot_async.models.exports import OPERATORS

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)
MIDNIGHT = 1_772_668_800_000
DAY = 86_400_000

OPERATIONS = [
    ("amount = 5", Filter("amount", "EQ", "5")),
    ("amount != 5", Filter("amount", "NEQ", "5")),
    ("amount<5", Filter("amount", "LT", "5")),
    ("amount <= 5", Filter("amount", "LTE", "5")),
    ("amount>5", Filter("amount", "GT", "5")),
    ("amount >= 5", Filter("amount", "GTE", "5")),
    ("amount between 5 and 7", Filter("amount", "BETWEEN", "5", high_value="7")),
    ("stage in (won, lost)", Filter("stage", "IN", values=["won", "lost"])),
    ("stage NOT IN (won)", Filter("stage", "NOT_IN", values=["won"])),
    ("email is known", Filter("email", "HAS_PROPERTY")),
    ("has email", Filter("email", "HAS_PROPERTY")),
    ("email is unknown", Filter("email", "NOT_HAS_PROPERTY")),
    ("name contains smi*", Filter("name", "CONTAINS_TOKEN", "smi*")),
    ("name not  contains smith", Filter("name", "NOT_CONTAINS_TOKEN", "smith")),
]


@pytest.mark.parametrize(("text", "read"), OPERATIONS)
def test_every_operator(text: str, read: Filter) -> None:
    assert condition(text) == read


def test_no_operator_is_left_out() -> None:
    assert {read.operator for _, read in OPERATIONS} == set(OPERATORS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name = Big deal, and (more)", "Big deal, and (more)"),
        ("name=  spaces around  ", "spaces around"),
        ("name = 'quoted \"text\"'", 'quoted "text"'),
        (r'name = "with \"quotes\" and \\"', 'with "quotes" and \\'),
        ("name = a=b", "a=b"),
        ("name = Zoë 陽子", "Zoë 陽子"),
        ("name = ''", ""),
        ("has = 3", "3"),
        ("known_as = is known", "is known"),
    ],
)
def test_values_are_what_stands_there(text: str, value: str) -> None:
    assert condition(text).value == value


def test_values_of_a_list_and_of_a_range_may_be_quoted() -> None:
    assert condition("""a in (one word, "two, words", 'in)', x)""").values == ("one word", "two, words", "in)", "x")
    both = condition("name between 'a and b' and z")
    assert (both.value, both.high_value) == ("a and b", "z")


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        ("2026-03-05", MIDNIGHT),
        ("2026-03-05T01:00", MIDNIGHT + DAY // 24),
        ("2026-03-05 01:00:00.5", MIDNIGHT + DAY // 24 + 500),
        ("2026-03-05T01:00Z", MIDNIGHT + DAY // 24),
        ("2026-03-05t01:00:00+01:00", MIDNIGHT),
        ("today", MIDNIGHT),
        ("Yesterday", MIDNIGHT - DAY),
        ("1 day ago", MIDNIGHT - DAY),
        ("7 days ago", MIDNIGHT - 7 * DAY),
        ("2 weeks ago", MIDNIGHT - 14 * DAY),
    ],
)
def test_moments_are_milliseconds_since_1970(moment: str, milliseconds: int) -> None:
    assert condition(f"createdate >= {moment}", now=NOW).value == str(milliseconds)


def test_a_day_is_the_same_moment_all_day_long() -> None:
    later = NOW.replace(hour=23, minute=59)
    assert condition("createdate >= 3 days ago", now=NOW) == condition("createdate >= 3 days ago", now=later)


def test_moments_in_lists_and_ranges_too() -> None:
    read = condition("closedate between 2026-03-05 and 2026-03-06")
    assert (read.value, read.high_value) == (str(MIDNIGHT), str(MIDNIGHT + DAY))
    assert condition("closedate in (2026-03-05)").values == (str(MIDNIGHT),)


@pytest.mark.parametrize("value", ["'2026-03-05'", '"today"', "2026-03-05x", "20260305", "in 7 days ago", "todays"])
def test_what_is_quoted_or_something_else_is_no_moment(value: str) -> None:
    assert condition(f"note = {value}", now=NOW).value == value.strip("'\"")


def test_words_that_a_text_contains_are_never_moments() -> None:
    assert condition("note contains 2026-03-05").value == "2026-03-05"


@pytest.mark.parametrize(
    ("text", "character", "complaint"),
    [
        ("", 1, "the name of a property is expected, and there is nothing"),
        ("= 5", 1, "the name of a property is expected, not '= 5'"),
        ("createdate", 11, "one of = != "),
        ("a ~ b", 3, "one of = != "),
        ("a is", 3, "one of = != "),
        ("createdate >> 3", 13, "a value is expected, not '> 3'"),
        ("createdate =< 3", 13, "a value is expected, not '< 3'"),
        ("a =", 4, "a value is expected, and there is nothing"),
        ("a in b", 6, "( and values with commas between them is expected, not 'b'"),
        ("a in ()", 7, "a value is expected, not ')'"),
        ("a in (b, ", 10, "a value is expected, and there is nothing"),
        ("a in (b", 8, "a comma or ) is expected"),
        ("a in (b) c", 10, "the end is expected, not 'c'"),
        ("a between 1", 11, "a value and the word `and` is expected"),
        ("a between 1 and", 11, "a value and the word `and` is expected"),
        ("a = 2026-02-30", 5, "a date there is"),
        ("a > 999999 weeks ago", 5, "a date there is"),
        ("a = 'b", 5, "an end of the quotes is expected"),
        ("a = 'b' c", 9, "the end is expected, not 'c'"),
    ],
)
def test_what_cannot_be_understood_is_pointed_at(text: str, character: int, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(text, now=NOW)
    message = str(caught.value)
    assert message.startswith(f"filter {text!r}, character {character}: ")
    assert complaint in message
    assert "\n" not in message


def test_conditions_of_a_group_all_hold_and_groups_are_alternatives() -> None:
    assert search([]) is None
    assert search([[]]) is None
    a, b, c = Filter("a", "EQ", "1"), Filter("b", "EQ", "2"), Filter("c", "HAS_PROPERTY")
    assert search([["a = 1", "b = 2"]]) == PublicCrmSearchRequest(filters=[a, b])
    groups = PublicCrmSearchRequest(filter_groups=[FilterGroup([a, b]), FilterGroup([c])])
    assert search([["a = 1", "b = 2"], ["has c"]]) == groups


def test_sorts_stand_for_themselves_or_beside_conditions() -> None:
    assert search([], ["a", "-b"]) == PublicCrmSearchRequest(sorts=["a", Sort("b", "DESC")])
    both = search([["a = 1"]], ["a"])
    assert both == PublicCrmSearchRequest(filters=[Filter("a", "EQ", "1")], sorts=["a"])


def test_a_long_text_is_read_in_no_time() -> None:
    assert condition("a = " + "x " * 50_000).value
    with pytest.raises(InputError):
        condition("a between " + "and" * 50_000)
