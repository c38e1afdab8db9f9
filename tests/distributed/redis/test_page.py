"""The code of the page about many hosts, with what it does not itself show."""

import contextlib

import pytest
from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox
from tests.distributed.redis.conftest import RedisServer
from tests.docs.pages import blocks, run


def test_the_page(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch):
    with start_blocking_portal() as portal, contextlib.ExitStack() as stack:
        sandbox = Sandbox(task_seconds=0.2)
        sandbox.add_records("CONTACT", [{"email": "ada@example.com"}])
        stack.enter_context(portal.wrap_async_context_manager(sandbox))
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
        monkeypatch.setenv("REDIS_URL", redis_server.url)
        run(blocks("docs/how-to/many-hosts.md"))
