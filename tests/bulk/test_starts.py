"""Starts of which nobody knows whether HubSpot accepted them: told once, and made again only if that is asked for."""

import asyncio
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import ExportedFile, ExportFailed, Journal, StartOutcomeUnknownError, run_exports
from hubspot_async.bulk import starting
from hubspot_async.errors import HubSpotError
from hubspot_async.journal.records import JobRecord
from tests.bulk.boxes import (
    accounts,
    all_of,
    asked,
    begun,
    exported,
    hubspot,
    is_unknown,
    names,
    read,
    some,
    until,
    words,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}


async def jobs(options: dict[str, Any]) -> dict[str, JobRecord]:
    """What the journal has of the newest run."""
    return {job.name: job for job in (await read(options["journal"]))[-1].jobs}


async def leave_an_intent(session: Any, wanted: Any, options: dict[str, Any]) -> None:
    """Write down what a killed process would have: that a start was about to be sent."""
    async with run_exports(session, wanted, **options):
        pass
    async with Journal.open(options["journal"]) as journal:
        for job in (await journal.runs())[-1].jobs:
            await journal.asking(job)


@pytest.mark.parametrize("performed", [False, True])
async def test_a_lost_answer_is_told_once_and_nothing_is_sent_again(performed: bool, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True, performed=performed)
        async with run_exports(session, some("a", "b"), in_flight=1, **options) as run:
            first, second = [item async for item in run]
    assert is_unknown(first)
    assert first.task is None
    assert first.error.start.asked == first.request
    assert isinstance(second, ExportedFile)
    assert begun(sandbox) == ({"a": 1, "b": 1} if performed else {"b": 1})
    found = await jobs(options)
    assert found["a"].said["error"] == "StartOutcomeUnknownError"
    assert found["a"].asked_at is not None


async def test_it_is_not_told_again_while_the_run_goes_on(options: dict[str, Any]):
    async with hubspot(math.inf) as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True)
        async with run_exports(session, some("a", "b"), in_flight=1, **options) as run:
            assert is_unknown(await anext(run))
            await until(lambda: run.jobs[1].task)
        async with run_exports(session, some("a", "b"), **options) as run:
            assert [job.name for job in run.earlier] == ["a"]
            sandbox.finish()
            assert words([item async for item in run]) == {"b": "ok"}
        assert asked(sandbox) == 2
        async with run_exports(session, some("a", "b"), **options) as run:
            assert run.earlier == ()


async def test_it_is_made_again_in_the_run_if_that_was_asked_for(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True, performed=True)
        found = await exported(session, some("a"), restart_unknown=True, **options)
    assert words(found.values()) == {"a": "ok"}
    assert begun(sandbox) == {"a": 2}


async def test_but_not_again_and_again(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True, times=None)
        found = await exported(session, some("a"), restart_unknown=True, **options)
        assert is_unknown(found["a"])
    assert asked(sandbox) == 2


async def test_it_is_made_again_by_the_call_that_asks_for_it(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True)
        async with run_exports(session, some("a", "b"), in_flight=1, **options) as run:
            assert is_unknown(await anext(run))
        async with run_exports(session, some("a", "b"), restart_unknown=True, **options) as run:
            assert run.earlier == ()
            assert words([item async for item in run]) == {"a": "ok", "b": "ok"}
    assert begun(sandbox) == {"a": 1, "b": 1}
    assert (await read(options["journal"]))[0].closed_at is not None


