"""The web app from outside, up to what a browser shows: that is for tests/browser."""

import asyncio
import csv
import logging
import math
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from tests.web.serving import Browser, left_behind, serving, states, until

ROOT = Path(__file__).parents[2]
PEOPLE = [{"email": "ada@example.com", "firstname": "Ada"}, {"email": "zoe@example.com", "firstname": "Zoë"}]

pytestmark = pytest.mark.asyncio


async def test_an_export_from_the_order_to_its_file(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    hubspot_sandbox.add_records("CONTACT", PEOPLE)
    async with browser.changes() as changes:
        assert await anext(changes) == ("all", [])
        status, export = await browser.start("CONTACT", "email", "firstname")
        assert (status, export["number"], export["state"]) == (202, 1, "queued")
        assert (await states(changes, "done", "failed"))[-1] == "done"

    status, content = await browser.get("/exports/1/file")
    assert status == 200
    assert list(csv.DictReader(content.decode().splitlines())) == PEOPLE
    async with browser.changes() as changes:
        name, [export] = await anext(changes)
        assert (name, export["rows"], export["bytes"]) == ("all", 2, len(content))


@pytest.mark.hubspot_sandbox(task_seconds=math.inf)
async def test_everyone_sees_the_same_at_the_same_time(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    async with browser.changes() as one, browser.changes() as other:
        await browser.start("CONTACT", "email")
        seen = [asyncio.ensure_future(states(changes, "done")) for changes in (one, other)]
        await hubspot_sandbox.wait_for("exports.status")
        hubspot_sandbox.finish()
        one_saw, other_saw = await asyncio.gather(*seen)
    assert one_saw[-1] == other_saw[-1] == "done"
    assert len(hubspot_sandbox.asked("downloads.export")) == 1


@pytest.mark.hubspot_sandbox(task_seconds=math.inf)
async def test_who_asks_early_waits_and_gets_the_file(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    hubspot_sandbox.add_records("CONTACT", PEOPLE)
    await browser.start("CONTACT", "email")
    waiting = [asyncio.ensure_future(browser.get("/exports/1/file")) for _ in range(3)]
    await hubspot_sandbox.wait_for("exports.status")
    assert not any(each.done() for each in waiting)
    hubspot_sandbox.finish()
    assert [status for status, _ in await asyncio.gather(*waiting)] == [200, 200, 200]
    assert len(hubspot_sandbox.asked("downloads.export")) == 1


@pytest.mark.hubspot_sandbox(task_seconds=math.inf)
async def test_a_browser_that_leaves_leaves_nothing_behind(
    client: aiohttp.ClientSession, browser: Browser, hubspot_sandbox: Sandbox
) -> None:
    await browser.start("CONTACT", "email")
    async with browser.changes() as first:
        await anext(first)
        before = asyncio.all_tasks()
        waiting = asyncio.ensure_future(browser.get("/exports/1/file"))
        async with browser.changes() as second:
            await anext(second)
            await until(lambda: len(left_behind(before | {waiting})) >= 3)
        waiting.cancel()
        await until(lambda: not left_behind(before | {waiting}))


@pytest.mark.hubspot_sandbox(task_seconds=math.inf)
async def test_a_server_that_stops_leaves_nothing_behind(
    client: aiohttp.ClientSession, hubspot_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as url:  # which is what looks for it
        browser = Browser(client, url)
        for object_type, name in {"CONTACT": "email", "COMPANY": "name"}.items():
            await browser.start(object_type, name)
        hubspot_sandbox.finish(hubspot_sandbox.tasks[0].id)
        assert (await browser.get("/exports/1/file"))[0] == 200
        stream = browser.changes()
        changes = await stream.__aenter__()
        assert (await anext(changes))[0] == "all"
    assert [event async for event in changes] == []
    await stream.__aexit__(None, None, None)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.hubspot_sandbox(task_seconds=math.inf)
async def test_who_waits_for_a_file_hears_that_the_server_stops(
    client: aiohttp.ClientSession, hubspot_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as url:
        browser = Browser(client, url)
        await browser.start("CONTACT", "email")
        stream = browser.changes()
        await anext(await stream.__aenter__())
        before = asyncio.all_tasks()
        waiting = asyncio.ensure_future(browser.get("/exports/1/file"))
        await until(lambda: len(left_behind(before | {waiting})) >= 3)
    await stream.__aexit__(None, None, None)
    assert await waiting == (503, b'{"detail":"The server is stopping."}')
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("properties", "told"),
    [(["shoe_size"], "HubSpot says: Properties ['shoe_size'] do not exist on CONTACT"), ([], "object_properties")],
)
async def test_what_cannot_be_started_is_told(properties: list[str], told: str, browser: Browser) -> None:
    status, answer = await browser.start("CONTACT", *properties)
    assert status == 422
    assert told in answer["detail"]
    async with browser.changes() as changes:
        assert await anext(changes) == ("all", [])


async def test_a_token_that_is_refused_is_told(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    hubspot_sandbox.expire()
    status, answer = await browser.start("CONTACT", "email")
    assert (status, answer["detail"]) == (502, "HubSpot does not accept the access token of this app.")


async def test_a_lost_answer_says_that_nobody_knows(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    hubspot_sandbox.fail("exports.start", disconnect=True)
    status, answer = await browser.start("CONTACT", "email")
    assert status == 502
    assert answer["detail"].startswith("HubSpot's answer was lost")


async def test_an_export_that_fails_says_so_and_the_next_goes_on(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    hubspot_sandbox.plan("export", outcome="FAILED")
    async with browser.changes() as changes:
        await browser.start("CONTACT", "email")
        assert (await states(changes, "done", "failed"))[-1] == "failed"
    await browser.start("CONTACT", "email")
    assert (await browser.get("/exports/2/file"))[0] == 200
    async with browser.changes() as changes:
        _, [first, second] = await anext(changes)
        assert (first["problem"], second["state"]) == ("HubSpot gave this export up.", "done")


async def test_a_file_that_is_not_to_be_had_can_be_asked_for_again(browser: Browser, hubspot_sandbox: Sandbox) -> None:
    broken = hubspot_sandbox.fail("downloads.export", status=403, times=None)
    async with browser.changes() as changes:
        await browser.start("CONTACT", "email")
        assert (await states(changes, "done", "failed"))[-1] == "failed"
    broken.cancel()
    assert (await browser.get("/exports/1/file"))[0] == 200
    async with browser.changes() as changes:
        _, [export] = await anext(changes)
        assert export["state"] == "done"


async def test_an_export_that_is_not_there(browser: Browser) -> None:
    assert await browser.get("/exports/7/file") == (404, b'{"detail":"There is no export 7."}')


async def test_only_this_machine_is_answered(client: aiohttp.ClientSession, url: str) -> None:
    async with client.get(url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 400


async def test_the_page_needs_nothing_from_elsewhere(browser: Browser) -> None:
    status, page = await browser.get("/")
    assert status == 200
    named = re.findall(r'(?:src|href)="([^"#]+)"', page.decode())
    assert named
    assert [name for name in named if (await browser.get(f"/{name}"))[0] != 200] == []


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_the_command_serves_a_sandbox_until_it_is_stopped(
    stop: signal.Signals, client: aiohttp.ClientSession, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HUBSPOT_ACCESS_TOKEN", "HUBSPOT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(temporary))
    command = [sys.executable, "-X", "dev", "-m", "examples.web", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    try:
        assert process.stderr is not None
        told = b""
        while (found := re.search(rb"running on (\S+)", told)) is None:
            told += await process.stderr.readline()
        browser = Browser(client, found[1].decode())
        assert b"true" in (await browser.get("/account"))[1]
        assert (await browser.start("DEAL", "dealname"))[0] == 202
        async with browser.changes() as changes:
            assert (await anext(changes))[1][0]["number"] == 1
            process.send_signal(stop)
            [*_] = [event async for event in changes]
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode in (0, -stop)
    assert b"sandbox" in out
    assert not re.search(rb"Traceback|Warning|ERROR|never", err), err.decode()
    assert list(temporary.iterdir()) == []
