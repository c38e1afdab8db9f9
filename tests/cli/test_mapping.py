from pathlib import Path

import pytest

from hubspot_async.cli.mapping import Columns, guess, pairs_in, pairs_of, read_header, told
from hubspot_async.errors import InputError

LABELS = {
    "hs_object_id": "Record ID",
    "email": "Email",
    "firstname": "First Name",
    "shoe_size": "Shoe size (EU)",
    "lastname": "Last Name",
}


def test_columns_are_matched_with_labels_names_and_other_words() -> None:
    header = ["Record ID", "E-mail", "first name", "Shoe Size (EU)", "Surname", "Whatever", ""]
    assert guess(header, "0-1", LABELS) == {
        "Record ID": "hs_object_id",
        "E-mail": "email",
        "first name": "firstname",
        "Shoe Size (EU)": "shoe_size",
        "Surname": "lastname",
        "Whatever": None,
        "": None,
    }


def test_of_an_account_that_may_not_be_read_the_standard_properties_are_known() -> None:
    assert guess(["Company domain name", "Company name", "Shoe size"], "0-2", {}) == {
        "Company domain name": "domain",
        "Company name": "name",
        "Shoe size": None,
    }
    assert guess(["Record ID", "Name"], "2-123", {}) == {"Record ID": "hs_object_id", "Name": None}


def test_a_property_is_guessed_once() -> None:
    assert guess(["Email", "E-mail"], "0-1", LABELS) == {"Email": "email", "E-mail": None}


def test_a_letter_of_another_script_is_no_match() -> None:
    assert guess(["名前", "—"], "0-1", {"x": "陽子"}) == {"名前": None, "—": None}


def test_the_key_is_the_id_or_what_tells_records_of_the_type_apart() -> None:
    assert Columns({"a": "email", "b": "hs_object_id"}, {}).key("0-1") == "b"
    assert Columns({"a": "email", "b": None}, {}).key("0-1") == "a"
    assert Columns({"a": "email"}, {}).key("0-2") is None
    assert Columns({"a": None}, {}).key("2-123") is None


def test_told_columns_leave_the_others_out() -> None:
    header = ["Email", "Name", "Age"]
    assert told(header, {"Name": "lastname", "Age": ""}, LABELS) == {"Email": None, "Name": "lastname", "Age": None}
    assert told(header, {"Name": "anything"}, {})["Name"] == "anything"


@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        ({"Emial": "email"}, r"names 'Emial' \(is it 'Email'\?\); the columns are Email, Name"),
        ({"Email": "emial"}, r"no property 'emial' \(is it 'email'\?\)"),
        ({"Email": "quite_another"}, r"no property 'quite_another'$"),
    ],
)
def test_what_is_not_there_is_named_and_what_was_meant(pairs: dict[str, str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        told(["Email", "Name"], pairs, LABELS)


def test_pairs_on_the_command_line() -> None:
    assert pairs_of(["Email=email", "a = b=c", "Age="]) == {"Email": "email", "a = b": "c", "Age": ""}


@pytest.mark.parametrize("word", ["Email", "=email", ""])
def test_what_is_no_pair(word: str) -> None:
    with pytest.raises(InputError, match="COLUMN=property"):
        pairs_of([word])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("map.json", '{"Email": "email", "Age": null}'),
        ("map.json", '{"columns": {"Email": "email", "Age": null}, "key": "Email"}'),
        ("map.toml", 'Email = "email"\nAge = ""\n'),
        ("map.toml", '[columns]\nEmail = "email"\nAge = ""\n'),
    ],
)
def test_pairs_in_a_file(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert pairs_in(tmp_path / name) == {"Email": "email", "Age": ""}


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.toml", "="), ("a.json", "[1]"), ("a.json", '{"a": 1}')]
)
def test_a_file_that_maps_nothing(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=name):
        pairs_in(tmp_path / name)


def test_the_header_and_the_first_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffE-mail,"Größe, cm"\r\n,170\r\nana@example.com,180\r\n'.encode())
    assert read_header(path) == (["E-mail", "Größe, cm"], {"E-mail": "ana@example.com", "Größe, cm": "170"})


@pytest.mark.parametrize(
    ("content", "complaint"), [(b"", "no header"), (b"\xff\xfe", "not UTF-8"), (b",\n", "no header")]
)
def test_a_file_that_is_no_csv(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        read_header(tmp_path / "a.csv")
