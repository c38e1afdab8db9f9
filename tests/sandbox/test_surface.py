"""Which call is there in which version, and who may make it."""

import pytest

from hubspot_async.sandbox import Sandbox
from hubspot_async.sandbox.routes import FAMILIES
from tests.contract import Contract
from tests.sandbox.conftest import EXPORTS, FILES, Api, from_url, view

pytestmark = pytest.mark.asyncio

VERSIONS = ["v3", "2025-09", "2026-03", "2026-09"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_kind_of_task_runs_in_every_version(api: Api, sandbox: Sandbox, version: str) -> None:
    exports = "/crm/v3/exports" if version == "v3" else f"/crm/exports/{version}"
    source_code = "/cms/v3/source-code" if version == "v3" else f"/cms/source-code/{version}"
    url = sandbox.host_file("a.png", b"x")
    starts: list[tuple[str, dict[str, object]]] = [
        (f"{exports}/export/async", view()),
        (f"/files/{version}/files/import-from-url/async", from_url(url)),
        (f"{source_code}/extract/async", {"path": "a.zip"}),
    ]
    for path, body in starts:
        started = await api.post(path, body)
        assert started.status == 202
        done = await api.settle(f"{path}/tasks/{started.json['id']}/status")
        assert done["status"] == "COMPLETE"
        assert done["requestedAt"] <= done["startedAt"] <= done["completedAt"]


@pytest.mark.no_contract
async def test_source_code_ids_are_numbers(api: Api) -> None:
    path = "/cms/source-code/2026-03/extract/async"

    assert "Unable to parse" in (await api.get(f"{path}/tasks/abc/status")).json["message"]
    assert (await api.get(f"{path}/tasks/4711/status")).status == 404
    assert (await api.post(path, {"path": "a.txt"})).status == 400


@pytest.mark.no_contract
async def test_unknown_routes_and_wrong_methods_get_a_web_page(api: Api) -> None:
    for method, path, status in (
        ("GET", "/crm/v9/exports", 404),
        ("POST", "/crm/exports/v3/export/async", 404),
        ("DELETE", f"{EXPORTS}/1", 405),
        ("GET", f"{EXPORTS}/async/", 404),
    ):
        answer = await api(method, path)
        assert answer.status == status
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_no_token_and_wrong_tokens(api: Api) -> None:
    path = f"{EXPORTS}/1"
    none = await api.of(None).get(path)
    wrong = await api.of("pat-sandbox-nope").get(path)

    assert (none.status, none.json["category"]) == (401, "INVALID_AUTHENTICATION")
    assert none.json["message"] == "Authentication credentials not found"
    assert (wrong.status, wrong.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert wrong.json["context"] == {"expire time": ["1970-01-01T00:00:00Z"]}
    assert "day(s) ago" in wrong.json["message"]


async def test_a_token_expires(api: Api, sandbox: Sandbox) -> None:
    sandbox.expire()
    answer = await api.get(f"{EXPORTS}/1")

    assert (answer.status, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert "expired 0 second(s) ago" in answer.json["message"]
    assert not answer.json["context"]["expire time"][0].startswith("1970")


async def test_scopes_are_asked_for(api: Api, sandbox: Sandbox) -> None:
    poor = api.of(sandbox.account("poor", scopes=["files.read"]).token)
    refused = await poor.post(f"{EXPORTS}/async", view())

    assert (refused.status, refused.json["category"]) == (403, "MISSING_SCOPES")
    assert refused.json["errors"][0]["context"]["requiredGranularScopes"] == ["crm.export"]
    assert (await poor.get(f"{FILES}/search")).status == 200


async def test_every_operation_asks_for_a_scope() -> None:
    scopeless = [operation.name for family in FAMILIES for operation in family.operations if not operation.scopes]
    assert scopeless == ["accounts.details", "accounts.token_info"]


async def test_answers_carry_a_correlation_id(api: Api) -> None:
    good, bad = await api.get(f"{FILES}/search"), await api.get(f"{FILES}/999")

    assert good.headers["X-HubSpot-Correlation-Id"] != bad.headers["X-HubSpot-Correlation-Id"]
    assert bad.json["correlationId"] == bad.headers["X-HubSpot-Correlation-Id"]
    assert bad.json["status"] == "error"


async def test_accounts_see_only_their_own(api: Api, sandbox: Sandbox, contract: Contract) -> None:
    other = api.of(sandbox.account("other").token)
    started = (await api.post(f"{FILES}/import-from-url/async", from_url("http://127.0.0.1:1/a"))).json

    assert (await other.get(f"{FILES}/import-from-url/async/tasks/{started['id']}/status")).status == 404
    assert {exchange.account for exchange in sandbox.requests} == {"default", "other"}
