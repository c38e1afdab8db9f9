"""Airflow without its servers: a home of its own, and the connection in the environment."""

import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-of-the-tests-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox


class Store(dict[str, Any]):
    """Stands in for Airflow's state store of one task."""

    def set(self, key: str, value: Any) -> None:
        assert json.loads(json.dumps(value)) == value, "not plain"
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox in a thread of its own, and Airflow's default connection to it: operators have no event loop."""
    with start_blocking_portal() as portal:
        sandbox = Sandbox(task_seconds=0.05)
        sandbox.add_records("CONTACT", [{"email": "ada@example.com"}])
        with portal.wrap_async_context_manager(sandbox):
            connect(sandbox, monkeypatch)
            yield sandbox


def connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **others: Any) -> None:
    connection = {"conn_type": "hubspot", "password": sandbox.token, "host": sandbox.url, **others}
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT_DEFAULT", json.dumps(connection))
