"""Fixtures for tests of the sandbox: a client that says what HubSpot's clients say."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest_asyncio
from yarl import URL

from hubspot_async.sandbox import Sandbox

EXPORTS = "/crm/exports/2026-03/export"
IMPORTS = "/crm/imports/2026-03"
FILES = "/files/2026-03/files"
FOLDERS = "/files/2026-03/folders"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()


class Api:
    """Talks to a sandbox as one account does."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession, token: str | None) -> None:
        self.sandbox = sandbox
        self.session = session
        self.token = token

    def of(self, token: str | None) -> "Api":
        return Api(self.sandbox, self.session, token)

    async def __call__(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        async with self.session.request(method, self.sandbox.url + path, headers=headers, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self("GET", path, **options)

    async def post(self, path: str, json: object = None, **options: Any) -> Answer:
        return await self("POST", path, json=json, **options)

    async def fetch(self, url: str, **headers: str) -> Answer:
        """Fetch a URL as it stands, without a token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(URL(url, encoded=True), headers=named) as response:
            return Answer(response.status, response.headers, await response.read())

    async def settle(self, path: str, key: str = "status") -> Any:
        """Ask for a status until it is final."""
        while True:
            body = (await self.get(path)).json
            if body[key] not in {"PENDING", "PROCESSING", "STARTED", "DEFERRED"}:
                return body
            await asyncio.sleep(0.01)

    async def export(self, **fields: Any) -> Any:
        """Start an export and wait for its end."""
        started = await self.post(f"{EXPORTS}/async", view(**fields))
        assert started.status == 202, started.text
        return await self.settle(f"{EXPORTS}/async/tasks/{started.json['id']}/status")

    async def exported(self, **fields: Any) -> str:
        """Export and fetch, as text."""
        return (await self.fetch((await self.export(**fields))["result"])).text

    async def start_import(self, plan: Mapping[str, object], **files: bytes | str) -> Answer:
        """Start an import; the files are given as `name=content` and called `name.csv`."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("importRequest", json.dumps(plan), content_type="application/json")
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            form.add_field("files", io.BytesIO(data), filename=f"{name}.csv", content_type="text/csv")
        return await self("POST", IMPORTS, data=form)

    async def imported(self, plan: Mapping[str, object], **files: bytes | str) -> Any:
        """Import and wait for the end."""
        started = await self.start_import(plan, **files)
        assert started.status == 200, started.text
        return await self.settle(f"{IMPORTS}/{started.json['id']}", "state")

    async def errors_of(self, import_id: str) -> Any:
        path = f"{IMPORTS}/{import_id}/errors?includeErrorMessage=true&includeRowData=true"
        return (await self.get(path)).json["results"]


def view(**fields: Any) -> dict[str, Any]:
    """The body of an export as the spec wants it."""
    return {
        "exportType": "VIEW",
        "exportName": "people",
        "format": "CSV",
        "language": "EN",
        "objectType": "CONTACT",
        "objectProperties": ["email", "firstname"],
        "associatedObjectType": [],
        "exportInternalValuesOptions": [],
        "includeLabeledAssociations": False,
        "includePrimaryDisplayPropertyForAssociatedObjects": False,
        "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
    } | fields


def search(*filters: Mapping[str, object], sorts: Sequence[object] = (), **fields: object) -> dict[str, object]:
    return {
        "filterGroups": [{"filters": list(filters)}] if filters else [],
        "filters": [],
        "sorts": list(sorts),
    } | fields


def column(name: str, property_name: str | None, **fields: object) -> dict[str, object]:
    return {"columnObjectTypeId": "0-1", "columnName": name, "propertyName": property_name} | fields


def plan(*columns: Mapping[str, object], name: str = "people", operation: str = "UPSERT", **fields: object) -> Any:
    return {
        "name": name,
        "importOperations": {"0-1": operation},
        "files": [page(*columns, name=name)],
    } | fields


def page(*columns: Mapping[str, object], name: str) -> dict[str, object]:
    mappings = {"hasHeader": True, "columnMappings": list(columns)}
    return {"fileName": f"{name}.csv", "fileFormat": "CSV", "fileImportPage": mappings}


def from_url(address: str, **fields: object) -> dict[str, object]:
    return {
        "url": address,
        "access": "PRIVATE",
        "folderPath": "/logos",
        "overwrite": False,
        "duplicateValidationStrategy": "NONE",
        "duplicateValidationScope": "ENTIRE_PORTAL",
    } | fields


def upload(content: bytes, name: str = "cat.png", *, folder: str = "/pets", **options: object) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("options", json.dumps({"access": "PRIVATE"} | options))
    form.add_field("folderPath", folder)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return form


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture
async def api(sandbox: Sandbox, session: aiohttp.ClientSession) -> Api:
    return Api(sandbox, session, sandbox.token)


@pytest_asyncio.fixture
async def people(sandbox: Sandbox) -> list[str]:
    """Three contacts, and their ids."""
    return sandbox.add_records(
        "CONTACT",
        [
            {"email": "ada@example.com", "firstname": "Ada", "age": "36"},
            {"email": "bob@example.org", "firstname": 'Bob, the "builder"', "age": "9"},
            {"email": "cid@example.com", "firstname": "", "age": "120"},
        ],
    )
