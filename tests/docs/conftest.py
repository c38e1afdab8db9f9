"""What the pages of the documentation find: an account in the environment, and an empty folder."""

import os
from collections.abc import Iterator
from unittest import mock

import pytest
from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract

RECORDS = {
    "CONTACT": [
        {"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"},
        {"email": "grace@example.com", "firstname": "Grace", "lastname": "Hopper"},
    ],
    "COMPANY": [{"name": "Analytical Engines", "domain": "engines.example"}],
}


@pytest.fixture
def account(contract: Contract, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[Sandbox]:
    """A HubSpot that a page finds through the environment, in a thread of its own: pages have their own event loops."""
    with start_blocking_portal() as portal:
        sandbox = Sandbox(task_seconds=0.2, middlewares=contract.middlewares)
        for object_type, records in RECORDS.items():
            sandbox.add_records(object_type, records)
        with portal.wrap_async_context_manager(sandbox):
            monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
            monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
            monkeypatch.chdir(tmp_path)
            with mock.patch.dict(os.environ):  # what a page puts there is gone with it
                yield sandbox
