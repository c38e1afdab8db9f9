import csv
import io
import zipfile

import aiohttp
import pytest
from python_calamine import CalamineWorkbook

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.sandbox.conftest import EXPORTS, Api, search, view

pytestmark = pytest.mark.asyncio


async def test_an_export_brings_the_records_under_their_labels(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    sandbox.declare("CONTACT", {"email": "E-mail"})

    text = await api.exported(objectProperties=["email", "firstname", "hs_object_id"])

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["E-mail", "firstname", "Record ID"]
    assert rows[2] == ["bob@example.org", 'Bob, the "builder"', people[1]]
    assert len(rows) == 4


async def test_internal_names_are_headers_when_asked_for(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    sandbox.declare("CONTACT", {"email": "E-mail"})

    text = await api.exported(objectProperties=["email", "hs_object_id"], exportInternalValuesOptions=["NAMES"])

    assert text.startswith('"email","hs_object_id"\n')


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"propertyName": "email", "operator": "EQ", "value": "ADA@example.com"}, "a"),
        ({"propertyName": "email", "operator": "NEQ", "value": "ada@example.com"}, "bc"),
        ({"propertyName": "age", "operator": "LT", "value": "36"}, "b"),
        ({"propertyName": "age", "operator": "LTE", "value": "36"}, "ab"),
        ({"propertyName": "age", "operator": "GT", "value": "36"}, "c"),
        ({"propertyName": "age", "operator": "GTE", "value": "36"}, "ac"),
        ({"propertyName": "age", "operator": "BETWEEN", "value": "9", "highValue": "36"}, "ab"),
        ({"propertyName": "age", "operator": "IN", "values": ["9", "120"]}, "bc"),
        ({"propertyName": "age", "operator": "NOT_IN", "values": ["9", "120"]}, "a"),
        ({"propertyName": "firstname", "operator": "HAS_PROPERTY"}, "ab"),
        ({"propertyName": "firstname", "operator": "NOT_HAS_PROPERTY"}, "c"),
        ({"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "example.com"}, "ac"),
        ({"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "*.org"}, "b"),
        ({"propertyName": "firstname", "operator": "NOT_CONTAINS_TOKEN", "value": "builder"}, "ac"),
    ],
)
async def test_filters_choose_the_records(api: Api, people: list[str], filters: dict[str, object], found: str) -> None:
    text = await api.exported(publicCrmSearchRequest=search(filters))

    assert "".join(row["email"][0] for row in csv.DictReader(io.StringIO(text))) == found


@pytest.mark.parametrize("sort", ["-age", {"propertyName": "age", "order": "DESC"}])
@pytest.mark.no_contract  # the spec knows sorts as strings only, HubSpot's guide as objects
async def test_sorts_come_in_two_forms_and_know_numbers(api: Api, people: list[str], sort: object) -> None:
    text = await api.exported(publicCrmSearchRequest=search(sorts=[sort]))

    assert [line[1] for line in text.splitlines()[1:]] == ["c", "a", "b"]


async def test_groups_are_alternatives_and_a_query_narrows(api: Api, people: list[str]) -> None:
    groups = [{"filters": [{"propertyName": "age", "operator": "EQ", "value": age}]} for age in ("9", "36")]

    both = await api.exported(publicCrmSearchRequest=search(filterGroups=groups))
    one = await api.exported(publicCrmSearchRequest=search(filterGroups=groups, query="EXAMPLE.ORG"))

    assert (len(both.splitlines()), len(one.splitlines())) == (3, 2)


async def test_a_list_export_takes_the_members_of_the_list(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    list_id = sandbox.add_list("CONTACT", people[:1])

    text = await api.exported(exportType="LIST", listId=list_id)

    assert [line[1] for line in text.splitlines()] == ["e", "a"]


async def test_associated_records_get_a_column(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    companies = sandbox.add_records("COMPANY", [{"name": "A"}, {"name": "B"}])
    for company in companies:
        sandbox.default.associate("CONTACT", people[0], "COMPANY", company)

    text = await api.exported(associatedObjectType=["COMPANY"], objectProperties=["email"])

    assert text.splitlines()[:2] == ['"email","Associated Company IDs"', f'"ada@example.com","{";".join(companies)}"']


async def test_an_export_shows_the_records_of_the_moment_it_was_asked_for(
    api: Api, sandbox: Sandbox, people: list[str]
) -> None:
    started = await api.post(f"{EXPORTS}/async", view())
    sandbox.add_records("CONTACT", [{"email": "late@example.com"}])

    done = await api.settle(f"{EXPORTS}/async/tasks/{started.json['id']}/status")

    assert "late" not in (await api.fetch(done["result"])).text


async def test_a_large_csv_comes_as_a_zip(session: aiohttp.ClientSession, contract: Contract) -> None:
    async with Sandbox(0.0, zip_above=1000, middlewares=contract.middlewares) as sandbox:
        sandbox.add_records("CONTACT", ({"email": f"{n}@example.com"} for n in range(100)))
        api = Api(sandbox, session, sandbox.token)
        answer = await api.fetch((await api.export(objectProperties=["email"]))["result"])

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["people.csv"]
        assert len(archive.read("people.csv").splitlines()) == 101
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].endswith('"people.zip"')


@pytest.mark.parametrize("file_format", ["CSV", "XLSX"])
async def test_many_rows_come_as_several_files_each_with_the_header(
    session: aiohttp.ClientSession, contract: Contract, file_format: str
) -> None:
    async with Sandbox(0.0, rows_per_file=40, middlewares=contract.middlewares) as sandbox:
        sandbox.add_records("CONTACT", ({"email": f"{n}@example.com"} for n in range(100)))
        api = Api(sandbox, session, sandbox.token)
        answer = await api.fetch((await api.export(objectProperties=["email"], format=file_format))["result"])

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        sizes = [len(_rows(archive.read(name), file_format)) for name in archive.namelist()]
    assert sizes == [41, 41, 21]


def _rows(content: bytes, file_format: str) -> list[object]:
    if file_format == "CSV":
        return list(content.splitlines())
    return list(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())


async def test_xlsx_holds_the_same_cells(api: Api, people: list[str]) -> None:
    done = await api.export(format="XLSX", objectProperties=["email", "age"])
    book = CalamineWorkbook.from_filelike(io.BytesIO((await api.fetch(done["result"])).content))

    assert book.get_sheet_by_index(0).to_python()[:2] == [["email", "age"], ["ada@example.com", "36"]]


async def test_an_export_of_nothing_is_its_header(api: Api) -> None:
    assert await api.exported() == '"email","firstname"\n'


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"format": "XLS"}, "XLS"),
        ({"format": "PDF"}, "format"),
        ({"objectType": "UNICORN"}, "UNICORN"),
        ({"objectProperties": []}, "objectProperties"),
        ({"objectProperties": ["nope"]}, "nope"),
        ({"exportType": "LIST"}, "listId"),
        ({"exportType": "LIST", "listId": "999"}, "999"),
        ({"language": "TLH"}, "language"),
        ({"exportName": None}, "exportName"),
        ({"associatedObjectType": ["COMPANY"] * 5}, "associated"),
        ({"exportInternalValuesOptions": ["LABELS"]}, "NAMES"),
        ({"publicCrmSearchRequest": {"filters": [{"propertyName": "x", "operator": "EQ", "value": "1"}]}}, "'x'"),
        ({"publicCrmSearchRequest": {"filters": [{"propertyName": "email", "operator": "LIKE"}]}}, "LIKE"),
        ({"publicCrmSearchRequest": {"filters": [{"propertyName": "email", "operator": "IN"}]}}, "values"),
    ],
)
async def test_a_bad_order_is_refused(api: Api, contract: Contract, fields: dict[str, object], word: str) -> None:
    with contract.suspended():
        answer = await api.post(f"{EXPORTS}/async", view(**fields))

    assert answer.status == 400
    assert answer.json["category"] == "VALIDATION_ERROR"
    assert word in answer.json["message"]


