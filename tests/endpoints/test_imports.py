"""Imports from their start to the last of their row errors, at the sandbox."""

import asyncio
import math
from datetime import UTC, datetime, timedelta

import pytest

from hubspot_async import ColumnMapping, HubSpotSession, ImportFile, ImportRequest, RequestBudget, imports, settle
from hubspot_async.errors import AlreadyFinishedError, BadRequestError, StartOutcomeUnknownError
from hubspot_async.models.imports import Import
from hubspot_async.models.values import Page
from hubspot_async.sandbox import Sandbox
from hubspot_async.wire import codec
from tests.fakes import ScriptedSender

pytestmark = pytest.mark.asyncio

EMAIL = ColumnMapping.alternate_id("Email", "email", "0-1")
FIRST_NAME = ColumnMapping("First name", "firstname", column_object_type_id="0-1")


def plan(*columns: ColumnMapping, name: str = "people") -> ImportRequest:
    return ImportRequest(name, [ImportFile("people.csv", columns or (EMAIL,))], import_operations={"0-1": "UPSERT"})


async def run(session: HubSpotSession, sandbox: Sandbox, request: ImportRequest, **files: str) -> Import:
    """Import files, each given as `name="its rows"`, and say how it went."""
    sources = {f"{name}.csv": rows.encode() for name, rows in files.items()}
    task = await imports.start(session, request, sources)
    sandbox.finish(task.id)
    return await imports.get(session, task)


async def test_two_files_with_a_column_in_common(sandbox: Sandbox, at_sandbox: HubSpotSession):
    request = ImportRequest(
        "people and firms",
        [
            ImportFile("people.csv", [FIRST_NAME, ColumnMapping.common("Email", "email", "0-1")]),
            ImportFile(
                "firms.csv",
                [
                    ColumnMapping("Name", "name", column_object_type_id="0-2"),
                    ColumnMapping.alternate_id("Domain", "domain", "0-2"),
                    ColumnMapping.reference("Email", "0-2", "0-1", 280),
                ],
            ),
        ],
    )
    done = await run(
        at_sandbox,
        sandbox,
        request,
        people="First name,Email\nZoë,zoe@example.com\n",
        firms="Name,Domain,Email\nAcme,acme.example,zoe@example.com\n",
    )
    assert done.metadata.counters["ASSOCIATIONS_CREATED"] == 1
    assert [record["firstname"] for record in sandbox.records("CONTACT")] == ["Zoë"]
    assert [record["domain"] for record in sandbox.records("COMPANY")] == ["acme.example"]


async def test_one_file_with_records_of_two_types_and_a_label(sandbox: Sandbox, at_sandbox: HubSpotSession):
    request = plan(
        EMAIL,
        ColumnMapping.alternate_id("Domain", "domain", "0-2"),
        ColumnMapping.association_label("Label", "0-1", "0-2"),
    )
    done = await run(at_sandbox, sandbox, request, people="Email,Domain,Label\nzoe@example.com,acme.example,Boss\n")
    assert (done.num_errors, done.metadata.counters["ASSOCIATIONS_CREATED"]) == (0, 1)
    assert done.mapped_object_type_ids == ("0-1", "0-2")


async def test_records_of_one_type_are_associated(sandbox: Sandbox, at_sandbox: HubSpotSession):
    request = plan(EMAIL, ColumnMapping.association_key("Boss", "email", "0-1"))
    done = await run(
        at_sandbox, sandbox, request, people="Email,Boss\nzoe@example.com,\nbob@example.com,zoe@example.com\n"
    )
    assert (done.num_errors, done.metadata.counters["ASSOCIATIONS_CREATED"]) == (0, 1)
    assert {record["email"] for record in sandbox.records("CONTACT")} == {"zoe@example.com", "bob@example.com"}


async def test_records_are_known_by_hubspots_id(sandbox: Sandbox, at_sandbox: HubSpotSession):
    [id] = sandbox.add_records("CONTACT", [{"firstname": "Zoe"}])
    request = plan(ColumnMapping.record_id("Id", "0-1"), FIRST_NAME)
    done = await run(at_sandbox, sandbox, request, people=f"Id,First name\n{id},Zoë\n")
    assert done.num_errors == 0
    assert [record["firstname"] for record in sandbox.records("CONTACT")] == ["Zoë"]


