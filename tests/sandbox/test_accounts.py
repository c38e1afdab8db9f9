"""Whose a token is, and what the account's objects look like."""

import pytest

from hubspot_async.sandbox import Sandbox
from tests.sandbox.conftest import Api

pytestmark = [pytest.mark.asyncio, pytest.mark.no_contract]

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"


@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-03", "2026-09"])
async def test_the_account_behind_a_token(api: Api, sandbox: Sandbox, version: str) -> None:
    told = await api.get(f"/account-info/{version}/details")
    assert (told.status, told.json["portalId"]) == (200, sandbox.default.hub_id)
    assert told.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249999"


async def test_what_a_token_may_do(api: Api, sandbox: Sandbox) -> None:
    poor = sandbox.account("poor", scopes=["files", "crm.export"])
    told = await api.post(TOKEN_INFO, {"tokenKey": poor.token})
    assert (told.json["hubId"], told.json["scopes"]) == (poor.hub_id, ["crm.export", "files"])
    assert "crm.import" in (await api.post(TOKEN_INFO, {"tokenKey": sandbox.token})).json["scopes"]


@pytest.mark.parametrize("body", [{}, {"tokenKey": "pat-sandbox-nope"}])
async def test_a_token_that_is_none(api: Api, body: dict[str, object]) -> None:
    assert (await api.post(TOKEN_INFO, body)).status == 400


async def test_the_properties_of_an_object_with_their_labels(api: Api, sandbox: Sandbox) -> None:
    sandbox.declare("CONTACT", {"shoe_size": "Shoe size"})
    for path in ("/crm/v3/properties/contacts", "/crm/properties/2026-03/0-1"):
        told = (await api.get(path)).json["results"]
        assert {each["name"]: each["label"] for each in told}["shoe_size"] == "Shoe size"
    assert (await api.get("/crm/properties/2026-03/9-9")).status == 404
