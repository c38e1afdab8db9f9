"""Every call a test makes, held against HubSpot's own OpenAPI files.

The test's server carries `Contract.middleware`, which puts each request that the package sends and each answer that
the server gives through openapi-core. Violations are collected, and the `contract` fixture fails the test with the list
of them. The files are HubSpot's and not ours to ship: `HUBSPOT_OPENAPI_DIR` says where they lie.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.parser import HeaderParser
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import aiohttp
import attrs
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.typedefs import Handler, Middleware
from jsonschema_path import SchemaPath
from multidict import CIMultiDictProxy, MultiDictProxy
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.request.validators import V30RequestParametersValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

LARGEST_BODY_READ = 8 * 1024 * 1024
"""Of a longer upload only the headers are looked at, so that a test of large files keeps its memory flat."""

HOST = "https://api.hubapi.com"


@attrs.frozen
class Source:
    """Where the paths under one prefix are described."""

    prefix: str
    file: str
    prefix_in_file: str

    def translate(self, path: str) -> str | None:
        """The path as the file spells it, or None if it does not begin with this prefix."""
        if path != self.prefix and not path.startswith(self.prefix + "/"):
            return None
        rest = path[len(self.prefix) :]
        if "v3" in self.prefix.split("/"):
            rest = rest.removesuffix("/")  # HubSpot's pages write v3 with the slash, its specs without
        return self.prefix_in_file + rest


def _sources() -> Iterator[Source]:
    for family in ("exports", "imports"):
        yield Source(f"/crm/v3/{family}", f"{family}-v3.json", f"/crm/v3/{family}")
        # The plain 2026-09 files are placeholders written before that version came out.
        for version, described in {"2025-09": "2025-09", "2026-03": "2026-03", "2026-09": "2026-03"}.items():
            yield Source(f"/crm/{family}/{version}", f"{family}-{described}.json", f"/crm/{family}/{described}")
    for version, described in {"2026-09": "2026-09-beta"}.items() | {(v, v) for v in ("v3", "2025-09", "2026-03")}:
        yield Source(f"/files/{version}", f"files-{described}.json", f"/files/{described}")
    yield Source("/cms/v3/source-code", "source-code-v3.json", "/cms/v3/source-code")
    for version in ("2025-09", "2026-03", "2026-09"):  # said to be the same in all of them
        yield Source(f"/cms/source-code/{version}", "source-code-2026-03.json", "/cms/source-code/2026-03")
    for version in ("v1", "v3", "2026-03", "2026-09"):
        yield Source(f"/oauth/{version}", f"oauth-{version}.json", f"/oauth/{version}")


SOURCES = tuple(_sources())


@attrs.define
class SpecRequest:
    """A request as openapi-core wants to see it."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = HOST


@attrs.frozen
class SpecResponse:
    """An answer as openapi-core wants to see it."""

    status_code: int
    headers: Headers
    content_type: str
    data: bytes | None


@attrs.frozen
class Described:
    """One path of a file, and what its calls are held against."""

    template: str
    raw: Mapping[str, Any]
    _pattern: re.Pattern[str]
    _open: Mapping[str, Any]

    def matches(self, path: str) -> bool:
        """Whether a path is of this template, each of its parameters of the pattern that the file asks for."""
        return self._pattern.fullmatch(path) is not None

    def request_problems(self, request: SpecRequest) -> Iterator[str]:
        """What is wrong with a request, apart from its multipart body."""
        spec = self._parameters if request.content_type.startswith("multipart/") else self._requests
        for error in spec.iter_request_errors(request):
            yield from _told(error)

    def response_problems(self, request: SpecRequest, response: SpecResponse) -> Iterator[str]:
        """What is wrong with an answer."""
        described = self.raw[request.method]["responses"]
        if response.status_code < 300 and str(response.status_code) not in described:
            if any(status.startswith("2") for status in described):  # of some calls no success is described at all
                yield "a success that the spec does not have"
        elif response.status_code == 204:
            if response.data:
                yield "a body where there is to be none"
        else:
            for error in self._responses.iter_response_errors(request, response):
                yield from _told(error, excused=_excused(response.status_code))

    @cached_property
    def _requests(self) -> OpenAPI:
        # A property the spec does not know is a misspelt one in what we send, and an addition in what HubSpot answers.
        components = self._open["components"]
        closed = {name: _closed(schema) for name, schema in components["schemas"].items()}
        return _openapi({**self._open, "components": {**components, "schemas": closed}})

    @cached_property
    def _responses(self) -> OpenAPI:
        return _openapi(self._open)

    @cached_property
    def _parameters(self) -> OpenAPI:
        return _openapi(self._open, request_validator_cls=V30RequestParametersValidator)


