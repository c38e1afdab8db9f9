"""HubSpot's bodies to models: the four pages of the reference field for field, and everything that comes otherwise."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async.errors import InvalidResponseError
from hubspot_async.models.exports import Export, ExportState, ExportStatus
from hubspot_async.models.files import File, FileImportStatus
from hubspot_async.models.folders import Folder, FolderUpdateStatus
from hubspot_async.models.imports import Import, ImportMetadata, ImportState, ImportTemplate, ObjectListRecord
from hubspot_async.models.problems import ErrorDetail, StandardError
from hubspot_async.models.tasks import ActionResponse, TaskLocator, TaskStatus
from hubspot_async.models.values import Page, SecretUrl
from hubspot_async.wire import codec
from tests.samples import document, sample

NOON = datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)
"""The one moment of HubSpot's reference."""

PROBLEM = StandardError(
    category="<string>",
    context={},
    errors=(
        ErrorDetail(
            message="<string>",
            code="<string>",
            context="{missingScopes=[scope1, scope2]}",
            in_="<string>",
            sub_category="<string>",
        ),
    ),
    links={},
    message="<string>",
    status="<string>",
    id="<string>",
    sub_category={},
)

PAGES = [("export-status", ExportStatus), ("file-import-status", FileImportStatus)]
PAGES += [("folder-update-status", FolderUpdateStatus), ("import", Import)]


def shortly(value: object) -> str:
    return repr(value)[:40]


# The four pages.


def test_an_export_status_as_on_the_page():
    assert codec.loads(sample("export-status"), ExportStatus) == ActionResponse(
        completed_at=NOON,
        started_at=NOON,
        status=TaskStatus.CANCELED,
        errors=(PROBLEM,),
        links={},
        num_errors=123,
        requested_at=NOON,
        result=SecretUrl("<string>"),
    )


def test_a_file_import_status_as_on_the_page():
    assert codec.loads(sample("file-import-status"), FileImportStatus) == ActionResponse(
        completed_at=NOON,
        started_at=NOON,
        status=TaskStatus.CANCELED,
        task_id="<string>",
        errors=(PROBLEM,),
        links={},
        num_errors=123,
        requested_at=NOON,
        result=File(
            access="HIDDEN_INDEXABLE",
            archived=True,
            created_at=NOON,
            id="<string>",
            updated_at=NOON,
            archived_at=NOON,
            default_hosting_url="<string>",
            encoding="<string>",
            expires_at=123,
            extension="<string>",
            file_md5="<string>",
            height=123,
            is_usable_in_content=True,
            name="<string>",
            parent_folder_id="<string>",
            path="<string>",
            size=123,
            source_group="CONTENT",
            type="<string>",
            url="<string>",
            width=123,
        ),
    )


def test_a_folder_update_status_as_on_the_page():
    assert codec.loads(sample("folder-update-status"), FolderUpdateStatus) == ActionResponse(
        completed_at=NOON,
        started_at=NOON,
        status=TaskStatus.CANCELED,
        task_id="<string>",
        errors=(PROBLEM,),
        links={},
        num_errors=123,
        requested_at=NOON,
        result=Folder(
            archived=True,
            created_at=NOON,
            id="<string>",
            updated_at=NOON,
            archived_at=NOON,
            name="<string>",
            parent_folder_id="<string>",
            path="<string>",
        ),
    )


def test_an_import_as_on_the_page():
    assert codec.loads(sample("import"), Import) == Import(
        created_at=NOON,
        id="<string>",
        mapped_object_type_ids=("<string>",),
        metadata=ImportMetadata(
            counters={},
            file_ids=("<string>",),
            object_lists=(ObjectListRecord(list_id="<string>", object_type="<string>"),),
        ),
        opt_out_import=True,
        state=ImportState.CANCELED,
        updated_at=NOON,
        import_name="<string>",
        import_request_json={},
        import_source="API",
        import_template=ImportTemplate(template_id=123, template_type="admin_defined"),
    )


@pytest.mark.parametrize(("name", "promise"), PAGES)
def test_no_field_of_a_page_is_left_out(name: str, promise: type[Any]):
    assert_shows_all(codec.loads(sample(name), promise), document(name))


def assert_shows_all(model: object, shown: object) -> None:
    """Every key of the JSON is an attribute of the model; nothing stands there under a default."""
    if isinstance(shown, dict) and attrs.has(type(model)):
        for key, value in shown.items():
            name = re.sub(r"([A-Z])", lambda letter: "_" + letter[0].lower(), key)
            assert_shows_all(getattr(model, "in_" if name == "in" else name), value)
    elif isinstance(shown, list):
        assert isinstance(model, tuple)
        assert len(model) == len(shown)
        for each, value in zip(model, shown, strict=True):
            assert_shows_all(each, value)
    else:
        assert model == (NOON if shown == "2023-11-07T05:31:56Z" else shown)


