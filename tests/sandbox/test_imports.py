import asyncio
import csv
from pathlib import Path

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.sandbox.conftest import IMPORTS, Api, column, page, plan

pytestmark = pytest.mark.asyncio

EMAIL = column("Email", "email", columnType="HUBSPOT_ALTERNATE_ID")
NAME = column("Name", "firstname")


async def test_rows_become_records(api: Api, sandbox: Sandbox) -> None:
    sandbox.add_records("CONTACT", [{"email": "ada@example.com", "phone": "1"}])

    done = await api.imported(
        plan(EMAIL, NAME), people='\ufeffEmail,Name\nADA@example.com,Ada\nbob@example.com,"B, b"\n'
    )

    assert done["state"] == "DONE"
    assert done["metadata"]["counters"] == {
        "TOTAL_ROWS": 2,
        "UPDATED_OBJECTS": 1,
        "CREATED_OBJECTS": 1,
        "PROPERTY_VALUES_EMITTED": 4,
        "UNIQUE_OBJECTS_WRITTEN": 2,
        "MAPPED_COLUMNS": 2,
        "UNMAPPED_COLUMNS": 0,
        "ERRORS": 0,
    }
    ada, bob = sandbox.records("CONTACT")
    assert (ada["firstname"], ada["phone"], ada["email"]) == ("Ada", "1", "ADA@example.com")
    assert (bob["firstname"], bob["email"]) == ("B, b", "bob@example.com")


async def test_the_record_shows_what_was_asked_for(api: Api) -> None:
    request = plan(EMAIL)
    started = (await api.start_import(request, people="Email\n")).json

    assert started["state"] == "STARTED"
    assert started["importName"] == "people"
    assert started["importRequestJson"] == request
    assert started["importSource"] == "API"
    assert started["mappedObjectTypeIds"] == ["0-1"]
    assert started["optOutImport"] is False
    assert len(started["metadata"]["fileIds"]) == 1


@pytest.mark.parametrize(
    ("request_", "text", "expected"),
    [
        (plan(EMAIL, NAME), "Email,Name\na@b.c,A,B\n", [("INCORRECT_NUMBER_OF_COLUMNS", 2, None)]),
        (plan(EMAIL), "Email,Name\na@b.c,A\na@b.d,A\n", [("INCORRECT_NUMBER_OF_COLUMNS", n, None) for n in (2, 3)]),
        (plan(EMAIL, column("X", "x")), "Email,X\na@b.c,1\n", [("PROPERTY_DEFINITION_NOT_FOUND", 2, 1)]),
        (plan(EMAIL, NAME), "Email,Name\n,A\n", [("INVALID_ALTERNATE_ID", 2, 0)]),
        (plan(EMAIL, NAME), "Email,Name\nnope,A\n", [("INVALID_EMAIL", 2, 0)]),
        (plan(EMAIL, operation="UPDATE"), "Email\na@b.c\n", [("UPDATE_ONLY_IMPORT", 2, 0)]),
        (plan(EMAIL, operation="CREATE"), "Email\nada@example.com\n", [("CREATE_ONLY_IMPORT", 2, 0)]),
        (
            plan(column("Id", None, columnType="HUBSPOT_OBJECT_ID"), NAME),
            "Id,Name\n999,A\n",
            [("INVALID_OBJECT_ID", 2, 0)],
        ),
    ],
)
async def test_bad_rows_are_told_apart(
    api: Api, people: list[str], request_: object, text: str, expected: list[object]
) -> None:
    done = await api.imported(request_, people=text)  # type: ignore[arg-type]
    errors = await api.errors_of(done["id"])

    assert [(e["errorType"], e["sourceData"]["lineNumber"], e.get("knownColumnNumber")) for e in errors] == expected
    assert done["metadata"]["counters"]["ERRORS"] == len(expected)
    assert errors[0]["sourceData"]["rowData"] == text.splitlines()[1].split(",")
    assert errors[0]["errorMessage"]


