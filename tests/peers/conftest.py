"""HubSpot's own clients against the sandbox: run by ``nox -s peers``, in an environment of their own.

What they send is their affair, and older than HubSpot's specs; what the sandbox answers them is held to the specs.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from anyio.from_thread import start_blocking_portal

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract

PLAN = {
    "name": "people",
    "importOperations": {"0-1": "UPSERT"},
    "files": [
        {
            "fileName": "people.csv",
            "fileFormat": "CSV",
            "fileImportPage": {
                "hasHeader": True,
                "columnMappings": [{"columnObjectTypeId": "0-1", "columnName": "Email", "propertyName": "email"}],
            },
        }
    ],
}
ROWS = b"Email\nada@example.com\nno address\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.no_contract)


@pytest.fixture(autouse=True)
def _answers_hold(contract: Contract) -> Iterator[None]:
    yield
    answers = [str(each) for each in contract.violations if each.where.startswith("response")]
    assert not answers, "\n".join(answers)


def fill(sandbox: Sandbox) -> None:
    sandbox.add_records("CONTACT", [{"email": "ada@example.com", "firstname": "Ada"}])


@pytest.fixture
def threaded() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own, for clients that wait."""
    with start_blocking_portal() as portal:
        sandbox = Sandbox(task_seconds=0.2)
        fill(sandbox)
        with portal.wrap_async_context_manager(sandbox):
            yield sandbox


@pytest_asyncio.fixture
async def here() -> AsyncIterator[Sandbox]:
    """A sandbox in the test's own event loop."""
    async with Sandbox(task_seconds=0.2) as sandbox:
        fill(sandbox)
        yield sandbox
