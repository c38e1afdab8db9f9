"""The operators, as a worker runs them: what is started, what is remembered, and what the next try makes of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the extra `airflow` is not installed")

from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred
from airflow.serialization.serialized_objects import BaseSerialization, DagSerialization

from hubspot_async import FolderInput, FolderUpdate, ImportFromUrl, ImportRequest, ViewExport, exports, folders
from hubspot_async.errors import InputError, StartOutcomeUnknownError
from hubspot_async.integrations.airflow import (
    HubSpotExportOperator,
    HubSpotFileImportOperator,
    HubSpotFolderUpdateOperator,
    HubSpotHook,
    HubSpotImportOperator,
    HubSpotTaskSensor,
)
from hubspot_async.integrations.airflow.memory import ASKED_AT, TASK
from hubspot_async.integrations.plain import Plain, write_outcome, write_task
from hubspot_async.sandbox import Sandbox
from tests.integrations.airflow.conftest import Store

PEOPLE = ViewExport("CONTACT", ["email"], export_name="people")


def run(operator: Any, store: Store) -> Plain:
    """Let an operator start and wait, as far as a worker does it; then take what became of it."""
    context: Any = {"task_state_store": store}
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context)
    trigger = deferred.value.trigger
    outcome = HubSpotHook(trigger.hubspot_conn_id).run(_settled(trigger))
    complete = getattr(operator, deferred.value.method_name)
    told: Plain = complete(context, event=outcome, **(deferred.value.kwargs or {}))
    return told


def _settled(trigger: Any) -> Callable[[Any], Any]:
    from hubspot_async.integrations.airflow.operators import _waiting_for
    from hubspot_async.integrations.airflow.trigger import read_hubspot_task

    return _waiting_for(read_hubspot_task(trigger.hubspot_task))


def starts(sandbox: Sandbox) -> int:
    return sum(each.operation == "exports.start" for each in sandbox.requests)


def test_an_export_from_request_to_file(elsewhere: Sandbox, store: Store, tmp_path: Path):
    path = tmp_path / "of" / "today" / "people.csv"
    told = run(HubSpotExportOperator(task_id="people", request=PEOPLE, path=str(path)), store)
    assert (told["status"], told["path"], told["bytes"]) == ("COMPLETE", str(path), path.stat().st_size)
    assert json.loads(json.dumps(told)) == told
    assert elsewhere.token not in str(told)
    assert store == {}, "the next run is to begin anew"


def test_a_run_that_is_repeated_replaces_the_file(elsewhere: Sandbox, store: Store, tmp_path: Path):
    path = tmp_path / "people.csv"
    for _ in range(2):
        run(HubSpotExportOperator(task_id="people", request=PEOPLE, path=str(path)), store)
    assert starts(elsewhere) == 2


def test_without_a_path_the_file_stays_where_it_is(elsewhere: Sandbox, store: Store):
    told = run(HubSpotExportOperator(task_id="people", request={"type": "ViewExport", **_words()}), store)
    assert told["succeeded"]
    assert "path" not in told


def _words() -> Plain:
    return {"object_type": "CONTACT", "object_properties": ["email"]}


def test_the_other_kinds(elsewhere: Sandbox, store: Store, tmp_path: Path):
    (tmp_path / "leads.csv").write_text("Email\nzoe@example.com\n")
    plan = ImportRequest.for_csv(tmp_path / "leads.csv", "0-1", {"Email": "email"}, key="Email")
    leads = HubSpotImportOperator(task_id="leads", request=plan, paths=str(tmp_path / "leads.csv"))
    assert run(leads, store)["counters"]["TOTAL_ROWS"] == 1
    assert leads._trigger(exports.task(1)).cancel_on_kill
    url = elsewhere.host_file("logo.png", b"not really a picture")
    logo = HubSpotFileImportOperator(task_id="logo", request=ImportFromUrl(url, folder_path="/logos"))
    assert run(logo, store)["result"]["path"] == "/logos/logo.png"
    folder = HubSpotHook().run(lambda session: folders.create(session, FolderInput("old")))
    archive = HubSpotFolderUpdateOperator(task_id="archive", request=FolderUpdate(folder.id, name="new"))
    assert run(archive, store)["result"]["name"] == "new"


def test_one_that_does_not_defer_waits_itself(elsewhere: Sandbox, store: Store):
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE, deferrable=False)
    assert operator.execute({"task_state_store": store})["succeeded"]  # type: ignore[arg-type]
    assert store == {}


# What the tries leave to each other.


def test_what_was_started_is_written_down_before_anything_else(elsewhere: Sandbox, store: Store):
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE)
    with pytest.raises(TaskDeferred):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    [task] = elsewhere.tasks
    assert store[TASK]["id"] == task.id
    assert ASKED_AT not in store
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    assert deferred.value.trigger.hubspot_task["id"] == task.id
    assert starts(elsewhere) == 1, "a retry started a second one"


def test_a_retry_after_a_failed_download_starts_nothing(elsewhere: Sandbox, store: Store, tmp_path: Path):
    (tmp_path / "taken").write_text("no folder")
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE, path=str(tmp_path / "taken" / "people.csv"))
    with pytest.raises(OSError, match="taken"):
        run(operator, store)
    operator.path = str(tmp_path / "people.csv")
    run(operator, store)
    assert starts(elsewhere) == 1
    assert (tmp_path / "people.csv").exists()


def test_what_failed_at_hubspot_is_started_anew_by_the_next_try(elsewhere: Sandbox, store: Store):
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE)
    with pytest.raises(TaskDeferred):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    elsewhere.cancel(elsewhere.tasks[0].id)
    canceled = {"succeeded": False, "error": None, "status": "CANCELED", "errors": ["by hand"], "task": store[TASK]}
    with pytest.raises(AirflowException, match=r"CANCELED; by hand"):
        operator.execute_complete({"task_state_store": store}, event=canceled)  # type: ignore[arg-type]
    assert store == {}
    assert run(operator, store)["succeeded"]
    assert starts(elsewhere) == 2


def test_what_an_earlier_try_knew_and_has_failed_since_is_started_anew_at_once(elsewhere: Sandbox, store: Store):
    gone = write_task(exports.task(404))
    store[TASK] = gone
    failed = {"succeeded": False, "error": None, "status": "CANCELED", "errors": [], "task": gone}
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE)
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute_complete({"task_state_store": store}, event=failed, is_known=True)  # type: ignore[arg-type]
    assert deferred.value.kwargs == {"is_known": False}
    assert store[TASK]["id"] == elsewhere.tasks[0].id


def test_what_can_be_watched_no_longer_is_kept_for_the_next_try(elsewhere: Sandbox, store: Store):
    task = exports.task(7)
    store[TASK] = write_task(task)
    outcome = write_outcome(InputError("no idea"), task)
    with pytest.raises(AirflowException, match="no idea"):
        HubSpotExportOperator(task_id="people", request=PEOPLE).execute_complete(
            {"task_state_store": store},  # type: ignore[arg-type]
            event=outcome,
        )
    assert store[TASK] == write_task(task)


def test_a_start_that_was_never_answered_is_not_made_again(elsewhere: Sandbox, store: Store):
    elsewhere.fail("exports.start", disconnect=True, performed=True)
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE)
    with pytest.raises(StartOutcomeUnknownError):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    assert ASKED_AT in store
    with pytest.raises(AirflowFailException, match="never answered"):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    assert len(elsewhere.tasks) == 1
    assert run(HubSpotExportOperator(task_id="people", request=PEOPLE, on_unknown_start="start"), store)["succeeded"]
    assert len(elsewhere.tasks) == 2


def test_an_import_that_was_never_answered_is_found_by_its_name(elsewhere: Sandbox, store: Store, tmp_path: Path):
    (tmp_path / "leads.csv").write_text("Email\nzoe@example.com\n")
    plan = ImportRequest.for_csv(tmp_path / "leads.csv", "0-1", {"Email": "email"}, key="Email", name="leads of today")
    operator = HubSpotImportOperator(task_id="leads", request=plan, paths=[str(tmp_path / "leads.csv")])
    elsewhere.fail("imports.start", disconnect=True, performed=True)
    with pytest.raises(StartOutcomeUnknownError):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    assert run(operator, store)["succeeded"]
    assert len(elsewhere.tasks) == 1
    store[ASKED_AT] = datetime(2100, 1, 1, tzinfo=UTC).isoformat()
    run(operator, store)
    assert len(elsewhere.tasks) == 2, "HubSpot had none that was begun since, so it was to be started"


def test_what_hubspot_surely_refused_may_be_asked_again(elsewhere: Sandbox, store: Store):
    elsewhere.fail("exports.start", status=429, times=None)
    operator = HubSpotExportOperator(task_id="people", request=PEOPLE)
    operator.hubspot_conn_id = "nowhere"
    with pytest.raises(Exception, match="nowhere"):
        operator.execute({"task_state_store": store})  # type: ignore[arg-type]
    assert store == {}


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (ViewExport("CONTACT", ["shoe_size"]), "shoe_size"),
        ({"type": "ViewExport", "object_type": "CONTACT"}, "object_properties"),
    ],
)
def test_what_cannot_be_right_is_not_tried_again(elsewhere: Sandbox, store: Store, request_: Any, word: str):
    with pytest.raises(AirflowFailException, match=word):
        HubSpotExportOperator(task_id="people", request=request_).execute({"task_state_store": store})  # type: ignore[arg-type]
    assert store == {}


def test_without_a_store_nothing_is_started(elsewhere: Sandbox):
    with pytest.raises(AirflowFailException, match="state store"):
        HubSpotExportOperator(task_id="people", request=PEOPLE).execute({})  # type: ignore[arg-type]
    assert not elsewhere.requests


def test_an_operator_takes_its_own_kind_of_request():
    with pytest.raises(InputError, match="ViewExport or a ListExport, not a FolderUpdate"):
        HubSpotExportOperator(task_id="people", request=FolderUpdate("1", name="x"))


# In a DAG.


def test_a_dag_with_all_of_them_is_written_down_and_read_again():
    with DAG("a_dag", schedule=None) as dag:
        HubSpotExportOperator(task_id="people", request=PEOPLE, path="/data/{{ ds }}/people.csv")
        HubSpotExportOperator.partial(task_id="mapped").expand(request=[{"type": "ViewExport", **_words()}] * 2)
        HubSpotTaskSensor(task_id="sensor", hubspot_task=exports.task(7), soft_fail=True)
    written = DagSerialization.to_dict(dag)
    read = DagSerialization.from_dict(json.loads(json.dumps(written)))
    sensor = read.get_task("sensor")
    assert sensor.start_from_trigger
    kwargs = BaseSerialization.deserialize(sensor.start_trigger_args.trigger_kwargs)
    assert (kwargs["hubspot_task"]["id"], kwargs["ends_task"], kwargs["soft_fail"]) == ("7", True, True)
    assert read.get_task("people").template_fields == ["request", "hubspot_conn_id", "path"]


def test_templates_reach_into_a_request():
    operator = HubSpotExportOperator(
        task_id="people",
        request={"type": "ViewExport", **_words(), "export_name": "people of {{ day }}"},
        path="{{ day }}",
    )
    operator.render_template_fields({"day": "today"})  # type: ignore[arg-type,typeddict-unknown-key]
    assert (operator.request["export_name"], operator.path) == ("people of today", "today")


# The sensor on a worker.


def test_a_sensor_that_begins_on_a_worker_ends_on_one():
    sensor = HubSpotTaskSensor(task_id="sensor", hubspot_task=exports.task(7), start_from_trigger=False)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})  # type: ignore[arg-type]
    assert not deferred.value.trigger.ends_task
    done: Plain = {"succeeded": True, "error": None, "status": "COMPLETE", "task": write_task(exports.task(7))}
    assert sensor.execute_complete({}, event=done) == done  # type: ignore[arg-type]
    canceled = {**done, "succeeded": False, "status": "CANCELED"}
    with pytest.raises(AirflowException, match="export 7 is CANCELED"):
        sensor.execute_complete({}, event=canceled)  # type: ignore[arg-type]
    sensor.soft_fail = True
    with pytest.raises(AirflowSkipException):
        sensor.execute_complete({}, event=canceled)  # type: ignore[arg-type]