async def test_an_undeclared_property_costs_only_its_cell(api: Api, sandbox: Sandbox) -> None:
    await api.imported(plan(EMAIL, column("X", "x")), people="Email,X\na@b.c,1\n")

    assert [record["email"] for record in sandbox.records("CONTACT")] == ["a@b.c"]


async def test_ignored_columns_are_left_out(api: Api, sandbox: Sandbox) -> None:
    ignored = {"columnName": "Name", "propertyName": None, "ignored": True}
    done = await api.imported(plan(EMAIL, ignored), people="Email,Name\na@b.c,A\n")

    assert done["metadata"]["counters"]["UNMAPPED_COLUMNS"] == 1
    assert "firstname" not in sandbox.records("CONTACT")[0]


async def test_older_words_for_columns_are_understood(api: Api, sandbox: Sandbox) -> None:
    old = {"columnObjectType": "CONTACT", "columnName": "Id", "idColumnType": "HUBSPOT_OBJECT_ID", "propertyName": None}
    [known] = sandbox.add_records("CONTACT", [{"email": "a@b.c"}])

    await api.imported(plan(old, NAME, operation="UPDATE"), people=f"Id,Name\n{known},Ada\n")

    assert sandbox.records("CONTACT") == [{"email": "a@b.c", "firstname": "Ada", "hs_object_id": known}]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"Name,Email\nA,a@b.c\n", "INVALID_COLUMN_CONFIGURATION"), (b"Email,Name\n\xff\xfe,A\n", "INVALID_FILE_TYPE")],
)
async def test_a_file_that_cannot_be_used_fails_the_import(
    api: Api, sandbox: Sandbox, content: bytes, error: str
) -> None:
    failed = await api.imported(plan(EMAIL, NAME), people=content)
    [only] = await api.errors_of(failed["id"])

    assert failed["state"] == "FAILED"
    assert (only["errorType"], only["sourceData"]["lineNumber"]) == (error, 0)
    assert sandbox.records("CONTACT") == []


async def test_files_are_tied_by_their_common_column(api: Api, sandbox: Sandbox) -> None:
    pointer = {"columnObjectTypeId": "0-2", "columnName": "Owner", "propertyName": None, "toColumnObjectTypeId": "0-1"}
    pointer["foreignKeyType"] = {"associationTypeId": 280, "associationCategory": "HUBSPOT_DEFINED"}
    company = {"columnObjectTypeId": "0-2", "columnName": "Firm", "propertyName": "name"}
    request = {
        "name": "both",
        "importOperations": {"0-1": "UPSERT", "0-2": "CREATE"},
        "files": [
            page(EMAIL | {"associationIdentifierColumn": True}, name="people"),
            page(company, pointer, name="firms"),
        ],
    }

    done = await api.imported(request, people="Email\na@b.c\n", firms="Firm,Owner\nAcme,a@b.c\nLost,nobody@b.c\n")
    text = await api.exported(objectType="COMPANY", objectProperties=["name"], associatedObjectType=["CONTACT"])

    [contact] = sandbox.records("CONTACT")
    assert done["metadata"]["counters"]["ASSOCIATIONS_CREATED"] == 1
    assert f'"Acme","{contact["hs_object_id"]}"' in text
    assert [e["errorType"] for e in await api.errors_of(done["id"])] == ["NO_OBJECT_ID_FROM_ASSOCIATION_IDENTIFIER"]


async def test_two_types_in_one_row_are_tied(api: Api, sandbox: Sandbox) -> None:
    firm = {"columnObjectTypeId": "0-2", "columnName": "Firm", "propertyName": "name"}
    done = await api.imported(plan(EMAIL, firm), people="Email,Firm\na@b.c,Acme\n")

    assert done["mappedObjectTypeIds"] == ["0-1", "0-2"]
    assert done["metadata"]["counters"]["ASSOCIATIONS_CREATED"] == 1


