"""The waiting, in Airflow's triggerer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent, TriggerEvent

from hubspot_async.endpoints import imports
from hubspot_async.errors import AlreadyFinishedError, DailyLimitError
from hubspot_async.integrations import steps
from hubspot_async.integrations.airflow.hook import HubSpotHook
from hubspot_async.integrations.airflow.watchers import joined
from hubspot_async.integrations.plain import Plain, read_task
from hubspot_async.tasks import IMPORT, HubSpotTask

log = logging.getLogger("hubspot_async.airflow")

REST = 600.0
"""Seconds for which a trigger rests after the day's requests are used up."""


class HubSpotTaskTrigger(BaseTrigger):
    """Waits for the end of one of HubSpot's tasks, and shares a watcher with all others that wait on its connection.

    *hubspot_task* is plain, as `hubspot_async.integrations.plain.write_task` writes it, or that as JSON. The event
    carries what `write_outcome` gives. With *ends_task* no worker is needed to end the Airflow task: it succeeds or
    fails by itself, or is skipped in place of failing where *soft_fail* says so.

    Watching is reading: run twice, or moved to another triggerer, it does no harm. Only where a user stops the Airflow
    task, and *cancel_on_kill* is set, is anything cancelled at HubSpot, and only an import can be.
    """

    def __init__(
        self,
        *,
        hubspot_task: Plain | str,
        hubspot_conn_id: str = HubSpotHook.default_conn_name,
        ends_task: bool = False,
        soft_fail: bool = False,
        cancel_on_kill: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.hubspot_task = hubspot_task
        self.hubspot_conn_id = hubspot_conn_id
        self.ends_task = ends_task
        self.soft_fail = soft_fail
        self.cancel_on_kill = cancel_on_kill

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Write the trigger down: words and dicts, which come back as they were, and no token."""
        return f"{__name__}.{type(self).__name__}", {
            "hubspot_task": self.hubspot_task,
            "hubspot_conn_id": self.hubspot_conn_id,
            "ends_task": self.ends_task,
            "soft_fail": self.soft_fail,
            "cancel_on_kill": self.cancel_on_kill,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and give the one event."""
        outcome = await self._wait(self._read())
        yield self._end(outcome) if self.ends_task else TriggerEvent(payload=outcome)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Cancel an import whose Airflow task a user has stopped.

        Airflow calls this too for a trigger that has moved to another triggerer; its task is still deferred then.
        """
        task = self._read()
        if not self.cancel_on_kill or task.kind is not IMPORT or await self._is_deferred():
            return
        async with HubSpotHook(self.hubspot_conn_id).session() as session:
            try:
                await imports.cancel(session, task)
            except AlreadyFinishedError as error:
                log.info("%s", error)

    async def _wait(self, task: HubSpotTask[Any]) -> Plain:
        while True:
            try:
                async with joined(self.hubspot_conn_id) as watcher:
                    return await steps.settle(watcher, task)
            except DailyLimitError as error:
                log.warning("%s is looked at again in %.0f s: %s", task, REST, error)
                await asyncio.sleep(REST)

    def _end(self, outcome: Plain) -> TriggerEvent:
        if outcome["succeeded"]:
            return TaskSuccessEvent(xcoms={"return_value": outcome})
        log.error("%s", describe(outcome))
        return (TaskSkippedEvent if self.soft_fail else TaskFailedEvent)(xcoms={"return_value": outcome})

    def _read(self) -> HubSpotTask[Any]:
        return read_hubspot_task(self.hubspot_task)

    async def _is_deferred(self) -> bool:
        ti = self.task_instance
        if ti is None:
            return False
        found = await asyncio.to_thread(
            RuntimeTaskInstance.get_task_states, ti.dag_id, ti.map_index, [ti.task_id], run_ids=[ti.run_id]
        )
        return "deferred" in found.get(ti.run_id, {}).values()


def read_hubspot_task(written: Plain | str) -> HubSpotTask[Any]:
    """Read a task from a dict, or from the JSON that a template may have made of it."""
    return HubSpotTask.from_json(written) if isinstance(written, str) else read_task(written)


def describe(outcome: Plain) -> str:
    """Say in a line what became of a task that did not succeed."""
    task, error = read_task(outcome["task"]), outcome["error"]
    if error:
        return f"{task} can be watched no longer: {error['type']}: {error['message']}"
    return f"{task} is {outcome['status']}" + "".join(f"; {reason}" for reason in outcome.get("errors", ()))
