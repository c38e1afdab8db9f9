"""What the tries of one Airflow task leave to each other, so that none starts what another has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from hubspot_async.integrations.plain import read_task, write_task
from hubspot_async.tasks import HubSpotTask

TASK = "hubspot_task"
ASKED_AT = "hubspot_asked_at"


class Store(Protocol):
    """Airflow's state store of one task, which outlives its tries."""

    def get(self, key: str) -> Any:
        """Read a value, or None."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Write a value."""
        ...

    def delete(self, key: str) -> None:
        """Forget a value."""
        ...


class Memory:
    """Remembers the task that was started, and before that, that HubSpot was asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def task(self) -> HubSpotTask[Any] | None:
        """What an earlier try has started, and nobody has seen the end of."""
        written = self._store.get(TASK)
        return read_task(written) if written else None

    @property
    def asked_at(self) -> datetime | None:
        """When an earlier try asked HubSpot for something and never heard the answer."""
        moment = self._store.get(ASKED_AT)
        return datetime.fromisoformat(moment) if moment else None

    def ask(self) -> None:
        """Note that HubSpot is about to be asked."""
        self._store.set(ASKED_AT, datetime.now(UTC).isoformat())

    def refused(self) -> None:
        """Note that it surely did not accept."""
        self._store.delete(ASKED_AT)

    def started(self, task: HubSpotTask[Any]) -> None:
        """Note what it has begun."""
        self._store.set(TASK, write_task(task))
        self._store.delete(ASKED_AT)

    def forget(self) -> None:
        """Note that the task is over: the next try, or the next run of this one, begins another."""
        self._store.delete(TASK)