async def test_a_list_is_made_of_the_imported_contacts(api: Api) -> None:
    done = await api.imported(plan(EMAIL, createContactListFromImport=True), people="Email\na@b.c\n")
    [made] = done["metadata"]["objectLists"]

    assert made["objectType"] == "CONTACT"
    assert "a@b.c" in await api.exported(exportType="LIST", listId=made["listId"])


@pytest.mark.parametrize(
    ("request_", "files", "word"),
    [
        (plan(EMAIL, name="other"), {"people": "Email\n"}, "names of the files"),
        (plan(EMAIL), {}, "names of the files"),
        (plan(EMAIL), {"people": "Email\n", "more": "x\n"}, "names of the files"),
        (plan(), {"people": "Email\n"}, "column mapping"),
        ({"files": []}, {"people": "Email\n"}, "name"),
        (plan(EMAIL, dateFormat="YESTERDAY"), {"people": "Email\n"}, "dateFormat"),
        (plan({"columnName": "Email", "propertyName": "email"}), {"people": "Email\n"}, "columnObjectTypeId"),
        (plan(column("Email", None)), {"people": "Email\n"}, "propertyName"),
        (plan(EMAIL, operation="REPLACE"), {"people": "Email\n"}, "REPLACE"),
    ],
)
@pytest.mark.no_contract
async def test_a_bad_request_is_refused(
    api: Api, request_: dict[str, object], files: dict[str, str], word: str
) -> None:
    answer = await api.start_import(request_, **files)

    assert answer.status == 400
    assert word in answer.json["message"]


@pytest.mark.no_contract
async def test_swapped_parts_are_no_json(api: Api) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("importRequest", "Email\na@b.c\n")
    answer = await api("POST", IMPORTS, data=form)

    assert (answer.status, answer.json["message"]) == (400, "Unable to process JSON")


@pytest.mark.no_contract
async def test_spreadsheets_are_refused_clearly(api: Api) -> None:
    request = plan(EMAIL)
    request["files"][0]["fileFormat"] = "SPREADSHEET"

    assert "SPREADSHEET" in (await api.start_import(request, people="x")).json["message"]


@pytest.mark.looptime
async def test_three_imports_run_and_the_rest_are_deferred(session: aiohttp.ClientSession, contract: Contract) -> None:
    async with Sandbox(10.0, middlewares=contract.middlewares) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        for _ in range(5):
            await api.start_import(plan(EMAIL), people="Email\n")
        await asyncio.sleep(5)
        early = [item["state"] for item in (await api.get(IMPORTS)).json["results"]]
        await asyncio.sleep(6)
        later = [item["state"] for item in (await api.get(IMPORTS)).json["results"]]
        ends = [task.ended - task.requested for task in sandbox.tasks]

    assert early == ["DEFERRED", "DEFERRED", "PROCESSING", "PROCESSING", "PROCESSING"]
    assert later[2:] == ["DONE", "DONE", "DONE"]
    assert "DEFERRED" not in later
    assert [round(end) for end in ends] == [10, 10, 10, 20, 20]


async def test_the_list_is_paged_newest_first(api: Api, sandbox: Sandbox) -> None:
    ids = [(await api.start_import(plan(EMAIL), people="Email\n")).json["id"] for _ in range(5)]
    found, after = [], ""
    while True:
        body = (await api.get(f"{IMPORTS}?limit=2{after}")).json
        found += [item["id"] for item in body["results"]]
        await api.start_import(plan(EMAIL), people="Email\n")  # new ones do not disturb the paging
        if "paging" not in body:
            break
        after = f"&after={body['paging']['next']['after']}"

    assert found == ids[::-1]
    assert (await api.of(sandbox.account("other").token).get(IMPORTS)).json == {"results": []}