@pytest.mark.no_contract
async def test_what_is_no_json_is_refused(api: Api) -> None:
    answer = await api("POST", f"{EXPORTS}/async", data=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status, answer.json["message"]) == (400, "Unable to process JSON")


@pytest.mark.no_contract
async def test_what_the_guides_examples_send_is_accepted(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    list_id = int(sandbox.add_list("CONTACT", people))
    body = {
        "exportType": "LIST",
        "format": "csv",
        "exportName": "people",
        "objectType": "0-1",
        "objectProperties": ["email"],
        "associatedObjectType": "COMPANY",
        "listId": list_id,
    }

    assert (await api.post("/crm/v3/exports/export/async", body)).status == 202


async def test_a_foreign_export_is_forbidden_and_not_missing(api: Api, sandbox: Sandbox) -> None:
    started = (await api.post(f"{EXPORTS}/async", view())).json
    other = api.of(sandbox.account("other").token)

    for path in (f"/async/tasks/{started['id']}/status", f"/{started['id']}", "/4711"):
        answer = await other.get(EXPORTS + path)
        assert answer.status == 403
        assert "Permission to get export file cannot be granted for exportId" in answer.json["message"]


@pytest.mark.no_contract
@pytest.mark.parametrize("task_id", ["abc", "0", "-3", "1.5"])
async def test_a_malformed_id_is_a_bad_request(api: Api, task_id: str) -> None:
    assert (await api.get(f"{EXPORTS}/async/tasks/{task_id}/status")).status == 400


async def test_the_details_speak_the_exports_own_words(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    ids = [(await api.post(f"{EXPORTS}/async", view())).json["id"] for _ in range(3)]
    sandbox.hold(ids[0], "PENDING_APPROVAL")
    held = (await api.get(f"{EXPORTS}/{ids[0]}")).json
    held_status = (await api.get(f"{EXPORTS}/async/tasks/{ids[0]}/status")).json["status"]
    waiting = (await api.get(f"{EXPORTS}/{ids[1]}")).json
    sandbox.finish(ids[0], "FAILED")
    failed = (await api.get(f"{EXPORTS}/{ids[0]}")).json
    failed_status = (await api.get(f"{EXPORTS}/async/tasks/{ids[0]}/status")).json["status"]
    sandbox.finish(ids[1], "DONE")
    done = (await api.get(f"{EXPORTS}/{ids[1]}")).json

    assert (held["exportState"], held_status) == ("PENDING_APPROVAL", "PENDING")
    assert waiting["exportState"] == "ENQUEUED"
    assert (failed["exportState"], failed_status) == ("FAILED", "CANCELED")
    assert (done["exportState"], done["recordCount"], done["objectType"]) == ("DONE", 3, "0-1")


async def test_the_daily_number_of_exports_is_a_limit_if_wanted(
    session: aiohttp.ClientSession, contract: Contract
) -> None:
    async with Sandbox(exports_per_day=2, middlewares=contract.middlewares) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        answers = [await api.post(f"{EXPORTS}/async", view()) for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 429]
    assert answers[2].json["policyName"] == "DAILY"
    assert len(sandbox.tasks) == 2
