"""What a test makes happen in a sandbox, and what it sees of it."""

import asyncio
import math

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from tests.sandbox.conftest import EXPORTS, FILES, FOLDERS, IMPORTS, Api, column, from_url, plan, upload, view

pytestmark = pytest.mark.asyncio


async def status_of(api: Api, id: str) -> str:
    status = (await api.get(f"{EXPORTS}/async/tasks/{id}/status")).json["status"]
    assert isinstance(status, str)
    return status


async def test_hours_pass_when_the_test_says_so(session: aiohttp.ClientSession) -> None:
    async with Sandbox(5 * 3600, daily_limit=None) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        [first, second] = [(await api.post(f"{EXPORTS}/async", view())).json["id"] for _ in range(2)]
        began = sandbox.now

        sandbox.advance(5 * 3600)
        assert [await status_of(api, first), await status_of(api, second)] == ["COMPLETE", "PENDING"]
        url = (await api.get(f"{EXPORTS}/async/tasks/{first}/status")).json["result"]
        assert (await api.fetch(url)).status == 200
        sandbox.advance(301)
        assert (await api.fetch(url)).status == 403

        sandbox.advance(5 * 3600)
        assert await status_of(api, second) == "COMPLETE"
        assert sandbox.now - began == pytest.approx(10 * 3600 + 301, abs=5)


async def test_dates_move_with_the_clock(api: Api, sandbox: Sandbox) -> None:
    before = (await api.get(f"{FILES}/search")).headers["Date"]
    sandbox.advance(3 * 86_400)
    assert before[:11] != (await api.get(f"{FILES}/search")).headers["Date"][:11]


@pytest.mark.parametrize("seconds", [-1, math.nan])
async def test_the_clock_goes_forward_only(sandbox: Sandbox, seconds: float) -> None:
    with pytest.raises(ValueError, match="forward"):
        sandbox.advance(seconds)


async def test_a_limit_is_lifted_when_its_time_has_passed(session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=1) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        first = [(await api.get(f"{FILES}/search")).status for _ in range(2)]
        sandbox.advance(10)
        assert [*first, (await api.get(f"{FILES}/search")).status] == [200, 429, 200]


async def test_a_task_goes_as_planned(session: aiohttp.ClientSession) -> None:
    async with Sandbox(0) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        sandbox.plan("import", outcome="FAILED")
        sandbox.plan("export", outcome="FAILED")
        sandbox.plan("export", seconds=math.inf)
        ids = [(await api.post(f"{EXPORTS}/async", view())).json["id"] for _ in range(3)]

        assert [await status_of(api, id) for id in ids] == ["CANCELED", "PENDING", "PENDING"]
        assert (await api.get(f"{EXPORTS}/{ids[0]}")).json["exportState"] == "FAILED"
        sandbox.finish(ids[1])
        assert [await status_of(api, id) for id in ids] == ["CANCELED", "COMPLETE", "COMPLETE"]


async def test_a_plan_can_be_for_all_tasks_of_an_account(session: aiohttp.ClientSession) -> None:
    async with Sandbox(0) as sandbox:
        api, other = Api(sandbox, session, sandbox.token), sandbox.account("other").token
        sandbox.plan("export", outcome="CANCELED", times=None, account="other")
        told = [
            await status_of(each, (await each.post(f"{EXPORTS}/async", view())).json["id"])
            for each in (api, api.of(other), api.of(other))
        ]
    assert told == ["COMPLETE", "CANCELED", "CANCELED"]


async def test_every_kind_of_task_can_be_planned(api: Api, sandbox: Sandbox) -> None:
    folder = sandbox.add_folder("/pets")
    for kind in ("export", "import", "file_import", "folder_update", "extract"):
        sandbox.plan(kind, seconds=0, outcome="CANCELED")
    await api.post(f"{EXPORTS}/async", view())
    await api.start_import(plan(column("Email", "email")), people="Email\n")
    await api.post(f"{FILES}/import-from-url/async", from_url(sandbox.host_file("a", b"")))
    await api.post(f"{FOLDERS}/update/async", {"id": folder, "name": "x"})
    await api.post("/cms/source-code/2026-03/extract/async", {"path": "a.zip"})
    await sandbox.wait_for("downloads.hosted")

    assert [task.status(math.inf) for task in sandbox.tasks] == ["CANCELED"] * 5


async def test_a_plan_for_no_kind_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="export, import, file_import, folder_update, extract, not 'exports'"):
        sandbox.plan("exports")


async def test_a_planned_failure_brings_its_errors(session: aiohttp.ClientSession) -> None:
    problem = {"status": "error", "category": "X", "message": "half", "context": {}, "errors": [], "links": {}}
    async with Sandbox(0) as sandbox:
        sandbox.plan("export", errors=[problem])
        done = await Api(sandbox, session, sandbox.token).export()
    assert (done["status"], done["errors"]) == ("COMPLETE", [problem])


