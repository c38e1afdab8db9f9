"""OAuth: access tokens for installed apps, looked into and taken back."""

import math
from collections.abc import Mapping

from aiohttp import web

from hubspot_async.sandbox.answers import Json, Refused, answer
from hubspot_async.sandbox.world import OAuthApp, Token, World

VERSIONS = ("v1", "v3", "2026-03", "2026-09")


async def token(request: web.Request, world: World) -> web.Response:
    """Trade a refresh token, or the code of an installation, for an access token."""
    form = await _form(request)
    app = _app(form, world)
    match form.get("grant_type"):
        case "refresh_token":
            if form.get("refresh_token") != app.refresh_token:
                raise _refused("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        case "authorization_code":
            if form.get("code") != app.code or not app.code:
                raise _refused("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
            if form.get("redirect_uri") != app.redirect_uri:
                raise _refused("invalid_request", "MISMATCH_REDIRECT_URI_AUTH_CODE", "redirect URI does not match")
            app.code = ""
        case _:
            raise _refused("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
    return answer(_issue(app, world))


async def introspect(request: web.Request, world: World) -> web.Response:
    """Tell what stands behind a token."""
    form = await _form(request)
    app = _app(form, world)
    presented = form.get("token", "")
    known = world.tokens.get(presented)
    now = world.clock.now()
    shown: Json = {"active": False}
    if known is not None and known.expires is not None and known.expires > now:
        shown = {"active": True, "token_use": "access_token", "expires_in": math.ceil(known.expires - now)}
    elif presented == app.refresh_token:
        shown = {"active": True, "token_use": "refresh_token"}
    if shown["active"]:
        shown |= {"token": presented, "token_type": "bearer", "client_id": app.client_id, "hub_id": app.account.hub_id}
    return answer(shown)


async def revoke(request: web.Request, world: World) -> web.Response:
    """Take back a refresh token; access tokens made with it live on."""
    form = await _form(request)
    app = _app(form, world)
    if form.get("token") == app.refresh_token:
        app.refresh_token = ""
    return answer({})


def _issue(app: OAuthApp, world: World) -> Json:
    access_token = f"oauth-sandbox-{world.uuid()}-{world.uuid()}"
    world.tokens[access_token] = Token(app.account, world.clock.now() + app.expires_in, app)
    if app.rotate:
        app.refresh_token = f"refresh-sandbox-{world.uuid()}"
    return {
        "access_token": access_token,
        "refresh_token": app.refresh_token,
        "expires_in": int(app.expires_in),
        "token_type": "bearer",
        "token_use": "access_token",
        "hub_id": app.account.hub_id,
        "user_id": 1,
        "scopes": sorted(app.account.scopes or ("oauth",)),
    }


async def _form(request: web.Request) -> dict[str, str]:
    fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    if request.path.startswith("/oauth/v1/"):
        return dict(request.query) | fields
    return fields


def _app(form: Mapping[str, str], world: World) -> OAuthApp:
    app = next((app for app in world.apps if app.client_id == form.get("client_id")), None)
    if app is None:
        raise _refused("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
    if form.get("client_secret") != app.client_secret:
        raise _refused("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
    return app


def _refused(error: str, status: str, message: str) -> Refused:
    refusal = Refused(400, "VALIDATION_ERROR", message, error=error, error_description=message)
    refusal.body["status"] = status
    return refusal


ROUTES = (
    ("oauth.token", "/token", token),
    ("oauth.introspect", "/token/introspect", introspect),
    ("oauth.revoke", "/token/revoke", revoke),
)
