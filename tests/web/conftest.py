"""Fixtures for tests of the web app: it runs, and a browser without a page talks to it."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from hubspot_async.sandbox import Sandbox
from tests.web.serving import Browser, serving


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for whatever is temporary, to see that it is."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest_asyncio.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest_asyncio.fixture
async def url(hubspot_sandbox: Sandbox) -> AsyncIterator[str]:
    async with serving() as url:
        yield url


@pytest_asyncio.fixture
async def browser(client: aiohttp.ClientSession, url: str) -> Browser:
    return Browser(client, url)