async def test_requests_are_found_by_their_operation(api: Api, sandbox: Sandbox) -> None:
    await api.post(f"{EXPORTS}/async", view(exportName="x"))
    await api.get(f"{FILES}/search")
    await api.get(f"{FILES}/1")

    [start] = sandbox.asked("exports.start")
    assert start.json["exportName"] == "x"
    assert [request.operation for request in sandbox.asked("files.*")] == ["files.search", "files.get"]
    assert sandbox.asked("*") == sandbox.requests
    assert sandbox.asked("imports.*") == []


@pytest.mark.parametrize("name", ["exports.begin", "export.start", "task*"])
async def test_a_name_that_no_operation_has_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match="no operation"):
        sandbox.asked(name)
    with pytest.raises(ValueError, match="no operation"):
        sandbox.fail(name)
    with pytest.raises(ValueError, match="no operation"):
        await sandbox.wait_for(name)


async def test_a_misspelt_name_gets_the_right_one(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"did you mean exports\.start"):
        sandbox.fail("export.start")


async def test_a_request_can_be_waited_for(api: Api, sandbox: Sandbox) -> None:
    waiting = asyncio.ensure_future(sandbox.wait_for("files.search", times=2))
    both = asyncio.ensure_future(sandbox.wait_for("files.*"))
    await api.get(f"{FILES}/1")
    await both
    await api.get(f"{FILES}/search")
    assert not waiting.done()
    await api.get(f"{FILES}/search")

    assert [request.status for request in await waiting] == [200, 200]
    assert await sandbox.wait_for("files.search", times=2) == sandbox.asked("files.search")


async def test_waiting_ends_with_its_time(api: Api, sandbox: Sandbox) -> None:
    await api.get(f"{FILES}/search")
    with pytest.raises(TimeoutError, match=r"files\.search was answered 1 times within 0\.01 s, not 2"):
        await sandbox.wait_for("files.search", times=2, timeout=0.01)


async def test_what_was_waited_for_has_been_done(session: aiohttp.ClientSession) -> None:
    async with Sandbox(math.inf) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        exporting = asyncio.ensure_future(api.export())
        await sandbox.wait_for("exports.start")
        sandbox.finish(outcome="FAILED")
        assert (await exporting)["status"] == "CANCELED"


async def test_files_are_put_in_and_taken_out(api: Api, sandbox: Sandbox) -> None:
    sandbox.add_file("/pets/cats/tom.png", b"old")
    id = sandbox.add_file("/pets/cats/tom.png", b"tom", access="PUBLIC_INDEXABLE")
    sandbox.add_file("readme.txt", b"text")
    await api("POST", FILES, data=upload(b"rex", "rex.png", folder="/pets"))

    shown = (await api.get(f"{FILES}/{id}")).json
    assert (shown["path"], shown["access"]) == ("/pets/cats/tom.png", "PUBLIC_INDEXABLE")
    assert (await api.fetch(shown["url"])).content == b"tom"
    assert sandbox.files() == {"/pets/cats/tom.png": b"tom", "/readme.txt": b"text", "/pets/rex.png": b"rex"}


async def test_files_of_an_import_are_there_when_it_has_ended(session: aiohttp.ClientSession) -> None:
    async with Sandbox(0) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        path = f"{FILES}/import-from-url/async"
        started = (await api.post(path, from_url(sandbox.host_file("cat.png", b"tom")))).json
        await api.settle(f"{path}/tasks/{started['id']}/status")
        assert sandbox.files() == {"/logos/cat.png": b"tom"}


async def test_folders_are_made_with_those_above(api: Api, sandbox: Sandbox) -> None:
    id = sandbox.add_folder("/pets/cats")
    assert sandbox.add_folder("/pets/cats") == id
    assert (await api.get(f"{FOLDERS}/{id}")).json["path"] == "/pets/cats"


async def test_values_become_texts_as_hubspot_has_them(api: Api, sandbox: Sandbox) -> None:
    sandbox.add_records("CONTACT", [{"email": "a@b.c", "firstname": None, "age": 36, "vip": True, "old": False}])
    [record] = sandbox.records("CONTACT")
    del record["hs_object_id"]
    assert record == {"email": "a@b.c", "firstname": "", "age": "36", "vip": "true", "old": "false"}


async def test_imports_can_be_looked_at_by_what_they_left(api: Api, sandbox: Sandbox) -> None:
    await api.imported(plan(column("Email", "email")), people="Email\na@b.c\n")
    assert [record["email"] for record in sandbox.records("CONTACT")] == ["a@b.c"]
    assert [request.path for request in sandbox.asked("imports.start")] == [IMPORTS]