class Spec:
    """One of HubSpot's files."""

    def __init__(self, path: Path) -> None:
        self.raw: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        templates = sorted(self.raw["paths"], key=lambda template: template.count("{"))
        components = self.raw["components"]
        schemas = {name: _uncircled(schema) for name, schema in components["schemas"].items()}
        self._open = {**self.raw, "components": {**components, "schemas": schemas}}
        self._described = [self._describe(template) for template in templates]

    def _describe(self, template: str) -> Described:
        raw = self.raw["paths"][template]
        # openapi-core knows no oauth2 and warns of it: the token is for Contract to check. And it sees one path only,
        # for it would not tell {folderId} from {folderPath}.
        paths = {template: {method: {**operation, "security": []} for method, operation in raw.items()}}
        return Described(template, raw, _pattern(template, raw), {**self._open, "paths": paths})

    def describes(self, method: str, path: str) -> Described | None:
        """What the file says of one call, or None if it does not know it."""
        return next((each for each in self._described if method in each.raw and each.matches(path)), None)


def _pattern(template: str, raw: Mapping[str, Any]) -> re.Pattern[str]:
    """Make the pattern of a path: a parameter is one segment, of digits only where the file says so."""
    parameters = [parameter for operation in raw.values() for parameter in operation.get("parameters", ())]
    numbers = {each["name"] for each in parameters if each["schema"].get("pattern") == r"\d+"}

    def one(name: re.Match[str]) -> str:
        return r"\d+" if name[1] in numbers else "[^/]+"

    return re.compile(re.sub(r"\\{(\w+)\\}", one, re.escape(template)))


def _uncircled(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    # In 2025-09 an export request is one of two, each of which is all of an export request and its own fields.
    own = [part for part in schema.get("allOf", ()) if part.get("x-hubspot-sub-type-impl")]
    return own[0] if own else schema


def _openapi(spec: Mapping[str, Any], **config: Any) -> OpenAPI:
    # The files are evidence as they are, and not ours to find fault with.
    path = SchemaPath.from_dict(dict(spec), resolved_cache_maxsize=1_000)
    return OpenAPI(path, config=Config(spec_validator_cls=None, **config))


def _closed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"additionalProperties": False, **schema} if schema.get("properties") else schema


class Specs:
    """HubSpot's files, each read when the first call to its family and version comes by."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "exports-2026-03.json").is_file():
            raise ValueError(f"no HubSpot specs in {folder}")
        self.folder = folder
        self._read: dict[str, Spec] = {}

    @staticmethod
    @lru_cache
    def at(folder: Path) -> "Specs":
        """The specs of a folder, set up once per process."""
        return Specs(folder)

    def find(self, path: str) -> tuple[Spec, str] | None:
        """The spec for a path, and the path as that spec spells it."""
        for source in SOURCES:
            translated = source.translate(path)
            if translated is not None:
                return self.named(source.file), translated
        return None

    def named(self, file: str) -> Spec:
        """One of the files, read once."""
        if file not in self._read:
            self._read[file] = Spec(self.folder / file)
        return self._read[file]


@attrs.frozen
class Violation:
    """One way in which a call and HubSpot's spec differ."""

    method: str
    path: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.where}: {self.message}"


