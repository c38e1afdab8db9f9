"""Every start and every status call in every version that has it, as it arrives at a socket."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import (
    FolderUpdate,
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    TaskKind,
    ViewExport,
    exports,
    files,
    folders,
    imports,
)
from hubspot_async.errors import UnsupportedVersionError
from hubspot_async.models.imports import ColumnMapping, ImportFile
from tests.contract import Contract
from tests.endpoints.conftest import TOKEN, Arrived, Recorder
from tests.samples import document

ALL = ("v3", "2025-09", "2026-03", "2026-09")
EXPORTS = {
    "v3": "/crm/v3/exports",
    "2025-09": "/crm/exports/2025-09",
    "2026-03": "/crm/exports/2026-03",
    "2026-09": "/crm/exports/2026-09",
}
IMPORTS = {
    "v3": "/crm/v3/imports",
    "2025-09": "/crm/imports/2025-09",
    "2026-03": "/crm/imports/2026-03",
    "2026-09": "/crm/imports/2026-09",
}
FILES = {
    "v3": "/files/v3/files",
    "2025-09": "/files/2025-09/files",
    "2026-03": "/files/2026-03/files",
    "2026-09": "/files/2026-09/files",
}
FOLDERS = {
    "v3": "/files/v3/folders",
    "2025-09": "/files/2025-09/folders",
    "2026-03": "/files/2026-03/folders",
}

LOGO = ImportFromUrl("https://example.com/logo.png?sig=1", folder_path="/logos")
PLAN = ImportRequest("leads", [ImportFile("leads.csv", [ColumnMapping("Email", "email", column_object_type_id="0-1")])])


def assert_sent(arrived: Arrived, method: str, path: str) -> None:
    assert (arrived.method, arrived.path) == (method, path)
    assert arrived.headers.getall("Authorization") == [f"Bearer {TOKEN}"]
    assert arrived.headers.getall("Accept") == ["application/json"]
    assert "Cookie" not in arrived.headers
    assert "hubspot-async" in arrived.headers["User-Agent"]


def assert_sent_json(arrived: Arrived, path: str, body: object) -> None:
    assert_sent(arrived, "POST", path)
    assert arrived.headers.getall("Content-Type") == ["application/json"]
    assert arrived.json == body


def assert_asked(arrived: Arrived, path: str) -> None:
    assert_sent(arrived, "GET", path)
    assert arrived.body == b""
    assert "Content-Type" not in arrived.headers


def assert_begun(task: HubSpotTask[Any], kind: str, id: str, version: str) -> None:
    """The task in the user's hands names what HubSpot said, and where to ask."""
    assert (task.kind.name, task.id, task.version, task.account) == (kind, id, version, "acme")
    assert task.started_at is not None
    assert abs((datetime.now(UTC) - task.started_at).total_seconds()) < 60


