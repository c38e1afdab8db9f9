"""Requests, tasks and outcomes as plain values, there and back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_async import (
    EXPORT,
    FILE_IMPORT,
    IMPORT,
    ColumnMapping,
    Filter,
    FilterGroup,
    FolderUpdate,
    ImportFile,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    PublicCrmSearchRequest,
    Sort,
    StatusChange,
    ViewExport,
    WatchFailed,
)
from hubspot_async.errors import InputError, TimedOutError, UnknownTaskKindError
from hubspot_async.integrations.plain import (
    REQUESTS,
    Request,
    read_request,
    read_task,
    write_outcome,
    write_request,
    write_task,
)
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.files import FileImportStatus
from hubspot_async.models.imports import FileImportPage, Import
from hubspot_async.wire import codec

SEARCH = PublicCrmSearchRequest(
    filters=[Filter("email", "IN", values=["a@example.com"])],
    filter_groups=[FilterGroup([Filter("age", "BETWEEN", "1", high_value="9")])],
    sorts=[Sort("email", "DESC"), "age"],
    query="x",
)
MAPPINGS = [
    ColumnMapping.alternate_id("Email", "email", "0-1"),
    ColumnMapping.ignore("Notes"),
    ColumnMapping.common("Id", "id", "0-1"),
    ColumnMapping.reference("Company", "0-1", "0-2", 279),
]
REQUESTS_TO_TRY: list[Request] = [
    ViewExport("CONTACT", ["email"]),
    ViewExport("CONTACT", ["email"], format="xlsx", public_crm_search_request=SEARCH, associated_object_type="COMPANY"),
    ListExport(7, "CONTACT", ["email"], export_name="seven"),
    ImportRequest(
        "people",
        [ImportFile("people.csv", FileImportPage(MAPPINGS, has_header=True))],
        import_operations={"0-1": "UPSERT"},
    ),
    ImportFromUrl(
        "https://example.com/logo.png?v=1", folder_path="/logos", expires_at=datetime(2030, 1, 1, tzinfo=UTC)
    ),
    FolderUpdate(42, name="archive"),
]


@pytest.mark.parametrize("request_", REQUESTS_TO_TRY, ids=lambda request: type(request).__name__)
def test_a_request_comes_back_as_it_was(request_: Request):
    written = write_request(request_)
    again = read_request(json.loads(json.dumps(written)))
    assert again == request_
    assert codec.dumps(again) == codec.dumps(request_)
    assert json.loads(json.dumps(written)) == written, "not plain"


def test_every_kind_of_request_was_tried():
    assert {type(request).__name__ for request in REQUESTS_TO_TRY} == set(REQUESTS)


CONTACTS = {"type": "ViewExport", "object_type": "CONTACT", "object_properties": ["email"]}


def test_what_is_not_said_is_not_written():
    written = write_request(ViewExport("CONTACT", ["email"]))
    assert CONTACTS.items() <= written.items()
    assert not {"format", "language", "public_crm_search_request", "export_type"} & set(written)


def test_a_request_may_be_written_by_hand():
    assert read_request({"type": "ViewExport", "object_type": "CONTACT", "object_properties": "email"}) == ViewExport(
        "CONTACT", "email"
    )


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({}, "type"),
        ({"type": "Nonsense"}, "Nonsense"),
        ({"type": ["ViewExport"]}, "type"),
        ({"type": "ViewExport"}, "object_type"),
        ({"type": "ViewExport", "object_type": "CONTACT", "object_properties": []}, "object_properties"),
        ({**CONTACTS, "exportName": "x"}, "exportName"),
        ({**CONTACTS, "export_type": "X"}, "export_type"),
        ({"type": "FolderUpdate", "id": "1"}, "name"),
        ({"type": "ImportFromUrl", "url": "https://a.b/c", "folder_path": "/", "expires_at": "soon"}, "expires_at"),
        ({"type": "ImportRequest", "name": "x", "files": [{"file": "x.csv"}]}, "file"),
    ],
)
def test_what_cannot_be_right_is_named(written: dict[str, Any], word: str):
    with pytest.raises(InputError, match=word):
        read_request(written)


def test_a_task_comes_back_as_it_was():
    task = EXPORT.task(7, account="acme", started_at=datetime(2026, 1, 2, tzinfo=UTC))
    again = read_task(json.loads(json.dumps(write_task(task))))
    assert (again, again.started_at, again.version) == (task, task.started_at, task.version)
    with pytest.raises(UnknownTaskKindError):
        read_task({"kind": "lunch", "id": "1"})


def change(task: Any, current: Any, **others: Any) -> StatusChange[Any]:
    return StatusChange(task=task, previous=None, current=current, session=None, **others)  # type: ignore[arg-type]


def test_the_outcome_of_an_export_does_not_tell_its_url():
    body = b'{"status": "COMPLETE", "result": "https://x.example/f?sig=hidden", "completedAt": "2026-01-02T03:04:05Z"}'
    task = EXPORT.task(7, account="acme")
    outcome = write_outcome(change(task, codec.loads(body, ExportStatus), lateness=1.5), task)
    assert outcome == {
        "task": write_task(task),
        "succeeded": True,
        "error": None,
        "status": "COMPLETE",
        "completed_at": "2026-01-02T03:04:05+00:00",
        "lateness": 1.5,
        "errors": [],
    }
    assert "hidden" not in json.dumps(outcome)


def test_the_outcome_of_a_file_import_names_the_file_and_that_of_an_import_has_its_counters():
    body = b'{"status": "COMPLETE", "result": {"id": "1", "name": "logo", "path": "/logo.png", "url": "https://x/?k=hidden"}}'
    task = FILE_IMPORT.task(8)
    outcome = write_outcome(change(task, codec.loads(body, FileImportStatus)), task)
    assert outcome["result"] == {"id": "1", "name": "logo", "path": "/logo.png"}
    body = b'{"id": "9", "state": "DONE", "metadata": {"counters": {"TOTAL_ROWS": 2}}, "updatedAt": "some day"}'
    outcome = write_outcome(change(IMPORT.task(9), codec.loads(body, Import)), IMPORT.task(9))
    assert (outcome["status"], outcome["counters"], outcome["completed_at"]) == ("DONE", {"TOTAL_ROWS": 2}, "some day")
    assert json.loads(json.dumps(outcome)) == outcome


def test_the_outcome_of_a_watch_that_failed_says_why():
    task = EXPORT.task(7)
    failed = WatchFailed(task=task, previous="PENDING", error=TimedOutError("too long", task), session=None)  # type: ignore[arg-type]
    error = {"type": "TimedOutError", "message": "export 7: too long"}
    assert write_outcome(failed, task) == {
        "task": write_task(task),
        "succeeded": False,
        "error": error,
        "status": "PENDING",
    }
    assert write_outcome(failed.error, task)["error"] == error