@attrs.define
class Contract:
    """What one test said to its server and heard from it, held against the specs.

    Without specs it has no middleware and sees nothing.
    """

    specs: Specs | None
    violations: list[Violation] = attrs.field(factory=list, init=False)
    calls: int = attrs.field(default=0, init=False)
    """How many calls were held against a spec."""
    seen: int = attrs.field(default=0, init=False)
    """How many calls came by at all."""
    _unspecified: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    _suspended: bool = attrs.field(default=False, init=False)

    @property
    def middlewares(self) -> tuple[Middleware, ...]:
        """For the server's application: first in its list, so that nothing is answered out of sight."""
        return (self._middleware(),) if self.specs else ()

    def expect_unspecified(self, path: str, *, method: str = "*") -> None:
        """Calls to this path (a glob) are in no spec and that is meant."""
        self._unspecified.append((method, path))

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Leave the calls made in the block unchecked: they are wrong on purpose."""
        before, self._suspended = self._suspended, True
        try:
            yield
        finally:
            self._suspended = before

    def verdict(self) -> str:
        """The violations, one a line; empty if there are none."""
        unique = dict.fromkeys(map(str, self.violations))
        return "\n".join([f"{len(unique)} breaches of HubSpot's specs:", *unique]) if unique else ""

    def _middleware(self) -> Middleware:
        @web.middleware
        async def hold_against_the_specs(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.seen += 1
            if self._suspended:
                return await handler(request)
            body = await _peek_body(request)
            call = self._begin(request, body)
            try:
                response = await handler(request)
            except web.HTTPException as raised:
                call(raised)
                raise
            except BaseException:
                call(None)
                raise
            call(response)
            return response

        return hold_against_the_specs

    def _begin(self, request: web.Request, body: bytes | None) -> Callable[[web.StreamResponse | None], None]:
        """Check a request; return what is to be called with its answer."""
        path = request.rel_url.raw_path

        def report(where: str, messages: Iterable[str]) -> None:
            self.violations += [Violation(request.method, path, where, message) for message in messages]

        assert self.specs is not None
        found = self.specs.find(path)
        described = found and found[0].describes(request.method.lower(), found[1])
        if not found or not described:
            if not any(fnmatchcase(request.method, m) and fnmatchcase(path, p) for m, p in self._unspecified):
                report("request", ["in none of HubSpot's specs"])
            return lambda _: None

        self.calls += 1
        operation = described.raw[request.method.lower()]
        spec_request = _spec_request(request, found[1], body)
        report("request", described.request_problems(spec_request))
        if request.content_type == "multipart/form-data":
            report("request", multipart_problems(operation, request.headers["Content-Type"], body))
        bearer = re.fullmatch(r"Bearer \S+", request.headers.get("Authorization", ""))

        def answered(response: web.StreamResponse | None) -> None:
            if operation.get("security") and not bearer and not (response and response.status == 401):
                report("request", ["no bearer token in the Authorization header"])
            if response is None or request.get("scripted_fault"):
                return
            spec_response = _spec_response(response)
            if spec_response is None:
                return
            report(f"response {response.status}", described.response_problems(spec_request, spec_response))

        return answered


async def _peek_body(request: web.Request) -> bytes | None:
    """The request's body, left in place for the handler; None if it is too long to hold."""
    if not request.body_exists:
        return b""
    if request.content_length is None or request.content_length > LARGEST_BODY_READ:
        return None
    body = await request.content.read()
    # request.read() would keep the bytes too, but leave nothing for request.multipart(), and obey client_max_size here
    # instead of in the handler. aiohttp has no public way to put a body back.
    loop = asyncio.get_running_loop()
    again = aiohttp.StreamReader(BaseProtocol(loop), limit=len(body) + 1, loop=loop)
    again.feed_data(body)
    again.feed_eof()
    request._payload = again
    return body


def _spec_request(request: web.Request, path_in_file: str, body: bytes | None) -> SpecRequest:
    return SpecRequest(
        method=request.method.lower(),
        path=path_in_file,
        parameters=RequestParameters(
            query=ImmutableMultiDict(_pairs(request.query)),
            header=Headers(_pairs(request.headers)),
            cookie=ImmutableMultiDict(request.cookies),
        ),
        content_type=request.headers.get("Content-Type", ""),
        body=body or None,
    )


