"""Requests and the parts of them that come from outside."""

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async.errors import InputError
from hubspot_async.models.exports import ExportStatus, ViewExport
from hubspot_async.wire.request import FilePart, Request, segment
from hubspot_async.wire.versions import Family


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("90151673", "90151673"),
        ("9b4f6a0e-7c2d_4a57.8~", "9b4f6a0e-7c2d_4a57.8~"),
        ("a/b", "a%2Fb"),
        ("a/../b", "a%2F..%2Fb"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"),
        ("a b;é\\", "a%20b%3B%C3%A9%5C"),
        ("...", "..."),
    ],
)
def test_a_segment_holds_whatever_is_in_it(value: str, encoded: str):
    assert segment(value) == encoded


@pytest.mark.parametrize(
    "value",
    ["", ".", "..", "a\r\nb", "a\nb", "a\0b", "\x7f", "\x85", "\u2028", "\ud800", "x" * 1_000_000],
    ids=lambda value: repr(value)[:20],
)
def test_what_no_server_takes_as_a_segment_is_refused(value: str):
    with pytest.raises(InputError) as caught:
        segment(value)
    assert len(str(caught.value)) < 500
    assert len(str(caught.value).splitlines()) == 1


@settings(deadline=None)
@given(st.text())
def test_a_segment_stays_one_and_comes_back_whole(value: str):
    try:
        encoded = segment(value)
    except InputError:
        return
    assert encoded.isascii()
    assert not set(encoded) & set("/?#\\ \r\n")
    assert encoded not in (".", "..")
    assert unquote(encoded) == value


def test_a_request_knows_its_path_and_shows_no_body():
    export = ViewExport("CONTACT", ["email"], export_name="s3cret")
    request = Request("POST", Family.EXPORTS, "v3", "/export/async", ExportStatus, body=export, is_start=True)
    assert str(request) == "POST /crm/v3/exports/export/async"
    assert "s3cret" not in repr(request)


@pytest.mark.parametrize(
    "name", ["leads.csv", "my leads é.csv", 'a "b".csv', "a\\b.csv", "naïve\u202f1.csv", "日本.csv"]
)
def test_a_file_may_have_any_name_that_is_one_line(name: str):
    assert FilePart("files", name, b"x").file_name == name


@pytest.mark.parametrize("name", ["", " ", "a\r\nb.csv", "a\nb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b", "a\udcffb"])
def test_a_file_name_that_is_not_one_line_of_text_is_refused(name: str):
    with pytest.raises(InputError) as caught:
        FilePart("files", name, b"x")
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_part_does_not_show_what_it_holds():
    assert "s3cret" not in repr(FilePart("files", "a.csv", b"s3cret"))
