"""Starts whose answer was never read: what was asked, when, and how to find out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.wire.request import Form, Request
from hubspot_async.wire.versions import Family

_HOW_TO_CHECK: Mapping[Family, str] = {
    Family.EXPORTS: "HubSpot lists exports only in the account's settings, under their names",
    Family.IMPORTS: "imports.find(session, name, since=start.at) looks for it in the list of imports",
    Family.FILES: "look for the file in its folder, by its name",
    Family.FOLDERS: "look at the folder: it has its new name or parent, or not",
}


@frozen(eq=False)
class UnansweredStart:
    """A request that begins work, sent and not answered as far as we know."""

    request: str
    """Method and path."""
    asked: object = field(repr=False)
    """The model that was sent: a ViewExport, an ImportRequest …"""
    at: datetime
    """When, by HubSpot's clock as well as it is known."""
    account: str | None
    how_to_check: str

    @classmethod
    def of(cls, request: Request[Any], at: datetime, account: str | None) -> UnansweredStart:
        """Note a start that is about to be sent."""
        body = request.body
        asked = (body.about or next(iter(body.fields.values()))) if isinstance(body, Form) else body
        return cls(str(request), asked, at, account, how_to_check(request.family))

    def __str__(self) -> str:
        return f"{self.request} at {self.at:%Y-%m-%d %H:%M:%S} UTC; {self.how_to_check}"


def how_to_check(family: Family) -> str:
    """Say how to find out whether HubSpot accepted a start."""
    return _HOW_TO_CHECK.get(family, "HubSpot offers no way to find out")
