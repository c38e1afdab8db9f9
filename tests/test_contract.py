"""The contract checker, held against a server of ten lines that can be told to misbehave."""

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from tests import contract as contract_module
from tests.contract import Contract, Specs, multipart_problems

LOCATOR = {"id": "7", "links": {"status": "https://api-na1.hubspot.com/7"}}
STATUS = {"status": "PENDING", "startedAt": "2026-03-01T00:00:00Z", "completedAt": "2026-03-01T00:00:00Z"}
EXPORT = {
    "exportType": "VIEW",
    "exportName": "people",
    "format": "CSV",
    "language": "EN",
    "objectType": "CONTACT",
    "objectProperties": ["email"],
    "associatedObjectType": [],
    "exportInternalValuesOptions": [],
    "includeLabeledAssociations": False,
    "includePrimaryDisplayPropertyForAssociatedObjects": False,
    "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
}
IMPORT = {
    "id": "12",
    "state": "STARTED",
    "createdAt": "2026-03-01T00:00:00Z",
    "updatedAt": "2026-03-01T00:00:00Z",
    "optOutImport": False,
    "mappedObjectTypeIds": ["0-1"],
    "metadata": {"counters": {}, "fileIds": [], "objectLists": []},
}
ERROR = {
    "status": "error",
    "message": "no",
    "category": "VALIDATION_ERROR",
    "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
}
FOLDER = {"id": "7", "createdAt": "2026-03-01T00:00:00Z", "updatedAt": "2026-03-01T00:00:00Z", "archived": False}
START = "/crm/exports/2026-03/export/async"
TOKEN = {"Authorization": "Bearer pat-na1-x"}


class Server:
    """Answers everything with what it was told to answer, and keeps the bodies it read."""

    def __init__(self, specs: Specs) -> None:
        self.contract = Contract(specs)
        self.answer: Any = LOCATOR
        self.status = 202
        self.scripted_fault = False
        self.read: Any = None
        self.app = web.Application(middlewares=self.contract.middlewares)
        self.app.router.add_route("*", "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        if request.content_type == "multipart/form-data":
            self.read = {name: value async for name, value in _parts_of(request)}
        else:
            self.read = await request.text()
        if self.scripted_fault:
            request["scripted_fault"] = True
        if self.answer is None:
            return web.Response(status=self.status)
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status, content_type="text/html")
        return web.json_response(self.answer, status=self.status)


async def _parts_of(request: web.Request) -> AsyncIterator[tuple[str | None, bytes]]:
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        yield part.name, bytes(await part.read())


@pytest.fixture
def server(specs: Specs) -> Server:
    return Server(specs)


@pytest_asyncio.fixture
async def client(server: Server) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(server.app), headers=TOKEN) as client:
        yield client


Client = TestClient[web.Request, web.Application]


def form(request: str = "{}", *, name: str = "files", file_name: str | None = "a.csv") -> aiohttp.FormData:
    data = aiohttp.FormData()
    data.add_field("importRequest", request, content_type="application/json")
    rows = "a,b\r\n1,2\r\n"
    data.add_field(name, rows.encode() if file_name else rows, filename=file_name, content_type="text/csv")
    return data


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "prefix", ["/crm/v3/exports", "/crm/exports/2025-09", "/crm/exports/2026-03", "/crm/exports/2026-09"]
)
async def test_a_good_call_of_any_version_passes(server: Server, client: Client, prefix: str) -> None:
    await client.post(f"{prefix}/export/async", json=EXPORT)
    assert json.loads(server.read) == EXPORT  # the handler still had the body to read
    server.status, server.answer = 200, STATUS
    await client.get(f"{prefix}/export/async/tasks/7/status")
    assert server.contract.verdict() == ""
    assert server.contract.calls == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path", ["/crm/v3/imports", "/crm/v3/imports/", "/crm/imports/2026-03", "/crm/imports/2026-09"]
)
async def test_a_good_form_passes_and_stays_readable(server: Server, client: Client, path: str) -> None:
    server.status, server.answer = 200, IMPORT
    await client.post(path, data=form())
    assert server.contract.verdict() == ""
    assert server.read == {"importRequest": b"{}", "files": b"a,b\r\n1,2\r\n"}


@pytest.mark.asyncio
async def test_the_2026_09_files_are_read_from_the_beta(server: Server, client: Client) -> None:
    server.status, server.answer = 200, STATUS | {"taskId": "x"}
    await client.get("/files/2026-09/files/import-from-url/async/tasks/x/status")
    assert server.contract.verdict() == ""
    await client.get("/files/2026-09/folders/update/async/tasks/x/status")
    assert "in none of HubSpot's specs" in server.contract.verdict()


@pytest.mark.asyncio
async def test_a_deletion_has_no_body(server: Server, client: Client) -> None:
    server.status, server.answer = 204, None
    await client.delete("/files/2026-03/files/7")
    assert server.contract.verdict() == ""
    server.status, server.answer = 200, {}
    await client.delete("/files/2026-03/files/7")
    assert "a success that the spec does not have" in server.contract.verdict()


