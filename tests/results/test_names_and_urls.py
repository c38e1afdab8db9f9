"""Which names a file may get and which URLs it may come from. The numbers are the faults'."""

from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async.errors import UnsafeUrlError
from hubspot_async.models.values import SecretUrl
from hubspot_async.results import safe_name
from hubspot_async.results.names import numbered, shown
from hubspot_async.results.urls import check_url, follow


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("people", "people"),
        ("All contacts, 2026", "All contacts, 2026"),
        ("Zürich é 名前", "Zürich é 名前"),
        ("../../etc/passwd", "etc-passwd"),
        ("/etc/passwd", "etc-passwd"),
        ("C:\\temp\\x", "C--temp-x"),
        ("..", "file"),
        (".hidden", "hidden"),
        ("a\r\nb\0c", "a--b-c"),
        ("CON", "_CON"),
        ("con.csv", "_con.csv"),
        ("lpt1", "_lpt1"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console", "console"),
        ("trailing. . ", "trailing"),
        ("", "file"),
        ("-rf", "rf"),
        ("x" * 300, "x" * 150),
        ("é" * 300, "é" * 75),
        ("\ud800", "file"),
    ],
)
def test_fault_154_and_96_a_name_for_every_system(text: str, name: str):
    assert safe_name(text) == name


@given(st.text(max_size=300))
def test_fault_154_whatever_the_text_it_is_one_name_in_one_directory(text: str):
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 151
    assert Path("folder", name).parent == Path("folder")
    assert PureWindowsPath(name).name == name
    assert not PureWindowsPath(name).is_reserved()
    assert name[0] not in ".- "
    assert name[-1] not in ". "
    assert "\0" not in name
    assert safe_name(name) == name


def test_fault_97_a_name_out_of_a_zip_is_shown_on_one_line():
    assert shown("a\\b\n\x1b[31m" + "x" * 200).startswith("a/b??[31mxxx")
    assert len(shown("x" * 200)) == 78


def test_numbers_go_before_the_suffix():
    assert numbered(Path("d/people.xlsx"), 1) == [Path("d/people.xlsx")]
    assert numbered(Path("d/people.xlsx"), 2) == [Path("d/people-1.xlsx"), Path("d/people-2.xlsx")]


GOOD = [
    "https://files.example/x?Signature=a%2Bb",
    "https://files.example:8443/x",
    "https://8.8.8.8/x",
    "https://[2606:4700::1111]/x",
]
LOCAL = ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:80/x", "https://127.0.0.1/x"]
BAD = [
    "http://files.example/x",
    "ftp://files.example/x",
    "file:///etc/passwd",
    "//files.example/x",
    "people.csv",
    "",
    "https://",
    "https:///x",
    "https://user@files.example/x",
    "https://user:pass@files.example/x",
    "https://@files.example/x",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://0.0.0.0/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0x7f.1/x",
    "https://017700000001/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[::]/x",
    "https://intranet/x",
    "https://printer.local/x",
    "https://metadata.google.internal/x",
    "https://x.localhost/x",
    "https://files.example:99999/x",
    "https://[::1",
    "https://files.example\\@evil.example/x",
    "https://files.example/x\r\nHost: evil",
    "https://files.example/a b",
]


@pytest.mark.parametrize("url", GOOD)
def test_fault_95_a_public_https_url_is_opened(url: str):
    assert check_url(SecretUrl(url)) == check_url(SecretUrl(url), local=True) == url


@pytest.mark.parametrize("url", LOCAL)
def test_fault_95_this_machine_is_for_those_who_talk_to_it_anyway(url: str):
    assert check_url(SecretUrl(url), local=True) == url
    with pytest.raises(UnsafeUrlError):
        check_url(SecretUrl(url))


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize("local", [False, True])
def test_fault_95_any_other_is_not(url: str, local: bool):
    with pytest.raises(UnsafeUrlError):
        check_url(SecretUrl(url), local=local and "127.1" not in url)


@pytest.mark.parametrize("url", [f"{url}?Signature=s3cret" for url in BAD if "?" not in url])
def test_fault_144_what_is_refused_is_not_shown_whole(url: str):
    with pytest.raises(UnsafeUrlError) as caught:
        check_url(SecretUrl(url))
    assert "s3cret" not in str(caught.value)


def test_fault_95_a_redirect_is_read_from_where_it_came():
    url = SecretUrl("https://files.example/a/b?Signature=1")
    assert follow(url, "/c?d=%2B") == "https://files.example/c?d=%2B"
    assert follow(url, "//other.example/c") == "https://other.example/c"
    for location in ("http://other.example/c", "https://[::1", "https://localhost/"):
        with pytest.raises(UnsafeUrlError):
            follow(url, location)
