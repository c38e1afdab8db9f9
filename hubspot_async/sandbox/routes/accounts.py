"""Whose a token is and what the account's objects look like: what people look up before they start anything."""

from aiohttp import web

from hubspot_async.sandbox.answers import answer, invalid, not_found
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation

_ALL_SCOPES = ("content", "crm.export", "crm.import", "files", "oauth")
"""What the token of an account without limits is said to have."""


_SCHEMA_SCOPES = ("crm.schemas.contacts.read", "crm.objects.contacts.read")
"""Those of contacts, for all; HubSpot asks for those of the object."""


async def details(call: Call) -> web.Response:
    """Describe the account."""
    return answer(
        {
            "portalId": call.account.hub_id,
            "accountType": "SANDBOX",
            "timeZone": "UTC",
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


async def token_info(call: Call) -> web.Response:
    """Tell what stands behind the token of a private app, which comes in the body."""
    body = await call.fields()
    body.demand("tokenKey")
    token = call.world.tokens.get(body.text("tokenKey"))
    if token is None or token.app is not None:
        raise invalid("The access token is not that of a private app")
    scopes = token.account.scopes
    hub_id = token.account.hub_id
    return answer({"userId": 1, "hubId": hub_id, "appId": hub_id + 1, "scopes": sorted(scopes or _ALL_SCOPES)})


async def properties(call: Call) -> web.Response:
    """List the properties of an object type, with their labels."""
    kind = call.account.crm.object_type(call.path("objectType"))
    if kind is None:
        raise not_found(f"Unable to infer object type from: {call.path('objectType')}")
    shown = [
        {"name": name, "label": label, "type": "string", "fieldType": "text"} for name, label in kind.labels.items()
    ]
    return answer({"results": shown})


ACCOUNTS = Family(
    {version: f"/account-info/{version}" for version in VERSIONS},
    (Operation("accounts.details", "GET", "/details", details),),
)
TOKENS = Family(
    {"v2": "/oauth/v2/private-apps"},
    (Operation("accounts.token_info", "POST", "/get/access-token-info", token_info, versions=("v2",)),),
)
PROPERTIES = Family(
    {version: "/crm/v3/properties" if version == "v3" else f"/crm/properties/{version}" for version in VERSIONS},
    (Operation("properties.list", "GET", "/{objectType}", properties, _SCHEMA_SCOPES),),
)
