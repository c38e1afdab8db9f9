"""HubSpot's slow work in Airflow 3; what it needs comes with the extra ``airflow``.

::

    provider.py     what Airflow's list of providers says of it
    hook.py         HubSpotHook: the connection type ``hubspot``
    operators.py    start, wait without a worker, take what came of it
    sensor.py       wait for a task that something else has started
    trigger.py      the waiting, in the triggerer
    watchers.py     one watcher for each connection, whoever waits
    memory.py       what the tries of one Airflow task leave to each other

Every name here is loaded when it is first used: Airflow asks for the provider's description before anything else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hubspot_async.integrations.airflow.provider import get_provider_info

if TYPE_CHECKING:
    from hubspot_async.integrations.airflow.hook import HubSpotHook
    from hubspot_async.integrations.airflow.operators import (
        HubSpotExportOperator,
        HubSpotFileImportOperator,
        HubSpotFolderUpdateOperator,
        HubSpotImportOperator,
    )
    from hubspot_async.integrations.airflow.sensor import HubSpotTaskSensor
    from hubspot_async.integrations.airflow.trigger import HubSpotTaskTrigger

__all__ = [
    "HubSpotExportOperator",
    "HubSpotFileImportOperator",
    "HubSpotFolderUpdateOperator",
    "HubSpotHook",
    "HubSpotImportOperator",
    "HubSpotTaskSensor",
    "HubSpotTaskTrigger",
    "get_provider_info",
]

_HOMES = {
    "HubSpotExportOperator": "operators",
    "HubSpotFileImportOperator": "operators",
    "HubSpotFolderUpdateOperator": "operators",
    "HubSpotHook": "hook",
    "HubSpotImportOperator": "operators",
    "HubSpotTaskSensor": "sensor",
    "HubSpotTaskTrigger": "trigger",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
