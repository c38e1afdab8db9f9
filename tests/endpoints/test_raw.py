"""Calls that have no coroutine yet are sent as plain requests, and read into whatever is asked for."""

from typing import Any

import attrs
import pytest

from hubspot_async import Family, HubSpotSession, Request, TaskKind
from hubspot_async.endpoints.paging import iter_pages
from hubspot_async.errors import InputError
from hubspot_async.models.tasks import ActionResponse, TaskLocator
from hubspot_async.models.values import Page
from tests.contract import Contract
from tests.endpoints.conftest import Recorder

pytestmark = pytest.mark.asyncio


@attrs.frozen
class Owner:
    """A model of a user's own: names in snake_case, and whatever may be missing is None."""

    id: str
    first_name: str | None = None


@pytest.fixture(autouse=True)
def _unspecified(contract: Contract):
    contract.expect_unspecified("/crm/v3/owners*")


async def test_an_answer_is_read_into_a_model_of_ones_own(hubspot: Recorder, session: HubSpotSession):
    hubspot.says({"results": [{"id": 7, "firstName": "Zoë", "archived": False}]})
    request = Request.raw("GET", "/crm/v3/owners", Page[Owner], query={"limit": 5, "archived": False, "after": None})
    page = await session.send(request)
    assert page.results == (Owner("7", "Zoë"),)
    assert hubspot.only().path == "/crm/v3/owners?limit=5&archived=false"


async def test_pages_of_it_are_followed(hubspot: Recorder, session: HubSpotSession):
    hubspot.says(
        {"results": [{"id": 1}], "paging": {"next": {"after": "1"}}},
        {"results": [{"id": 2}]},
    )
    request = Request.raw("GET", "/crm/v3/owners", Page[Owner])
    assert [owner.id async for owner in iter_pages(session, request)] == ["1", "2"]
    assert [arrived.path for arrived in hubspot.requests] == ["/crm/v3/owners", "/crm/v3/owners?after=1"]


async def test_an_answer_may_stay_a_dict_and_a_body_be_one(hubspot: Recorder, session: HubSpotSession):
    hubspot.says({"id": 7, "deep": {"er": [None]}})
    answer: dict[str, Any] = await session.send(Request.raw("POST", "/crm/v3/owners", dict, body={"a": None}))
    assert answer == {"id": 7, "deep": {"er": [None]}}
    assert hubspot.only().json == {"a": None}


async def test_a_family_has_its_beginning():
    request = Request("GET", Family.FILES, "2026-09", "/7/anything", None)
    assert str(request) == "GET /files/2026-09/files/7/anything"
    assert str(Request.raw("GET", "/crm/v3/owners", None)) == "GET /crm/v3/owners"


BAD_PATHS = [".evil.example/x", "@evil.example/x", "crm/v3/owners", ":1@evil.example/", "/a b", "/a\r\nX: 1", "?a"]


@pytest.mark.parametrize("path", BAD_PATHS)
async def test_a_path_cannot_lead_to_another_host_or_carry_a_header(path: str):
    with pytest.raises(InputError, match=r"^Request\.path must begin with a slash and be encoded, unlike"):
        Request.raw("GET", path, None)
    with pytest.raises(InputError, match=r"^TaskKind\.status_path must begin"):
        TaskKind("mail", Family.OTHER, path + "/{id}", ActionResponse[None])


async def test_a_kind_of_a_family_of_ones_own_gives_the_whole_path(hubspot: Recorder, session: HubSpotSession):
    kind = TaskKind("mail", Family.OTHER, "/crm/v3/owners/{id}", ActionResponse[None], has_result=False)
    hubspot.says({"id": "a/b"}, {"status": "COMPLETE"})
    start = Request.raw("POST", "/crm/v3/owners", TaskLocator, body={}, is_start=True)
    task = kind.task((await session.send(start)).id)
    assert (await session.send(kind.status_request(task))).succeeded
    assert hubspot.requests[1].path == "/crm/v3/owners/a%2Fb"
