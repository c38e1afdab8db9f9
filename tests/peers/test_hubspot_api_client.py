"""`hubspot-api-client`, HubSpot's client for the v3 API: it waits, so it talks to a sandbox in another thread."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.exports import PublicExportViewRequest
from hubspot.files import FolderUpdateInputWithId, ImportFromUrlInput

from hubspot_async.sandbox import Sandbox
from tests.peers.conftest import PLAN, ROWS


@pytest.fixture
def client(threaded: Sandbox) -> HubSpot:
    return HubSpot(access_token=threaded.token, host=threaded.url)


def until(word: str, look: Callable[[], Any]) -> Any:
    """Look until a task's status, or an import's state, is *word*."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = look()
        if word in (getattr(answer, "status", None), getattr(answer, "state", None)):
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not {word} in ten seconds")


def test_an_export_is_started_and_polled(client: HubSpot):
    api = client.crm.exports.public_exports_api
    request = PublicExportViewRequest(
        export_type="VIEW",
        export_name="people",
        format="CSV",
        language="EN",
        object_type="CONTACT",
        object_properties=["email", "firstname"],
        associated_object_type="COMPANY",
        export_internal_values_options=["NAMES"],
        override_associated_objects_per_definition_per_row_limit=False,
    )
    task = api.start(request)
    done = until("COMPLETE", lambda: api.get_status(task.id))
    with urllib.request.urlopen(done.result) as file:
        assert b"ada@example.com" in file.read()


def test_an_import_is_started_listed_and_its_errors_read(client: HubSpot, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(ROWS)
    api = client.crm.imports
    begun = api.core_api.create(files=str(path), import_request=json.dumps(PLAN))
    until("DONE", lambda: api.core_api.get_by_id(begun.id))
    assert [each.id for each in api.core_api.get_page(limit=10).results] == [begun.id]
    [error] = api.public_imports_api.get_errors(begun.id, include_error_message=True, include_row_data=True).results
    assert (error.error_type, error.source_data.row_data) == ("INVALID_EMAIL", ["no address"])


def test_a_file_is_imported_from_a_url(client: HubSpot, threaded: Sandbox):
    api = client.files.files_api
    url = threaded.host_file("logo.png", b"a picture", "image/png")
    task = api.import_from_url(ImportFromUrlInput(url=url, access="PRIVATE", folder_path="/logos"))
    done = until("COMPLETE", lambda: api.check_import(task.id))
    assert (done.result.path, done.result.size) == ("/logos/logo.png", 9)


def test_a_file_is_uploaded(client: HubSpot, tmp_path: Path):
    path = tmp_path / "cat.png"
    path.write_bytes(b"a cat")
    options = json.dumps({"access": "PRIVATE"})
    file = client.files.files_api.upload(file=str(path), folder_path="/pets", options=options)
    assert (file.name, file.path, file.size) == ("cat", "/pets/cat.png", 5)
    assert client.files.files_api.get_by_id(file.id).id == file.id
    assert client.files.files_api.get_metadata("pets/cat.png").file.id == file.id


def test_folders_are_updated_and_searched(client: HubSpot):
    api = client.files.folders_api
    folder = api.create({"name": "old"})
    task = api.update_properties_recursively(FolderUpdateInputWithId(id=folder.id, name="new"))
    done = until("COMPLETE", lambda: api.check_update_status(task.id))
    assert done.result.path == "/new"
    assert [each.name for each in api.do_search(name="ne").results] == ["new"]
    assert api.get_by_path("new").id == folder.id
