"""The stand-ins themselves: a script that is wrong must fail the test that wrote it."""

import asyncio

import pytest

from hubspot_async import settle
from hubspot_async.errors import NotFoundError
from hubspot_async.models.values import Page
from hubspot_async.tasks import EXPORT, FILE_IMPORT, FOLDER_UPDATE, IMPORT, KINDS, TaskKind
from hubspot_async.wire.request import POLL, Request
from hubspot_async.wire.versions import Family
from tests.fakes import EPOCH, ScriptedSender, look

TASK = EXPORT.task("1")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_look_is_what_the_kind_promises(kind: TaskKind[object]):
    done = look(kind, "DONE" if kind is IMPORT else "COMPLETE")
    assert done.is_terminal
    assert done.succeeded
    assert kind is IMPORT or done.result is not None
    assert not look(kind, "PROCESSING").is_terminal


def test_a_look_takes_further_fields():
    assert look(EXPORT, "COMPLETE", result=None).result is None
    assert look(FILE_IMPORT, "PENDING", numErrors=3).num_errors == 3


@pytest.mark.asyncio
async def test_each_task_has_a_script_of_its_own():
    folder = FOLDER_UPDATE.task("7")
    session = ScriptedSender({TASK: ["PENDING", NotFoundError("gone", status=404)], folder: lambda request: "COMPLETE"})
    assert (await session.send(EXPORT.status_request(TASK))).status == "PENDING"
    for _ in range(2):
        assert (await session.send(FOLDER_UPDATE.status_request(folder), lane=POLL)).status == "COMPLETE"
    with pytest.raises(NotFoundError):
        await session.send(EXPORT.status_request(TASK))
    with pytest.raises(AssertionError, match="more often than its script has answers"):
        await session.send(EXPORT.status_request(TASK))
    assert session.looks == {
        "/crm/exports/2026-03/export/async/tasks/1/status": 3,
        "/files/2026-03/folders/update/async/tasks/7/status": 2,
    }


@pytest.mark.asyncio
async def test_a_path_may_have_a_script_and_nothing_else_is_answered():
    page = Page(results=(look(IMPORT, "DONE", id="5"),))
    session = ScriptedSender({"/crm/imports/2026-03": [page]})
    request = Request("GET", Family.IMPORTS, "2026-03", "", Page)
    assert await session.send(request) is page
    with pytest.raises(AssertionError, match="is in no script"):
        await session.send(EXPORT.status_request(TASK))


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_time_is_the_loops_own():
    task = FOLDER_UPDATE.task("7")
    session = ScriptedSender({task: ["PENDING", "PROCESSING", "COMPLETE"]}, latency=3600)
    done = await settle(session, task)
    assert done.succeeded
    assert len(session.looks_at(task)) == 3
    assert (session.now() - EPOCH).total_seconds() == asyncio.get_running_loop().time() > 3 * 3600
    assert session.most_under_way == 1