@pytest.mark.parametrize("restart", [False, True])
async def test_an_intent_that_a_kill_has_left(restart: bool, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        await leave_an_intent(session, some("a"), options)
        before = asked(sandbox)
        found = await exported(session, some("a", "b"), restart_unknown=restart, **options)
    assert words(found.values()) == {"a": "ok" if restart else "StartOutcomeUnknownError", "b": "ok"}
    assert asked(sandbox) - before == (2 if restart else 1)
    if not restart:
        item = found["a"]
        assert isinstance(item, ExportFailed)
        assert isinstance(item.error, StartOutcomeUnknownError)
        assert item.error.start.request == "the start of a"
        assert item.error.start.asked is item.request
        assert "under their names" in str(item.error)


async def test_what_was_told_of_by_a_process_that_was_killed_then_is_told_again(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True)
        with suppress(LookupError):
            async with run_exports(session, some("a"), **options) as run:
                assert is_unknown(await anext(run))
                raise LookupError("a crash, as far as the run can tell")
        found = await exported(session, some("a"), **options)
        item = found["a"]
        assert isinstance(item, ExportFailed)
        assert isinstance(item.error, StartOutcomeUnknownError)
        assert item.error.start.asked is item.request
        assert item.error.start.account is None
        assert str(item)
    assert asked(sandbox) == 1


async def test_a_restart_that_is_refused_leaves_the_first_unknown(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        await leave_an_intent(session, some("a"), options)
        before = (await jobs(options))["a"].asked_at
        sandbox.fail("exports.start", status=400)
        found = await exported(session, some("a"), restart_unknown=True, **options)
    assert words(found.values()) == {"a": "BadRequestError"}
    assert (await jobs(options))["a"].asked_at == before


async def test_a_restart_counts_as_a_start_of_the_day(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        await leave_an_intent(session, some("a"), options)
        async with run_exports(session, some("a"), restart_unknown=True, per_day=1, **options) as run:
            await until(lambda: run.jobs[0].starts_at)
    assert asked(sandbox) == 0


# Refused, never sent, or answered at the last moment.


@pytest.mark.parametrize(
    ("fault", "error"), [({"status": 400}, "BadRequestError"), ({"status": 401}, "UnauthorizedError")]
)
async def test_a_refused_start_is_no_unknown_one(fault: Any, error: str, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", **fault)
        assert words((await exported(session, some("a"), **options)).values()) == {"a": error}
        assert (await jobs(options))["a"].asked_at is None
        assert words((await exported(session, some("a"), **options)).values()) == {"a": "ok"}


@pytest.fixture
def last_moment(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(starting, "LAST_ANSWER", 0.3)
    return 0.3


@pytest.mark.usefixtures("last_moment")
async def test_an_answer_that_comes_within_the_last_moment_is_still_written_down(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", delay=0.1)
        async with run_exports(session, some("a", "b"), in_flight=1, **options) as run:
            await until(lambda: sandbox.tasks)
            assert run.jobs[0].state == "starting"
        found = await jobs(options)
        assert found["a"].task is not None
        assert found["b"].asked_at is None
        assert words((await exported(session, some("a", "b"), **options)).values()) == {"a": "ok", "b": "ok"}
    assert begun(sandbox) == {"a": 1, "b": 1}


@pytest.mark.usefixtures("last_moment")
async def test_one_that_does_not_leaves_the_start_unknown(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", delay=60)
        async with run_exports(session, some("a"), **options):
            await until(lambda: sandbox.tasks)
            left = asyncio.get_running_loop().time()
        assert 0.2 < asyncio.get_running_loop().time() - left < 1.5
        assert (await jobs(options))["a"].is_unknown
        assert is_unknown((await exported(session, some("a"), **options))["a"])
    assert begun(sandbox) == {"a": 1}


@pytest.mark.usefixtures("last_moment")
@pytest.mark.parametrize("wait", ["budget", "locked"])
async def test_one_that_waits_for_its_turn_was_not_sent(wait: str, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        if wait == "budget":
            session.budget.refused(60.0, {})
        else:
            sandbox.fail("exports.start", status=423, times=None)
        async with run_exports(session, some("a"), **options) as run:
            await until(lambda: run.jobs[0].state == "starting" and (wait == "budget" or asked(sandbox)))
        assert (await jobs(options))["a"].asked_at is None
    assert sandbox.tasks == []


async def test_nothing_is_sent_any_more_once_the_run_is_left(options: dict[str, Any]):
    async with hubspot() as (sandbox, session), Journal.open(options["journal"]) as journal:
        at_the_door, asking = asyncio.Event(), journal.asking

        async def slow(job: JobRecord) -> JobRecord:
            at_the_door.set()
            await asyncio.sleep(0.1)
            return await asking(job)

        journal.asking = slow
        async with run_exports(session, some("a", "b"), into=options["into"], journal=journal):
            await at_the_door.wait()
        assert [job.asked_at for job in (await journal.runs())[0].jobs] == [None, None]
    assert asked(sandbox) == 0


async def test_a_job_that_has_just_been_let_go_is_not_started_when_the_run_is_left(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        for turns in range(12):
            async with run_exports(session, some("a"), **options):
                for _ in range(turns):
                    await asyncio.sleep(0)
            (run,) = await read(options["journal"])
            assert all(job.task or not job.is_unknown for job in run.jobs), turns
    assert asked(sandbox) <= 1


@pytest.mark.usefixtures("last_moment")
async def test_the_journal_has_the_task_even_if_the_disk_is_slow_at_the_last_moment(options: dict[str, Any]):
    async with hubspot() as (sandbox, session), Journal.open(options["journal"]) as journal:
        started = journal.started

        async def slow(job: JobRecord, task: Any) -> JobRecord:
            await asyncio.sleep(0.5)
            return await started(job, task)

        journal.started = slow
        async with run_exports(session, some("a"), into=options["into"], journal=journal):
            await until(lambda: sandbox.tasks)
            await asyncio.sleep(0.05)
        ((job,),) = [run.jobs for run in await journal.runs()]
        assert job.task is not None
        assert job.task.id == sandbox.tasks[0].id


async def test_every_start_of_every_account_is_told_apart(tmp_path: Path):
    async with accounts("x", "y") as (sandbox, one, other):
        sandbox.fail("exports.start", disconnect=True, performed=True, account="y")
        items = await all_of(run_exports({one: some("a"), other: some("a")}, into=tmp_path))
    assert {(item.session.account, is_unknown(item)) for item in items} == {("x", False), ("y", True)}
    assert names(tmp_path) == ["x/a.csv"]


async def test_a_session_that_is_closed_is_an_error_of_each(tmp_path: Path):
    async with hubspot() as (_, session):
        pass
    found = await exported(session, some("a", "b"), into=tmp_path)
    assert words(found.values()) == {"a": "SessionClosedError", "b": "SessionClosedError"}
    assert all(isinstance(item.error, HubSpotError) for item in found.values() if isinstance(item, ExportFailed))
