"""`hubspot-sdk`, HubSpot's asynchronous client for 2026-03, an alpha."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hubspot_sdk import AsyncHubSpot

from hubspot_async.sandbox import Sandbox
from tests.peers.conftest import PLAN, ROWS

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client(here: Sandbox) -> AsyncIterator[AsyncHubSpot]:
    async with AsyncHubSpot(access_token=here.token, base_url=here.url) as client:
        yield client


async def until(word: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """Look until a task's status, or an import's state, is *word*."""
    async with asyncio.timeout(10):
        while True:
            answer = await look()
            if word in (getattr(answer, "status", None), getattr(answer, "state", None)):
                return answer
            await asyncio.sleep(0.05)


async def test_an_export_is_started_and_polled(client: AsyncHubSpot):
    api = client.crm.exports
    task = await api.create_async(
        export_type="VIEW",
        export_name="people",
        format="CSV",
        language="EN",
        object_type="CONTACT",
        object_properties=["email", "firstname"],
        associated_object_type=[],
        export_internal_values_options=["NAMES"],
        include_labeled_associations=False,
        include_primary_display_property_for_associated_objects=False,
        override_associated_objects_per_definition_per_row_limit=False,
    )
    done = await until("COMPLETE", lambda: api.get_status(int(task.id)))
    async with httpx.AsyncClient() as http:
        assert "ada@example.com" in (await http.get(done.result)).text
    assert (await api.get(int(task.id))).export_state == "DONE"


async def test_an_import_is_started_listed_and_its_errors_read(client: AsyncHubSpot):
    api = client.crm.imports
    begun = await api.create(files=("people.csv", ROWS, "text/csv"), import_request=json.dumps(PLAN))
    await until("DONE", lambda: api.get(int(begun.id)))
    assert [each.id async for each in api.list(limit=10)] == [begun.id]
    errors = api.list_errors(int(begun.id), include_error_message=True, include_row_data=True)
    [error] = [each async for each in errors]
    assert (error.error_type, error.source_data.row_data) == ("INVALID_EMAIL", ["no address"])


async def test_a_file_is_imported_from_a_url(client: AsyncHubSpot, here: Sandbox):
    api = client.files.file_assets
    task = await api.import_from_url_async(
        url=here.host_file("logo.png", b"a picture", "image/png"),
        access="PRIVATE",
        folder_path="/logos",
        overwrite=False,
        duplicate_validation_scope="ENTIRE_PORTAL",
        duplicate_validation_strategy="NONE",
    )
    done = await until("COMPLETE", lambda: api.get_import_task_status(task.id))
    assert (done.result.path, done.result.size) == ("/logos/logo.png", 9)


async def test_a_file_is_uploaded(client: AsyncHubSpot):
    api = client.files.file_assets
    options = json.dumps({"access": "PRIVATE"})
    file = await api.upload(file=("cat.png", b"a cat"), folder_path="/pets", options=options)
    assert (file.name, file.path, file.size) == ("cat", "/pets/cat.png", 5)
    assert (await api.get(file.id)).id == file.id


async def test_folders_are_updated_and_searched(client: AsyncHubSpot):
    api = client.files.folders
    made = await client.files.file_assets.create(name="old")
    task = await api.update_async_by_id(id=made.id, name="new")
    done = await until("COMPLETE", lambda: api.get_update_async_status(task.id))
    assert done.result.path == "/new"
    assert [each.name async for each in api.search(name="ne")] == ["new"]
    assert (await api.get_by_path("new")).id == made.id
