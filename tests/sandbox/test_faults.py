import asyncio

import aiohttp
import pytest
from aiohttp import web

from hubspot_async.sandbox import Sandbox
from tests.sandbox.conftest import EXPORTS, FILES, Api, view

pytestmark = [pytest.mark.asyncio, pytest.mark.no_contract]

PATH = f"{FILES}/search"


async def test_a_fault_comes_as_often_as_asked(api: Api, sandbox: Sandbox) -> None:
    fault = sandbox.fail("files.search", status=503, times=2, after=1)

    assert [(await api.get(PATH)).status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert fault.hits == 2
    assert [exchange.status for exchange in sandbox.requests] == [200, 503, 503, 200, 200]


async def test_faults_follow_one_another(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("files.*", status=500)
    sandbox.fail("*", status=502, body="<html>bad gateway</html>", headers={"X-Edge": "1"})
    answers = [await api.get(PATH) for _ in range(3)]

    assert [answer.status for answer in answers] == [500, 502, 200]
    assert answers[0].json["category"] == "INTERNAL_ERROR"
    assert (answers[1].text, answers[1].headers["X-Edge"]) == ("<html>bad gateway</html>", "1")


async def test_a_lasting_fault_ends_when_cancelled(api: Api, sandbox: Sandbox) -> None:
    fault = sandbox.fail("*", times=None)
    broken = [(await api.get(PATH)).status for _ in range(3)]
    fault.cancel()

    assert broken == [500, 500, 500]
    assert (await api.get(PATH)).status == 200


async def test_a_good_status_is_a_label_on_the_true_answer(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("files.search", status=202)
    answer = await api.get(PATH)

    assert (answer.status, answer.json) == (202, {"results": []})


async def test_an_answer_can_be_made_up(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("files.search", body={"results": None})
    sandbox.fail("files.search", body=b"\xff", status=200)

    assert (await api.get(PATH)).json == {"results": None}
    assert (await api.get(PATH)).content == b"\xff"


async def test_a_handler_of_ones_own(api: Api, sandbox: Sandbox) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"not all")
        assert request.transport is not None
        request.transport.close()
        return response

    sandbox.fail("files.search", answer=handler)
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.get(PATH)


@pytest.mark.parametrize("performed", [False, True])
async def test_a_lost_answer_may_hide_a_start(api: Api, sandbox: Sandbox, performed: bool) -> None:
    sandbox.fail("exports.start", disconnect=True, performed=performed)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.post(f"{EXPORTS}/async", view())
    assert len(sandbox.tasks) == performed
    assert sandbox.requests[0].status == 0


async def test_a_late_answer_comes_after_the_deed(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("exports.start", delay=30)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api.post(f"{EXPORTS}/async", view()), 0.1)
    assert len(sandbox.tasks) == 1


async def test_an_answer_can_break_off(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("files.search", cut=3)

    with pytest.raises(aiohttp.ClientPayloadError):
        await api.get(PATH)
    assert (await api.get(PATH)).status == 200


async def test_faults_can_be_for_one_account_or_by_chance(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("*", status=500, times=None, account="other")
    assert (await api.get(PATH)).status == 200
    assert (await api.of(sandbox.account("other").token).get(PATH)).status == 500
    sandbox.heal()

    sandbox.fail("*", status=500, times=None, chance=0.5)
    assert {(await api.get(PATH)).status for _ in range(20)} == {200, 500}
