"""Whatever can be built holds against HubSpot's specs, in every version that has the call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from hubspot_async import (
    FileSearch,
    FolderSearch,
    exports,
    files,
    folders,
    imports,
    source_code,
)
from hubspot_async import models as all_models
from hubspot_async.endpoints.source_code import FileExtractRequest
from hubspot_async.errors import InputError
from hubspot_async.models import columns, rowerrors, uploads
from hubspot_async.models import exports as export_models
from hubspot_async.models import files as file_models
from hubspot_async.models import folders as folder_models
from hubspot_async.models import imports as import_models
from hubspot_async.session.forms import Upload
from hubspot_async.wire import codec
from hubspot_async.wire.request import Form, Request
from hubspot_async.wire.versions import Family, versions_with
from tests.contract import SpecRequest, Specs, multipart_problems
from tests.endpoints import strategies as make
from tests.endpoints.calls import Catcher, SentError, first

Send = Callable[[Any, Any], Awaitable[object]]


async def start_export(session: Any, export: Any) -> object:
    known = export_models.LANGUAGES_OF_2025_09
    if session.version_of(Family.EXPORTS) == "2025-09" and export.language not in known:
        with pytest.raises(InputError, match=f"language {export.language} is none that version 2025-09 knows"):
            await exports.start(session, export)
        export = attrs.evolve(export, language="DE")
    return await exports.start(session, export)


async def start_import(session: Any, plan: Any) -> object:
    return await imports.start(session, plan, {file.file_name: b"x" for file in plan.files})


async def sign(session: Any, options: dict[str, Any]) -> object:
    return await files.get_signed_url(session, "7", **options)


async def move(session: Any, to: tuple[Any, str | None]) -> object:
    return await folders.move(session, 7, to[0], name=to[1])


async def errors_of(session: Any, flags: tuple[bool, bool]) -> object:
    return await first(imports.iter_errors(session, "7", with_row_data=flags[0], with_messages=flags[1]))


signings = st.fixed_dictionaries(
    {},
    optional={
        "expiration_seconds": st.integers(1, 2**63 - 1),
        "size": st.sampled_from(file_models.SIZES),
        "upscale": st.booleans(),
    },
)

REQUESTS: dict[str, tuple[Family, str, SearchStrategy[Any], Send]] = {
    "a view export": (Family.EXPORTS, "start", make.view_exports, start_export),
    "a list export": (Family.EXPORTS, "start", make.list_exports, start_export),
    "an import": (Family.IMPORTS, "start", make.import_requests, start_import),
    "the errors of an import": (Family.IMPORTS, "iter_errors", st.tuples(st.booleans(), st.booleans()), errors_of),
    "an import from a URL": (Family.FILES, "import_from_url", make.imports_from_url, files.import_from_url),
    "an upload": (Family.FILES, "upload", make.uploads, files.upload),
    "a replacement": (Family.FILES, "replace", make.replacements, lambda session, it: files.replace(session, 7, it)),
    "a change to a file": (Family.FILES, "update", make.file_updates, lambda session, it: files.update(session, 7, it)),
    "a signed URL": (Family.FILES, "get_signed_url", signings, sign),
    "a path": (Family.FILES, "stat", make.paths, files.stat),
    "a search for files": (
        Family.FILES,
        "iter_search",
        make.file_searches,
        lambda s, it: first(files.iter_search(s, it)),
    ),
    "a folder update": (Family.FOLDERS, "update", make.folder_updates, folders.update),
    "a folder": (Family.FOLDERS, "create", make.folder_inputs, folders.create),
    "a folder by its path": (Family.FOLDERS, "get", make.paths, folders.get),
    "another name": (Family.FOLDERS, "rename", make.words, lambda session, it: folders.rename(session, 7, it)),
    "another place": (Family.FOLDERS, "move", st.tuples(make.folder_ids, make.maybe(make.words)), move),
    "a search for folders": (
        Family.FOLDERS,
        "iter_search",
        make.folder_searches,
        lambda session, it: first(folders.iter_search(session, it)),
    ),
    "a zip to unpack": (Family.SOURCE_CODE, "extract", make.extracts, source_code.extract),
}


class Collected(bytearray):
    """A stream that keeps what is written to it."""

    async def write(self, piece: bytes) -> None:
        self.extend(piece)


async def as_sent(request: Request[Any]) -> tuple[str, bytes]:
    """The content type and the body, as the session would have them."""
    if not isinstance(request.body, Form):
        return "application/json", codec.dumps(request.body) if request.body is not None else b""
    written = Collected()
    with closing(Upload(request.body)) as upload:
        body = upload.body()
        await body.write(written)  # type: ignore[arg-type]
    return body.content_type, bytes(written)


def pairs(request: Request[Any]) -> list[tuple[str, str]]:
    """The query, as it goes into a URL."""
    listed = {name: value if isinstance(value, list | tuple) else [value] for name, value in request.query.items()}
    told = [(name, value) for name, values in listed.items() for value in values if value is not None]
    return [(name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in told]


def problems(specs: Specs, request: Request[Any]) -> list[str]:
    """In what way a request is not what HubSpot's spec wants."""
    found = specs.find(request.target)
    assert found, f"{request} is in no spec"
    spec, path = found
    method = request.method.lower()
    described = spec.describes(method, path)
    assert described, f"{request} is in no spec"
    content_type, body = asyncio.run(as_sent(request))
    spec_request = SpecRequest(
        method=method,
        path=path,
        parameters=RequestParameters(
            query=ImmutableMultiDict(pairs(request)), header=Headers(), cookie=ImmutableMultiDict()
        ),
        content_type=content_type if body else "",
        body=body or None,
    )
    told = list(described.request_problems(spec_request))
    if isinstance(request.body, Form):
        told += multipart_problems(described.raw[method], content_type, body)
    return told