async def test_everything_else_a_plan_can_say(sandbox: Sandbox, at_sandbox: HubSpotSession):
    request = ImportRequest(
        "leads",
        [ImportFile("people.csv", [EMAIL])],
        date_format="DAY_MONTH_YEAR",
        marketable_contact_import=True,
        create_contact_list_from_import=True,
        time_zone="Europe/Berlin",
    )
    done = await run(at_sandbox, sandbox, request, people="Email\nzoe@example.com\n")
    [made] = done.metadata.object_lists
    assert made.object_type == "CONTACT"
    assert done.import_request_json is not None
    assert done.import_request_json["marketableContactImport"] is True
    assert done.import_request_json["dateFormat"] == "DAY_MONTH_YEAR"
    assert (done.import_name, done.import_source, done.opt_out_import) == ("leads", "API", False)
    assert done.import_template is None


@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-03", "2026-09"])
async def test_all_imports_come_newest_first(at_sandbox: HubSpotSession, sandbox: Sandbox, version: str):
    begun = [(await imports.start(at_sandbox, plan(), {"people.csv": b"Email\n"})).id for _ in range(3)]
    assert [each.id async for each in imports.iter_all(at_sandbox)] == begun[::-1]


async def test_the_list_is_paged():
    async with (
        Sandbox(rate_limit=1_000) as sandbox,
        HubSpotSession(sandbox.token, base_url=sandbox.url, budget=RequestBudget(1_000)) as session,
    ):
        for _ in range(101):
            await imports.start(session, plan(), {"people.csv": b"Email\n"})
        assert len([each async for each in imports.iter_all(session)]) == 101
        assert [request.operation for request in sandbox.requests].count("imports.list") == 2


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("messages", [False, True])
async def test_row_errors_with_the_rows_and_in_words(
    at_sandbox: HubSpotSession, sandbox: Sandbox, rows: bool, messages: bool
):
    request = plan(EMAIL, FIRST_NAME)
    task = await imports.start(
        at_sandbox, request, {"people.csv": "Email,First name\nno address,Zoë\nbob@example.com\n".encode()}
    )
    sandbox.finish(task.id)
    assert (await imports.get(at_sandbox, task)).num_errors == 2
    address, columns = [
        error async for error in imports.iter_errors(at_sandbox, task, with_row_data=rows, with_messages=messages)
    ]
    assert (address.error_type, columns.error_type) == ("INVALID_EMAIL", "INCORRECT_NUMBER_OF_COLUMNS")
    assert (address.invalid_value, address.known_column_number, address.object_type_id) == ("no address", 0, "0-1")
    assert address.source_data is not None
    assert address.source_data.line_number == 2
    assert address.source_data.row_data == (("no address", "Zoë") if rows else ())
    assert bool(address.error_message) is messages
    assert isinstance(address.created_at, datetime)
    assert abs(address.created_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_more_errors_than_a_page_holds(at_sandbox: HubSpotSession, sandbox: Sandbox):
    rows = "".join(f"nobody {row}\n" for row in range(250))
    task = await imports.start(at_sandbox, plan(), {"people.csv": f"Email\n{rows}".encode()})
    sandbox.finish(task.id)
    values = [error.invalid_value async for error in imports.iter_errors(at_sandbox, task.id)]
    assert values == [f"nobody {row}" for row in range(250)]


async def test_a_running_import_is_cancelled(at_sandbox: HubSpotSession, sandbox: Sandbox):
    task = await imports.start(at_sandbox, plan(), {"people.csv": b"Email\n"})
    sandbox.hold(task.id)
    answer = await imports.cancel(at_sandbox, task)
    assert answer.status == "CANCELED"
    assert (await imports.get(at_sandbox, task.id)).state == "CANCELED"


@pytest.mark.parametrize("outcome", ["DONE", "FAILED", "CANCELED", "REVERTED"])
async def test_fault_78_a_finished_import_cannot_be_cancelled(
    at_sandbox: HubSpotSession, sandbox: Sandbox, outcome: str
):
    task = await imports.start(at_sandbox, plan(), {"people.csv": b"Email\n"})
    sandbox.finish(task.id, outcome)
    with pytest.raises(
        AlreadyFinishedError, match=rf"import {task.id} of acme: it is already finished \({outcome}\)"
    ) as caught:
        await imports.cancel(at_sandbox, task)
    assert caught.value.task == task
    assert isinstance(caught.value.__cause__, BadRequestError)


async def test_another_refusal_of_a_cancellation_stays_what_it_is(at_sandbox: HubSpotSession, sandbox: Sandbox):
    task = await imports.start(at_sandbox, plan(), {"people.csv": b"Email\n"})
    sandbox.hold(task.id)
    sandbox.fail("imports.cancel", status=400)
    with pytest.raises(BadRequestError):
        await imports.cancel(at_sandbox, task)


# Finding an import whose start was never answered.


async def test_a_start_without_an_answer_is_found_again(at_sandbox: HubSpotSession, sandbox: Sandbox):
    await run(at_sandbox, sandbox, plan(name="another"), people="Email\n")
    sandbox.fail("imports.start", disconnect=True, performed=True)
    with pytest.raises(StartOutcomeUnknownError) as caught:
        await imports.start(at_sandbox, plan(name="leads"), {"people.csv": b"Email\nzoe@example.com\n"})
    start = caught.value.start
    assert "imports.find(session, name, since=start.at)" in start.how_to_check

    found = await imports.find(at_sandbox, "leads", since=start.at)

    assert found is not None
    assert (found.kind.name, found.account, found.version) == ("import", "acme", "2026-03")
    assert found.started_at is not None
    assert (await settle(at_sandbox, found, timeout=5)).current.import_name == "leads"


async def test_a_start_that_never_arrived_is_not_found(at_sandbox: HubSpotSession, sandbox: Sandbox):
    await run(at_sandbox, sandbox, plan(name="another"), people="Email\n")
    assert await imports.find(at_sandbox, "leads") is None
    assert await imports.find(at_sandbox, "leads", since=datetime.now(UTC)) is None


NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)


