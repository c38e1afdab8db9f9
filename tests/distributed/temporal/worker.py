"""A worker: HubSpot's activities and the example's workflows, until it is killed.

``python -m tests.distributed.temporal.worker OPTIONS`` prints a line when it is ready.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from hubspot_async import HubSpotSession
from hubspot_async.integrations.temporal import HubSpotActivities
from hubspot_async.integrations.temporal.workflows import ExportAccount, ExportAccounts

QUEUE = "hubspot"


async def work(options: dict[str, Any]) -> None:
    """Serve the accounts of *options* for ever."""
    client = await Client.connect(options["temporal"])
    async with AsyncExitStack() as stack:
        sessions = {
            account: await stack.enter_async_context(
                HubSpotSession(options["token"], base_url=options["url"], account=account)
            )
            for account in options["accounts"]
        }
        activities = await stack.enter_async_context(HubSpotActivities(sessions))
        worker = Worker(client, task_queue=QUEUE, activities=activities.all, workflows=[ExportAccount, ExportAccounts])
        print("ready", flush=True)
        await worker.run()


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.argv[1])))