@pytest.mark.parametrize(("family", "call", "values", "send"), REQUESTS.values(), ids=REQUESTS)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_whatever_can_be_built_is_what_the_specs_want(
    specs: Specs, family: Family, call: str, values: SearchStrategy[Any], send: Send, data: st.DataObject
):
    version = data.draw(st.sampled_from(versions_with(family, call)), label="version")
    value = data.draw(values)

    async def caught() -> Request[Any]:
        try:
            await send(Catcher(versions=version), value)
        except SentError as sent:
            return sent.request
        raise AssertionError("nothing was sent")

    assert problems(specs, asyncio.run(caught())) == []


SENT = [
    *(export_models.ViewExport, export_models.ListExport, export_models.PublicCrmSearchRequest),
    *(export_models.Filter, export_models.FilterGroup),
    *(import_models.ImportRequest, import_models.ImportFile, columns.ColumnMapping, columns.ForeignKeyType),
    *(file_models.ImportFromUrl, uploads.FileUpload, uploads.FileReplacement, uploads.FileUpdate, FileSearch),
    *(folder_models.FolderUpdate, folder_models.FolderInput, FolderSearch, FileExtractRequest),
]
"""Every model that a user makes, but for `Sort`, whose form the specs do not know."""


def test_no_request_model_is_left_out():
    came = {rowerrors.__name__, "hubspot_async.models.problems", "hubspot_async.models.tasks"}
    answers = {"Export", "File", "FileStat", "Folder", "Import", "ImportMetadata", "Page", "SignedUrl", "Sort"}
    classes = (getattr(all_models, name) for name in all_models.__all__)
    requests = {cls for cls in classes if attrs.has(cls) and cls.__module__ not in came and cls.__name__ not in answers}
    assert requests <= set(SENT)


@pytest.mark.parametrize("cls", SENT)
def test_every_field_is_drawn(cls: type[Any]):
    """A strategy that leaves a field alone proves nothing of it."""
    strategy = vars(make).get(f"{cls.__name__}s") or STRATEGIES[cls]
    defaults = {field.name: field.default for field in attrs.fields(cls)}
    left = defaults.keys() - {"export_type", "has_header"}

    def is_the_last(value: Any) -> bool:
        left.difference_update([name for name in left if getattr(value, name) != defaults[name]])
        return not left

    once = settings(deadline=None, max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
    with suppress(NoSuchExample):
        find(strategy, is_the_last, settings=once)
    assert not left


STRATEGIES: dict[type[Any], SearchStrategy[Any]] = {
    export_models.ViewExport: make.view_exports,
    export_models.ListExport: make.list_exports,
    export_models.PublicCrmSearchRequest: make.searches,
    export_models.Filter: make.filters,
    export_models.FilterGroup: st.builds(export_models.FilterGroup, make.some(make.filters, least=1)),
    import_models.ImportRequest: make.import_requests,
    import_models.ImportFile: make.import_files,
    columns.ColumnMapping: make.mappings,
    columns.ForeignKeyType: st.builds(columns.ForeignKeyType, make.numbers, make.words),
    file_models.ImportFromUrl: make.imports_from_url,
    uploads.FileUpload: make.uploads,
    uploads.FileReplacement: make.replacements,
    uploads.FileUpdate: make.file_updates,
    FileSearch: make.file_searches,
    folder_models.FolderUpdate: make.folder_updates,
    folder_models.FolderInput: make.folder_inputs,
    FolderSearch: make.folder_searches,
    FileExtractRequest: make.extracts,
}
