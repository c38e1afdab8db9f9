"""Whatever a user can build: a strategy for each model that is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hubspot_async import (
    FileReplacement,
    FileSearch,
    FileUpdate,
    FileUpload,
    Filter,
    FilterGroup,
    FolderInput,
    FolderSearch,
    FolderUpdate,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    PublicCrmSearchRequest,
    ViewExport,
)
from hubspot_async.endpoints.source_code import FileExtractRequest
from hubspot_async.models import columns, exports, files, imports
from hubspot_async.models.columns import ColumnMapping, ForeignKeyType
from hubspot_async.models.imports import ImportFile

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).filter(str.strip)
paths = words.filter(str.isprintable).filter(lambda path: path.strip("/") not in ("", ".", ".."))
flags = st.booleans()
numbers = st.integers(0, 2**63 - 1)
small_numbers = st.integers(0, 2**31 - 1)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.none() | st.just(UTC))  # noqa: DTZ001


def maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values


def some(values: SearchStrategy[Any], *, least: int = 0, most: int = 3) -> SearchStrategy[Any]:
    return st.lists(values, min_size=least, max_size=most)


def one_of(known: tuple[str, ...]) -> SearchStrategy[str]:
    return st.sampled_from(known)


# Exports. A `Sort` is the guide's form of an order, and not the specification's: it is left out on purpose.

filters = st.one_of(
    st.builds(Filter, words, st.sampled_from(["EQ", "NEQ", "LT", "LTE", "GT", "GTE"]), words | small_numbers),
    st.builds(Filter, words, st.sampled_from(["CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"]), words),
    st.builds(Filter, words, st.just("BETWEEN"), numbers, high_value=numbers),
    st.builds(Filter, words, st.sampled_from(["IN", "NOT_IN"]), values=some(words, least=1)),
    st.builds(Filter, words, st.sampled_from(["HAS_PROPERTY", "NOT_HAS_PROPERTY"])),
)
searches = st.builds(
    PublicCrmSearchRequest,
    filters=some(filters),
    filter_groups=some(st.builds(FilterGroup, some(filters))),
    sorts=some(words),
    query=maybe(words),
)
export_options: dict[str, SearchStrategy[Any]] = {
    "export_name": words,
    "format": one_of(exports.FORMATS),
    "language": one_of(exports.LANGUAGES),
    "associated_object_type": some(words, most=4),
    "export_internal_values_options": some(one_of(exports.INTERNAL_VALUES)),
    "include_labeled_associations": flags,
    "include_primary_display_property_for_associated_objects": flags,
    "override_associated_objects_per_definition_per_row_limit": flags,
}
view_exports = st.builds(
    ViewExport, words, some(words, least=1), public_crm_search_request=maybe(searches), **export_options
)
list_exports = st.builds(ListExport, words | numbers, words, some(words, least=1), **export_options)

# Imports.

mappings = st.one_of(
    st.builds(ColumnMapping.ignore, words),
    st.builds(ColumnMapping.record_id, words, words),
    st.builds(ColumnMapping.alternate_id, words, words, words),
    st.builds(ColumnMapping.common, words, words, words),
    st.builds(ColumnMapping.association_label, words, words, words),
    st.builds(ColumnMapping.association_key, words, words, words),
    st.builds(
        ColumnMapping,
        words,
        words,
        column_object_type_id=maybe(words),
        column_type=maybe(one_of(columns.COLUMN_TYPES)),
        to_column_object_type_id=words,
        foreign_key_type=maybe(st.builds(ForeignKeyType, numbers, words)),
        association_identifier_column=st.just(True),
        marketing_event_submission_type=maybe(one_of(columns.SUBMISSION_TYPES)),
    ),
)
import_files = st.builds(
    ImportFile,
    words,
    some(mappings, most=4).map(lambda some: [*some, ColumnMapping("Email", "email")]),
    file_format=one_of(imports.FILE_FORMATS),
)
import_requests = st.builds(
    ImportRequest,
    words,
    st.lists(import_files, min_size=1, max_size=3, unique_by=lambda file: file.file_name),
    import_operations=maybe(st.dictionaries(words, one_of(imports.OPERATIONS), max_size=3)),
    date_format=maybe(one_of(imports.DATE_FORMATS)),
    marketable_contact_import=maybe(flags),
    create_contact_list_from_import=maybe(flags),
    time_zone=maybe(words),
    marketing_event_object_id=maybe(numbers),
)

# Files and folders.

folders = st.one_of(
    st.fixed_dictionaries({"folder_id": words | numbers}), st.fixed_dictionaries({"folder_path": words})
)
new_file: dict[str, SearchStrategy[Any]] = {
    "access": one_of(files.ACCESS),
    "overwrite": flags,
    "duplicate_validation_strategy": maybe(one_of(files.DUPLICATE_VALIDATION_STRATEGIES)),
    "duplicate_validation_scope": maybe(one_of(files.DUPLICATE_VALIDATION_SCOPES)),
    "expires_at": maybe(moments),
    "ttl": maybe(words),
}


def in_a_folder(make: Any, *arguments: Any, **options: SearchStrategy[Any]) -> SearchStrategy[Any]:
    made = st.tuples(st.tuples(*arguments), folders, st.fixed_dictionaries(options | new_file))
    return made.map(lambda parts: make(*parts[0], **parts[1], **parts[2]))


urls = st.builds("https://example.com/{}?sig={}".format, st.sampled_from(["a.png", "b%20c"]), st.integers())
imports_from_url = in_a_folder(ImportFromUrl, urls, name=maybe(words))
contents = st.binary(max_size=8)
uploads = in_a_folder(FileUpload, contents, name=words, charset_hunch=maybe(words))
replacements = st.builds(
    FileReplacement,
    contents,
    name=words,
    access=maybe(one_of(files.ACCESS)),
    expires_at=maybe(moments),
    charset_hunch=maybe(words),
)
ends = st.one_of(
    st.fixed_dictionaries({}, optional={"clear_expires": flags}), st.fixed_dictionaries({"expires_at": moments})
)
parents = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"parent_folder_id": words | numbers}),
    st.fixed_dictionaries({"parent_folder_path": words}),
)
file_updates = st.builds(
    lambda parent, end, **options: FileUpdate(**parent, **end, **options),
    parents,
    ends,
    name=words,
    access=maybe(one_of(files.ACCESS)),
    is_usable_in_content=maybe(flags),
)
folder_ids = numbers | numbers.map(str)
folder_updates = st.one_of(
    st.builds(FolderUpdate, words | numbers, name=words, parent_folder_id=maybe(folder_ids)),
    st.builds(FolderUpdate, words | numbers, parent_folder_id=folder_ids),
)
folder_inputs = st.one_of(
    st.builds(FolderInput, words, parent_folder_id=maybe(words | numbers)),
    st.builds(FolderInput, words, parent_path=words),
)
folder_filters: dict[str, SearchStrategy[Any]] = {
    "ids": some(folder_ids),
    "id_gte": maybe(folder_ids),
    "id_lte": maybe(folder_ids),
    "name": maybe(words),
    "path": maybe(words),
    "parent_folder_ids": some(folder_ids),
    "sort": some(words),
    "properties": some(words),
} | {f"{name}{end}": maybe(moments) for name in ("created_at", "updated_at") for end in ("", "_gte", "_lte")}
file_filters: dict[str, SearchStrategy[Any]] = (
    folder_filters
    | {name: maybe(words) for name in ("extension", "type", "encoding", "file_md5", "url")}
    | {name: maybe(flags) for name in ("allows_anonymous_access", "is_usable_in_content")}
    | {f"{name}{end}": maybe(small_numbers) for name in ("size", "height", "width") for end in ("", "_gte", "_lte")}
    | {f"expires_at{end}": maybe(moments) for end in ("", "_gte", "_lte")}
)
folder_searches = st.builds(FolderSearch, **folder_filters)
file_searches = st.builds(FileSearch, **file_filters)
extracts = st.builds(FileExtractRequest, words)
