"""Twenty exports, and what is killed in the middle of them."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from hubspot_async import ViewExport
from hubspot_async.integrations.plain import write_request
from hubspot_async.integrations.temporal.workflows import ExportAccount, ExportAccounts
from tests.distributed.hubspot import Books, HubSpot
from tests.distributed.temporal.conftest import TemporalServer, Workers
from tests.distributed.temporal.worker import QUEUE

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240)]

EXPORTS = [write_request(ViewExport("CONTACT", ["email"], export_name=f"people {number}")) for number in range(20)]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


async def begin(client: Client, into: Path) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        ExportAccount.run, args=["acme", EXPORTS, str(into)], id="exports-of-acme", task_queue=QUEUE
    )


async def some_are_done(into: Path, number: int) -> None:
    """Wait until so many files are there; by then every export has been started."""
    while len([path for path in into.iterdir() if path.suffix == ".csv"]) < number:
        await asyncio.sleep(0.1)


def check(told: list[dict[str, Any]], into: Path, books: Books) -> None:
    assert [each["error"] for each in told] == [None] * 20
    assert len({each["task"]["id"] for each in told}) == 20
    assert len(list(into.iterdir())) == 20, "whole files and nothing else"
    assert all(Path(each["path"]).stat().st_size == each["bytes"] for each in told)
    assert books.count("exports.start") == 20, "something was started twice"
    assert books.refused == 0


async def test_a_worker_is_killed(
    temporal: TemporalServer, workers: Workers, into: Path, figure: Callable[[str], None]
):
    with HubSpot(task_seconds=1.0) as hubspot:
        first = workers.start(temporal, hubspot, "acme")
        handle = await begin(await temporal.connect(), into)
        await some_are_done(into, 4)
        first.kill()
        killed, done = time.monotonic(), len(list(into.iterdir()))
        workers.start(temporal, hubspot, "acme")
        await some_are_done(into, done + 1)
        after = time.monotonic() - killed
        told = await handle.result()
        books = hubspot.close()
    figure(f"killed with {done} of 20 files there, the next {after:.0f} s later, {len(books.entries)} requests")
    check(told, into, books)


async def test_the_server_is_killed(
    temporal: TemporalServer, workers: Workers, into: Path, figure: Callable[[str], None]
):
    with HubSpot(task_seconds=1.0) as hubspot:
        workers.start(temporal, hubspot, "acme")
        await begin(await temporal.connect(), into)
        await some_are_done(into, 4)
        temporal.kill()
        done = len(list(into.iterdir()))
        await asyncio.sleep(5)
        temporal.start()
        client = await temporal.connect()
        told = await client.get_workflow_handle_for(ExportAccount.run, "exports-of-acme").result()
        books = hubspot.close()
    figure(f"killed with {done} of 20 files there, back after 5 s, {len(books.entries)} requests")
    check(told, into, books)


async def test_many_accounts(temporal: TemporalServer, workers: Workers, into: Path):
    with HubSpot(task_seconds=0.2) as hubspot:
        accounts = ["north", "south", "east"]
        workers.start(temporal, hubspot, *accounts)
        client = await temporal.connect()
        told = await client.execute_workflow(
            ExportAccounts.run, args=[accounts, EXPORTS[:2], str(into)], id="exports-of-all", task_queue=QUEUE
        )
        books = hubspot.close()
    assert sorted(told) == sorted(accounts)
    assert all(each["error"] is None for exports in told.values() for each in exports)
    assert sorted(path.name.partition("-")[0] for path in into.iterdir()) == sorted(accounts * 2)
    assert books.count("exports.start") == 6


async def test_one_failure_leaves_the_others_be(temporal: TemporalServer, workers: Workers, into: Path):
    with HubSpot(task_seconds=0.2) as hubspot:
        workers.start(temporal, hubspot, "acme")
        client = await temporal.connect()
        wrong = write_request(ViewExport("CONTACT", ["shoe_size"]))
        told = await client.execute_workflow(
            ExportAccount.run, args=["acme", [wrong, EXPORTS[0]], str(into)], id="exports-of-acme", task_queue=QUEUE
        )
    assert told[0]["error"]["type"] == "BadRequestError"
    assert "shoe_size" in told[0]["error"]["message"]
    assert told[1]["error"] is None
