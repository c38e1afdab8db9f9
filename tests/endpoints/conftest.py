"""A server of a few lines that keeps what arrives at its socket, and is held to HubSpot's specs where they are here."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy

from hubspot_async import HubSpotSession
from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.samples import sample

TOKEN = "pat-eu1-0a1b2c3d"


@attrs.frozen
class Part:
    """One field of a form: its headers byte for byte, and what it holds."""

    headers: dict[bytes, bytes]
    content: bytes

    @property
    def disposition(self) -> bytes:
        return self.headers[b"Content-Disposition"]


@attrs.frozen
class Arrived:
    """One request, as it came."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def parts(self) -> list[Part]:
        """The fields of a form, taken apart by hand: a library would forgive what HubSpot does not."""
        boundary = re.fullmatch(r'multipart/form-data; boundary="?([\w-]+)"?', self.headers["Content-Type"])
        assert boundary
        empty, *pieces, end = (b"\r\n" + self.body).split(b"\r\n--" + boundary[1].encode())
        assert (empty, end) == (b"", b"--\r\n")
        return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> Part:
    head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = [line.split(b": ", 1) for line in head.split(b"\r\n")]
    headers = {line[0]: line[1] for line in lines}
    assert len(headers) == len(lines)
    return Part(headers, content)


class Recorder:
    """Answers every request with one body, and keeps what was asked."""

    def __init__(self, contract: Contract) -> None:
        self.requests: list[Arrived] = []
        self._answer = web.Response
        self._app = web.Application(middlewares=contract.middlewares)
        self._app.router.add_route("*", "/{path:.*}", self._handle)
        self.server = TestServer(self._app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def answers(self, name: str, status: int = 200) -> None:
        """Say which sample is the answer from now on."""
        self._answer = lambda: web.Response(body=sample(name), status=status, content_type="application/json")

    def says(self, *documents: object) -> None:
        """Say what is answered, one document after the other."""
        left = iter(documents)
        self._answer = lambda: web.json_response(next(left))

    def only(self) -> Arrived:
        """The one request that came."""
        (arrived,) = self.requests
        return arrived

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(Arrived(request.method, request.raw_path, request.headers, body))
        return self._answer()


@pytest_asyncio.fixture
async def hubspot(contract: Contract) -> AsyncIterator[Recorder]:
    recorder = Recorder(contract)
    async with recorder.server:
        yield recorder


@pytest_asyncio.fixture
async def session(hubspot: Recorder, version: str | None) -> AsyncIterator[HubSpotSession]:
    """A session that pins the version its test asks for, if it asks for one."""
    async with HubSpotSession(TOKEN, account="acme", base_url=hubspot.url, versions=version) as session:
        yield session


@pytest.fixture
def version() -> None:
    """None is pinned, where a test does not say otherwise."""


@pytest_asyncio.fixture
async def at_sandbox(sandbox: Sandbox, version: str | None) -> AsyncIterator[HubSpotSession]:
    """A session at a sandbox, whose tasks take no time to speak of."""
    async with HubSpotSession(sandbox.token, account="acme", base_url=sandbox.url, versions=version) as session:
        yield session
