"""What a session makes of each HTTP status, against the sandbox in virtual time. Numbers are those of the faults."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

import pytest
import pytest_asyncio

from hubspot_async.errors import (
    AccountMigratingError,
    BadRequestError,
    DailyLimitError,
    ForbiddenError,
    HubSpotError,
    ImportLimitError,
    LockedError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    ServerError,
    StartOutcomeUnknownError,
    UnauthorizedError,
)
from hubspot_async.models.exports import ViewExport
from hubspot_async.models.imports import Import
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.models.values import Page
from hubspot_async.sandbox import Sandbox
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import IMPORT
from hubspot_async.wire.request import POLL, Form, Lane, Request
from hubspot_async.wire.versions import Family

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=4), pytest.mark.no_contract]

assert IMPORT.list_request
LOOK: Request[Page[Any]] = IMPORT.list_request("2026-03", None)
START: Request[TaskLocator] = Request(
    "POST",
    Family.EXPORTS,
    "2026-03",
    "/export/async",
    TaskLocator,
    body=ViewExport("CONTACT", ["email"], export_name="people"),
    is_start=True,
)
HTML = "<html><head><title>502 Bad Gateway</title></head><body>" + "x" * 5000 + "</body></html>"


@pytest_asyncio.fixture
async def session(sandbox: Sandbox) -> AsyncIterator[HubSpotSession]:
    async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        yield session


def now() -> float:
    return asyncio.get_running_loop().time()


def asked(sandbox: Sandbox, operation: str) -> list[int]:
    return [exchange.status for exchange in sandbox.requests if exchange.operation == operation]


def times_of(sandbox: Sandbox, operation: str = "*") -> list[float]:
    return [exchange.at for exchange in sandbox.requests if operation in ("*", exchange.operation)]


@pytest.mark.parametrize("request_", [LOOK, START], ids=["read", "start"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(400, BadRequestError, id="fault-23-400"),
        pytest.param(401, UnauthorizedError, id="fault-24-401"),
        pytest.param(403, ForbiddenError, id="fault-26-403"),
        pytest.param(404, NotFoundError, id="fault-27-404"),
        pytest.param(405, ResponseError, id="405"),
        pytest.param(409, ResponseError, id="fault-28-409"),
        pytest.param(413, ResponseError, id="fault-29-413"),
        pytest.param(414, ResponseError, id="414"),
        pytest.param(415, ResponseError, id="fault-29-415"),
        pytest.param(418, ResponseError, id="fault-45-418"),
    ],
)
async def test_a_refusal_is_reported_at_once_and_not_repeated(
    sandbox: Sandbox, session: HubSpotSession, request_: Request[Any], status: int, error: type[ResponseError]
):
    sandbox.fail("*", status=status, times=None)
    with pytest.raises(error) as caught:
        await session.send(request_)
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.message == f"a scripted {status}"
    assert caught.value.correlation_id == "00000000-0000-4000-8000-000000000000"
    assert len(sandbox.requests) == 1
    assert now() < 1
    assert session.unanswered_starts == ()


async def test_fault_23_a_refusal_comes_with_all_that_hubspot_says(sandbox: Sandbox, session: HubSpotSession):
    body = {
        "status": "error",
        "message": "Property values were not valid",
        "correlationId": "3b1c",
        "category": "VALIDATION_ERROR",
        "subCategory": "imports.MISSING_COLUMN",
        "errors": [{"message": "no such property", "context": {"name": ["emial"]}}],
    }
    sandbox.fail("exports.start", status=400, body=body)
    with pytest.raises(BadRequestError, match="not valid") as caught:
        await session.send(START)
    assert caught.value.category == "VALIDATION_ERROR"
    assert caught.value.sub_category == "imports.MISSING_COLUMN"
    assert caught.value.errors[0].context == {"name": ("emial",)}
    assert caught.value.request == "POST /crm/exports/2026-03/export/async"


async def test_fault_26_missing_scopes_are_named(sandbox: Sandbox):
    account = sandbox.account("poor", scopes=["crm.import"])
    async with HubSpotSession(account.token, base_url=sandbox.url) as session:
        with pytest.raises(ForbiddenError) as caught:
            await session.send(START)
    assert caught.value.errors[0].context == {"requiredGranularScopes": ("crm.export",)}
    assert asked(sandbox, "exports.start") == [403]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(423, LockedError, id="fault-30-423"),
        pytest.param(500, ServerError, id="fault-37-500"),
        pytest.param(502, ServerError, id="fault-38-502"),
        pytest.param(503, ServerError, id="fault-39-503"),
        pytest.param(504, ServerError, id="fault-38-504"),
        *(pytest.param(status, ServerError, id=f"fault-40-{status}") for status in (521, 522, 523, 524, 530)),
    ],
)
class TestWhatPasses:
    """Statuses after which another try may help."""

    async def test_a_read_is_repeated_until_it_passes(
        self, sandbox: Sandbox, session: HubSpotSession, status: int, error: type[ResponseError]
    ):
        sandbox.fail("imports.list", status=status, times=2, body=HTML)
        await session.send(LOOK)
        assert asked(sandbox, "imports.list") == [status, status, 200]
        assert now() >= (4 if status == 423 else 2)

    async def test_a_read_is_given_up_after_some_tries(
        self, sandbox: Sandbox, session: HubSpotSession, status: int, error: type[ResponseError]
    ):
        sandbox.fail("imports.list", status=status, times=None, body=HTML)
        with pytest.raises(error) as caught:
            await session.send(LOOK)
        assert asked(sandbox, "imports.list") == [status] * 4
        assert now() < 30
        assert len(str(caught.value)) < 300
        assert "<html" not in str(caught.value)

    @pytest.mark.parametrize("lane", [POLL, None])
    async def test_a_poll_is_sent_once(
        self, sandbox: Sandbox, session: HubSpotSession, status: int, error: type[ResponseError], lane: Lane | None
    ):
        sandbox.fail("imports.list", status=status, times=None)
        with pytest.raises(error):
            await session.send(LOOK, lane=lane)
        assert asked(sandbox, "imports.list") == [status]

    async def test_a_start_is_repeated_only_where_it_surely_was_not_accepted(
        self, sandbox: Sandbox, session: HubSpotSession, status: int, error: type[ResponseError]
    ):
        sandbox.fail("exports.start", status=status)
        if status == 423:
            assert (await session.send(START)).id
            assert asked(sandbox, "exports.start") == [423, 202]
            assert now() >= 2
            return
        with pytest.raises(StartOutcomeUnknownError) as caught:
            await session.send(START)
        assert asked(sandbox, "exports.start") == [status]
        assert session.unanswered_starts == (caught.value.start,)


@pytest.mark.parametrize("status", [501, 505, 525, 526, pytest.param(599, id="fault-45-599")])
async def test_another_5xx_is_not_repeated(sandbox: Sandbox, session: HubSpotSession, status: int):
    sandbox.fail("imports.list", status=status, times=None)
    with pytest.raises(ServerError):
        await session.send(LOOK)
    assert asked(sandbox, "imports.list") == [status]


# 429.


@pytest.mark.parametrize("request_", [LOOK, START], ids=["read", "start"])
async def test_fault_31_after_a_429_everyone_pauses_and_then_goes_on(
    sandbox: Sandbox, session: HubSpotSession, request_: Request[Any]
):
    sandbox.fail("*", status=429)
    first = asyncio.create_task(session.send(request_))
    await asyncio.sleep(2)
    await asyncio.gather(first, *(session.send(LOOK) for _ in range(5)), session.send(LOOK, lane=POLL))
    times = times_of(sandbox)
    assert len(times) == 8
    assert times[1] - times[0] >= 10
    assert session.budget.stats.refused == 1


async def test_fault_31_a_poll_that_is_refused_is_an_error_and_pauses_the_rest(
    sandbox: Sandbox, session: HubSpotSession
):
    sandbox.fail("imports.list", status=429)
    with pytest.raises(RateLimitError):
        await session.send(LOOK, lane=POLL)
    await session.send(LOOK)
    assert now() >= 10


async def test_many_refusals_at_once_are_one_warning(
    sandbox: Sandbox, session: HubSpotSession, caplog: pytest.LogCaptureFixture
):
    await session.send(LOOK)
    sandbox.fail("imports.list", status=429, times=20)
    await asyncio.gather(*(session.send(LOOK) for _ in range(20)))
    assert session.budget.stats.refused == 20
    assert [record.levelname for record in caplog.records if "everyone pauses" in record.message] == ["WARNING"]


async def test_a_429_of_the_secondly_policy_is_a_short_pause(sandbox: Sandbox, session: HubSpotSession):
    body = {"status": "error", "message": "", "policyName": "SECONDLY", "errorType": "RATE_LIMIT"}
    sandbox.fail("imports.list", status=429, body=body)
    await session.send(LOOK)
    assert 1 <= now() < 2


@pytest.mark.parametrize(
    ("asked_for", "pause"),
    [
        *(("3", 3), ("date", 25), ("0", 10), ("-1", 10), ("1e9", 10), ("999999999", 10), ("soon", 10), ("100000", 10)),
        *(("Mon, 30 Mar 100000 10:00:00 GMT", 10), ("Mon, 30 Mar 1999 10:00:00 GMT", 10)),
    ],
)
async def test_fault_32_retry_after_is_heeded_where_it_is_sane(
    sandbox: Sandbox, session: HubSpotSession, asked_for: str, pause: float
):
    if asked_for == "date":
        asked_for = formatdate(sandbox._world.clock.epoch(now() + 25), usegmt=True)
    sandbox.fail("imports.list", status=429, headers={"Retry-After": asked_for})
    await session.send(LOOK)
    assert pause - 1.01 <= now() < pause + 1


async def test_fault_32_a_server_that_always_refuses_is_asked_a_few_times_and_then_it_is_an_error(
    sandbox: Sandbox, session: HubSpotSession
):
    sandbox.fail("imports.list", status=429, times=None)
    with pytest.raises(RateLimitError):
        await session.send(LOOK)
    assert len(sandbox.requests) <= 14
    assert now() <= 131


async def test_fault_33_the_end_of_the_days_count_is_an_error_for_all_and_nobody_hammers(contract: Any):
    async with (
        Sandbox(daily_limit=20) as sandbox,
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
    ):
        sandbox.advance(86_460 - time.time() % 86_400)  # to just after midnight, so that no other comes in between
        outcomes: list[Any] = []
        for _ in range(600):
            outcomes += await asyncio.gather(session.send(LOOK), session.send(LOOK, lane=POLL), return_exceptions=True)
            await asyncio.sleep(1)
        assert sum(isinstance(outcome, DailyLimitError) for outcome in outcomes) == 1200 - 20
        assert asked(sandbox, "imports.list")[:20] == [200] * 20
        assert 20 < len(sandbox.requests) <= 20 + 2 + 11, "one a minute may find out"
        assert session.budget.stats.daily_limit == 20
        assert session.budget.stats.daily_remaining == 0


async def test_fault_34_an_import_that_is_too_large_is_final(sandbox: Sandbox, session: HubSpotSession):
    body = {"status": "error", "message": "too many rows", "errorType": "ROWS_PER_IMPORT_LIMIT"}
    sandbox.fail("imports.start", status=429, body=body, times=None)
    upload = Form({"importRequest": {}}, ())
    start: Request[Import] = Request("POST", Family.IMPORTS, "2026-03", "", Import, body=upload, is_start=True)
    with pytest.raises(ImportLimitError, match="too many rows"):
        await session.send(start)
    assert asked(sandbox, "imports.start") == [429]
    await session.send(LOOK)
    assert now() < 1, "it has nothing to do with requests a second"


# 477, and the caller's own deadline.


async def test_fault_36_an_account_that_moves_for_a_day_is_said_so(sandbox: Sandbox, session: HubSpotSession):
    sandbox.fail("*", status=477, headers={"Retry-After": "86400"})
    with pytest.raises(AccountMigratingError) as caught:
        await session.send(LOOK)
    assert caught.value.retry_after == 86_400
    assert now() < 1


async def test_fault_36_a_short_move_is_waited_for_by_reads_alone(sandbox: Sandbox, session: HubSpotSession):
    sandbox.fail("*", status=477, headers={"Retry-After": "40"}, times=2)
    with pytest.raises(AccountMigratingError):
        await session.send(START)
    await session.send(LOOK)
    assert 40 <= now() < 42


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (429, {}), (423, {}), (477, {"Retry-After": "60"})])
async def test_a_callers_deadline_wins_over_every_pause(
    sandbox: Sandbox, session: HubSpotSession, status: int, headers: dict[str, str]
):
    sandbox.fail("*", status=status, headers=headers, times=None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await session.send(LOOK)
    assert now() == pytest.approx(1.5, abs=0.05)


# Outages.


async def test_fault_47_an_outage_costs_at_most_a_fifth_more_and_its_end_is_no_burst(contract: Any):
    """600 reads in five minutes of 503, and then all is well."""
    async with Sandbox() as sandbox, HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        outage = sandbox.fail("*", status=503, times=None)
        calls = []
        for _ in range(600):
            calls.append(asyncio.create_task(session.send(LOOK)))
            await asyncio.sleep(0.5)
        outage.cancel()
        end = now()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert outage.hits <= 1.2 * 600
        assert outage.hits > 600, "nothing was repeated"
        assert sum(isinstance(outcome, ServerError) for outcome in outcomes) > 590
        await asyncio.gather(*(session.send(LOOK) for _ in range(20)))
        assert sum(at >= end for at in times_of(sandbox)) <= 20 + 5
        assert now() - end < 30


async def test_fault_46_reads_of_which_three_in_ten_fail_at_random_pass_as_far_as_the_quota_goes(contract: Any):
    async with Sandbox() as sandbox, HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        fault = sandbox.fail("*", status=500, times=None, chance=0.3)
        failed = 0
        for _ in range(1000):
            try:
                await session.send(LOOK)
            except HubSpotError:
                failed += 1
            await asyncio.sleep(1)
        assert 1000 < len(sandbox.requests) <= 1.2 * 1000
        assert failed < fault.hits * 0.8


async def test_fault_46_polls_of_which_three_in_ten_fail_are_not_repeated_by_the_session(contract: Any):
    async with Sandbox() as sandbox, HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        sandbox.fail("*", status=500, times=None, chance=0.3)
        looks = [session.send(LOOK, lane=POLL) for _ in range(200)]
        await asyncio.gather(*looks, return_exceptions=True)
        assert len(sandbox.requests) == 200


# Processes.


async def test_fault_141_after_a_fork_the_child_is_told_to_open_a_session_of_its_own():
    """In a process of its own, for this one has threads."""
    script = """
import asyncio, os, sys
from hubspot_async import HubSpotSession, exports
from hubspot_async.errors import SessionClosedError
async def main():
    session = HubSpotSession("pat", base_url="http://127.0.0.1:9")
    await session.__aenter__()
    if (child := os.fork()) == 0:
        try:
            asyncio.run(exports.get_status(session, exports.task("1")))
        except SessionClosedError as error:
            os.write(1, str(error).encode())
        except BaseException as error:
            os.write(1, repr(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    await session.__aexit__(None, None, None)
asyncio.run(main())
"""
    command = [sys.executable, "-W", "error", "-c", script]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30, check=False)
    assert "another event loop" in done.stdout
    assert done.stderr == ""
