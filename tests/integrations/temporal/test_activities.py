"""The activities one by one, without a Temporal server, against a sandbox."""

import asyncio
import dataclasses
import math
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("temporalio", reason="the extra `temporal` is not installed")

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from hubspot_async import HubSpotSession, ImportRequest, ViewExport, exports
from hubspot_async.errors import InputError
from hubspot_async.integrations.plain import write_request, write_task
from hubspot_async.integrations.temporal import HubSpotActivities
from hubspot_async.sandbox import Sandbox
from hubspot_async.watching import rules

pytestmark = pytest.mark.asyncio

PEOPLE = write_request(ViewExport("CONTACT", ["email"], export_name="people"))


@pytest_asyncio.fixture
async def session(sandbox: Sandbox) -> AsyncIterator[HubSpotSession]:
    sandbox.add_records("CONTACT", [{"email": "ada@example.com"}])
    async with HubSpotSession(sandbox.token, base_url=sandbox.url, account="acme") as session:
        yield session


@pytest.fixture
def activities(session: HubSpotSession) -> HubSpotActivities:
    """To be entered by the test: a watcher is entered and left in one task, and a fixture is not."""
    return HubSpotActivities(session)


class Environment:
    """Runs activities as a worker does, and keeps what they tell."""

    def __init__(self, attempt: int = 1, details: Any = (), beat: float = 0.3) -> None:
        self.environment = ActivityEnvironment()
        self.environment.info = dataclasses.replace(
            ActivityEnvironment.default_info(),
            attempt=attempt,
            heartbeat_details=details,
            heartbeat_timeout=timedelta(seconds=beat),
        )
        self.beats: list[Any] = []
        self.environment.on_heartbeat = self.beats.append

    async def run(self, activity: Callable[..., Any], *arguments: Any) -> Any:
        return await self.environment.run(activity, *arguments)


async def test_an_export_from_request_to_file(activities: HubSpotActivities, tmp_path: Path, sandbox: Sandbox):
    async with activities:
        environment = Environment()
        task = await environment.run(activities.start, PEOPLE)
        assert (task["kind"], task["account"]) == ("export", "acme")
        [outcome] = await environment.run(activities.watch, [task])
        assert (outcome["status"], outcome["succeeded"]) == ("COMPLETE", True)
        saved = await environment.run(activities.download, task, str(tmp_path / "people.csv"))
        assert Path(saved["path"]).stat().st_size == saved["bytes"]
        assert saved["paths"] == [saved["path"]]
        assert environment.beats[-1] == {"bytes": saved["bytes"], "of": saved["bytes"]}
        assert sandbox.token not in str(environment.beats) + str(saved) + str(outcome)


async def test_an_import_with_its_file(activities: HubSpotActivities, tmp_path: Path):
    async with activities:
        path = tmp_path / "leads.csv"
        path.write_text("Email\nzoe@example.com\n", encoding="utf-8")
        plan = write_request(ImportRequest.for_csv(path, "0-1", {"Email": "email"}, key="Email"))
        task = await Environment().run(activities.start, plan, "acme", [str(path)])
        [outcome] = await Environment().run(activities.watch, [task])
        assert (outcome["status"], outcome["counters"]["TOTAL_ROWS"]) == ("DONE", 1)


async def test_a_second_attempt_to_start_sends_nothing(activities: HubSpotActivities, sandbox: Sandbox):
    async with activities:
        with pytest.raises(ApplicationError, match="may have accepted") as caught:
            await Environment(attempt=2).run(activities.start, PEOPLE)
        assert (caught.value.type, caught.value.non_retryable) == ("StartOutcomeUnknownError", True)
        assert not sandbox.requests


async def test_a_start_whose_answer_is_lost_is_not_tried_again(activities: HubSpotActivities, sandbox: Sandbox):
    async with activities:
        sandbox.fail("exports.start", disconnect=True, performed=True)
        with pytest.raises(ApplicationError) as caught:
            await Environment().run(activities.start, PEOPLE)
        assert (caught.value.type, caught.value.non_retryable) == ("StartOutcomeUnknownError", True)
        assert len(sandbox.tasks) == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([{"type": "Nonsense"}], "Nonsense"),
        ([PEOPLE, "elsewhere"], "elsewhere"),
        ([PEOPLE, "acme", ["people.csv"]], "nothing else takes any"),
    ],
)
async def test_bad_input_is_final(activities: HubSpotActivities, arguments: list[Any], word: str):
    async with activities:
        with pytest.raises(ApplicationError, match=word) as caught:
            await Environment().run(activities.start, *arguments)
        assert (caught.value.type, caught.value.non_retryable) == ("InputError", True)