@pytest.mark.asyncio
@pytest.mark.parametrize("folder", ["7", "logos", "logos%2F2024", "%2F7"])
async def test_a_folder_is_named_by_its_number_or_by_its_path(server: Server, client: Client, folder: str) -> None:
    server.status, server.answer = 200, FOLDER
    await client.get(URL(f"/files/2026-03/folders/{folder}", encoded=True))
    server.status, server.answer = 204, None
    await client.delete(URL(f"/files/2026-03/folders/{folder}", encoded=True))
    assert server.contract.verdict() == ""
    assert server.contract.calls == 2


@pytest.mark.asyncio
async def test_only_a_number_names_a_file_or_a_folder_to_change(server: Server, client: Client) -> None:
    server.status, server.answer = 200, FOLDER
    await client.patch("/files/2026-03/folders/logos", json={"name": "x"})
    await client.get("/files/2026-03/files/logo")
    assert server.contract.verdict().count("in none of HubSpot's specs") == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/oauth/2026-09/token", "/oauth/2026-03/token/revoke"])
async def test_where_no_success_is_described_any_will_do(server: Server, client: Client, path: str) -> None:
    server.status, server.answer = 200, {"whatever": 1}
    await client.post(path, data={"client_id": "x"})
    assert server.contract.verdict() == ""
    assert server.contract.calls == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
async def test_source_code_is_the_same_in_every_dated_version(server: Server, client: Client, version: str) -> None:
    await client.post(f"/cms/source-code/{version}/extract/async", json={"path": "/a.zip"})
    assert server.contract.verdict() == ""
    await client.post(f"/cms/source-code/{version}/extract/async", json={"zip": "/a.zip"})
    assert "'zip' was unexpected" in server.contract.verdict()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"language": None}, "$.language"),
        ({"language": "PT"}, "'PT' is not one of"),
        ({"objectProperties": "email"}, "'email' is not of type 'array'"),
        ({"exportname": "x"}, "'exportname' was unexpected"),
    ],
)
async def test_a_bad_request_is_reported(server: Server, client: Client, change: dict[str, Any], told: str) -> None:
    await client.post(START, json=EXPORT | change)
    violations = server.contract.violations
    assert {(violation.method, violation.path, violation.where) for violation in violations} == {
        ("POST", START, "request")
    }
    assert told in server.contract.verdict()


@pytest.mark.asyncio
@pytest.mark.parametrize("missing", sorted(EXPORT))
async def test_a_missing_field_is_reported(server: Server, client: Client, missing: str) -> None:
    await client.post(START, json={name: value for name, value in EXPORT.items() if name != missing})
    assert f"'{missing}' is a required property" in server.contract.verdict()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (202, {"links": {}}, "'id' is a required property"),
        (202, {"id": 7}, "7 is not of type 'string'"),
        (202, {"id": "7", "links": [{"status": "x"}]}, "is not of type 'object'"),
        (200, LOCATOR, "a success that the spec does not have"),
        (202, "<html>", "text/html"),
        (400, {"message": "no", "category": "X"}, "'correlationId' is a required property"),
        (400, ERROR | {"errors": [{"code": "x"}]}, "'message' is a required property"),
    ],
)
async def test_a_bad_answer_is_reported(server: Server, client: Client, status: int, answer: Any, told: str) -> None:
    server.status, server.answer = status, answer
    await client.post(START, json=EXPORT)
    (violation,) = server.contract.violations
    assert violation.where == f"response {status}"
    assert told in violation.message


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, ERROR),
        (404, {"status": "error", "message": "resource not found", "correlationId": ERROR["correlationId"]}),
        (404, "<html>"),
        (429, {"message": "slow", "correlationId": ERROR["correlationId"], "errorType": "RATE_LIMIT"}),
    ],
)
async def test_errors_as_hubspot_gives_them_pass(server: Server, client: Client, status: int, answer: Any) -> None:
    server.status, server.answer = status, answer
    await client.post(START, json=EXPORT)
    assert server.contract.verdict() == ""


@pytest.mark.asyncio
async def test_a_scripted_fault_excuses_the_answer_and_not_the_request(server: Server, client: Client) -> None:
    server.status, server.answer, server.scripted_fault = 202, {"bad": 1}, True
    await client.post(START, json={})
    assert server.contract.violations
    assert {violation.where for violation in server.contract.violations} == {"request"}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", START),
        ("POST", START + "/"),  # only v3 may have it
        ("POST", "/crm/2026-03/exports/export/async"),
        ("GET", "/crm/v3/objects/contacts"),
    ],
)
async def test_a_call_that_no_spec_has_is_reported_unless_expected(
    server: Server, client: Client, method: str, path: str
) -> None:
    await client.request(method, path)
    assert server.contract.verdict().endswith(f"{method} {path}: request: in none of HubSpot's specs")
    server.contract.violations.clear()
    server.contract.expect_unspecified(path[:-3] + "*", method=method)
    await client.request(method, path)
    assert server.contract.verdict() == ""