# What comes otherwise than on the pages.


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("locator", {"status": "https://api-na1.hubspot.com/crm/v3/exports/export/async/tasks/90151673/status"}),
        (
            "locator-links-list",
            {"status": "https://api.hubspot.com/filemanager/api/v3/folders/update/async/tasks/9b4f6a0e/status"},
        ),
        ("locator-links-null", {}),
        ("locator-links-missing", {}),
    ],
)
def test_links_come_as_a_map_as_a_list_of_maps_or_not_at_all(name: str, links: Mapping[str, str]):
    locator = codec.loads(sample(name), TaskLocator)
    assert locator == TaskLocator(id=document(name)["id"], links=links)


@pytest.mark.parametrize("links", ["https://x", 5, [], [None, "x", {"a": None, "b": 1}], {"a": {}}, [[{}]]])
def test_links_that_are_none_are_dropped(links: object):
    assert codec.structure({"id": "1", "links": links}, TaskLocator).links == {}


def test_a_pending_task_needs_no_more_than_its_status():
    bare = codec.loads(sample("export-status-pending"), ExportStatus)
    assert bare == ActionResponse(status=TaskStatus.PENDING)
    nulls = codec.loads(sample("export-status-pending-nulls"), ExportStatus)
    asked = datetime(2026, 3, 30, 10, 0, 0, 123000, tzinfo=UTC)
    assert nulls == ActionResponse(status=TaskStatus.PENDING, requested_at=asked)
    assert not bare.is_terminal


def test_a_status_hubspot_adds_later_is_kept_and_unfinished():
    status = codec.loads(sample("export-status-unknown-word"), ExportStatus)
    assert status.status == "AWAITING_APPROVAL"
    assert isinstance(status.status, TaskStatus)
    assert not status.is_terminal
    assert not status.succeeded


@pytest.mark.parametrize("word", ["complete", " COMPLETE ", "Complete\n"])
def test_case_and_blanks_of_a_known_word_do_not_matter(word: str):
    assert codec.structure({"status": word}, ExportStatus).status is TaskStatus.COMPLETE


def test_problems_come_with_words_or_objects_as_text_or_null():
    status = codec.loads(sample("export-status-problems"), ExportStatus)
    words, objects, text = status.errors
    assert status.succeeded
    assert status.num_errors == 4
    assert words.sub_category == "crm.exports.PROPERTY"
    assert words.context == {"property": ("emial", "fristname"), "row": ("12",), "count": ("3",)}
    assert words.links == {"help": "https://developers.hubspot.com"}
    assert words.errors == (
        ErrorDetail(
            message="no such property",
            code="PROPERTY_DOESNT_EXIST",
            in_="objectProperties",
            sub_category={"name": "x"},
            context={"propertyName": ("emial",)},
        ),
    )
    assert objects.sub_category == {"name": "crm.exports.SCOPE"}
    assert objects.context == "{missingScopes=[scope1, scope2]}"
    assert objects.errors == ()
    assert text == StandardError(message="only a text")


def test_a_complete_export_has_its_url_and_shows_no_signature():
    status = codec.loads(sample("export-status-complete"), ExportStatus)
    assert status.result == document("export-status-complete")["result"]
    assert "s3cret" not in repr(status)
    assert status.succeeded
    assert status.num_errors == 0


def test_a_file_and_a_folder_as_results():
    file = codec.loads(sample("file-import-status-complete"), FileImportStatus).result
    assert file is not None
    assert (file.id, file.name, file.extension, file.size) == ("204471837", "logo", "png", 2**53 + 1)
    assert file.expires_at == 1774864800123
    folder = codec.loads(sample("folder-update-status-complete"), FolderUpdateStatus).result
    assert folder is not None
    assert (folder.id, folder.path, folder.parent_folder_id) == ("42", "/archive", "7")


def test_an_exports_record():
    assert codec.loads(sample("export-record"), Export) == Export(
        id="90151673",
        export_type="VIEW",
        export_name="people",
        export_state=ExportState.PENDING_APPROVAL,
        object_type="0-1",
        object_properties=("email", "firstname"),
        record_count=503,
        created_at=datetime(2026, 3, 30, 10, 0, 0, 123000, tzinfo=UTC),
        updated_at=datetime(2026, 3, 30, 10, 0, 9, 123000, tzinfo=UTC),
    )


def test_an_import_that_is_done():
    record = codec.loads(sample("import-done"), Import)
    assert record.metadata.counters == {"TOTAL_ROWS": 503, "CREATED_OBJECTS": 500, "UPDATED_OBJECTS": 1, "ERRORS": 2}
    assert record.num_errors == 2
    assert record.succeeded
    assert record.completed_at == record.updated_at == datetime(2026, 3, 30, 10, 0, 9, 123000, tzinfo=UTC)
    assert codec.loads(sample("import-started"), Import).completed_at is None