async def test_a_watch_beats_and_is_taken_up_where_it_was(
    activities: HubSpotActivities, session: HubSpotSession, sandbox: Sandbox
):
    async with activities:
        tasks = [write_task(await exports.start(session, ViewExport("CONTACT", ["email"]))) for _ in range(3)]
        sandbox.hold(tasks[2]["id"])
        first = Environment()
        watching = asyncio.create_task(first.run(activities.watch, tasks))
        while not first.beats or len(first.beats[-1]) < 2:
            await asyncio.sleep(0.05)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        assert [outcome["task"]["id"] for outcome in first.beats[-1]] == [task["id"] for task in tasks[:2]]
        assert math.isinf(sandbox.tasks[2].ended), "a watch that is left cancels nothing"
        before = len(sandbox.requests)
        sandbox.finish(tasks[2]["id"])
        outcomes = await Environment(attempt=2, details=[first.beats[-1]]).run(activities.watch, tasks)
        assert [outcome["succeeded"] for outcome in outcomes] == [True] * 3
        assert [outcome["task"]["id"] for outcome in outcomes] == [task["id"] for task in tasks]
        looked_at = {each.path.split("/")[-2] for each in sandbox.requests[before:]}
        assert looked_at == {tasks[2]["id"]}, "it looked at what it knew"


async def test_activities_that_wait_share_one_watcher(
    activities: HubSpotActivities, session: HubSpotSession, sandbox: Sandbox
):
    async with activities:
        task = write_task(await exports.start(session, ViewExport("CONTACT", ["email"])))
        outcomes = await asyncio.gather(*(Environment().run(activities.watch, [task]) for _ in range(5)))
        assert all(outcome["succeeded"] for [outcome] in outcomes)
        assert sum(each.operation == "exports.status" for each in sandbox.requests) <= 5


async def test_a_task_that_is_gone_is_an_outcome(
    activities: HubSpotActivities, session: HubSpotSession, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "GRACE", 0.0)
    async with activities:
        good = await exports.start(session, ViewExport("CONTACT", ["email"]))
        gone = exports.task("404", account="acme")
        outcomes = await Environment().run(activities.watch, [write_task(gone), write_task(good)])
        assert outcomes[0]["error"]["type"] in ("ForbiddenError", "VanishedError")
        assert outcomes[1]["succeeded"]


async def test_what_concerns_the_account_fails_the_attempt_and_may_pass(
    activities: HubSpotActivities, session: HubSpotSession, sandbox: Sandbox
):
    async with activities:
        task = write_task(await exports.start(session, ViewExport("CONTACT", ["email"])))
        body = {"status": "error", "message": "the day is over", "policyName": "DAILY", "category": "RATE_LIMITS"}
        sandbox.fail("exports.status", status=429, body=body, times=None)
        with pytest.raises(ApplicationError) as caught:
            await Environment().run(activities.watch, [task])
        assert (caught.value.type, caught.value.non_retryable) == ("DailyLimitError", False)
        assert caught.value.next_retry_delay == timedelta(minutes=10)


async def test_a_task_of_another_worker_is_final(activities: HubSpotActivities):
    async with activities:
        task = write_task(exports.task("1", account="elsewhere"))
        for activity, arguments in ((activities.watch, [[task]]), (activities.download, [task, "x.csv"])):
            with pytest.raises(ApplicationError, match="elsewhere") as caught:
                await Environment().run(activity, *arguments)
            assert caught.value.non_retryable


async def test_a_second_attempt_to_download_overwrites_what_the_first_has_written(
    activities: HubSpotActivities, session: HubSpotSession, tmp_path: Path
):
    async with activities:
        [outcome] = await Environment().run(activities.watch, [await Environment().run(activities.start, PEOPLE)])
        path = tmp_path / "people.csv"
        path.write_text("mine")
        with pytest.raises(ApplicationError, match="people") as caught:
            await Environment().run(activities.download, outcome["task"], str(path))
        assert caught.value.non_retryable
        assert path.read_text() == "mine"
        await Environment(attempt=2).run(activities.download, outcome["task"], str(path))
        assert path.read_text() != "mine"


async def test_a_watch_ends_with_its_worker(session: HubSpotSession, sandbox: Sandbox):
    task = write_task(await exports.start(session, ViewExport("CONTACT", ["email"])))
    sandbox.hold(task["id"])
    async with HubSpotActivities(session) as activities:
        environment = Environment()
        watching = asyncio.create_task(environment.run(activities.watch, [task]))
        while not environment.beats:
            await asyncio.sleep(0.01)
    with pytest.raises(ApplicationError) as caught:
        await watching
    assert (caught.value.type, caught.value.non_retryable) == ("WatcherClosedError", False)


async def test_a_session_goes_by_its_own_name(session: HubSpotSession):
    with pytest.raises(InputError, match="globex"):
        HubSpotActivities({"globex": session})