def _spec_response(response: web.StreamResponse) -> SpecResponse | None:
    """The answer, or None if the spec has nothing to say about it: a page of HTML, a redirect, a stream."""
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes | bytearray | None):
        return None
    if 300 <= response.status < 400 or (response.status >= 400 and response.content_type != "application/json"):
        return None
    data = bytes(response.body) if response.body else None
    return SpecResponse(
        response.status, Headers(_pairs(response.headers)), response.headers.get("Content-Type", ""), data
    )


def _pairs(values: MultiDictProxy[str] | CIMultiDictProxy[str] | Mapping[str, str]) -> list[tuple[str, str]]:
    return [(str(key), value) for key, value in values.items()]


def multipart_problems(operation: Mapping[str, Any], content_type: str, body: bytes | None) -> Iterator[str]:
    """What is wrong with the shape of a form: its fields, and what each of them holds."""
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" not in content:
        yield "a form is sent where the spec has none"
        return
    properties = content["multipart/form-data"]["schema"]["properties"]
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if not boundary:
        yield "multipart/form-data without a boundary"
        return
    if body is None:
        return
    names = []
    for part in _parts(body, boundary[1].encode()):
        name = part.name
        names.append(name)
        if name not in properties:
            yield f"form field {name!r} is not in the spec"
        elif properties[name].get("format") == "binary":
            if not part.file_name:
                yield f"form field {name!r} is a file and has no file name"
        elif part.file_name:
            yield f"form field {name!r} is text and has the file name {part.file_name!r}"
        elif part.content_type not in ("", "text/plain", "application/json"):
            yield f"form field {name!r} is text and typed {part.content_type}"
        if name in ("importRequest", "options"):
            try:
                json.loads(part.content)
            except ValueError as error:
                yield f"form field {name!r} holds no JSON: {error}"
    # The spec marks no field of a form as required; HubSpot's pages do.
    for needed in {"files", "importRequest", "file"} & set(properties):
        if needed not in names:
            yield f"form field {needed!r} is missing"
    if names.count("importRequest") > 1:
        yield "form field 'importRequest' comes more than once"


@attrs.frozen
class Part:
    """One field of a form."""

    name: str
    file_name: str | None
    content_type: str
    content: bytes


def _parts(body: bytes, boundary: bytes) -> Iterator[Part]:
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        headers = HeaderParser().parsestr(head.removeprefix(b"\r\n").decode("utf-8", "replace"))
        disposition = headers.get("Content-Disposition", "")
        name = re.search(r'[; ]name="((?:[^"\\]|\\.)*)"', disposition)
        file_name = re.search(r'[; ]filename="((?:[^"\\]|\\.)*)"', disposition)
        yield Part(
            name[1] if name else "",
            file_name and file_name[1],
            headers.get("Content-Type", "").partition(";")[0].strip(),
            content,
        )


Excuse = Callable[[Any], bool]


def _excused(status: int) -> Excuse:
    """Where HubSpot is known to answer otherwise than its own spec says."""

    def excused(error: Any) -> bool:
        # Captured 404s and the documented 429 have no category, which the schema of errors requires.
        return status in (404, 429) and error.validator == "required" and error.message.startswith("'category'")

    return excused


def _told(error: BaseException, *, excused: Excuse = lambda _: False) -> Iterator[str]:
    """An error of openapi-core's in a reader's words: where in the body, and what is wrong there."""
    cause: BaseException = error
    while cause.__cause__ and not hasattr(cause, "schema_errors"):
        cause = cause.__cause__
    problems = getattr(cause, "schema_errors", None)
    if not problems:
        yield f"{error} ({cause})" if cause is not error else str(error)
        return
    subject = str(error) if "arameter" in str(error) else "body"
    for problem in problems:
        for innermost in _innermost(problem):
            if not excused(innermost):
                yield f"{subject} at {innermost.json_path}: {innermost.message}"


def _innermost(problem: Any) -> Iterator[Any]:
    """Of a oneOf that failed, what is wrong with the branch that came nearest."""
    if problem.validator not in ("oneOf", "anyOf") or not problem.context:
        yield problem
        return
    branches: dict[Any, list[Any]] = {}
    for inner in problem.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    for inner in min(branches.values(), key=len):
        yield from _innermost(inner)
