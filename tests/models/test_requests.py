"""What is refused before anything is sent, and with which words; what is read from what a user may write."""

from collections.abc import Callable

import attrs
import pytest

from hubspot_async.errors import InputError
from hubspot_async.models.exports import Filter, ListExport, PublicCrmSearchRequest, Sort, ViewExport
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.models.folders import FolderUpdate
from hubspot_async.models.imports import ColumnMapping, ImportFile, ImportRequest

EMAIL = ColumnMapping("Email", "email")

BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: ViewExport("CONTACT", []), "ViewExport.object_properties must name at least one"),
    (lambda: ViewExport("CONTACT", ["email", " "]), "ViewExport.object_properties must hold non-empty strings"),
    (lambda: ViewExport("", ["email"]), "ViewExport.object_type must be a non-empty string"),
    (lambda: ViewExport(None, ["email"]), "ViewExport.object_type must be a non-empty string"),  # type: ignore[arg-type]
    (lambda: ViewExport("CONTACT", ["email"], export_name=""), "ViewExport.export_name must be a non-empty string"),
    (
        lambda: ViewExport("CONTACT", ["email"], format="PDF"),
        "ViewExport.format must be one of CSV, XLS, XLSX, not 'PDF'",
    ),
    (lambda: ViewExport("CONTACT", ["email"], format=None), "ViewExport.format must be a non-empty string"),  # type: ignore[arg-type]
    (lambda: ViewExport("CONTACT", ["email"], language=" "), "ViewExport.language must be a non-empty string"),
    (
        lambda: ViewExport("CONTACT", ["email"], associated_object_type=list("ABCDE")),
        "ViewExport.associated_object_type may name at most 4, not 5",
    ),
    (
        lambda: ViewExport("CONTACT", ["email"], export_internal_values_options="LABELS"),
        "export_internal_values_options must be one of NAMES, VALUES, not 'LABELS'",
    ),
    (lambda: ListExport("", "0-1", ["email"]), "ListExport.list_id must be a non-empty string"),
    (lambda: ListExport("1", "0-1", []), "ListExport.object_properties must name at least one"),
    (lambda: Filter("", "EQ", "1"), "Filter.property_name must be a non-empty string"),
    (lambda: Filter("a", "LIKE", "1"), "Filter.operator must be one of EQ, .*, not 'LIKE'"),
    (lambda: Filter("a", "EQ"), "Filter.operator EQ needs value"),
    (lambda: Filter("a", "BETWEEN", "1"), "Filter.operator BETWEEN needs value and high_value"),
    (lambda: Filter("a", "IN", "1"), "Filter.operator IN needs values"),
    (lambda: Filter("a", "NOT_IN", values=[]), "Filter.operator NOT_IN needs values"),
    (lambda: Sort("a", "DES"), "Sort.order must be one of ASC, DESC, not 'DES'"),
    (lambda: ImportFromUrl("https://a/b"), "folder_path or folder_id must be given, one of the two"),
    (
        lambda: ImportFromUrl("https://a/b", folder_id="1", folder_path="/a"),
        "folder_path or folder_id must be given, one of the two",
    ),
    (lambda: ImportFromUrl("https://a/b", folder_path=""), "ImportFromUrl.folder_path must be a non-empty string"),
    (lambda: ImportFromUrl("https://a/b", folder_id=""), "ImportFromUrl.folder_id must be a non-empty string"),
    (lambda: ImportFromUrl("", folder_id="1"), "ImportFromUrl.url must be a non-empty string"),
    (lambda: ImportFromUrl("file:///etc/passwd", folder_id="1"), "must be an http or https URL with a host"),
    (lambda: ImportFromUrl("https:///b", folder_id="1"), "must be an http or https URL with a host"),
    (lambda: ImportFromUrl("https://[::1", folder_id="1"), "ImportFromUrl.url is not a URL"),
    (lambda: ImportFromUrl("https://me:pw@a/b", folder_id="1"), "must not carry a user name or password"),
    (
        lambda: ImportFromUrl("https://a", folder_id="1", access="PUBLIC"),
        "ImportFromUrl.access must be one of PUBLIC_IN",
    ),
    (
        lambda: ImportFromUrl("https://a", folder_id="1", duplicate_validation_strategy="X"),
        "must be one of NONE, REJECT",
    ),
    (lambda: ImportFromUrl("https://a", folder_id="1", duplicate_validation_scope="X"), "must be one of ENTIRE_PORTAL"),
    (lambda: FolderUpdate("42"), "parent_folder_id or name must be given"),
    (lambda: FolderUpdate("", name="a"), "FolderUpdate.id must be a non-empty string"),
    (lambda: FolderUpdate("42", name=" "), "FolderUpdate.name must be a non-empty string"),
    (lambda: FolderUpdate("42", parent_folder_id="/logos"), "must be a folder's number, not '/logos'"),
    (lambda: FolderUpdate("42", parent_folder_id=-1), "must be a folder's number, not '-1'"),
    (lambda: FolderUpdate("42", parent_folder_id=True), "must be a folder's number, not 'True'"),
    (lambda: FolderUpdate("42", parent_folder_id="９"), "must be a folder's number, not '９'"),
    (lambda: FolderUpdate("42", parent_folder_id="9" * 5000), "must be a folder's number, not '999"),
    (lambda: ColumnMapping("", "email"), "ColumnMapping.column_name must be a non-empty string"),
    (lambda: ColumnMapping("Email", ""), "ColumnMapping.property_name must be a non-empty string"),
    (
        lambda: ColumnMapping("Email", "email", column_type="KEY"),
        "ColumnMapping.column_type must be one of HUBSPOT_OBJE",
    ),
    (lambda: ImportFile("", [EMAIL]), "ImportFile.file_name must be a non-empty string"),
    (lambda: ImportFile("a.csv", []), "FileImportPage.column_mappings must map at least one column"),
    (lambda: ImportFile("a.csv", [ColumnMapping.ignore("A")]), "ignores every column, so there is nothing to import"),
    (lambda: ImportFile("a.csv", [EMAIL], file_format="PDF"), "ImportFile.file_format must be one of CSV, SPREADSHEET"),
    (lambda: ImportRequest("", [ImportFile("a.csv", [EMAIL])]), "ImportRequest.name must be a non-empty string"),
    (lambda: ImportRequest("a", []), "ImportRequest.files must describe at least one file"),
    (lambda: ImportRequest("a", 2 * [ImportFile("a.csv", [EMAIL])]), "ImportRequest.files names one file twice"),
    (
        lambda: ImportRequest("a", [ImportFile("a.csv", [EMAIL])], import_operations={"0-1": "MERGE"}),
        "import_operations must be one of CREATE, UPDATE, UPSERT for 0-1, not 'MERGE'",
    ),
    (lambda: ImportRequest("a", [ImportFile("a.csv", [EMAIL])], date_format="YMD"), "date_format must be one of MONTH"),
]


