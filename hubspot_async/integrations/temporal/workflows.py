"""An example to use or to copy: the exports of many accounts, each fetched as soon as it is ready."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from hubspot_async.integrations.plain import Plain
    from hubspot_async.integrations.temporal.activities import HubSpotActivities
    from hubspot_async.results.names import safe_name

HEARTBEAT = timedelta(seconds=15)
"""After so long without a sign of life another worker takes an activity over."""

ONCE = RetryPolicy(maximum_attempts=1)
AT_ONCE = 100
"""Accounts under way at the same time; Temporal holds some two thousand open children of a workflow."""


@workflow.defn(name="hubspot.ExportAccount")
class ExportAccount:
    """The exports of one account."""

    @workflow.run
    async def run(self, account: str | None, requests: list[Plain], into: str) -> list[Plain]:
        """Start, watch and download every request of *requests*; the files go into the folder *into* of the worker.

        Gives for each the ``request`` and an ``error``; without one, None, what `HubSpotActivities.download` gives too.
        The error is HubSpot's word for the status, such as ``CANCELED``, where the export itself came to nothing, and
        otherwise a dict of ``type`` and ``message``. One failure leaves the others be.
        """
        return await asyncio.gather(*(self._export(account, request, into) for request in requests))

    async def _export(self, account: str | None, request: Plain, into: str) -> Plain:
        try:
            task = await workflow.execute_activity_method(
                HubSpotActivities.start,
                args=[request, account],
                start_to_close_timeout=timedelta(minutes=3),
                retry_policy=ONCE,
            )
            [outcome] = await workflow.execute_activity_method(
                HubSpotActivities.watch,
                args=[[task]],
                start_to_close_timeout=timedelta(days=1),
                heartbeat_timeout=HEARTBEAT,
            )
            if not outcome["succeeded"]:
                return {"request": request, **outcome, "error": outcome["error"] or outcome["status"]}
            saved = await workflow.execute_activity_method(
                HubSpotActivities.download,
                args=[task, f"{into}/{_name(account, request, task)}"],
                start_to_close_timeout=timedelta(hours=6),
                heartbeat_timeout=HEARTBEAT,
            )
        except ActivityError as error:
            return {"request": request, "error": _reason(error)}
        return {"request": request, "task": task, "error": None, **saved}


@workflow.defn(name="hubspot.ExportAccounts")
class ExportAccounts:
    """The same exports of many accounts, a child workflow for each."""

    @workflow.run
    async def run(self, accounts: list[str], requests: list[Plain], into: str) -> dict[str, list[Plain]]:
        """Run an `ExportAccount` for each of *accounts*; gives what each gave."""
        free = asyncio.Semaphore(AT_ONCE)

        async def one(account: str) -> list[Plain]:
            async with free:
                return await workflow.execute_child_workflow(
                    ExportAccount.run,
                    args=[account, requests, into],
                    id=f"{workflow.info().workflow_id}/{account}",
                )

        return dict(zip(accounts, await asyncio.gather(*map(one, accounts)), strict=True))


def _name(account: str | None, request: Plain, task: Plain) -> str:
    name = request.get("export_name") or request["object_type"].lower()
    return safe_name("-".join(filter(None, (account, name, task["id"])))) + f".{request.get('format', 'CSV').lower()}"


def _reason(error: ActivityError) -> dict[str, Any]:
    cause = error.cause
    kind = cause.type if isinstance(cause, ApplicationError) else type(cause).__name__
    return {"type": kind, "message": str(cause)}
