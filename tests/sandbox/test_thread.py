"""A sandbox in a thread of its own, asked from others."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from aiohttp import web

from hubspot_async.sandbox import Account, Sandbox
from tests.sandbox.conftest import EXPORTS, FILES, Api, view


def ask(sandbox: Sandbox, method: str, path: str, **options: object) -> int:
    """Ask once, in an event loop that lives no longer than that."""

    async def once() -> int:
        async with aiohttp.ClientSession() as session:
            return (await Api(sandbox, session, sandbox.token)(method, path, **options)).status

    return asyncio.run(once())


def test_it_needs_no_loop_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with Sandbox() as sandbox:
        assert ask(sandbox, "POST", f"{EXPORTS}/async", json=view()) == 202
        sandbox.finish()
        [task] = sandbox.tasks
        assert task.is_over(sandbox.now)
    assert threading.active_count() == before
    assert [request.operation for request in sandbox.requests] == ["exports.start"]
    assert sandbox.records("CONTACT") == []


def test_it_can_be_entered_once_only() -> None:
    with Sandbox() as sandbox:
        pass
    with pytest.raises(RuntimeError, match="once"):
        sandbox.__enter__()


def test_a_failing_block_ends_it_too() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), Sandbox():
        _ = 1 / 0
    assert threading.active_count() == before


@pytest.mark.asyncio
async def test_a_test_with_a_loop_can_use_it_too(session: aiohttp.ClientSession) -> None:
    with Sandbox(task_seconds=1000) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        for _ in range(2):
            await api.post(f"{EXPORTS}/async", view())
        [first, second] = sandbox.tasks
        assert second.begins > sandbox.now
        sandbox.finish(first.id)
        assert second.begins <= sandbox.now


def done_at_home(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_") and hasattr(getattr(kind, name), "__wrapped__")}


def test_whatever_changes_it_is_done_in_its_own_thread() -> None:
    threads = []

    def people() -> Iterator[dict[str, str]]:
        threads.append(threading.get_ident())
        yield {"email": "a@b.c"}

    with Sandbox() as sandbox:
        sandbox.add_records("CONTACT", people())
        sandbox.account("other").add_records("CONTACT", people())
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads

    kept = {"declare", "add_records", "records", "add_list", "associate", "add_folder", "add_file", "files"}
    assert done_at_home(Account) == kept
    made = {"account", "expire", "oauth_app", "host_file", "advance", "plan", "finish", "hold", "fail", "heal"}
    assert done_at_home(Sandbox) == made  # the rest asks the account, one of these, or only looks


@pytest.mark.asyncio
@pytest.mark.timeout(20)
async def test_one_loop_can_wait_for_what_is_asked_from_another() -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor() as pool:
        asking = pool.submit(lambda: (time.sleep(0.1), ask(sandbox, "GET", f"{FILES}/search")))
        [request] = await sandbox.wait_for("files.search", timeout=300)
        assert request.status == 200
        asking.result()


def test_many_threads_may_ask_at_once_and_nothing_is_lost() -> None:
    with Sandbox(rate_limit=None) as sandbox:
        accounts = [sandbox.account(f"number {n % 3}") for n in range(12)]

        def add(n: int) -> list[str]:
            ids = []
            for m in range(50):
                ids += accounts[n].add_records("CONTACT", [{"email": f"{n}-{m}@example.com", f"odd_{n}_{m}": 1}])
            return ids

        with ThreadPoolExecutor(12) as pool:
            ids = list(pool.map(add, range(12)))
        for name in range(3):
            mine = [id for n, found in enumerate(ids) if n % 3 == name for id in found]
            records = sandbox.account(f"number {name}").records("CONTACT")
            assert sorted(mine) == sorted(record["hs_object_id"] for record in records)
            assert len(set(mine)) == 200


def test_its_own_thread_may_ask_it_as_well() -> None:
    with Sandbox() as sandbox:

        async def handler(request: web.Request) -> web.Response:
            sandbox.add_records("CONTACT", [{"email": "a@b.c"}])
            await sandbox.wait_for("files.get")
            return web.json_response({})

        sandbox.fail("files.search", answer=handler)
        with ThreadPoolExecutor() as pool:
            searching = pool.submit(ask, sandbox, "GET", f"{FILES}/search")
            assert ask(sandbox, "GET", f"{FILES}/1") == 404
            assert searching.result() == 200
        assert len(sandbox.records("CONTACT")) == 1


@pytest.mark.asyncio
async def test_waiting_for_it_can_be_cancelled() -> None:
    with Sandbox() as sandbox:
        waiting = asyncio.ensure_future(sandbox.wait_for("exports.start"))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def test_what_goes_wrong_in_its_thread_is_told_here() -> None:
    with Sandbox() as sandbox, pytest.raises(KeyError, match="shoes"):
        sandbox.records("shoes")
