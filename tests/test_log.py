"""What is logged, at which level, and with which fields."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from hubspot_async import HubSpotSession, ListExport, RetryPolicy, TaskGroupWatcher, ViewExport, exports, facts, results
from hubspot_async.errors import HubSpotError, ServerError, StartOutcomeUnknownError
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.sandbox import Sandbox
from hubspot_async.session import reporting
from hubspot_async.tasks import EXPORT
from tests.fakes import ScriptedSender

Log: TypeAlias = pytest.LogCaptureFixture

pytestmark = [pytest.mark.asyncio, pytest.mark.no_contract, pytest.mark.usefixtures("quick_looks")]

EVERYTHING = ViewExport("CONTACT", ["email"], export_name="people")
CORRELATION_ID = "00000000-0000-4000-8000-000000000000"
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a record holds besides its sentence."""
    return {name: value for name, value in vars(record).items() if name not in PLAIN}


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Any:
    """What is logged, each field of it a known one."""
    caplog.set_level(logging.DEBUG, "hubspot_async")
    yield caplog
    for record in caplog.get_records("call"):
        if record.name.startswith("hubspot_async"):
            assert fields(record).keys() <= facts.FIELDS.keys(), record


def found(log: Log, level: int, words: str) -> logging.LogRecord:
    """Find the one record of a level that has these words."""
    (record,) = [each for each in log.records if each.levelno == level and words in each.getMessage()]
    return record


@pytest_asyncio.fixture
async def north(sandbox: Sandbox) -> AsyncIterator[HubSpotSession]:
    quick = RetryPolicy(attempts=2, longest_pause=0.01)
    async with HubSpotSession(sandbox.token, base_url=sandbox.url, account="north", retry=quick) as session:
        yield session


async def test_every_exchange_has_its_correlation_id(north: HubSpotSession, log: Log) -> None:
    task = await exports.start(north, EVERYTHING)
    await exports.get_status(north, task)
    record = found(log, logging.DEBUG, "status: answered")
    path = f"GET /crm/exports/2026-03/export/async/tasks/{task.id}/status"
    assert record.getMessage() == f"north: {path}: answered"
    assert len(fields(record).pop("correlation_id")) == 36
    assert fields(record).keys() == {"account", "request", "correlation_id"}