def test_a_page_of_imports():
    page = codec.loads(sample("imports"), Page[Import])
    assert [(each.id, each.state) for each in page.results] == [("34401123", "DEFERRED"), ("34401122", "DONE")]
    assert page.after == "MTAw"
    assert codec.structure({"results": []}, Page[Import]).after is None


def test_an_id_may_be_a_number():
    assert codec.structure({"id": 90151673}, TaskLocator).id == "90151673"


@pytest.mark.parametrize(
    ("body", "promise"),
    [
        ({}, ExportStatus),
        ({"status": None}, ExportStatus),
        ({"status": ""}, ExportStatus),
        ({"status": " "}, ExportStatus),
        ({"status": True}, ExportStatus),
        ({"status": ["COMPLETE"]}, ExportStatus),
        ({"id": "1"}, Import),
        ({"state": "DONE"}, Import),
        ({"id": None, "state": "DONE"}, Import),
        ({"id": {}}, TaskLocator),
        ({"id": 1.5}, TaskLocator),
        ({"status": "COMPLETE", "result": {"name": "x"}}, FileImportStatus),
        ({"status": "COMPLETE", "result": 5}, ExportStatus),
        ({"status": "COMPLETE", "result": ["https://x"]}, ExportStatus),
        ({"message": "no"}, Page[Import]),
        ([], ExportStatus),
        ("COMPLETE", ExportStatus),
        (None, ExportStatus),
        (5, Import),
    ],
)
def test_what_a_model_cannot_do_without(body: object, promise: type[Any]):
    with pytest.raises(InvalidResponseError):
        codec.structure(body, promise)


def test_the_error_names_the_field_and_not_its_neighbours():
    with pytest.raises(InvalidResponseError, match="'status' is missing") as caught:
        codec.structure({"result": "https://x/?Signature=s3cret"}, ExportStatus)
    assert "s3cret" not in str(caught.value)


# Numbers and times.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("123", 123),
        ('"12"', 12),
        ("-1", -1),
        ("12.0", 12),
        ("1" + 400 * "0", 10**400),
        ("1e999", None),
        ('"1e999"', None),
        ('"a few"', None),
        ("[1]", None),
        ("{}", None),
    ],
)
def test_a_number_is_read_or_dropped(written: str, read: int | None):
    body = f'{{"status": "COMPLETE", "numErrors": {written}}}'.encode()
    assert codec.loads(body, ExportStatus).num_errors == read


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, True), (False, False), ("true", True), ("False", False), (1, True), (0, False), (2, None), ("yes", None)],
)
def test_a_flag_is_read_or_dropped(value: object, read: bool | None):
    body = {"id": "1", "state": "DONE", "optOutImport": value}
    assert codec.structure(body, Import).opt_out_import is read


