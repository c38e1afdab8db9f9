"""The properties that an account has, so that columns can be matched with them."""

from __future__ import annotations

from attrs import frozen

from hubspot_async import HubSpotSession, Request
from hubspot_async.errors import ForbiddenError, NotFoundError
from hubspot_async.models.values import Page


@frozen(kw_only=True)
class Property:
    """What a property is called."""

    name: str
    label: str = ""


async def labels_of(session: HubSpotSession, type_id: str) -> dict[str, str]:
    """Read the labels of an object's properties, by name; none where the token may not read them."""
    request = Request.raw("GET", f"/crm/properties/2026-03/{type_id}", Page[Property])
    try:
        page = await session.send(request)
    except (ForbiddenError, NotFoundError):
        return {}
    return {each.name: each.label for each in page.results}
