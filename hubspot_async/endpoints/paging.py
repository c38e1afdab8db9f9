"""Lists that come in pages: how all of them are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeVar

from attrs import evolve

from hubspot_async.errors import InvalidResponseError
from hubspot_async.models.values import Page
from hubspot_async.wire.request import Request, Sender

T = TypeVar("T")

LIMIT = 100
"""Items of a page, the most that HubSpot gives."""


async def iter_pages(session: Sender, request: Request[Page[T]]) -> AsyncGenerator[T, None]:
    """Give the items of all pages that follow from *request*; a page is asked for when its first item is due.

    Raises InvalidResponseError where a page leads to one that was read already, or to none at all.
    """
    read: set[str | None] = {None}
    while True:
        page = await session.send(request)
        for item in page.results:
            yield item
        if page.paging is None or page.paging.next is None:
            return
        after = page.after or None
        if after in read:
            raise InvalidResponseError(f"{request}: there is more, but its page leads back to after={after!r}")
        read.add(after)
        request = evolve(request, query={**request.query, "after": after})
