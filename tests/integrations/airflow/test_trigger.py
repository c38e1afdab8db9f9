"""The trigger and the watcher that all of them share, in one event loop, against a sandbox."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("airflow", reason="the extra `airflow` is not installed")

from airflow.models.trigger import Trigger
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.serialization.decoders import smart_decode_trigger_kwargs
from airflow.triggers.base import TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent

from hubspot_async import HubSpotSession, ImportRequest, ViewExport, exports, imports
from hubspot_async.errors import InputError, UnauthorizedError
from hubspot_async.integrations.airflow import HubSpotTaskTrigger
from hubspot_async.integrations.airflow import trigger as trigger_module
from hubspot_async.integrations.plain import Plain, write_task
from hubspot_async.sandbox import Sandbox
from hubspot_async.watching import rules
from tests.integrations.airflow.conftest import connect

pytestmark = pytest.mark.asyncio

BEGINS = "one watcher looks for all"


@pytest_asyncio.fixture
async def session(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[HubSpotSession]:
    connect(sandbox, monkeypatch)
    caplog.set_level(logging.INFO, "hubspot_async.airflow")
    sandbox.add_records("CONTACT", [{"email": "ada@example.com"}])
    async with HubSpotSession(sandbox.token, base_url=sandbox.url, account="hubspot_default") as session:
        yield session


async def export(session: HubSpotSession) -> Plain:
    return write_task(await exports.start(session, ViewExport("CONTACT", ["email"])))


async def fire(task: Plain | str, **options: Any) -> Any:
    """Run a trigger as the triggerer does, to its one event."""
    [event] = [event async for event in HubSpotTaskTrigger(hubspot_task=task, **options).run()]
    return event


async def begun(caplog: pytest.LogCaptureFixture) -> None:
    while BEGINS not in caplog.text:
        await asyncio.sleep(0.01)


def watchers() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("HubSpot watcher")]


async def test_the_event_tells_what_became_of_the_task(session: HubSpotSession, sandbox: Sandbox):
    task = await export(session)
    event = await fire(task)
    assert (event.payload["status"], event.payload["succeeded"], event.payload["task"]) == ("COMPLETE", True, task)
    assert json.loads(json.dumps(event.payload)) == event.payload
    assert sandbox.token not in repr(event)


async def test_a_trigger_is_written_down_and_comes_back_as_it_was(session: HubSpotSession, sandbox: Sandbox):
    options = {"hubspot_conn_id": "acme", "ends_task": True, "soft_fail": True, "cancel_on_kill": True}
    trigger = HubSpotTaskTrigger(hubspot_task=await export(session), **options)
    row = Trigger.from_object(trigger)
    kwargs = {name: smart_decode_trigger_kwargs(value) for name, value in row.kwargs.items()}
    module, _, name = row.classpath.rpartition(".")
    assert (module, name) == (trigger_module.__name__, "HubSpotTaskTrigger")
    again = HubSpotTaskTrigger(**kwargs)
    assert again.serialize() == trigger.serialize()
    assert isinstance(again.hubspot_task, dict)
    assert sandbox.token not in str(kwargs)


async def test_all_who_wait_on_a_connection_share_one_watcher(
    session: HubSpotSession, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
):
    tasks = [await export(session) for _ in range(10)]
    before = len(sandbox.requests)
    events = await asyncio.gather(*map(fire, tasks))
    assert all(event.payload["succeeded"] for event in events)
    assert caplog.text.count(BEGINS) == 1
    assert len(sandbox.requests) - before <= 3 * len(tasks)
    assert not watchers(), "it outlives those it was for"


async def test_the_first_to_come_may_leave_and_the_last_ends_it(
    session: HubSpotSession, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
):
    tasks = [await export(session) for _ in range(3)]
    for task in tasks:
        sandbox.hold(task["id"])
    waiting = [asyncio.create_task(fire(task)) for task in tasks]
    await begun(caplog)
    for left in (3, 2, 1):
        assert len(watchers()) == 1
        waiting[3 - left].cancel()
        await asyncio.wait([waiting[3 - left]])
    assert not watchers()
    assert all(math.isinf(task.ended) for task in sandbox.tasks), "something was cancelled at HubSpot"
    for task in tasks:
        sandbox.finish(task["id"])
    assert (await fire(tasks[0])).payload["succeeded"]
    assert caplog.text.count(BEGINS) == 2


async def test_leaving_while_it_is_being_opened(session: HubSpotSession, sandbox: Sandbox):
    task = await export(session)
    waiting = asyncio.create_task(fire(task))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not watchers()
    assert (await fire(task)).payload["succeeded"]


@pytest.mark.parametrize(
    ("outcome", "soft_fail", "kind"),
    [("COMPLETE", False, TaskSuccessEvent), ("CANCELED", False, TaskFailedEvent), ("CANCELED", True, TaskSkippedEvent)],
)
async def test_it_ends_the_task_by_itself_if_it_is_to(
    session: HubSpotSession, sandbox: Sandbox, outcome: str, soft_fail: bool, kind: type[Any]
):
    task = await export(session)
    if outcome == "CANCELED":
        sandbox.cancel(task["id"])
    event = await fire(json.dumps(task), ends_task=True, soft_fail=soft_fail)
    assert type(event) is kind
    assert event.xcoms["return_value"]["status"] == outcome


async def test_a_task_that_is_gone_is_an_outcome(session: HubSpotSession, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "GRACE", 0.0)
    event = await fire(write_task(exports.task("404")))
    assert not event.payload["succeeded"]
    assert event.payload["error"]["type"] in ("ForbiddenError", "VanishedError")


async def test_what_concerns_the_account_fails_the_trigger(session: HubSpotSession, sandbox: Sandbox):
    task = await export(session)
    sandbox.fail("exports.status", status=401, times=None)
    with pytest.raises(UnauthorizedError):
        await fire(task)
    assert not watchers()


async def test_after_the_end_of_the_day_it_rests_and_goes_on(
    session: HubSpotSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(trigger_module, "REST", 0.3)
    task = await export(session)
    body = {"status": "error", "message": "the day is over", "policyName": "DAILY", "category": "RATE_LIMITS"}
    sandbox.fail("exports.status", status=429, body=body)
    assert (await fire(task)).payload["succeeded"]
    assert "the day is over" in caplog.text


async def test_a_connection_that_is_wrong_fails_the_trigger(
    session: HubSpotSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    task = await export(session)
    connect(sandbox, monkeypatch, password=None)
    with pytest.raises(InputError, match="password"):
        await fire(task)
    with pytest.raises(Exception, match="nowhere"):
        await fire(task, hubspot_conn_id="nowhere")
    assert not watchers()


# Stopped by a user, or moved.


async def start_import(session: HubSpotSession, sandbox: Sandbox) -> Plain:
    plan = ImportRequest.for_csv("leads.csv", "0-1", {"Email": "email"}, key="Email")
    task = write_task(await imports.start(session, plan, "leads.csv"))
    sandbox.hold(task["id"])
    return task


@pytest.mark.parametrize(
    ("state", "cancel_on_kill", "is_cancelled"),
    [("failed", True, True), (None, True, True), ("deferred", True, False), ("failed", False, False)],
)
async def test_an_import_is_cancelled_only_where_a_user_has_stopped_its_task(
    session: HubSpotSession,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    state: str | None,
    cancel_on_kill: bool,
    is_cancelled: bool,
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text("Email\nzoe@example.com\n")
    task = await start_import(session, sandbox)
    asked: list[Any] = []

    def states(*arguments: Any, **options: Any) -> dict[str, dict[str, str | None]]:
        asked.append((arguments, options))
        return {"a run": {"imports_7": state}}

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", states)
    trigger = HubSpotTaskTrigger(hubspot_task=task, cancel_on_kill=cancel_on_kill)
    trigger._task_instance = SimpleNamespace(dag_id="a dag", run_id="a run", task_id="imports", map_index=7)
    await trigger.cleanup()
    assert not [each for each in sandbox.requests if each.operation == "imports.cancel"]
    await trigger.on_kill()
    assert bool([each for each in sandbox.requests if each.operation == "imports.cancel"]) is is_cancelled
    if cancel_on_kill:
        assert asked == [(("a dag", 7, ["imports"]), {"run_ids": ["a run"]})]


async def test_stopping_what_is_over_or_cannot_be_cancelled_is_no_error(
    session: HubSpotSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text("Email\nzoe@example.com\n")
    task = await start_import(session, sandbox)
    sandbox.finish(task["id"])
    await HubSpotTaskTrigger(hubspot_task=task, cancel_on_kill=True).on_kill()
    before = len(sandbox.requests)
    await HubSpotTaskTrigger(hubspot_task=write_task(exports.task("1")), cancel_on_kill=True).on_kill()
    assert len(sandbox.requests) == before
