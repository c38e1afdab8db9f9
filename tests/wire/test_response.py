"""One reader for every answer: the promised model, or an error that says what came instead."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async import errors
from hubspot_async.errors import InvalidResponseError, ResponseError
from hubspot_async.models.exports import ExportStatus
from hubspot_async.models.imports import Import
from hubspot_async.models.problems import ErrorDetail
from hubspot_async.wire.request import Request
from hubspot_async.wire.response import read_error, read_response, retry_after
from hubspot_async.wire.versions import Family
from tests.samples import sample

STATUS = Request("GET", Family.EXPORTS, "2026-03", "/export/async/tasks/1/status", ExportStatus)
IMPORT = Request("POST", Family.IMPORTS, "2026-03", "", Import, is_start=True)
CORRELATION_ID = "3b1c8a7e-6f0f-4d0e-9a54-1f1f0c3d2b1a"


def shortly(value: object) -> str:
    return repr(value)[:40]


HTML = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body><h1>Not found</h1></body></html>"


def refusal(status: int, content: bytes, headers: Mapping[str, str] | None = None) -> ResponseError:
    with pytest.raises(ResponseError) as caught:
        read_response(STATUS, status, headers or {}, content)
    return caught.value


# Successes.


@pytest.mark.parametrize("status", [200, 201, 202, 207])
def test_any_success_with_the_promised_body_is_one(status: int):
    assert read_response(STATUS, status, {"Content-Type": "text/plain"}, sample("export-status")).num_errors == 123


def test_an_answer_that_promises_nothing_needs_no_body():
    request = Request("DELETE", Family.FILES, "2026-03", "/1", None)
    assert read_response(request, 204, {}, b"") is None


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (200, b"", "without a body"),
        (204, b"", "without a body"),
        (206, b" \r\n", "without a body"),
        (200, HTML, "not JSON"),
        (200, b"[]", "a list stands where an object is due"),
        (200, b'"COMPLETE"', "a str stands"),
        (200, b"null", "a NoneType stands"),
        (200, b"{}", "'status' is missing"),
        (200, b'{"status": "COMPL', "not JSON"),
        (200, b'{"status": "error", "message": "internal error"}', "an error came as a success: internal error"),
        (200, b'{"message": "internal error", "category": "X"}', "'status' is missing"),
        (301, b"", "redirect"),
        (302, HTML, "redirect"),
        (304, b"", "redirect"),
        (307, b'{"status": "COMPLETE"}', "redirect"),
        (308, b"", "redirect"),
    ],
)
def test_a_success_that_is_none_says_what_was_asked_and_what_came(status: int, content: bytes, reason: str):
    with pytest.raises(InvalidResponseError, match=reason) as caught:
        read_response(STATUS, status, {"Location": "https://evil.example/?s3cret"}, content)
    assert caught.value.status == status
    assert "GET /crm/exports/2026-03/export/async/tasks/1/status" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# Refusals.


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.BadRequestError),
        (401, errors.UnauthorizedError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (423, errors.LockedError),
        (429, errors.RateLimitError),
        (477, errors.AccountMigratingError),
        *((status, errors.ServerError) for status in (500, 501, 502, 503, 504, 521, 524, 530, 599)),
        *((status, ResponseError) for status in (402, 405, 409, 413, 415, 418, 499, 600, 999, 100)),
    ],
)
@pytest.mark.parametrize(
    "content", [b"", HTML, b"[]", b'"no"', b"null", b"5", b"\xff", b"[" * 200_000, b"{}"], ids=shortly
)
def test_each_status_has_its_error_whatever_the_body(status: int, error: type[ResponseError], content: bytes):
    refused = refusal(status, content)
    assert type(refused) is error
    assert refused.status == status
    assert refused.message == f"HubSpot answered {status} without saying why"
    assert refused.errors == ()
    assert "<" not in str(refused)


def test_a_400_carries_all_that_hubspot_says():
    refused = refusal(400, sample("error-400"))
    assert refused.message == "Invalid input JSON on line 1, column 2"
    assert refused.category == "VALIDATION_ERROR"
    assert refused.sub_category == "crm.exports.INVALID"
    assert refused.correlation_id == CORRELATION_ID
    assert refused.context == {"importId": ("0",)}
    assert refused.links == {"knowledge-base": "https://knowledge.hubspot.com"}
    assert refused.errors == (
        ErrorDetail(
            message="too many rows",
            code="TOO_MANY_ROWS",
            in_="files",
            sub_category="crm.imports.ROWS",
            context={"maximumAllowedRows": ("1048576",), "rowsDetected": ("2000000",)},
        ),
    )
    assert refused.request == "GET /crm/exports/2026-03/export/async/tasks/1/status"
    assert str(refused) == (
        "400 VALIDATION_ERROR: Invalid input JSON on line 1, column 2 "
        f"(GET /crm/exports/2026-03/export/async/tasks/1/status, correlation id {CORRELATION_ID})"
    )


def test_a_401_says_when_the_token_expired():
    refused = refusal(401, sample("error-401"))
    assert refused.category == "EXPIRED_AUTHENTICATION"
    assert refused.context == {"expire time": ("2026-03-30T10:00:00.000Z",)}


def test_a_403_lists_the_scopes_that_are_missing():
    refused = refusal(403, sample("error-403"))
    assert refused.category == "MISSING_SCOPES"
    assert refused.errors[0].context == {"requiredGranularScopes": ("crm.export",)}
    assert "scopes" in refused.links


def test_a_real_404_has_no_category():
    refused = refusal(404, sample("error-404"))
    assert (refused.message, refused.category) == ("resource not found", None)


def test_a_423_and_a_500():
    assert refusal(423, sample("error-423")).category == "LOCKED"
    assert refusal(500, sample("error-500")).message == "internal error"


def test_the_correlation_id_may_come_in_a_header():
    assert refusal(502, HTML, {"X-HubSpot-Correlation-Id": "abc"}).correlation_id == "abc"


# The three kinds of 429.


def test_a_429_of_the_ten_seconds_names_its_policy():
    refused = refusal(429, sample("error-429"), {"Retry-After": "7"})
    assert type(refused) is errors.RateLimitError
    assert refused.policy_name == "TEN_SECONDLY_ROLLING"
    assert refused.category == "RATE_LIMIT"
    assert refused.retry_after == 7


def test_a_429_of_the_day_is_an_error_of_its_own():
    refused = refusal(429, sample("error-429-daily"))
    assert type(refused) is errors.DailyLimitError
    assert refused.policy_name == "DAILY"


def test_a_429_of_an_imports_rows_is_an_error_of_its_own():
    refused = read_error(IMPORT, 429, {}, sample("error-429-import-rows"))
    assert type(refused) is errors.ImportLimitError
    assert refused.category == "FREE_PORTAL_IMPORT_ROWS_LIMIT"


@pytest.mark.parametrize(
    "content", [sample("error-429"), b'{"category": "RATE_LIMITS"}', b'{"errorType": "RATE_LIMIT"}']
)
def test_a_429_about_requests_is_the_same_for_an_import(content: bytes):
    assert type(read_error(IMPORT, 429, {}, content)) is errors.RateLimitError


@pytest.mark.parametrize("content", [b"", HTML, b'{"message": "File is too large", "category": "VALIDATION_ERROR"}'])
def test_a_429_of_an_upload_that_names_no_limit_of_requests_is_not_passing(content: bytes):
    assert type(read_error(IMPORT, 429, {}, content)) is errors.ImportLimitError


# Bodies that are odd, long or hostile.


@pytest.mark.parametrize(
    "odd",
    [
        {"message": None, "errors": None, "context": None, "links": None, "category": None},
        {"message": 5, "errors": "x", "context": 5, "links": 5, "category": 5, "correlationId": 5, "policyName": []},
        {"message": {}, "errors": {}, "context": [], "links": [None], "category": {}, "subCategory": {"a": 1}},
        {"errors": [None, "text", 5, [], {"message": None}, {"message": {}, "context": [1]}]},
        {"category": {"name": "X", "httpStatus": 400}},
        {"context": {"a": [[[1]]], "b": {"c": None}}},
    ],
)
def test_no_field_of_a_refusal_is_required(odd: dict[str, Any]):
    refused = refusal(400, json.dumps(odd).encode())
    assert type(refused) is errors.BadRequestError
    assert isinstance(refused.message, str)
    assert all(isinstance(each.message, str) for each in refused.errors)


def test_errors_may_be_mere_texts():
    refused = refusal(400, b'{"message": "m", "errors": ["first", {"message": "second"}, null]}')
    assert [each.message for each in refused.errors] == ["first", "second"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "message",
    "errors",
    "context",
    "links",
    "category",
    "errorType",
    "subCategory",
    "correlationId",
    "policyName",
]


@settings(deadline=None)
@given(body=st.dictionaries(st.sampled_from(FIELDS), JSON), status=st.integers(400, 599), header=st.text())
def test_a_refusal_is_read_whatever_is_in_it(body: dict[str, Any], status: int, header: str):
    refused = read_error(IMPORT, status, {"Retry-After": header, "Date": header}, json.dumps(body).encode())
    assert refused.status == status
    assert len(str(refused).splitlines()) == 1


def test_what_hubspot_says_becomes_one_short_line():
    body = {"message": "a\r\nb\tc " + 1000 * "x", "category": "X\nY", "correlationId": "1\r\n2"}
    refused = refusal(400, json.dumps(body).encode())
    assert refused.message.startswith("a b c xxx")
    assert len(refused.message) < 510
    assert len(str(refused).splitlines()) == 1
    assert refused.correlation_id == "1 2"


@pytest.mark.parametrize("depth", [100, 500, 900, 1_000, 1_500, 3_000, 10_000, 50_000])
def test_a_deep_refusal_is_still_one(depth: int):
    deep = b"[" * depth + b"]" * depth
    body = b'{"message": %b, "context": {"a": [%b], "b": %b}, "errors": [%b, {"context": %b}]}'
    assert type(refusal(503, body % (deep, deep, deep, deep, deep))) is errors.ServerError


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"message": " \n" * MEGABYTE}, {}),
        ({"message": "x" * MEGABYTE}, {}),
        ({"category": "\n" * MEGABYTE}, {}),
        ({"errors": ["x"] * MEGABYTE}, {}),
        ({"context": "{" * MEGABYTE}, {}),
        ({}, {"Retry-After": "9" * MEGABYTE}),
        ({}, {"Retry-After": "1." + "9" * MEGABYTE}),
        ({}, {"Retry-After": " " * MEGABYTE + "x"}),
        ({}, {"Retry-After": "Mon, " * MEGABYTE, "Date": "Mon, " * MEGABYTE}),
    ],
    ids=shortly,
)
def test_a_megabyte_is_read_in_no_time(body: dict[str, Any], headers: dict[str, str]):
    content = json.dumps(body).encode()
    began = time.perf_counter()
    refused = refusal(429, content, headers)
    assert time.perf_counter() - began < 2
    assert refused.retry_after is None
    assert len(refused.errors) <= 100
    assert len(str(refused)) < 1000


# Retry-After.

NOW = datetime(2026, 3, 30, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("86400", 86_400),
        ("86401", None),
        ("1000000000", None),
        ("-1", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("7, 8", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW, usegmt=True), 0),
        (format_datetime(NOW - timedelta(seconds=1), usegmt=True), None),
        (format_datetime(NOW + timedelta(days=2), usegmt=True), None),
        ("Mon, 30 Mar 100000 10:00:00 GMT", None),
        ("Mon, 99 Foo 2026 10:00:00 GMT", None),
        ("2026-03-30T10:00:00Z", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_hubspots_clock(text: str, seconds: float | None):
    assert retry_after({"Retry-After": text, "Date": format_datetime(NOW, usegmt=True)}) == seconds


def test_a_date_without_hubspots_clock_says_nothing():
    assert retry_after({"Retry-After": format_datetime(NOW, usegmt=True)}) is None
    assert retry_after({}) is None


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\w{3}, \d{1,6} \w{3} \d{1,6} \d\d:\d\d:\d\d ([+-]\d{4}|\w{3})"), st.text())
def test_retry_after_never_raises(text: str, date: str):
    for headers in ({"Retry-After": text, "Date": date}, {"Retry-After": text, "Date": format_datetime(NOW)}):
        seconds = retry_after(headers)
        assert seconds is None or 0 <= seconds <= 86_400
