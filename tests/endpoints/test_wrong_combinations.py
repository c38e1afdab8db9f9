"""What cannot be right together is refused when it is made: the error says which field, and why."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_async import (
    ColumnMapping,
    FileReplacement,
    FileSearch,
    FileUpdate,
    FileUpload,
    FolderInput,
    FolderSearch,
    ImportFile,
    ImportFromUrl,
    ImportRequest,
    ListExport,
    ViewExport,
)
from hubspot_async.errors import InputError
from hubspot_async.models.columns import ForeignKeyType

any_: Any = None
EMAIL = ColumnMapping("Email", "email")

WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: ListExport(any_, "CONTACT", ["email"]), "ListExport.list_id must be a non-empty string, not None"),
    (lambda: ViewExport("CONTACT", ["email"], language="PT"), "ViewExport.language must be one of AF_ZA"),
    # Files.
    (lambda: FileUpload(b"x", name="a"), "FileUpload.folder_path or folder_id must be given, one of the two"),
    (
        lambda: FileUpload(b"x", name="a", folder_id=1, folder_path="/a"),
        "FileUpload.folder_path or folder_id must be given, one of the two",
    ),
    (lambda: FileUpload(b"x", folder_id=1), "FileUpload.source has no name of its own, so name= must be given"),
    (lambda: FileUpload(any_, folder_id=1, name="a"), "FileUpload.source must be a path, bytes, a file or a stream"),
    (lambda: FileUpload(iter([b"x"]), folder_id=1, name="a"), "FileUpload.source must be a path"),  # type: ignore[arg-type]
    (lambda: FileUpload("a.png", folder_id=1, access="PUBLIC"), "FileUpload.access must be one of PUBLIC_INDEXABLE"),
    (lambda: FileUpload("a.png", folder_id=1, overwrite="no"), "FileUpload.overwrite must be true or false"),  # type: ignore[arg-type]
    (lambda: FileUpload("a.png", folder_id=1, expires_at="2030"), "FileUpload.expires_at must be a datetime"),  # type: ignore[arg-type]
    (lambda: ImportFromUrl("https://a/b", folder_id=1, ttl=""), "ImportFromUrl.ttl must be a non-empty string"),
    (lambda: FileReplacement(b"x"), "FileReplacement.source has no name of its own"),
    (FileUpdate, "or a field to change must be given, or there is nothing to update"),
    (
        lambda: FileUpdate(parent_folder_id=1, parent_folder_path="/a"),
        "FileUpdate.parent_folder_path or parent_folder_id may be given, not both",
    ),
    (
        lambda: FileUpdate(expires_at=datetime(2030, 1, 1, tzinfo=UTC), clear_expires=True),
        "FileUpdate.clear_expires or expires_at may be given, not both",
    ),
    # Searches.
    (lambda: FileSearch(ids=["x"]), "FileSearch.ids must be a whole number, not 'x'"),
    (lambda: FileSearch(size_gte=-1), "FileSearch.size_gte must be a whole number, not '-1'"),
    (lambda: FileSearch(is_usable_in_content="yes"), "FileSearch.is_usable_in_content must be true or false"),  # type: ignore[arg-type]
    (lambda: FileSearch(name=""), "FileSearch.name must be a non-empty string"),
    (lambda: FolderSearch(created_at_gte="yesterday"), "FolderSearch.created_at_gte must be a datetime"),  # type: ignore[arg-type]
    (lambda: FolderSearch(id_lte=2**63), "FolderSearch.id_lte must be a whole number"),
    # Folders.
    (lambda: FolderInput(""), "FolderInput.name must be a non-empty string"),
    (
        lambda: FolderInput("a", parent_folder_id=1, parent_path="/a"),
        "FolderInput.parent_path or parent_folder_id may be given, not both",
    ),
    # Imports.
    (
        lambda: ColumnMapping("Email"),
        "ColumnMapping.ignored must be set, or property_name given: column 'Email' is mapped to nothing",
    ),
    (
        lambda: ColumnMapping("Email", foreign_key_type=ForeignKeyType(280), column_type="STANDARD"),
        "ColumnMapping.foreign_key_type needs to_column_object_type_id",
    ),
    (
        lambda: ColumnMapping("Email", association_identifier_column=True, column_type="STANDARD"),
        "ColumnMapping.association_identifier_column needs property_name",
    ),
    (
        lambda: ImportRequest("a", [ImportFile("a.csv", [ColumnMapping.reference("Email", "0-2", "0-1", 280)])]),
        "ImportRequest.files refers to records of another file, of which no column has association_identifier_column",
    ),
    (lambda: ImportFile("a.csv", []), "FileImportPage.column_mappings must map at least one column"),
    (lambda: ForeignKeyType("280"), "ForeignKeyType.association_type_id must be a whole number"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "told"), WRONG, ids=[told for _, told in WRONG])
def test_it_is_refused_when_it_is_made(make: Callable[[], object], told: str):
    with pytest.raises(InputError, match=re.escape(told)):
        make()


def test_what_an_upload_holds_is_not_shown():
    assert "s3cret" not in repr(FileUpload(b"s3cret", folder_id=1, name="a"))


def test_a_signed_url_that_is_searched_for_is_not_shown():
    search = FileSearch(url="https://files.example/a?sig=s3cret")
    assert "s3cret" not in repr(search)
    assert search.url == "https://files.example/a?sig=s3cret"
