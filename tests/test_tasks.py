"""A task as a value, and the JSON it is kept as."""

import copy
import json
import pickle
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async.errors import InputError, UnknownTaskKindError
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.tasks import EXPORT, FILE_IMPORT, FOLDER_UPDATE, IMPORT, KINDS, HubSpotTask, TaskKind
from hubspot_async.wire.request import Request
from hubspot_async.wire.versions import Family
from tests.fakes import ScriptedSender

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
EXTRACT: TaskKind[ActionResponse[object]] = TaskKind(
    "source-code-extract",
    Family.SOURCE_CODE,
    "/extract/async/tasks/{id}/status",
    ActionResponse[object],
    has_result=False,
)


# Who is who.


def test_a_task_is_its_kind_id_and_account():
    task = EXPORT.task("1")
    assert task == EXPORT.task("1", version="v3", started_at=NOON)
    assert hash(task) == hash(EXPORT.task("1", version="v3", started_at=NOON))
    others = {EXPORT.task("2"), IMPORT.task("1"), EXPORT.task("1", account="acme"), EXPORT.task("1", account="other")}
    assert len({task, *others}) == 5


def test_an_id_may_be_a_number():
    assert EXPORT.task(90151673) == EXPORT.task("90151673")
    assert EXPORT.task(90151673).id == "90151673"
    assert hash(EXPORT.task(1)) == hash(EXPORT.task("1"))


def test_kinds_are_equal_where_their_names_are():
    namesake = TaskKind("export", Family.FILES, "/x/{id}", ActionResponse[object])
    assert namesake == EXPORT
    assert len({kind.name for kind in KINDS}) == len(set(KINDS)) == 4


def test_a_task_is_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        EXPORT.task("1").id = "2"  # type: ignore[misc]


def test_a_task_reads_as_kind_and_id():
    assert str(EXPORT.task("1")) == "export 1"
    assert str(FILE_IMPORT.task("1", account="acme")) == "file-import 1 of acme"
    assert repr(FOLDER_UPDATE.task("1")) == (
        "HubSpotTask(kind=TaskKind(name='folder-update'), id='1', version='2026-03', started_at=None, account=None)"
    )


@pytest.mark.parametrize("task", [kind.task("1", account="acme", started_at=NOON) for kind in KINDS], ids=str)
def test_a_task_survives_pickling_and_copying(task: HubSpotTask[object]):
    for twin in (pickle.loads(pickle.dumps(task)), copy.deepcopy(task)):
        assert twin == task
        assert (twin.version, twin.started_at) == (task.version, NOON)
        assert twin.kind.status_request(twin) == task.kind.status_request(task)


@pytest.mark.parametrize("id", ["", ".", "..", "a\r\nb", "x" * 1001, None, True, 1.5, b"1"])
def test_an_id_that_cannot_be_asked_with_is_refused(id: object):
    with pytest.raises(InputError):
        EXPORT.task(id)  # type: ignore[arg-type]


def test_an_unknown_version_and_a_time_without_its_zone_are_refused():
    with pytest.raises(InputError, match="version must be one of v3, 2025-09, 2026-03, 2026-09, not 'v4'"):
        EXPORT.task("1", version="v4")
    with pytest.raises(InputError, match="started_at must have its time zone"):
        EXPORT.task("1", started_at=NOON.replace(tzinfo=None))


# How it is asked about.


@pytest.mark.parametrize(
    ("task", "target"),
    [
        (EXPORT.task("1"), "/crm/exports/2026-03/export/async/tasks/1/status"),
        (IMPORT.task("1", version="v3"), "/crm/v3/imports/1"),
        (FILE_IMPORT.task("a/b?c#%2F"), "/files/2026-03/files/import-from-url/async/tasks/a%2Fb%3Fc%23%252F/status"),
        (FOLDER_UPDATE.task("{id}"), "/files/2026-03/folders/update/async/tasks/%7Bid%7D/status"),
        (EXTRACT.task("1"), "/cms/source-code/2026-03/extract/async/tasks/1/status"),
    ],
    ids=str,
)
def test_a_look_goes_to_the_tasks_own_path(task: HubSpotTask[object], target: str):
    request = task.kind.status_request(task)
    assert (request.method, request.target, request.body) == ("GET", target, None)
    assert request.promise == task.kind.promise
    assert not request.is_start


