import pytest

from hubspot_async.sandbox import OAuthApp, Sandbox
from tests.sandbox.conftest import FILES, Answer, Api

pytestmark = pytest.mark.asyncio


async def ask(api: Api, app: OAuthApp, path: str = "/oauth/2026-03/token", **form: str) -> Answer:
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return await api.of(None)("POST", path, data=credentials | form)


@pytest.mark.parametrize("version", ["v1", "v3", "2026-03", "2026-09"])
async def test_a_refresh_token_is_traded_for_an_access_token(api: Api, sandbox: Sandbox, version: str) -> None:
    app = sandbox.oauth_app("shop", expires_in=1800)

    answer = await ask(api, app, f"/oauth/{version}/token", grant_type="refresh_token", refresh_token=app.refresh_token)
    granted = answer.json

    assert answer.status == 200
    assert granted["expires_in"] == 1800
    assert granted["hub_id"] == sandbox.account("shop").hub_id
    assert granted["refresh_token"] == app.refresh_token
    found = await api.of(granted["access_token"]).get(f"{FILES}/search")
    assert found.status == 200
    assert "X-HubSpot-RateLimit-Max" in found.headers
    assert "X-HubSpot-RateLimit-Daily" not in found.headers


async def test_refresh_tokens_can_rotate(api: Api, sandbox: Sandbox) -> None:
    app = sandbox.oauth_app(rotate=True)
    first = app.refresh_token

    granted = (await ask(api, app, grant_type="refresh_token", refresh_token=first)).json
    again = await ask(api, app, grant_type="refresh_token", refresh_token=first)

    assert granted["refresh_token"] != first
    assert (again.status, again.json["error"], again.json["status"]) == (400, "invalid_grant", "BAD_REFRESH_TOKEN")


async def test_a_code_is_good_once(api: Api, sandbox: Sandbox) -> None:
    app = sandbox.oauth_app()
    form = {"grant_type": "authorization_code", "code": app.code, "redirect_uri": app.redirect_uri}

    first, second = await ask(api, app, **form), await ask(api, app, **form)

    assert (first.status, second.status, second.json["status"]) == (200, 400, "BAD_AUTH_CODE")


@pytest.mark.no_contract
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"client_id": "nobody"}, "BAD_CLIENT_ID"),
        ({"client_secret": "wrong"}, "BAD_CLIENT_SECRET"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"refresh_token": "wrong"}, "BAD_REFRESH_TOKEN"),
    ],
)
async def test_wrong_credentials_are_named(api: Api, sandbox: Sandbox, form: dict[str, str], status: str) -> None:
    app = sandbox.oauth_app()
    good = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}

    answer = await ask(api, app, **(good | form))

    assert (answer.status, answer.json["status"]) == (400, status)


async def test_tokens_expire_are_looked_into_and_revoked(api: Api, sandbox: Sandbox) -> None:
    app = sandbox.oauth_app()
    refresh = app.refresh_token
    granted = (await ask(api, app, grant_type="refresh_token", refresh_token=refresh)).json
    path = "/oauth/2026-09/token"

    alive = (await ask(api, app, f"{path}/introspect", token=granted["access_token"])).json
    sandbox.expire(granted["access_token"])
    dead = (await ask(api, app, f"{path}/introspect", token=granted["access_token"])).json
    refused = await api.of(granted["access_token"]).get(f"{FILES}/search")
    await ask(api, app, f"{path}/revoke", token=refresh)
    late = await ask(api, app, grant_type="refresh_token", refresh_token=refresh)

    assert (alive["active"], alive["token_use"]) == (True, "access_token")
    assert dead == {"active": False}
    assert refused.json["category"] == "EXPIRED_AUTHENTICATION"
    assert late.status == 400