def test_counters_that_are_no_numbers_are_dropped():
    counters = {"TOTAL_ROWS": "12", "ERRORS": None, "NEW": 10**400, "ODD": {}, "INF": float("inf")}
    record = codec.structure({"id": "1", "state": "DONE", "metadata": {"counters": counters}}, Import)
    assert record.metadata.counters == {"TOTAL_ROWS": 12, "NEW": 10**400}
    assert record.num_errors == 0


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-03-30T10:00:01Z", datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        ("2026-03-30T10:00:01+00:00", datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        ("2026-03-30T12:00:01+02:00", datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        ("2026-03-30T10:00:01", datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        ("2026-03-30T10:00Z", datetime(2026, 3, 30, 10, tzinfo=UTC)),
        ("2026-03-30", datetime(2026, 3, 30, tzinfo=UTC)),
        ("2026-03-30T10:00:01.5Z", datetime(2026, 3, 30, 10, 0, 1, 500_000, tzinfo=UTC)),
        ("2026-03-30T10:00:01.123456789Z", datetime(2026, 3, 30, 10, 0, 1, 123_456, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00"),
        (1774864801000, datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        (1774864801, datetime(2026, 3, 30, 10, 0, 1, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("not yet", "not yet"),
        ("x" * 1_000_000, "x" * 100),
        ("2026\ud800", "2026\ud800"),
        ("", None),
        (None, None),
        (True, None),
        ({}, None),
        (10**400, "1" + 99 * "0"),
        (float("inf"), "inf"),
    ],
    ids=shortly,
)
def test_a_moment_is_in_utc_or_stays_text(value: object, read: datetime | str | None):
    moment = codec.structure({"status": "PENDING", "startedAt": value}, ExportStatus).started_at
    assert moment == read
    assert not isinstance(moment, datetime) or moment.utcoffset() == NOON.utcoffset()


def test_odd_times_break_nothing():
    status = codec.loads(sample("export-status-odd-times"), ExportStatus)
    assert status.requested_at == datetime(2026, 3, 30, 10, 0, 0, 123000, tzinfo=UTC)
    assert status.started_at == datetime(2026, 3, 30, 10, 0, 1, 123456, tzinfo=UTC)
    assert status.completed_at == "not yet"


# Bytes.


def test_a_byte_order_mark_is_skipped():
    assert codec.loads(b'\xef\xbb\xbf{"status": "PENDING"}', ExportStatus).status == "PENDING"


def test_of_a_key_that_comes_twice_the_last_counts():
    assert codec.loads(b'{"status": "PENDING", "status": "COMPLETE"}', ExportStatus).status == "COMPLETE"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"status": "\xff"}', "not UTF-8"),
        ('{"status": "PENDING"}'.encode("utf-16"), "not UTF-8"),
        (b'{"status": "PENDING", "numErrors": NaN}', "not JSON"),
        (b'{"status": "PENDING", "numErrors": -Infinity}', "not JSON"),
        (b'{"status": "PENDI', "not JSON"),
        (b'{"status": "PENDING"} {}', "not JSON"),
        (b"<html>s3cret</html>", "not JSON"),
        (b"", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
    ],
    ids=shortly,
)
def test_what_is_no_json_is_said_without_being_shown(content: bytes, reason: str):
    with pytest.raises(InvalidResponseError, match=reason) as caught:
        codec.parse(content)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("depth", [100, 500, 900, 1_000, 1_500, 3_000, 10_000])
def test_a_deep_value_where_none_is_due_is_read_or_refused(depth: int):
    deep = b"[" * depth + b"]" * depth
    body = b'{"status": "PENDING", "errors": [%b, {"context": {"a": [%b]}, "subCategory": %b}]}' % (deep, deep, deep)
    with suppress(InvalidResponseError):
        assert codec.loads(body, ExportStatus).status == "PENDING"


def test_a_hundred_thousand_problems_are_read_in_reasonable_time():
    problems = [{"message": "m" * 10, "context": {"row": [str(row)]}} for row in range(100_000)]
    body = json.dumps({"status": "COMPLETE", "errors": problems}).encode()
    began = time.perf_counter()
    assert len(codec.loads(body, ExportStatus).errors) == 100_000
    assert time.perf_counter() - began < 10


# Any of it: what HubSpot nulls, leaves out, adds or garbles never makes a status unreadable.

GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, float("inf"), -1, 2**63])
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

REQUIRED = {"status", "state", "id"}


@pytest.mark.parametrize(("name", "promise"), PAGES)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_only_required_fields_can_make_an_answer_unreadable(name: str, promise: type[Any], data: st.DataObject):
    whole = codec.loads(sample(name), promise)
    body = document(name)
    touched = data.draw(st.sets(st.sampled_from(sorted(set(body) - REQUIRED))), label="touched")
    for key in touched:
        # Where a result is due, something else is an error and not an absence: it may only be missing.
        body[key] = data.draw(st.none() if key == "result" else GARBAGE, label=key)
        if data.draw(st.booleans(), label=f"drop {key}"):
            del body[key]
    body |= data.draw(st.dictionaries(st.text().filter(lambda key: key not in body and key not in touched), GARBAGE))

    read = codec.structure(body, promise)

    for key in set(document(name)) - touched:
        attribute = re.sub(r"([A-Z])", lambda letter: "_" + letter[0].lower(), key)
        assert getattr(read, attribute) == getattr(whole, attribute)


@settings(deadline=None)
@given(body=st.dictionaries(st.sampled_from([*document("import"), "counters", "objectLists", "fileIds"]), GARBAGE))
def test_metadata_and_problems_are_never_required(body: dict[str, Any]):
    record = codec.structure({"id": "1", "state": "DONE", "metadata": body, "importTemplate": body}, Import)
    assert record.state is ImportState.DONE
    status = codec.structure({"status": "COMPLETE", "errors": [body, *body.values()]}, ExportStatus)
    assert len(status.errors) == 1 + sum(value is not None for value in body.values())


@settings(deadline=None)
@given(
    problem=st.dictionaries(
        st.sampled_from(["message", "category", "context", "errors", "links", "id", "status", "subCategory", "in"]),
        GARBAGE,
    )
)
def test_a_problem_is_read_whatever_is_in_it(problem: dict[str, Any]):
    (read,) = codec.structure({"status": "COMPLETE", "errors": [problem]}, ExportStatus).errors
    assert isinstance(read.message, str)
    assert isinstance(read.context, Mapping | str | None)
    assert isinstance(read.category, str | None)
