"""`hubspot-async file` and `hubspot-async folder`."""

from pathlib import Path

import pytest

from hubspot_async.sandbox import Sandbox
from tests.cli.conftest import Run


def test_files_are_fetched_from_urls(run: Run, served: Sandbox) -> None:
    urls = [served.host_file(f"{number}.png", b"x" * 10) + "?sig=s3cret" for number in range(2)]
    done = run("file", "import-url", *urls, "--folder", "/logos")
    assert done.status == 0
    assert {each["path"] for each in done.results} == {"/logos/0.png", "/logos/1.png"}
    assert {each["bytes"] for each in done.results} == {10}
    assert "s3cret" not in done.out + done.err


def test_of_several_urls_one_that_fails_leaves_the_others_be(run: Run, served: Sandbox) -> None:
    good = served.host_file("a.png", b"x")
    done = run("file", "import-url", f"{served.download_url}/hosted/9/b.png", good, "--folder", "/logos")
    assert done.status == 1
    assert sorted(each["succeeded"] for each in done.results) == [False, True]
    assert "ended as CANCELED" in done.complaint


def test_of_several_starts_one_that_is_refused_leaves_the_others_be(run: Run, served: Sandbox) -> None:
    urls = [served.host_file(name, b"x") for name in ("a.png", "b.png")]
    served.fail("files.import_from_url", status=400)
    done = run("file", "import-url", *urls, "--folder", "/logos")
    assert done.status == 1
    assert sorted(each["succeeded"] for each in done.results) == [False, True]
    assert "a.png: 400 " in done.complaint


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://user:s3cret@example.com/x", "logo.png"])
def test_a_url_that_is_none_is_refused_here(url: str, run: Run, served: Sandbox) -> None:
    done = run("file", "import-url", url, "--folder", "/logos")
    assert (done.status, served.requests) == (2, [])
    assert "s3cret" not in done.err


def test_files_are_sent(run: Run, served: Sandbox) -> None:
    Path("a.txt").write_text("one")
    Path("b.txt").write_text("two!")
    done = run("file", "upload", "a.txt", "b.txt", "--folder", "/notes", "--access", "PUBLIC_NOT_INDEXABLE")
    assert done.status == 0
    assert [(each["path"], each["bytes"]) for each in done.results] == [("/notes/a.txt", 3), ("/notes/b.txt", 4)]
    assert "sending a.txt, 3 bytes" in done.err


def test_a_file_that_is_missing_is_told_before_any_is_sent(run: Run, served: Sandbox) -> None:
    Path("a.txt").write_text("one")
    done = run("file", "upload", "a.txt", "b.txt", "--folder", "/notes")
    assert (done.status, served.requests) == (7, [])
    assert done.complaint == "hubspot-async: b.txt: No such file or directory"


def test_of_several_files_one_that_is_refused_leaves_the_others_be(run: Run, served: Sandbox) -> None:
    for name in ("a.txt", "b.txt"):
        Path(name).write_text("x")
    served.fail("files.upload", status=400)
    done = run("file", "upload", "a.txt", "b.txt", "--folder", "/notes")
    assert done.status == 1
    assert "a.txt: 400 " in done.complaint
    assert [each["succeeded"] for each in done.results] == [False, True]


@pytest.mark.parametrize("by_path", [True, False])
def test_a_folder_is_renamed_and_moved_by_id_or_path(by_path: bool, run: Run, served: Sandbox) -> None:
    Path("a.txt").write_text("x")
    run("file", "upload", "a.txt", "--folder", "/2025/logos")
    run("file", "upload", "a.txt", "--folder", "/archive")
    (renamed,) = run("folder", "rename", "/2025/logos", "old").results
    assert renamed["path"] == "/2025/old"
    which = "/2025/old" if by_path else renamed["folder_id"]
    (moved,) = run("folder", "move", which, "--to", "/archive").results
    assert (moved["path"], moved["folder_id"]) == ("/archive/old", renamed["folder_id"])


def test_a_version_without_background_folder_updates_is_told(run: Run, served: Sandbox, settings: Path) -> None:
    path = settings / "accounts.toml"
    path.touch(0o600)
    path.write_text(f'[north]\ntoken = "{served.token}"\nversions = "2026-09"\n')
    done = run("folder", "rename", "1", "x", "--account", "north")
    assert done.status == 2
    assert "has no update in version 2026-09" in done.complaint
