from pathlib import Path

import pytest

from hubspot_async.cli.demo.sheet import Sheet, choose_filter, equal, name_properties
from hubspot_async.cli.slugs import slug
from hubspot_async.errors import InputError


def sheet(*rows: str, header: str = "Id,Name") -> Sheet:
    names = header.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return Sheet(Path("people.csv"), tuple(names), tuple(cells))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Symbol", "symbol"),
        ("GICS Sector", "gics_sector"),
        ("GICS Sub-Industry", "gics_sub_industry"),
        ("Größe (m²)", "grosse_m2"),
        ("  Crème brûlée! ", "creme_brulee"),
        ("日本", ""),
    ],
)
def test_a_slug_is_what_is_left_of_a_label_in_plain_letters(label: str, name: str) -> None:
    assert slug(label) == name


def test_each_column_becomes_a_property_that_hubspot_would_take() -> None:
    header = ["A b", "a_b", "A-B", "2024", "日本", "語", "hs_object_id"]
    assert list(name_properties(header).values()) == [
        "a_b",
        "a_b_2",
        "a_b_3",
        "column_2024",
        "column",
        "column_2",
        "column_hs_object_id",
    ]


def test_reads_cells_as_they_are(path: Path) -> None:
    path.write_bytes('\ufeffId,Note\r\n1,"a, ""b""\r\nc"\r\n\r\n,\r\n2, é \r\n'.encode())
    read = Sheet.read(path)
    assert read.header == ("Id", "Note")
    assert read.rows == ({"Id": "1", "Note": 'a, "b"\r\nc'}, {"Id": "2", "Note": " é "})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no rows"),
        (b"Id,Name\n", "no rows"),
        (b"Id,Name\n,\n", "no rows"),
        (b"Id,Name\n1,Ana\n2\n", "row 3: 1 cells where the header has 2"),
        (b",Name\n1,Ana\n", "a column without a name"),
        (b"Id,Name\n1,\xe9\n", "not UTF-8"),
        (b'Id,Name\n1,"Ana\n', "cannot be read as CSV"),
    ],
)
def test_what_cannot_be_imported_is_refused(content: bytes, complaint: str, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        Sheet.read(path)


def test_the_key_is_the_first_column_that_tells_rows_apart() -> None:
    assert sheet("1,Ana", "2,Ana").key == "Id"
    assert sheet("1,Ana", "1,Bo").key == "Name"
    assert sheet("a,Ana", "A,Ana").key is None
    assert sheet(",Ana", "1,Bo").key == "Name"


def test_filters_by_the_text_most_rows_share() -> None:
    assert choose_filter(sheet("1,Ana", "2,Bo", "3,Bo")) == ("Name", "Bo")


def test_does_not_filter_by_what_all_rows_share_or_by_numbers_if_there_is_text() -> None:
    rows = ["1,x,7", "2,x,7", "3,y,7", "3,y,8"]
    assert choose_filter(sheet(*rows, header="Id,Name,Size")) == ("Name", "x")
    assert choose_filter(sheet("1,x", "2,x")) == ("Id", "1")
    assert choose_filter(sheet("1,nan", "2,nan", "3,4")) == ("Id", "1")


@pytest.mark.parametrize(("cell", "value"), [("Bo", "bo"), ("1", "1.0"), ("", "")])
def test_equal_as_hubspot_has_it(cell: str, value: str) -> None:
    assert equal(cell, value)


@pytest.mark.parametrize(("cell", "value"), [("Bo", "Bob"), ("1", "x"), ("", "0"), ("nan", "nan")])
def test_not_equal(cell: str, value: str) -> None:
    assert not equal(cell, value)
