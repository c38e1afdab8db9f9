"""One host of several: it calls HubSpot as fast as the shared budget lets it, and says at the end what it saw.

``python -m tests.distributed.redis.caller OPTIONS`` prints the budget's figures and its own wall clock.
"""

import asyncio
import json
import logging
import sys
import time
from typing import Any

from hubspot_async.errors import HubSpotError
from hubspot_async.integrations.redis import RedisBudget
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import IMPORT
from hubspot_async.wire.request import POLL, USER

assert IMPORT.list_request
LOOK = IMPORT.list_request("2026-03", None)


async def call(options: dict[str, Any]) -> dict[str, Any]:
    """Call until the time is up, half of the coroutines as users and half as watchers do."""
    end = time.monotonic() + options["seconds"]
    errors: list[str] = []
    async with (
        RedisBudget(options["redis"], "acme", **options.get("budget", {})) as budget,
        HubSpotSession(options["token"], base_url=options["url"], budget=budget) as session,
    ):

        async def work(number: int) -> None:
            lane = POLL if number % 2 else USER
            while time.monotonic() < end:
                try:
                    await session.send(LOOK, lane=lane)
                except HubSpotError as error:
                    errors.append(str(error))
                    await asyncio.sleep(0.1)

        try:
            async with asyncio.timeout(options["seconds"]):
                await asyncio.gather(*(work(number) for number in range(options.get("coroutines", 24))))
        except TimeoutError:
            pass
        stats = budget.stats
    return {"granted": stats.granted, "refused": stats.refused, "errors": errors, "clock": time.time()}


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
    print(json.dumps(asyncio.run(call(json.loads(sys.argv[1])))))
