"""Answers made from HubSpot's specs: each is read, each of its fields is an attribute, and none of them is missed."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hubspot_async.endpoints.imports import CancelStatus
from hubspot_async.endpoints.source_code import ExtractStatus
from hubspot_async.models.exports import Export, ExportStatus
from hubspot_async.models.files import File, FileImportStatus, FileStat, SignedUrl
from hubspot_async.models.folders import Folder, FolderUpdateStatus
from hubspot_async.models.imports import Import, ImportMetadata, ImportTemplate, ObjectListRecord
from hubspot_async.models.problems import ErrorDetail, StandardError
from hubspot_async.models.rowerrors import (
    ImportRowCore,
    ImportRowError,
    MaskedSubstring,
    MaskedSubstrings,
    PropertyValue,
)
from hubspot_async.models.tasks import ActionResponse, TaskLocator
from hubspot_async.models.values import NextPage, Page, Paging, PreviousPage
from hubspot_async.wire import codec
from hubspot_async.wire.request import Request
from hubspot_async.wire.response import read_error
from tests.contract import Specs
from tests.endpoints.calls import CALLS, Catcher, SentError
from tests.endpoints.test_coverage import ROWS, Row

REQUIRED = {"status", "state", "exportState", "id", "url", "results"}
"""What a model cannot do without: a state, an id; of a signed URL the URL, of a page its list."""

MODELS: Mapping[str, type[Any]] = {
    "ActionResponse": ActionResponse[None],
    "ActionResponseWithSingleResultURI": ExportStatus,
    "CollectionResponseFile": Page[File],
    "CollectionResponseFolder": Page[Folder],
    "CollectionResponsePublicImportErrorForwardPaging": Page[ImportRowError],
    "CollectionResponsePublicImportResponseForwardPaging": Page[Import],
    "ErrorDetail": ErrorDetail,
    "File": File,
    "FileActionResponse": FileImportStatus,
    "FileStat": FileStat,
    "Folder": Folder,
    "FolderActionResponse": FolderUpdateStatus,
    "FolderUpdateTaskLocator": TaskLocator,
    "ForwardPaging": Paging,
    "ImportFromUrlTaskLocator": TaskLocator,
    "ImportRowCore": ImportRowCore,
    "ImportTemplate": ImportTemplate,
    "MaskedSubstring": MaskedSubstring,
    "MaskedSubstrings": MaskedSubstrings,
    "NextPage": NextPage,
    "Paging": Paging,
    "PreviousPage": PreviousPage,
    "PropertyValue": PropertyValue,
    "PublicExportResponse": Export,
    "PublicImportError": ImportRowError,
    "PublicImportMetadata": ImportMetadata,
    "PublicImportResponse": Import,
    "PublicObjectListRecord": ObjectListRecord,
    "SignedUrl": SignedUrl,
    "StandardError": StandardError,
    "TaskLocator": TaskLocator,
}
"""Which of our classes reads which of HubSpot's schemas."""

FILES = [
    f"{family}-{version}.json"
    for family, versions in {
        "exports": ("v3", "2025-09", "2026-03", "2026-09"),
        "imports": ("v3", "2025-09", "2026-03", "2026-09"),
        "files": ("v3", "2025-09", "2026-03", "2026-09", "2026-09-beta"),
        "source-code": ("v3", "2026-03"),
    }.items()
    for version in versions
]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.text(string.ascii_letters, min_size=1, max_size=8)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)


