"""CSV as a correct reader reads it, and what no reader can. The numbers are the faults'."""

import csv
import io
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hubspot_async.errors import FileFormatError
from hubspot_async.results.cutting import cut
from hubspot_async.results.fieldlimit import field_limit
from hubspot_async.results.formulas import escaped
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import kept_apart
from hubspot_async.results.records import records
from hubspot_async.results.texts import texts

LIMITS = Limits()


def sliced(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content: bytes, size: int = 2**18, limits: Limits = LIMITS) -> list[list[str]]:
    pieces = texts(sliced(content, size), "people.csv", limits)
    return [list(record) for batch in records(pieces, "people.csv", limits) for record in batch or ()]


def cut_out(text: str, width: int) -> list[list[str]] | None:
    batch = cut(text, text.count("\n"), width)
    return None if batch is None else list(map(list, batch))


def expected(content: bytes) -> list[list[str]]:
    return [record for record in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if record]


CELLS = st.text(st.sampled_from('abé😀 ,"\r\n\x00\u2028\t='), max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12)
)


@settings(max_examples=400, deadline=None)
@given(
    rows=TABLES,
    size=st.integers(1, 80),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    newline=st.sampled_from(["\r\n", "\n"]),
    bom=st.booleans(),
    is_ended=st.booleans(),
)
def test_fault_101_rows_come_as_a_correct_reader_gives_them(
    rows: list[list[str]], size: int, quoting: int, newline: str, bom: bool, is_ended: bool
):
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows(rows)
    written = text.getvalue() if is_ended else text.getvalue().removesuffix(newline)
    content = (b"\xef\xbb\xbf" if bom else b"") + written.encode()
    rows = expected(content)
    assume(len(set(map(len, rows))) <= 1)  # a CR on its own is not always quoted when it is written
    assert read(content, size) == rows


