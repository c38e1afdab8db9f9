"""The code of the page about Temporal, with what it does not itself show."""

import contextlib
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox
from tests.distributed.temporal.conftest import TemporalServer
from tests.docs.pages import blocks, run


def test_the_page(temporal: TemporalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with start_blocking_portal() as portal, contextlib.ExitStack() as stack:
        sandbox = Sandbox(task_seconds=0.2)
        sandbox.add_records("CONTACT", [{"email": "ada@example.com"}])
        sandbox.add_records("COMPANY", [{"name": "Analytical Engines"}])
        stack.enter_context(portal.wrap_async_context_manager(sandbox))
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
        folder = tmp_path / "work"
        folder.mkdir()
        monkeypatch.chdir(folder)
        run(blocks("docs/how-to/temporal.md"))
        assert len(list(folder.iterdir())) == 2