@pytest.mark.asyncio
async def test_a_call_without_a_token_is_reported_unless_refused(server: Server, client: Client) -> None:
    url = client.make_url(START)
    async with aiohttp.ClientSession() as anonymous:
        await anonymous.post(url, json=EXPORT)
        assert "no bearer token" in server.contract.verdict()
        server.contract.violations.clear()
        server.status, server.answer = 401, ERROR | {"category": "INVALID_AUTHENTICATION"}
        await anonymous.post(url, json=EXPORT)
        assert server.contract.verdict() == ""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (form("{"), "holds no JSON"),
        (form(name="file"), "form field 'file' is not in the spec"),
        (form(name="file"), "form field 'files' is missing"),
        (form(file_name=None), "is a file and has no file name"),
        (form(name="importRequest"), "is text and has the file name 'a.csv'"),
    ],
)
async def test_a_bad_form_is_reported(server: Server, client: Client, data: aiohttp.FormData, told: str) -> None:
    server.status, server.answer = 200, IMPORT
    await client.post("/crm/imports/2026-03", data=data)
    assert told in server.contract.verdict()


@pytest.mark.asyncio
async def test_the_spec_wants_an_import_as_a_form(server: Server, client: Client) -> None:
    server.status, server.answer = 200, IMPORT
    await client.post("/crm/imports/2026-03", json={})
    assert "Content for the following mimetype not found: application/json" in server.contract.verdict()


@pytest.mark.asyncio
async def test_a_long_upload_is_passed_on_unread(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_module, "LARGEST_BODY_READ", 10)
    server.status, server.answer = 200, IMPORT
    await client.post("/crm/imports/2026-03", data=form("{"))
    assert server.read == {"importRequest": b"{", "files": b"a,b\r\n1,2\r\n"}
    assert server.contract.verdict() == ""


@pytest.mark.asyncio
async def test_what_is_wrong_on_purpose_can_be_left_out(server: Server, client: Client) -> None:
    with server.contract.suspended():
        await client.post(START, json={})
    assert server.contract.verdict() == ""
    await client.post(START, json={})
    assert server.contract.verdict() != ""


@pytest.mark.asyncio
async def test_a_raised_answer_is_read_too(specs: Specs) -> None:
    async def refuse(request: web.Request) -> web.Response:
        raise web.HTTPBadRequest(text='{"message": "no"}', content_type="application/json")

    contract = Contract(specs)
    app = web.Application(middlewares=contract.middlewares)
    app.router.add_get("/{path:.*}", refuse)
    async with TestClient(TestServer(app), headers=TOKEN) as client:
        answer = await client.get("/crm/exports/2026-03/export/async/tasks/7/status")
    assert answer.status == 400
    assert "'category' is a required property" in contract.verdict()


@pytest.mark.asyncio
async def test_a_check_costs_little(server: Server, client: Client) -> None:
    await client.post(START, json=EXPORT)
    began = time.perf_counter()
    for _ in range(50):
        await client.post(START, json=EXPORT)
    assert time.perf_counter() - began < 2.5  # about 0.2 s where this was written


def test_without_specs_there_is_no_middleware() -> None:
    assert Contract(None).middlewares == ()


def test_a_form_needs_a_boundary() -> None:
    operation: dict[str, Any] = {"requestBody": {"content": {"multipart/form-data": {"schema": {"properties": {}}}}}}
    assert list(multipart_problems(operation, "multipart/form-data", b"")) == ["multipart/form-data without a boundary"]
    assert list(multipart_problems({}, "multipart/form-data; boundary=x", b"")) == [
        "a form is sent where the spec has none"
    ]


INNER = """
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def call(contract):
    async def call():
        async def answer(request):
            return web.json_response({})

        app = web.Application(middlewares=contract.middlewares)
        app.router.add_post("/{path:.*}", answer)
        async with TestClient(TestServer(app)) as client:
            await client.post("/crm/exports/2026-03/export/async")

    return call


async def test_wrong(call):
    await call()


@pytest.mark.no_contract
async def test_marked(call):
    await call()


async def test_suspended(call, contract):
    with contract.suspended():
        await call()
"""


def run_inner(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parent.parent
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    (folder / "test_inner.py").write_text(INNER)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(root / "pyproject.toml"),
        "-p",
        "no:cacheprovider",
        str(folder),
    ]
    environment = os.environ | {"HUBSPOT_REQUIRE_CONTRACT": "1"}
    return subprocess.run(
        [*command, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("specs")
def test_the_fixture_fails_a_test_that_broke_the_contract(tmp_path: Path) -> None:
    run = run_inner(tmp_path)
    assert "3 passed, 1 error" in run.stdout, run.stdout + run.stderr
    assert "ERROR at teardown of test_wrong" in run.stdout
    assert "no bearer token in the Authorization header" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED


@pytest.mark.usefixtures("specs")
def test_a_run_that_owes_the_contract_fails_without_it(tmp_path: Path) -> None:
    run = run_inner(tmp_path, "-k", "suspended")
    assert "1 passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
