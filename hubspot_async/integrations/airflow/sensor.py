"""A sensor for a task that something else has started."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from airflow.triggers.base import StartTriggerArgs

from hubspot_async.integrations.airflow.hook import HubSpotHook
from hubspot_async.integrations.airflow.trigger import HubSpotTaskTrigger, describe
from hubspot_async.integrations.plain import Plain, write_task
from hubspot_async.tasks import HubSpotTask

_TRIGGER = f"{HubSpotTaskTrigger.__module__}.{HubSpotTaskTrigger.__name__}"


class HubSpotTaskSensor(BaseSensorOperator):
    """Waits for the end of a task of HubSpot's, and fails unless it succeeds.

    *hubspot_task* is a `HubSpotTask`, the dict that `hubspot_async.integrations.plain.write_task` makes of one, or that
    as JSON, and may be a template. It begins and ends in the triggerer, and never needs a worker; with
    *start_from_trigger* off it is a worker that begins and ends it, and in between none is held. Its XCom is the
    outcome, as `write_outcome` makes it.
    """

    template_fields: Collection[str] = ("hubspot_task", "hubspot_conn_id")
    start_trigger_args = StartTriggerArgs(trigger_cls=_TRIGGER, next_method="execute_complete", trigger_kwargs={})
    start_from_trigger = True

    def __init__(
        self,
        *,
        hubspot_task: HubSpotTask[Any] | Plain | str,
        hubspot_conn_id: str = HubSpotHook.default_conn_name,
        start_from_trigger: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.hubspot_task = write_task(hubspot_task) if isinstance(hubspot_task, HubSpotTask) else hubspot_task
        self.hubspot_conn_id = hubspot_conn_id
        self.start_from_trigger = start_from_trigger
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=_TRIGGER,
            next_method="execute_complete",
            trigger_kwargs={
                "hubspot_task": self.hubspot_task,
                "hubspot_conn_id": self.hubspot_conn_id,
                "ends_task": True,
                "soft_fail": self.soft_fail,
            },
        )

    def execute(self, context: Context) -> NoReturn:
        """Wait in the triggerer."""
        trigger = HubSpotTaskTrigger(hubspot_task=self.hubspot_task, hubspot_conn_id=self.hubspot_conn_id)
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Context, event: Plain) -> Plain:
        """Succeed or fail as the task did."""
        if not event["succeeded"]:
            raise (AirflowSkipException if self.soft_fail else AirflowException)(describe(event))
        return event