@pytest.mark.parametrize(("make", "reason"), BAD, ids=[reason[:60] for _, reason in BAD])
def test_bad_input_is_refused_with_field_and_reason(make: Callable[[], object], reason: str):
    with pytest.raises(InputError, match=reason) as caught:
        make()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "url", ["https://me:s3cret@a/b", "ftp://a/b?sig=s3cret", "https:///?s3cret", "https://[s3cret"]
)
def test_a_refused_url_is_not_shown(url: str):
    with pytest.raises(InputError) as caught:
        ImportFromUrl(url, folder_id="1")
    assert "s3cret" not in repr(caught.value)


def test_a_url_to_import_from_shows_no_signature():
    file = ImportFromUrl("https://a/b?sig=s3cret", folder_id="1")
    assert "s3cret" not in repr(file)
    assert file.url == "https://a/b?sig=s3cret"


def test_one_word_or_several():
    assert ViewExport("CONTACT", "email") == ViewExport("CONTACT", ["email"]) == ViewExport("CONTACT", iter(["email"]))
    assert PublicCrmSearchRequest(sorts=Sort("a")) == PublicCrmSearchRequest(sorts=[Sort("a", "asc")])


@pytest.mark.parametrize(("types", "shown"), [([], False), (["COMPANY"], True), (["COMPANY", "DEAL"], False)])
def test_the_display_property_is_hubspots_default(types: list[str], shown: bool):
    export = ViewExport("CONTACT", ["email"], associated_object_type=types)
    assert export.include_primary_display_property_for_associated_objects is shown


def test_the_display_property_can_be_said():
    export = ViewExport("CONTACT", ["email"], include_primary_display_property_for_associated_objects=True)
    assert export.include_primary_display_property_for_associated_objects


def test_a_request_is_a_value():
    export = ViewExport("CONTACT", ["email"])
    assert hash(export) == hash(ViewExport("CONTACT", ["email"]))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        export.format = "XLSX"  # type: ignore[misc]
