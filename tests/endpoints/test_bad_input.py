"""Input that cannot be right is refused in clear words, and the server hears nothing of it."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hubspot_async import (
    FolderUpdate,
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    ViewExport,
    exports,
    files,
    folders,
    imports,
)
from hubspot_async.errors import InputError, UnknownTaskKindError
from hubspot_async.models.imports import ColumnMapping, ImportFile
from tests.endpoints.conftest import Recorder

Act = Callable[[HubSpotSession, Path], Awaitable[object]]


def plan_for(*names: str) -> ImportRequest:
    return ImportRequest("leads", [ImportFile(name, [ColumnMapping("Email", "email")]) for name in names])


async def look_at_json(session: HubSpotSession, text: str) -> object:
    return await exports.get_status(session, HubSpotTask.from_json(text))


BAD: dict[str, tuple[Act, type[Exception], str]] = {
    "an empty property list": (
        lambda session, _: exports.start(session, ViewExport("CONTACT", [])),
        InputError,
        "ViewExport.object_properties must name at least one",
    ),
    "an empty property list of a list": (
        lambda session, _: exports.start(session, ListExport("1", "CONTACT", [])),
        InputError,
        "ListExport.object_properties must name at least one",
    ),
    "a CSV that lacks a mapped column": (
        lambda session, path: imports.start(
            session, ImportRequest.for_csv(path / "leads.csv", "0-1", {"E-mail": "email"}, key="E-mail"), path
        ),
        InputError,
        "leads.csv lacks 'E-mail'; its columns are Email",
    ),
    "a missing file": (
        lambda session, path: imports.start(session, plan_for("gone.csv"), path / "gone.csv"),
        FileNotFoundError,
        "gone.csv",
    ),
    "a folder for a file": (
        lambda session, path: imports.start(session, plan_for(path.name), path),
        IsADirectoryError,
        "Is a directory",
    ),
    "an empty file": (
        lambda session, path: imports.start(session, plan_for("empty.csv"), path / "empty.csv"),
        InputError,
        "empty.csv is empty",
    ),
    "no bytes": (
        lambda session, _: imports.start(session, plan_for("a.csv"), {"a.csv": b""}),
        InputError,
        "a.csv is empty",
    ),
    "a file less than planned": (
        lambda session, path: imports.start(session, plan_for("leads.csv", "b.csv"), path / "leads.csv"),
        InputError,
        "files lacks b.csv, which the plan names",
    ),
    "a file more than planned": (
        lambda session, _: imports.start(session, plan_for("a.csv"), {"a.csv": b"x", "b.csv": b"x"}),
        InputError,
        "files has b.csv, which the plan does not name",
    ),
    "one name for two files": (
        lambda session, path: imports.start(session, plan_for("leads.csv"), 2 * [path / "leads.csv"]),
        InputError,
        "files has two of the name leads.csv",
    ),
    "no file": (
        lambda session, _: imports.start(session, plan_for("a.csv"), []),
        InputError,
        "files lacks a.csv",
    ),
    "a file name with a line break": (
        lambda session, _: imports.start(session, plan_for("a\r\nX: y.csv"), {"a\r\nX: y.csv": b"x"}),
        InputError,
        r"cannot be uploaded under the name 'a\r\nX: y.csv'",
    ),
    "a file name that is no text": (
        lambda session, _: imports.start(session, plan_for("a\udcff.csv"), {"a\udcff.csv": b"x"}),
        InputError,
        r"cannot be uploaded under the name 'a\udcff.csv'",
    ),
    "an export name that is no text": (
        lambda session, _: exports.start(session, ViewExport("CONTACT", ["email"], export_name="a\udcff")),
        InputError,
        r"'\udcff' cannot be sent",
    ),
    "no folder": (
        lambda session, _: files.import_from_url(session, ImportFromUrl("https://a/b")),
        InputError,
        "folder_path or folder_id must be given, one of the two",
    ),
    "two folders": (
        lambda session, _: files.import_from_url(session, ImportFromUrl("https://a/b", folder_id=1, folder_path="/a")),
        InputError,
        "folder_path or folder_id must be given, one of the two",
    ),
    "a URL of this machine's disk": (
        lambda session, _: files.import_from_url(session, ImportFromUrl("file:///etc/passwd", folder_id=1)),
        InputError,
        "must be an http or https URL",
    ),
    "an update of nothing": (
        lambda session, _: folders.update(session, FolderUpdate("42")),
        InputError,
        "parent_folder_id or name must be given",
    ),
    "an id with a line break": (
        lambda session, _: exports.get_status(session, exports.task("1\r\nX: y")),
        InputError,
        r"'1\r\nX: y' cannot be part of a path",
    ),
    "an id that climbs": (lambda session, _: exports.get(session, ".."), InputError, "'..' cannot be part of a path"),
    "a task of an unknown kind": (
        lambda session, _: look_at_json(session, '{"kind": "backup", "id": "1", "version": "v3"}'),
        UnknownTaskKindError,
        "a task's kind is 'backup', which is not one of export, import, file-import, folder-update",
    ),
    "a task that is none": (
        lambda session, _: look_at_json(session, "90151673"),
        InputError,
        "this is not the JSON of a task",
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize(("act", "error", "reason"), BAD.values(), ids=BAD)
async def test_it_is_refused_before_anything_is_sent(
    hubspot: Recorder, session: HubSpotSession, tmp_path: Path, act: Act, error: type[Exception], reason: str
):
    hubspot.answers("locator", 202)
    (tmp_path / "leads.csv").write_bytes(b"Email\ne@example.com\n")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(error, match=re.escape(reason)):
        # What a model refuses it refuses when it is made, before there is anything to await.
        await act(session, tmp_path)
    assert hubspot.requests == []


@pytest.mark.parametrize("token", ["", " ", "\t\n", None, 5, b"pat-s3cret"])
def test_there_must_be_a_token(token: object):
    with pytest.raises(InputError, match="token") as caught:
        HubSpotSession(token)  # type: ignore[arg-type]
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "token",
    ["pat-s3cret\r\nX-Evil: y", "pat-s3cret\n", "pat s3cret", "pat-s3cret\0", "pat-s3crét", "pat-s3cret\x7f"],
)
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str):
    with pytest.raises(InputError, match="token holds a character that none has") as caught:
        HubSpotSession(token)
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("name", ["HUBSPOT_ACCESS_TOKEN", None])
def test_without_a_token_in_the_environment_it_is_named(monkeypatch: pytest.MonkeyPatch, name: str | None):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    if name:
        monkeypatch.setenv(name, "  ")
    with pytest.raises(InputError, match="HUBSPOT_ACCESS_TOKEN is not set"):
        HubSpotSession.from_env()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must be https://host"),
        ("api.hubapi.com", "must be https://host"),
        ("ftp://api.hubapi.com", "must be https://host"),
        ("https://", "must be https://host"),
        ("https://[::1", "is not a URL"),
        ("https://host:port", "is not a URL"),
        ("http://api.hubapi.com", "plain http would show the token"),
        ("http://127.0.0.1.example.com", "plain http would show the token"),
        ("http://localhost.example.com", "plain http would show the token"),
        ("http://0.0.0.0", "plain http would show the token"),
        ("http://10.0.0.1:8787", "plain http would show the token"),
        ("https://me:pw@api.hubapi.com", "must not carry a user name or password"),
        ("http://localhost@example.com", "must not carry a user name or password"),
        ("https://api.hubapi.com/crm", "must end after host and port"),
        ("https://api.hubapi.com?a=b", "must end after host and port"),
        ("https://api.hubapi.com#a", "must end after host and port"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: str, reason: str):
    with pytest.raises(InputError, match=reason):
        HubSpotSession("pat-1", base_url=url)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://api.hubapi.com/", "https://api.hubapi.com"),
        ("https://proxy.example:8443", "https://proxy.example:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://localhost:8787/", "http://localhost:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
    ],
)
def test_an_address_is_an_origin(url: str, base_url: str):
    assert HubSpotSession("pat-1", base_url=url).base_url == base_url


@pytest.mark.parametrize("versions", ["v4", {"exports": "v4"}, {"contacts": "v3"}])
def test_an_unknown_version_or_family_is_refused(versions: str | dict[str, str]):
    with pytest.raises(InputError, match="versions= names"):
        HubSpotSession("pat-1", versions=versions)