async def test_errors_are_paged(api: Api) -> None:
    done = await api.imported(plan(EMAIL), people="Email\n" + "bad\n" * 5)
    first = (await api.get(f"{IMPORTS}/{done['id']}/errors?limit=3")).json
    second = (await api.get(f"{IMPORTS}/{done['id']}/errors?limit=3&after={first['paging']['next']['after']}")).json

    assert [item["sourceData"]["lineNumber"] for item in first["results"] + second["results"]] == [2, 3, 4, 5, 6]
    assert "paging" not in second
    assert "errorMessage" not in first["results"][0]
    assert first["results"][0]["sourceData"]["rowData"] == []


async def test_an_import_can_be_cancelled_until_it_is_done(api: Api, sandbox: Sandbox) -> None:
    started = (await api.start_import(plan(EMAIL), people="Email\na@b.c\n")).json
    cancelled = await api.post(f"{IMPORTS}/{started['id']}/cancel")
    done = await api.imported(plan(EMAIL), people="Email\nb@b.c\n")
    late = await api.post(f"{IMPORTS}/{done['id']}/cancel")

    assert (cancelled.status, cancelled.json["status"]) == (200, "CANCELED")
    assert (await api.get(f"{IMPORTS}/{started['id']}")).json["state"] == "CANCELED"
    assert late.status == 400
    assert [record["email"] for record in sandbox.records("CONTACT")] == ["b@b.c"]


@pytest.mark.no_contract
async def test_ids_are_checked(api: Api, sandbox: Sandbox) -> None:
    zero = await api.get(f"{IMPORTS}/0")

    assert (zero.status, zero.json["message"]) == (400, "importId must be positive")
    assert zero.json["context"] == {"importId": ["0"]}
    assert (await api.get(f"{IMPORTS}/abc")).status == 400
    assert (await api.get(f"{IMPORTS}/4711")).status == 404


async def test_v3_has_the_slash_and_dated_versions_have_not(api: Api, contract: Contract) -> None:
    assert (await api.get("/crm/v3/imports/")).status == 200
    assert (await api.get("/crm/v3/imports")).status == 200
    contract.expect_unspecified(f"{IMPORTS}/")
    assert (await api.get(f"{IMPORTS}/")).status == 404


async def test_too_many_rows_are_refused(session: aiohttp.ClientSession, contract: Contract) -> None:
    async with Sandbox(import_rows=10, middlewares=contract.middlewares) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        answer = await api.start_import(plan(EMAIL), people="Email\n" + "a@b.c\n" * 20)

    assert answer.status == 400
    assert answer.json["errors"][0]["code"] == "TOO_MANY_ROWS"
    assert answer.json["context"] == {"maximumAllowedRows": ["10"], "rowsDetected": ["20"]}


async def test_a_large_upload_is_not_kept_in_memory(api: Api, sandbox: Sandbox) -> None:
    line = b"a@b.c," + b"x" * 1000 + b"\n"
    done = await api.imported(plan(EMAIL, NAME), people=b"Email,Name\n" + line * 3000)

    assert done["metadata"]["counters"]["TOTAL_ROWS"] == 3000
    assert sandbox.requests[0].body == b""


async def test_real_companies_come_back_cell_for_cell(api: Api, sandbox: Sandbox, sp500: Path) -> None:
    with sp500.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    names = [label.lower().replace(" ", "_").replace("-", "_") for label in header]
    sandbox.declare("COMPANY", dict(zip(names, header, strict=True)))
    columns = [
        {"columnObjectTypeId": "0-2", "columnName": h, "propertyName": n} for h, n in zip(header, names, strict=True)
    ]
    columns[0]["columnType"] = "HUBSPOT_ALTERNATE_ID"

    done = await api.imported({"name": "sp", "files": [page(*columns, name="sp")]}, sp=sp500.read_bytes())
    text = await api.exported(objectType="COMPANY", objectProperties=names)

    assert done["metadata"]["counters"]["CREATED_OBJECTS"] == len(rows) == 503
    assert list(csv.reader(text.splitlines())) == [header, *rows]
