"""The clients that one would use instead, and their call for the state of a task, as their users write them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from importlib.util import find_spec

TOKEN = "pat-eu1-bench"

MODULES = {"hubspot-sdk": "hubspot_sdk", "hubspot-api-client": "hubspot"}


def installed(names: Iterable[str]) -> list[str]:
    """Leave out the peers that are not there."""
    return [name for name in names if find_spec(MODULES.get(name, "hubspot_async"))]


@contextlib.asynccontextmanager
async def sdk(url: str) -> AsyncIterator[Callable[[int], Awaitable[bool]]]:
    """hubspot-sdk's asynchronous client, which tells whether a task is over."""
    from hubspot_sdk import AsyncHubSpot

    async with AsyncHubSpot(access_token=TOKEN, base_url=url) as client:

        async def is_over(number: int) -> bool:
            return bool((await client.files.file_assets.get_import_task_status(str(number))).status == "COMPLETE")

        yield is_over


def official(url: str) -> Callable[[int], bool]:
    """hubspot-api-client, which tells it a thread."""
    from hubspot import HubSpot

    client = HubSpot(access_token=TOKEN, host=url)

    def is_over(number: int) -> bool:
        return bool(client.files.files_api.check_import(str(number)).status == "COMPLETE")

    return is_over
