"""The sandbox itself: time, books, and leaving nothing behind."""

import asyncio
import math

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.sandbox.conftest import EXPORTS, FILES, FOLDERS, IMPORTS, Api, from_url, plan, upload, view


@pytest.mark.asyncio
async def test_it_is_there_only_inside_its_block(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox()
    assert sandbox.token.startswith("pat-sandbox-")
    sandbox.add_records("CONTACT", [{"email": "a@b.c"}])
    with pytest.raises(RuntimeError, match="async with"):
        _ = sandbox.url
    async with sandbox:
        assert (await Api(sandbox, session, sandbox.token).get(f"{FILES}/search")).status == 200
        url = sandbox.url
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(url)
    with pytest.raises(RuntimeError, match="once"):
        await sandbox.__aenter__()


@pytest.mark.asyncio
async def test_several_live_side_by_side_and_know_nothing_of_each_other(session: aiohttp.ClientSession) -> None:
    async with Sandbox(seed=1) as one, Sandbox(seed=2) as other:
        assert one.url != other.url
        assert one.token != other.token
        assert (await Api(other, session, one.token).get(f"{FILES}/search")).status == 401


@pytest.mark.asyncio
async def test_the_same_seed_gives_the_same_ids(session: aiohttp.ClientSession) -> None:
    told = []
    for _ in range(2):
        async with Sandbox(seed=7) as sandbox:
            started = await Api(sandbox, session, sandbox.token).post(f"{EXPORTS}/async", view())
            told.append((sandbox.token, started.json["id"], started.headers["X-HubSpot-Correlation-Id"]))
    assert told[0] == told[1]


@pytest.mark.asyncio
async def test_leaving_does_not_wait_for_hanging_requests(session: aiohttp.ClientSession) -> None:
    loop = asyncio.get_running_loop()
    async with Sandbox() as sandbox:
        api = Api(sandbox, session, sandbox.token)
        sandbox.fail("*", delay=1000, times=None)
        hanging = [asyncio.ensure_future(api.get(f"{FILES}/search")) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert [exchange.status for exchange in sandbox.requests] == [0, 0, 0]
        leaving = loop.time()
    assert loop.time() - leaving < 2
    for answer in await asyncio.gather(*hanging, return_exceptions=True):
        assert isinstance(answer, aiohttp.ClientError)


@pytest.mark.asyncio
async def test_leaving_ends_requests_whose_clients_have_gone(session: aiohttp.ClientSession) -> None:
    before = asyncio.all_tasks()
    async with Sandbox() as sandbox:
        sandbox.fail("*", delay=1000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Api(sandbox, session, sandbox.token).get(f"{FILES}/search"), 0.05)
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_leaving_ends_a_fetch_under_way(session: aiohttp.ClientSession) -> None:
    before = asyncio.all_tasks()
    async with Sandbox() as sandbox:
        sandbox.fail("downloads.hosted", delay=1000)
        api = Api(sandbox, session, sandbox.token)
        await api.post(f"{FILES}/import-from-url/async", from_url(sandbox.host_file("a", b"")))
        await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_task_goes_through_its_states_in_virtual_time(
    session: aiohttp.ClientSession, contract: Contract
) -> None:
    async with Sandbox(3600, middlewares=contract.middlewares) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        started = (await api.post(f"{EXPORTS}/async", view())).json
        path = f"{EXPORTS}/async/tasks/{started['id']}/status"
        seen = []
        for seconds in (4, 2, 3500, 100):
            await asyncio.sleep(seconds)
            seen.append((await api.get(path)).json["status"])
        done = await api.get(path)

    assert seen == ["PENDING", "PROCESSING", "PROCESSING", "COMPLETE"]
    [task] = sandbox.tasks
    assert round(task.ended - task.requested) == 3600
    assert done.json["completedAt"][:17] != done.json["requestedAt"][:17]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_exports_run_one_at_a_time_per_account(session: aiohttp.ClientSession) -> None:
    async with Sandbox(10) as sandbox:
        for token in (sandbox.token, sandbox.token, sandbox.account("other").token, sandbox.token):
            await Api(sandbox, session, token).post(f"{EXPORTS}/async", view())
        first = sandbox.tasks[0].requested

    assert [round(task.ended - first) for task in sandbox.tasks] == [10, 20, 10, 30]
    assert [task.account for task in sandbox.tasks] == ["default", "default", "other", "default"]


@pytest.mark.asyncio
async def test_durations_can_be_drawn_per_kind(session: aiohttp.ClientSession) -> None:
    kinds = []
    async with Sandbox(lambda kind, rng: kinds.append(kind) or rng.random() / 1000) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        await api("POST", FILES, data=upload(b"x"))
        folder = (await api.get(f"{FOLDERS}/search")).json["results"][0]["id"]
        await api.post(f"{EXPORTS}/async", view())
        await api.start_import(plan({"columnObjectTypeId": "0-1", "propertyName": "email"}), people="Email\n")
        await api.post(f"{FILES}/import-from-url/async", from_url("http://127.0.0.1:1/"))
        await api.post(f"{FOLDERS}/update/async", {"id": folder, "name": "x"})
        await api.post("/cms/source-code/2026-03/extract/async", {"path": "a.zip"})

    assert kinds == ["export", "import", "file_import", "folder_update", "extract"]
    assert [task.kind for task in sandbox.tasks] == kinds


@pytest.mark.asyncio
async def test_tasks_are_ended_cancelled_and_held_by_hand(session: aiohttp.ClientSession) -> None:
    async with Sandbox(math.inf) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        ids = [(await api.post(f"{EXPORTS}/async", view())).json["id"] for _ in range(4)]
        problem = {
            "status": "error",
            "category": "X",
            "message": "half of it",
            "context": {},
            "errors": [],
            "links": {},
        }

        async def states() -> list[str]:
            return [(await api.get(f"{EXPORTS}/async/tasks/{id}/status")).json["status"] for id in ids]

        waiting = await states()
        sandbox.finish(ids[0])
        sandbox.cancel(ids[1])
        sandbox.finish(ids[2], errors=[problem])
        ended = await states()
        flawed = (await api.get(f"{EXPORTS}/async/tasks/{ids[2]}/status")).json
        sandbox.finish()
        assert (await states())[3] == "COMPLETE"

    assert waiting == ["PENDING"] * 4
    assert ended == ["COMPLETE", "CANCELED", "COMPLETE", "PENDING"]
    assert (flawed["numErrors"], flawed["errors"]) == (1, [problem])


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_freed_place_is_taken_at_once(session: aiohttp.ClientSession) -> None:
    async with Sandbox(100) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        ids = [(await api.post(f"{EXPORTS}/async", view())).json["id"] for _ in range(3)]
        sandbox.hold(ids[0])
        assert sandbox.tasks[2].ended == math.inf
        await asyncio.sleep(7)
        sandbox.finish(ids[0])
        now = asyncio.get_running_loop().time()

    assert [task.ended - now for task in sandbox.tasks] == [0, 100, 200]


@pytest.mark.asyncio
async def test_imports_can_end_in_any_state(session: aiohttp.ClientSession) -> None:
    async with Sandbox(math.inf) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        body = plan({"columnObjectTypeId": "0-1", "columnName": "Email", "propertyName": "email"})
        started = (await api.start_import(body, people="Email\na@b.c\n")).json
        sandbox.finish(started["id"], "REVERTED")

        assert (await api.get(f"{IMPORTS}/{started['id']}")).json["state"] == "REVERTED"
        assert sandbox.records("CONTACT") == []


@pytest.mark.asyncio
async def test_the_books_tell_what_was_asked_and_no_secret(api: Api, sandbox: Sandbox) -> None:
    await api.post(f"{EXPORTS}/async", view(exportName="x"))
    await api.get(f"{FILES}/search?ids=1&ids=2&limit=5")
    start, search = sandbox.requests

    assert (start.method, start.path, start.operation, start.account) == (
        "POST",
        f"{EXPORTS}/async",
        "exports.start",
        "default",
    )
    assert b'"exportName": "x"' in start.body
    assert search.query == {"ids": ["1", "2"], "limit": ["5"]}
    assert sandbox.token not in repr(start)
    assert start.headers["Authorization"] == "Bearer …"


@pytest.mark.asyncio
@pytest.mark.parametrize(("keep", "kept"), [(0, 0), (3, 6), (None, 10)])
async def test_the_books_can_be_short(session: aiohttp.ClientSession, keep: int | None, kept: int) -> None:
    async with Sandbox(keep_requests=keep) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        for _ in range(10):
            await api.get(f"{FILES}/search")
    assert len(sandbox.requests) == kept


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_the_date_header_keeps_step_with_virtual_time(session: aiohttp.ClientSession) -> None:
    async with Sandbox() as sandbox:
        api = Api(sandbox, session, sandbox.token)
        before = (await api.get(f"{FILES}/search")).headers["Date"]
        await asyncio.sleep(3600)
        after = (await api.get(f"{FILES}/search")).headers["Date"]
    assert before[:19] != after[:19]