def record(id: int, name: str | None, minutes: float, **fields: object) -> dict[str, object]:
    began = NOON + timedelta(minutes=minutes)
    return {"id": str(id), "state": "DONE", "importName": name, "createdAt": began.isoformat(), **fields}


@pytest.mark.parametrize(
    ("name", "since", "found"),
    [
        ("old", None, "5"),
        ("leads", NOON - timedelta(minutes=2), "3"),
        ("other", NOON + timedelta(seconds=30), "4"),  # within the minute by which clocks may differ
        ("other", NOON.replace(tzinfo=None), "4"),
        ("leads", NOON + timedelta(minutes=2), None),
        ("old", NOON - timedelta(minutes=2), None),
    ],
)
async def test_it_looks_no_further_back_than_it_was_told(name: str, since: datetime | None, found: str | None):
    page = codec.structure(
        {
            "results": [
                record(4, "other", 0, importRequestJson={"name": "by request"}),
                record(3, "leads", -1),
                record(5, "old", -100),
            ],
            "paging": {"next": {"after": "5"}},
        },
        Page[Import],
    )
    session = ScriptedSender({"/crm/imports/2026-03": [page]}, account="acme")
    task = await imports.find(session, name, since=since)
    assert (task and task.id) == found
    assert len(session.requests) == 1


async def test_the_name_in_the_request_counts_too():
    page = codec.structure({"results": [record(4, None, 0, importRequestJson={"name": "leads"})]}, Page[Import])
    task = await imports.find(ScriptedSender({"/crm/imports/2026-03": [page]}), "leads")
    assert task is not None


async def test_an_import_of_unknown_age_does_not_end_the_search():
    page = codec.structure({"results": [record(4, "x", 0) | {"createdAt": None}, record(3, "leads", 0)]}, Page[Import])
    task = await imports.find(ScriptedSender({"/crm/imports/2026-03": [page]}), "leads", since=NOON)
    assert task is not None
    assert task.id == "3"


async def test_three_run_and_the_rest_wait(at_sandbox: HubSpotSession, sandbox: Sandbox):
    sandbox.plan("import", seconds=math.inf, times=None)
    tasks = [await imports.start(at_sandbox, plan(), {"people.csv": b"Email\n"}) for _ in range(4)]
    await asyncio.sleep(0.02)
    states = [(await imports.get(at_sandbox, task)).state for task in tasks]
    assert states[3] == "DEFERRED"
    assert "DEFERRED" not in states[:3]