@settings(max_examples=600, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\r\n'), max_size=40), width=st.integers(1, 4))
def test_fault_101_what_is_cut_is_what_the_csv_module_reads(text: str, width: int):
    found = cut_out(text, width)
    if found is not None:
        assert found == list(csv.reader(io.StringIO(text, newline=""), strict=True))


@settings(max_examples=600, deadline=None)
@given(
    rows=TABLES,
    plain=st.integers(0, 40),
    newline=st.sampled_from(["\r\n", "\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    at=st.floats(0, 1),
    put=st.sampled_from(["", "", '"', '""', ",", '","', "\n", '"\n"']),
)
def test_fault_101_nor_is_an_odd_row_among_many_cut_in_another_way(
    rows: list[list[str]], plain: int, newline: str, quoting: int, at: float, put: str
):
    width = len(rows[0])
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows([["ab"] * width] * plain + rows)
    place = int(at * len(text.getvalue()))
    odd = text.getvalue()[:place] + put + text.getvalue()[place:]
    found = cut_out(odd, width)
    if found is not None:
        assert found == list(csv.reader(io.StringIO(odd, newline=""), strict=True))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 7, 2**18])
def test_fault_101_every_end_of_line(newline: str, size: int):
    content = newline.join(["a,b", "1,2", '"x\ny","\r"', "3,4"]).encode()
    assert read(content, size) == [["a", "b"], ["1", "2"], ["x\ny", "\r"], ["3", "4"]]


def test_most_of_a_plain_file_is_cut_and_not_parsed():
    row = '"a","","é, x\r\ny"\r\n'
    assert cut_out(row * 1000, 3) == [["a", "", "é, x\r\ny"]] * 1000
    assert cut_out("a,,b\n" * 1000, 3) == [["a", "", "b"]] * 1000
    assert cut_out(row * 1000 + '"""b""","""",""""""\r\n', 3) == [["a", "", "é, x\r\ny"]] * 1000 + [['"b"', '"', '""']]
    assert cut_out('a,b,c\r\nd,"a, b","c ""d"" e"\r\n', 3) == [["a", "b", "c"], ["d", "a, b", 'c "d" e']]
    assert cut_out('a,"b\nc",d\n' * 2, 3) is None, "a record goes on in the next line"
    assert cut_out("a\rb,c\nd\r\n", 2) is None
    assert cut_out("a\u2028b,c\n", 2) is None
    assert cut_out('"say ""hi""","b"\n' * 100, 2) is None, "with many quotes in cells the csv module is quicker"
    assert cut_out('"a","b"\n"c', 2) is None


def test_fault_101_columns_of_one_name_are_kept_apart():
    assert kept_apart(["Name", "Name", "Email", "Name"]) == ["Name", "Name (2)", "Email", "Name (3)"]
    assert kept_apart(["A", "A", "A (2)"]) == ["A", "A (3)", "A (2)"]
    assert kept_apart(["", "", "A (2)", "A", "A"]) == ["", " (2)", "A (2)", "A", "A (3)"]


@given(st.lists(st.sampled_from(["A", "B", "A (2)", "A (3)", ""]), max_size=8))
def test_fault_101_however_they_are_named(header: list[str]):
    names = kept_apart(header)
    assert len(set(names)) == len(names) == len(header)
    assert all(name.startswith(old) for old, name in zip(header, names, strict=True))


@pytest.mark.parametrize("quote", ["", '"'])
def test_fault_102_a_hundred_thousand_columns(quote: str):
    line = ",".join(f"{quote}c{number}{quote}" for number in range(100_000)) + "\r\n"
    batches = records(texts(sliced(line.encode() * 5, 2**18), "x", LIMITS), "x", LIMITS)
    sizes = [len(list(batch)) for batch in batches if batch]
    assert sum(sizes) == 5
    assert max(sizes) <= 2


def test_fault_103_a_large_cell_and_one_too_large():
    cell = "x" * 10_000_000
    content = f'a,b\r\n1,"{cell}"\r\n2,y\r\n'.encode()
    assert read(content) == [["a", "b"], ["1", cell], ["2", "y"]]
    with pytest.raises(FileFormatError, match="line 2"):
        read(content, limits=Limits(row=5_000_000))
    assert read(content.replace(b'x"', b"\r\n" * 100 + b'"'))[1][1].endswith("\r\n")


@pytest.mark.parametrize("line", [b"some, more\r\n", b'some, "more"\r\n', b"x" * 100])
def test_fault_103_a_quote_that_is_never_closed_is_an_error_and_names_its_line(line: bytes):
    content = b"a,b\r\n1,2\r\n3,4\r\n" + b'5,"6\r\n' + line * (3_000_000 // len(line))
    batches = filter(None, records(texts(sliced(content, 2**18), "x", LIMITS), "x", Limits(row=2**20)))
    assert list(next(batches)) == [["a", "b"], ["1", "2"], ["3", "4"]]
    with pytest.raises(FileFormatError, match="line 4"):
        next(batches)
    with pytest.raises(FileFormatError, match="line 4"):
        read(content[:200])


def test_fault_103_rows_after_a_large_one_are_all_there():
    note = "\r\n".join(["note"] * 50_000)
    rows = [[str(number), note if number % 7 == 3 else "x"] for number in range(30)]
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b"], *rows])
    found = records(texts(sliced(text.getvalue().encode(), 2**14), "x", LIMITS), "x", LIMITS)
    batches = [list(batch) for batch in found if batch]
    assert [record for batch in batches for record in batch] == [["a", "b"], *rows]
    assert len(batches) > 4


def test_fault_103_a_line_without_end_is_not_read_into_memory():
    with pytest.raises(FileFormatError, match="line 2: a row of more than 1048576 bytes"):
        read(b"a,b\r\n" + b"1," * 1_000_000, limits=Limits(row=2**20))


def test_fault_103_the_limit_of_the_csv_module_is_left_as_it_was():
    before = csv.field_size_limit()
    inside = []

    def work() -> None:
        with field_limit(before * 2):
            time.sleep(0.01)
            inside.append(csv.field_size_limit())

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == [before * 2] * 10
    read(b'a,b\r\n1,"' + b"x" * before + b'y"\r\n')
    assert csv.field_size_limit() == before


def test_fault_104_ragged_rows():
    assert read(b"a,b,c\r\n1,2\r\n3\r\n4,5,6,,\r\n\r\n7,8,9\r\n") == [
        ["a", "b", "c"],
        ["1", "2", ""],
        ["3", "", ""],
        ["4", "5", "6"],
        ["7", "8", "9"],
    ]
    with pytest.raises(FileFormatError, match=r"people\.csv, line 4 has 4 cells, and the header has 3"):
        read(b'a,b,c\r\n"1\r\n",2,3\r\n4,5,6,7\r\n')


@pytest.mark.parametrize("size", [1, 3, 2**18])
def test_fault_104_other_encodings_are_not_guessed_at(size: int):
    with pytest.raises(FileFormatError, match=r"people\.csv is not UTF-8: near byte 9 there is 0xe9"):
        read("a,b\r\n1,Ren\xe9\r\n".encode("latin-1").replace(b"1,Ren", b"1,Re"), size)
    for encoding in ("utf-16-le", "utf-16-be"):
        with pytest.raises(FileFormatError, match="UTF-16"):
            read("\ufeffa,b\r\n".encode(encoding), max(size, 2))
    with pytest.raises(FileFormatError, match="not UTF-8"):
        read("a,é".encode()[:-1], size)


def test_fault_105_nothing_and_a_header_only():
    assert read(b"") == read(b"\xef\xbb\xbf") == []
    assert read(b"a,b") == read(b"a,b\r\n") == read(b"\r\n\r\na,b\r\n") == [["a", "b"]]


def test_fault_106_only_what_may_be_a_formula_is_escaped():
    cells = ["=1+1", "+1 800", "-cmd", "@SUM", "\tx", "\rx", "＝1", "-12.5", "+49301234", "1,234.5", "a=b", "", "'x"]
    assert escaped(cells) == [
        "'=1+1", "'+1 800", "'-cmd", "'@SUM", "'\tx", "'\rx", "'＝1", "-12.5", "+49301234", "1,234.5", "a=b", "", "'x",
    ]  # fmt: skip