def test_imports_can_be_asked_about_a_hundred_at_a_time():
    assert IMPORT.list_request is not None
    request = IMPORT.list_request("v3", "MTAw")
    assert (request.method, request.target, request.query) == (
        "GET",
        "/crm/v3/imports",
        {"limit": 100, "after": "MTAw"},
    )
    assert [kind.name for kind in KINDS if kind.list_request] == ["import"]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_started_task_knows_version_account_and_hubspots_time():
    session = ScriptedSender(account="acme")
    request = Request("POST", Family.EXPORTS, "v3", "/export/async", None, is_start=True)
    task = EXPORT.started("1", request, session)
    assert task == EXPORT.task("1", account="acme")
    assert (task.version, task.started_at) == ("v3", session.now())


# JSON.


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_there_and_back(kind: TaskKind[object]):
    east = timezone(timedelta(hours=2))
    task = kind.task("1/é", version="v3", account="ACME é", started_at=NOON.astimezone(east))
    again = HubSpotTask.from_json(task.to_json())
    assert again == task
    assert again.kind is kind
    assert (again.version, again.started_at) == ("v3", NOON)
    assert HubSpotTask.from_json(kind.task("1").to_json()).started_at is None


def test_the_json_is_for_others_to_read():
    assert json.loads(EXPORT.task(1, account="acme", started_at=NOON).to_json()) == {
        "kind": "export",
        "id": "1",
        "version": "2026-03",
        "started_at": "2026-03-30T12:00:00+00:00",
        "account": "acme",
    }


def test_a_kind_of_ones_own_must_be_passed():
    text = EXTRACT.task("1").to_json()
    assert HubSpotTask.from_json(text, kinds=[EXTRACT]).kind is EXTRACT
    with pytest.raises(UnknownTaskKindError, match="'source-code-extract', which is not one of export, import, file-"):
        HubSpotTask.from_json(text)


@pytest.mark.parametrize("kind", [None, "", "Export", 5, ["export"], {"name": "export"}])
def test_a_kind_nobody_knows(kind: object):
    with pytest.raises(UnknownTaskKindError):
        HubSpotTask.from_json(json.dumps({"kind": kind, "id": "1", "version": "v3"}))


GOOD = {"kind": "export", "id": "1", "version": "v3", "started_at": None, "account": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"export"',
        "{",
        "[" * 5_000,
        '{"kind": "export"}',
        "{" + " " * 10_000 + "}",
        '{"started_at": ' + "9" * 5_000 + "}",
        *(
            json.dumps(GOOD | change)
            for change in [
                {"id": None},
                {"id": 5},
                {"id": ""},
                {"id": ".."},
                {"id": "a\r\nX: y"},
                {"id": "\ud800"},
                {"id": "x" * 5_000},
                {"version": None},
                {"version": "v4"},
                {"version": "../v3"},
                {"version": ["v3"]},
                {"started_at": "yesterday"},
                {"started_at": "2026-03-30T12:00:00"},
                {"started_at": 1774864801},
                {"account": 5},
                {"account": {"token": "x"}},
            ]
        ),
    ],
    ids=lambda text: text[-60:],
)
def test_what_is_no_task_is_refused(text: str):
    with pytest.raises(InputError) as caught:
        HubSpotTask.from_json(text)
    assert len(str(caught.value).splitlines()) == 1


def test_the_json_that_the_refusals_vary_is_good():
    assert HubSpotTask.from_json(json.dumps(GOOD)) == EXPORT.task("1")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2))


@settings(deadline=None)
@given(st.text() | st.dictionaries(st.sampled_from([*GOOD]), JSON | st.sampled_from([*GOOD.values()])).map(json.dumps))
def test_any_text_is_a_task_or_a_refusal(text: str):
    with suppress(InputError):
        task = HubSpotTask.from_json(text)
        assert HubSpotTask.from_json(task.to_json()) == task