# Exports.


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_a_view_export_starts(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("locator", 202)
    task = await exports.start(session, ViewExport("CONTACT", ["email", "firstname"], export_name="people é"))
    assert_begun(task, "export", "90151673", version)
    body = {
        "exportType": "VIEW",
        "exportName": "people é",
        "format": "CSV",
        "language": "EN",
        "objectType": "CONTACT",
        "objectProperties": ["email", "firstname"],
        "associatedObjectType": [],
        "exportInternalValuesOptions": [],
        "includeLabeledAssociations": False,
        "includePrimaryDisplayPropertyForAssociatedObjects": False,
        "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
    }
    assert_sent_json(hubspot.only(), f"{EXPORTS[version]}/export/async", body)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_a_list_export_starts(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("locator", 202)
    await exports.start(session, ListExport("9", "0-1", ["email"], format="XLSX"))
    body = {
        "exportType": "LIST",
        "exportName": "0-1",
        "format": "XLSX",
        "language": "EN",
        "listId": "9",
        "objectType": "0-1",
        "objectProperties": ["email"],
        "associatedObjectType": [],
        "exportInternalValuesOptions": [],
        "includeLabeledAssociations": False,
        "includePrimaryDisplayPropertyForAssociatedObjects": False,
        "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
    }
    assert_sent_json(hubspot.only(), f"{EXPORTS[version]}/export/async", body)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_an_export_is_looked_at(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("export-status-complete")
    status = await exports.get_status(session, exports.task(90151673, version=version))
    assert status.result == document("export-status-complete")["result"]
    assert_asked(hubspot.only(), f"{EXPORTS[version]}/export/async/tasks/90151673/status")


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_an_exports_record_is_read(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("export-record")
    for task in (exports.task("90151673", version=version), "90151673"):
        record = await exports.get(session, task)
        assert record.export_state == "PENDING_APPROVAL"
    for arrived in hubspot.requests:
        assert_asked(arrived, f"{EXPORTS[version]}/export/90151673")


# File imports.


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_a_file_import_starts(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("locator", 202)
    task = await files.import_from_url(session, LOGO)
    assert_begun(task, "file-import", "90151673", version)
    body = {
        "url": "https://example.com/logo.png?sig=1",
        "folderPath": "/logos",
        "access": "PRIVATE",
        "overwrite": False,
    }
    if version != "v3":
        body |= {"duplicateValidationStrategy": "NONE", "duplicateValidationScope": "ENTIRE_PORTAL"}
    assert_sent_json(hubspot.only(), f"{FILES[version]}/import-from-url/async", body)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["v3", "2026-03"])
async def test_what_is_said_about_duplicates_is_sent(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("locator", 202)
    file = ImportFromUrl(
        "https://example.com/logo.png",
        folder_id=42,
        name="logo",
        duplicate_validation_strategy="RETURN_EXISTING",
        duplicate_validation_scope="EXACT_FOLDER",
    )
    await files.import_from_url(session, file)
    body = {
        "url": "https://example.com/logo.png",
        "folderId": "42",
        "name": "logo",
        "access": "PRIVATE",
        "overwrite": False,
        "duplicateValidationStrategy": "RETURN_EXISTING",
        "duplicateValidationScope": "EXACT_FOLDER",
    }
    assert_sent_json(hubspot.only(), f"{FILES[version]}/import-from-url/async", body)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_a_file_import_is_looked_at(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("file-import-status-complete")
    status = await files.get_import_status(session, files.task("AAAAEZ6whGI", version=version))
    assert status.result is not None
    assert status.result.path == "/logos/logo.png"
    assert_asked(hubspot.only(), f"{FILES[version]}/import-from-url/async/tasks/AAAAEZ6whGI/status")


# Folder updates.


@pytest.mark.asyncio
@pytest.mark.parametrize("version", FOLDERS)
async def test_a_folder_update_starts(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("locator", 202)
    task = await folders.update(session, FolderUpdate("42", name="archive", parent_folder_id="7"))
    assert_begun(task, "folder-update", "90151673", version)
    body = {"id": "42", "name": "archive", "parentFolderId": 7}
    assert_sent_json(hubspot.only(), f"{FOLDERS[version]}/update/async", body)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", FOLDERS)
async def test_a_folder_update_is_looked_at(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("folder-update-status-complete")
    status = await folders.get_update_status(session, folders.task("9b4f6a0e", version=version))
    assert status.result is not None
    assert status.result.name == "archive"
    assert_asked(hubspot.only(), f"{FOLDERS[version]}/update/async/tasks/9b4f6a0e/status")


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["2026-09"])
async def test_a_pinned_version_without_folder_updates_sends_nothing(hubspot: Recorder, session: HubSpotSession):
    with pytest.raises(UnsupportedVersionError, match="v3, 2025-09, 2026-03 have it"):
        await folders.update(session, FolderUpdate("42", name="archive"))
    assert hubspot.requests == []


# Imports.


def assert_sent_form(arrived: Arrived, path: str, plan: object, files: Mapping[str, bytes]) -> None:
    """Exactly two names of fields, one of JSON and one of files."""
    assert_sent(arrived, "POST", path)
    assert len(arrived.headers.getall("Content-Type")) == 1
    told, *uploaded = arrived.parts
    assert told.disposition == b'form-data; name="importRequest"'
    assert told.headers[b"Content-Type"].startswith(b"application/json")
    assert json.loads(told.content) == plan
    assert [part.disposition for part in uploaded] == [
        b'form-data; name="files"; filename="%b"' % name.encode() for name in files
    ]
    assert [part.content for part in uploaded] == [*files.values()]


PLAN_AS_JSON = {
    "name": "leads",
    "files": [
        {
            "fileName": "leads.csv",
            "fileFormat": "CSV",
            "fileImportPage": {
                "hasHeader": True,
                "columnMappings": [{"columnName": "Email", "propertyName": "email", "columnObjectTypeId": "0-1"}],
            },
        }
    ],
}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("version", "path"), [(version, IMPORTS[version] + ("/" if version == "v3" else "")) for version in ALL]
)
async def test_an_import_starts(hubspot: Recorder, session: HubSpotSession, version: str, path: str, tmp_path: Path):
    hubspot.answers("import-started")
    (tmp_path / "leads.csv").write_bytes(b"Email\r\ne@example.com\r\n")
    task = await imports.start(session, PLAN, tmp_path / "leads.csv")
    assert_begun(task, "import", "34401122", version)
    content = b"Email\r\ne@example.com\r\n"
    assert_sent_form(hubspot.only(), path, PLAN_AS_JSON, {"leads.csv": content})
    assert hubspot.only().parts[1].headers[b"Content-Type"] == b"text/csv"


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ALL)
async def test_an_import_is_looked_at(hubspot: Recorder, session: HubSpotSession, version: str):
    hubspot.answers("import-done")
    record = await imports.get(session, imports.task("34401122", version=version))
    assert record.metadata.counters["TOTAL_ROWS"] == 503
    assert_asked(hubspot.only(), f"{IMPORTS[version]}/34401122")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("my leads é.csv", "my leads é.csv"),
        ("日本 100%.csv", "日本 100%.csv"),
        ("naïve\u202f1; a=b.csv", "naïve\u202f1; a=b.csv"),
        ('the "best" leads.csv', r"the \"best\" leads.csv"),
        ("back\\slash.csv", r"back\\slash.csv"),
    ],
)
async def test_a_file_arrives_under_the_very_name_the_plan_gives_it(
    hubspot: Recorder, session: HubSpotSession, tmp_path: Path, name: str, sent: str
):
    hubspot.answers("import-started")
    path = tmp_path / name
    path.write_text("Email\ne@example.com\n")
    plan = ImportRequest.for_csv(path, "0-1", {"Email": "email"}, key="Email")
    await imports.start(session, plan, path)
    told, uploaded = hubspot.only().parts
    assert json.loads(told.content)["files"][0]["fileName"] == name
    assert uploaded.disposition == f'form-data; name="files"; filename="{sent}"'.encode()


async def in_pieces() -> AsyncIterator[bytes]:
    yield b"Email\n"
    yield b"e@example.com\n"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "source",
    [
        lambda path: path,
        str,
        lambda path: [path],
        lambda path: {"leads.csv": path},
        lambda path: {"leads.csv": str(path)},
        lambda path: {"leads.csv": b"Email\ne@example.com\n"},
        lambda path: {"leads.csv": io.BytesIO(b"Email\ne@example.com\n")},
        lambda path: {"leads.csv": in_pieces()},
    ],
    ids=["path", "str", "list", "named path", "named str", "bytes", "stream", "pieces"],
)
async def test_a_file_comes_from_wherever_it_is(
    hubspot: Recorder, session: HubSpotSession, tmp_path: Path, source: Callable[[Path], Any]
):
    hubspot.answers("import-started")
    path = tmp_path / "leads.csv"
    path.write_bytes(b"Email\ne@example.com\n")
    await imports.start(session, PLAN, source(path))
    content = b"Email\ne@example.com\n"
    assert_sent_form(hubspot.only(), "/crm/imports/2026-03", PLAN_AS_JSON, {"leads.csv": content})


@pytest.mark.asyncio
async def test_several_files_go_in_the_order_of_the_plan(hubspot: Recorder, session: HubSpotSession, tmp_path: Path):
    hubspot.answers("import-started")
    mapping = [ColumnMapping("Email", "email", column_object_type_id="0-1")]
    plan = ImportRequest(
        "two", [ImportFile("a.csv", mapping), ImportFile("b.XLSX", mapping, file_format="SPREADSHEET")]
    )
    (tmp_path / "a.csv").write_bytes(b"A")
    (tmp_path / "b.XLSX").write_bytes(b"B")
    await imports.start(session, plan, [tmp_path / "b.XLSX", tmp_path / "a.csv"])
    told, *uploaded = hubspot.only().parts
    assert [file["fileName"] for file in json.loads(told.content)["files"]] == ["a.csv", "b.XLSX"]
    assert [part.content for part in uploaded] == [b"A", b"B"]
    assert [part.headers[b"Content-Type"] for part in uploaded] == [
        b"text/csv",
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]


# Which version, where none or one is pinned.


@pytest.mark.asyncio
async def test_nothing_pinned_is_2026_03(hubspot: Recorder, session: HubSpotSession, tmp_path: Path):
    hubspot.answers("locator", 202)
    await exports.start(session, ViewExport("CONTACT", ["email"]))
    await files.import_from_url(session, LOGO)
    await folders.update(session, FolderUpdate("42", name="archive"))
    hubspot.answers("import-started")
    await imports.start(session, PLAN, {"leads.csv": b"Email\n"})
    assert [arrived.path for arrived in hubspot.requests] == [
        "/crm/exports/2026-03/export/async",
        "/files/2026-03/files/import-from-url/async",
        "/files/2026-03/folders/update/async",
        "/crm/imports/2026-03",
    ]


@pytest.mark.asyncio
async def test_one_family_may_be_pinned(hubspot: Recorder):
    hubspot.answers("locator", 202)
    async with HubSpotSession(TOKEN, base_url=hubspot.url, versions={"files": "v3"}) as session:
        await files.import_from_url(session, LOGO)
        await folders.update(session, FolderUpdate("42", name="archive"))
    assert [arrived.path for arrived in hubspot.requests] == [
        "/files/v3/files/import-from-url/async",
        "/files/2026-03/folders/update/async",
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["2026-09"])
async def test_a_task_is_asked_about_in_the_version_that_made_it(hubspot: Recorder, session: HubSpotSession):
    hubspot.answers("export-status-complete")
    await exports.get_status(session, exports.task("1", version="v3"))
    assert hubspot.only().path == "/crm/v3/exports/export/async/tasks/1/status"


Look = Callable[[HubSpotSession, HubSpotTask[Any]], Awaitable[Any]]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("look", "kind", "path", "answer"),
    [
        (exports.get_status, exports, "/crm/exports/2026-03/export/async/tasks/{}/status", "export-status-complete"),
        (imports.get, imports, "/crm/imports/2026-03/{}", "import-done"),
        (
            files.get_import_status,
            files,
            "/files/2026-03/files/import-from-url/async/tasks/{}/status",
            "file-import-status-complete",
        ),
        (
            folders.get_update_status,
            folders,
            "/files/2026-03/folders/update/async/tasks/{}/status",
            "folder-update-status-complete",
        ),
    ],
    ids=["exports", "imports", "files", "folders"],
)
async def test_an_id_stays_one_segment(
    hubspot: Recorder, contract: Contract, session: HubSpotSession, look: Look, kind: Any, path: str, answer: str
):
    hubspot.answers(answer)
    with contract.suspended():  # the spec knows ids of digits only
        await look(session, kind.task("a/../b?c=d#e%2Ff é"))
    assert hubspot.only().path == path.format("a%2F..%2Fb%3Fc%3Dd%23e%252Ff%20%C3%A9")


# The four calls of the pages that the project started from, and their very answers.


@pytest.mark.asyncio
@pytest.mark.no_contract  # HubSpot's pages show bodies that HubSpot's specs do not allow
@pytest.mark.parametrize(
    ("look", "task", "path", "page"),
    [
        (
            files.get_import_status,
            files.task("1", version="v3"),
            "/files/v3/files/import-from-url/async/tasks/1/status",
            "file-import-status",
        ),
        (
            folders.get_update_status,
            folders.task("1", version="v3"),
            "/files/v3/folders/update/async/tasks/1/status",
            "folder-update-status",
        ),
        (
            exports.get_status,
            exports.task("1", version="2026-03"),
            "/crm/exports/2026-03/export/async/tasks/1/status",
            "export-status",
        ),
    ],
    ids=["file import", "folder update", "export"],
)
async def test_the_pages_status_calls(
    hubspot: Recorder, session: HubSpotSession, look: Look, task: HubSpotTask[Any], path: str, page: str
):
    hubspot.answers(page)
    status = await look(session, task)
    assert_asked(hubspot.only(), path)
    assert (status.status, status.num_errors, status.errors[0].errors[0].in_) == ("CANCELED", 123, "<string>")
    assert status.result is not None


@pytest.mark.asyncio
@pytest.mark.no_contract
@pytest.mark.parametrize("version", ["v3"])
async def test_the_pages_import(hubspot: Recorder, session: HubSpotSession):
    hubspot.answers("import")
    task = await imports.start(session, PLAN, {"leads.csv": b"Email\n"})
    assert task.id == "<string>"
    assert_sent_form(hubspot.only(), "/crm/v3/imports/", PLAN_AS_JSON, {"leads.csv": b"Email\n"})


def test_each_module_names_tasks_of_its_kind():
    kinds: list[TaskKind[Any]] = [module.task("1").kind for module in (exports, imports, files, folders)]
    assert [kind.name for kind in kinds] == ["export", "import", "file-import", "folder-update"]