class Answers:
    """Makes documents of a file's schemas: as promised, or as they might come another day.

    With *whole* each field that a schema has is there. Otherwise all but the required ones may be null or missing,
    words of an enum may be new, and fields that nobody described may have been added.
    """

    def __init__(self, schemas: Mapping[str, Any], *, whole: bool) -> None:
        self._schemas = schemas
        self._whole = whole
        self._made: dict[str, SearchStrategy[Any]] = {}

    def named(self, name: str) -> SearchStrategy[Any]:
        if name not in self._made:
            self._made[name] = self.of(self._schemas[name])
        return self._made[name]

    def of(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if reference := schema.get("$ref"):
            return self.named(reference.rpartition("/")[2])
        if words := schema.get("enum"):
            return st.sampled_from(words) if self._whole else st.sampled_from(words) | names.map(str.upper)
        match schema.get("type"), schema.get("format"):
            case "string", "date-time":
                return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
            case "string", "uuid":
                return st.uuids().map(str)
            case "string", _:
                return text
            case "integer", "int32":
                return st.integers(-(2**31), 2**31 - 1)
            case "integer", _:
                return st.integers(-(2**63), 2**63 - 1)
            case "boolean", _:
                return st.booleans()
            case "array", _:
                return st.lists(self.of(schema["items"]), max_size=2)
            case _:
                return self._object(schema)

    def _object(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if more := schema.get("additionalProperties"):
            return st.dictionaries(names, self.of(more), max_size=2)
        fields = {name: self.of(each) for name, each in schema.get("properties", {}).items()}
        if not fields:
            return st.dictionaries(names, junk, max_size=2)
        if self._whole:
            return st.fixed_dictionaries(fields)
        required = {name: values for name, values in fields.items() if name in REQUIRED}
        optional = {name: st.none() | values for name, values in fields.items() if name not in REQUIRED}
        known = st.fixed_dictionaries(required, optional=optional)
        added = st.dictionaries(names.filter(lambda name: name not in fields), junk, max_size=2)
        return st.builds(lambda known, added: known | added, known, added)


def schemas_in(specs: Specs, file: str) -> Mapping[str, Any]:
    if not (specs.folder / file).is_file():
        pytest.skip(f"no {file}")
    schemas: Mapping[str, Any] = specs.named(file).raw["components"]["schemas"]
    return schemas


@cache
def answers(specs: Specs, file: str, *, whole: bool) -> Answers:
    """The answers of a file; what makes them is made once, not for every example."""
    return Answers(schemas_in(specs, file), whole=whole)


def attribute_of(field: str) -> str:
    """Our name for one of HubSpot's fields."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)
    return "in_" if name == "in" else name


def fields_of(model: type[Any]) -> set[str]:
    return {field.name for field in attrs.fields(get_origin(model) or model)}


@pytest.mark.parametrize("file", FILES)
def test_every_field_of_every_record_is_an_attribute(specs: Specs, file: str):
    schemas = schemas_in(specs, file)
    met = schemas.keys() & MODELS.keys()
    assert met
    for name in met:
        described = {attribute_of(field) for field in schemas[name].get("properties", {})}
        assert described <= fields_of(MODELS[name]), name


@pytest.mark.parametrize("file", FILES)
def test_no_answer_of_ours_is_without_a_class(specs: Specs, file: str):
    """What is neither a class of ours nor something that we send belongs to operations that we do not cover."""
    sent = {
        "Filter",
        "FilterGroup",
        "PublicCrmSearchRequest",
        "FileExtractRequest",
        "ImportFromUrlInput",
        "FolderInput",
    }
    sent |= {"FileUpdateInput", "FolderUpdateInput", "FolderUpdateInputWithId"}
    sent |= {"PublicExportRequest", "PublicExportListRequest", "PublicExportViewRequest"}
    elsewhere = {"Error", "AssetFileMetadata"}
    assert schemas_in(specs, file).keys() <= MODELS.keys() | sent | elsewhere


def equals(read: object, written: Any) -> bool:
    """Whether a word, a number or a flag was read as it was written; of the rest it is enough that it was read."""
    return not isinstance(written, str | int) or not isinstance(read, str | int) or str(read) == str(written)


@pytest.mark.parametrize("file", FILES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_an_answer_as_promised_is_read_field_for_field(specs: Specs, file: str, data: st.DataObject):
    schemas = schemas_in(specs, file)
    name = data.draw(st.sampled_from(sorted(schemas.keys() & MODELS.keys())))
    document = data.draw(answers(specs, file, whole=True).named(name))
    if name == "SignedUrl":
        document["url"] = "https://files.example/a?sig=s3cret"
    model = codec.structure(document, MODELS[name])
    for field, written in document.items():
        read = getattr(model, attribute_of(field))
        if field != "result" and written not in ("", [], {}):
            assert read is not None or MODELS[name] in (CancelStatus, ExtractStatus), field
            assert equals(read, written) or field.endswith("At"), (field, read, written)


@pytest.mark.parametrize("file", FILES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_what_is_added_nulled_or_dropped_breaks_nothing(specs: Specs, file: str, data: st.DataObject):
    schemas = schemas_in(specs, file)
    name = data.draw(st.sampled_from(sorted(schemas.keys() & MODELS.keys())))
    document = data.draw(answers(specs, file, whole=False).named(name))
    if name == "SignedUrl":
        document["url"] = "https://files.example/a?sig=s3cret"
    assert "s3cret" not in repr(codec.structure(document, MODELS[name]))


def test_only_these_fields_are_required():
    required = {
        field.name
        for model in MODELS.values()
        for field in attrs.fields(get_origin(model) or model)
        if field.default is attrs.NOTHING
    }
    assert required == {"status", "state", "export_state", "id", "url", "results"}


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_an_error_made_from_the_specs_is_told(specs: Specs, data: st.DataObject):
    whole = data.draw(st.booleans())
    body = data.draw(answers(specs, "exports-2026-03.json", whole=whole).named("Error"))
    request: Request[Any] = Request.raw("GET", "/crm/v3/owners", None)
    status = data.draw(st.sampled_from([400, 401, 403, 404, 423, 429, 500]))
    error = read_error(request, status, {}, codec.dumps(body))
    assert error.status == status
    assert str(error)


@pytest.mark.asyncio
@pytest.mark.parametrize(("row", "call"), [(row, call) for row in ROWS for call in row.calls], ids=str)
async def test_each_call_promises_the_model_of_its_spec(specs: Specs, row: Row, call: str):
    """The schema that the spec gives for the answer is read by the class that the call promises."""
    for version in row.versions:
        with pytest.raises(SentError) as caught:
            await CALLS[call](Catcher(versions=version), version)
        request = caught.value.request
        spec, path = specs.find(request.target) or (None, "")
        described = spec and spec.describes(request.method.lower(), path)
        assert described
        responses = described.raw[request.method.lower()]["responses"]
        answers = [responses[status].get("content", {}) for status in responses if status.startswith("2")]
        if request.promise in (None, bytes):
            assert not any(answers)
        else:
            ((content,),) = (list(answer.values()) for answer in answers)
            assert request.promise == MODELS[content["schema"]["$ref"].rpartition("/")[2]]


def test_a_generic_answer_keeps_the_type_of_its_result():
    assert get_args(FileImportStatus) == (File,)
    assert get_args(FolderUpdateStatus) == (Folder,)