async def test_a_start_is_told_with_its_name_its_id_and_its_correlation_id(
    north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    task = await exports.start(north, EVERYTHING)
    record = found(log, logging.INFO, "has begun 'people'")
    told = fields(record)
    assert (told["account"], told["task_id"]) == ("north", task.id)
    assert told["correlation_id"] in record.getMessage()


async def test_what_is_sent_again_says_why_and_when(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("exports.get", status=502)
    task = await exports.start(north, EVERYTHING)
    await exports.get(north, task)
    told = fields(found(log, logging.INFO, "is sent again in 0.0 s: 502"))
    assert (told["http_status"], told["error"], told["correlation_id"]) == (502, "ServerError", CORRELATION_ID)


async def test_a_pause_for_everyone_is_a_warning(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("exports.start", status=429, headers={"Retry-After": "1"})
    await exports.start(north, EVERYTHING)
    told = fields(found(log, logging.WARNING, "north: too many requests (TEN_SECONDLY_ROLLING), everyone pauses"))
    assert (told["policy"], told["pause"]) == ("TEN_SECONDLY_ROLLING", 1.0)
    assert found(log, logging.INFO, "is sent again when it has a place again: 429")


async def test_the_end_of_the_days_requests_is_a_warning(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("exports.start", status=429, body={"policyName": "DAILY", "correlationId": "abc"})
    with pytest.raises(HubSpotError):
        await exports.start(north, EVERYTHING)
    told = fields(found(log, logging.WARNING, "north: the day's requests are used up"))
    assert (told["policy"], told["correlation_id"]) == ("DAILY", "abc")


async def test_a_lost_start_is_a_warning_that_names_it(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("exports.start", disconnect=True)
    with pytest.raises(StartOutcomeUnknownError):
        await exports.start(north, EVERYTHING)
    record = found(log, logging.WARNING, "'people' is not started again")
    assert fields(record)["error"] == "ConnectionFailedError"


async def test_an_end_is_told_with_its_lateness(north: HubSpotSession, log: Log) -> None:
    async with TaskGroupWatcher(north) as watcher:
        done = await watcher.settle(await exports.start(north, EVERYTHING))
    told = fields(found(log, logging.INFO, f"export {done.task.id} of north is COMPLETE"))
    lateness = told.pop("lateness")
    assert told == {"account": "north", "kind": "export", "task_id": done.task.id, "status": "COMPLETE"}
    assert lateness == done.lateness


async def test_a_bad_end_is_a_warning_that_says_why(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    task = await exports.start(north, EVERYTHING)
    sandbox.finish(task.id, "FAILED")
    async with TaskGroupWatcher(north) as watcher:
        await watcher.settle(task)
    told = fields(found(log, logging.WARNING, f"export {task.id} of north is CANCELED: its record says FAILED"))
    assert told["status"] == "CANCELED"


async def test_a_watch_that_is_given_up_is_a_warning(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("exports.status", status=403, body={"category": "MISSING_SCOPES", "correlationId": "abc"}, times=None)
    async with TaskGroupWatcher(north) as watcher:
        with pytest.raises(HubSpotError):
            await watcher.settle(exports.task("7", account="north"))
    told = fields(found(log, logging.WARNING, "export 7 of north is given up: 403"))
    assert told["correlation_id"] == "abc"
    assert (told["kind"], told["task_id"], told["error"]) == ("export", "7", "ForbiddenError")


async def test_a_download_that_is_taken_up_again_is_told(
    sandbox: Sandbox, north: HubSpotSession, log: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sandbox.fail("downloads.export", status=503)
    async with TaskGroupWatcher(north) as watcher:
        done = await watcher.settle(await exports.start(north, EVERYTHING))
    await results.download(north, done.task, tmp_path / "people.csv")
    told = fields(found(log, logging.INFO, "503, at byte 0; it is asked for again"))
    assert told == {"account": "north", "kind": "export", "task_id": done.task.id}


@pytest.mark.looptime
async def test_nobody_answering_is_told_once_and_so_is_its_end(log: Log) -> None:
    failure = ServerError("down", status=503)
    task = EXPORT.task("7")
    session = ScriptedSender({task: [*[failure] * 20, "COMPLETE"]}, account="north")
    async with TaskGroupWatcher(session) as watcher:
        await watcher.settle(task)
    told = fields(found(log, logging.WARNING, "north: nobody answers, so one look at a time is made"))
    assert (told["account"], told["http_status"]) == ("north", 503)
    assert fields(found(log, logging.INFO, "north: somebody answers again")) == {"account": "north"}


async def test_without_an_account_nothing_stands_for_it(sandbox: Sandbox, log: Log) -> None:
    async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        await exports.start(session, EVERYTHING)
    record = found(log, logging.INFO, "has begun")
    assert record.getMessage().startswith("POST ")
    assert "account" not in fields(record)


async def test_no_fields_are_made_where_nobody_reads_them(
    north: HubSpotSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "hubspot_async")
    task = await exports.start(north, EVERYTHING)
    monkeypatch.setattr(reporting.facts, "known", None)
    await exports.get_status(north, task)


async def test_what_is_asked_for_is_named_as_far_as_it_has_a_name() -> None:
    await asyncio.sleep(0)
    assert reporting._named(ListExport("4", "CONTACT", ["email"])) == "'contact'"
    assert reporting._named(ImportFromUrl("https://x.example/a.png?sig=s3cret", folder_id="1")) == (
        "'https://x.example/a.png?…'"
    )
    assert reporting._named({"path": "a.zip"}) == "it"
