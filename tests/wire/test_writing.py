"""Requests to HubSpot's JSON."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async.errors import InputError
from hubspot_async.models.columns import ColumnMapping, ForeignKeyType
from hubspot_async.models.exports import Filter, FilterGroup, ListExport, PublicCrmSearchRequest, Sort, ViewExport
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.models.folders import FolderUpdate
from hubspot_async.models.imports import FileImportPage, ImportFile, ImportRequest
from hubspot_async.wire import codec

BARE_OPTIONS = {
    "format": "CSV",
    "language": "EN",
    "associatedObjectType": [],
    "exportInternalValuesOptions": [],
    "includeLabeledAssociations": False,
    "includePrimaryDisplayPropertyForAssociatedObjects": False,
    "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
}
"""What HubSpot's specification requires of an export beyond what the user must say."""


def written(model: object) -> Any:
    return json.loads(codec.dumps(model))


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("id", "id"),
        ("export_name", "exportName"),
        ("in_", "in"),
        ("public_crm_search_request", "publicCrmSearchRequest"),
        ("file_md5", "fileMd5"),
        ("default_hosting_url", "defaultHostingUrl"),
    ],
)
def test_names_are_spelled_as_hubspot_spells_them(name: str, spelled: str):
    assert codec.camel(name) == spelled


def test_a_view_export_sends_every_required_field():
    assert written(ViewExport("CONTACT", ["email", "firstname"])) == BARE_OPTIONS | {
        "exportType": "VIEW",
        "exportName": "contact",
        "objectType": "CONTACT",
        "objectProperties": ["email", "firstname"],
    }


def test_a_list_export_sends_every_required_field():
    assert written(ListExport(123, "0-1", "email", export_name="members")) == BARE_OPTIONS | {
        "exportType": "LIST",
        "exportName": "members",
        "objectType": "0-1",
        "objectProperties": ["email"],
        "listId": "123",
    }


def test_all_that_an_export_can_be_told():
    export = ViewExport(
        "CONTACT",
        ["email"],
        export_name="people",
        format="xlsx",
        language="pt_br",
        associated_object_type="COMPANY",
        export_internal_values_options=["NAMES", "VALUES"],
        include_labeled_associations=True,
        override_associated_objects_per_definition_per_row_limit=True,
        public_crm_search_request=PublicCrmSearchRequest(
            filters=[Filter("email", "has_property"), Filter("state", "IN", values=["BE", "NL"])],
            filter_groups=[FilterGroup([Filter("age", "BETWEEN", 18, high_value=65), Filter("is_open", "EQ", True)])],
            sorts=["lastname", Sort("createdate", "desc")],
            query="müller",
        ),
    )
    assert written(export) == {
        "exportType": "VIEW",
        "exportName": "people",
        "format": "XLSX",
        "language": "PT_BR",
        "objectType": "CONTACT",
        "objectProperties": ["email"],
        "associatedObjectType": ["COMPANY"],
        "exportInternalValuesOptions": ["NAMES", "VALUES"],
        "includeLabeledAssociations": True,
        "includePrimaryDisplayPropertyForAssociatedObjects": True,
        "overrideAssociatedObjectsPerDefinitionPerRowLimit": True,
        "publicCrmSearchRequest": {
            "filters": [
                {"propertyName": "email", "operator": "HAS_PROPERTY"},
                {"propertyName": "state", "operator": "IN", "values": ["BE", "NL"]},
            ],
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": "age", "operator": "BETWEEN", "value": "18", "highValue": "65"},
                        {"propertyName": "is_open", "operator": "EQ", "value": "true"},
                    ]
                }
            ],
            "sorts": ["lastname", {"propertyName": "createdate", "order": "DESC"}],
            "query": "müller",
        },
    }


def test_a_search_sends_what_the_specification_requires_of_it():
    assert written(PublicCrmSearchRequest()) == {"filters": [], "filterGroups": [], "sorts": []}


def test_a_file_import_leaves_out_what_is_unset():
    assert written(ImportFromUrl("https://example.com/logo.png?sig=1", folder_path="/logos")) == {
        "url": "https://example.com/logo.png?sig=1",
        "folderPath": "/logos",
        "access": "PRIVATE",
        "overwrite": False,
    }


def test_all_that_a_file_import_can_be_told():
    file = ImportFromUrl(
        "https://example.com/logo.png",
        folder_id=42,
        access="PUBLIC_INDEXABLE",
        name="logo",
        overwrite=True,
        duplicate_validation_strategy="REJECT",
        duplicate_validation_scope="EXACT_FOLDER",
        expires_at=datetime(2026, 3, 30, 12, tzinfo=timezone(timedelta(hours=2))),
        ttl="P3M",
    )
    assert written(file) == {
        "url": "https://example.com/logo.png",
        "folderId": "42",
        "access": "PUBLIC_INDEXABLE",
        "name": "logo",
        "overwrite": True,
        "duplicateValidationStrategy": "REJECT",
        "duplicateValidationScope": "EXACT_FOLDER",
        "expiresAt": "2026-03-30T10:00:00.000Z",
        "ttl": "P3M",
    }


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 30, 10, tzinfo=UTC), "2026-03-30T10:00:00.000Z"),
        (datetime(2026, 3, 30, 10, 0, 0, 123456), "2026-03-30T10:00:00.123Z"),  # noqa: DTZ001 - naive is meant
        (datetime(2026, 3, 30, 10, tzinfo=timezone(timedelta(hours=-5))), "2026-03-30T15:00:00.000Z"),
    ],
)
def test_a_moment_is_written_in_utc(moment: datetime, text: str):
    assert written(ImportFromUrl("https://a", folder_id="1", expires_at=moment))["expiresAt"] == text


def test_a_folder_is_text_and_its_parent_a_number():
    assert written(FolderUpdate(42, name="archive")) == {"id": "42", "name": "archive"}
    assert written(FolderUpdate("42", parent_folder_id="7")) == {"id": "42", "parentFolderId": 7}


def test_an_import_leaves_out_what_is_unset():
    assert written(ImportRequest("leads", [ImportFile("leads.csv", [ColumnMapping("Email", "email")])])) == {
        "name": "leads",
        "files": [
            {
                "fileName": "leads.csv",
                "fileFormat": "CSV",
                "fileImportPage": {
                    "hasHeader": True,
                    "columnMappings": [{"columnName": "Email", "propertyName": "email"}],
                },
            }
        ],
    }


def test_two_files_with_a_common_column():
    contacts = [
        ColumnMapping("Email", "email", column_object_type_id="0-1", column_type="HUBSPOT_ALTERNATE_ID"),
        ColumnMapping(
            "Domain",
            column_object_type_id="0-1",
            to_column_object_type_id="0-2",
            foreign_key_type=ForeignKeyType(279),
        ),
        ColumnMapping.ignore("Notes"),
    ]
    companies = [
        ColumnMapping("Domain", "domain", column_object_type_id="0-2", association_identifier_column=True),
        ColumnMapping("Joined", column_object_type_id="0-54", marketing_event_submission_type="JOINED"),
    ]
    plan = ImportRequest(
        "two files",
        [
            ImportFile("contacts.csv", contacts),
            ImportFile("companies.xlsx", FileImportPage(companies, has_header=False), file_format="spreadsheet"),
        ],
        import_operations={"0-1": "CREATE", "0-2": "UPSERT"},
        date_format="YEAR_MONTH_DAY",
        marketable_contact_import=False,
        create_contact_list_from_import=True,
        time_zone="Europe/Brussels",
        marketing_event_object_id=377224141223,
    )
    assert written(plan) == {
        "name": "two files",
        "files": [
            {
                "fileName": "contacts.csv",
                "fileFormat": "CSV",
                "fileImportPage": {
                    "hasHeader": True,
                    "columnMappings": [
                        {
                            "columnName": "Email",
                            "propertyName": "email",
                            "columnObjectTypeId": "0-1",
                            "columnType": "HUBSPOT_ALTERNATE_ID",
                        },
                        {
                            "columnName": "Domain",
                            "propertyName": None,
                            "columnObjectTypeId": "0-1",
                            "toColumnObjectTypeId": "0-2",
                            "foreignKeyType": {"associationTypeId": 279, "associationCategory": "HUBSPOT_DEFINED"},
                        },
                        {"columnName": "Notes", "ignored": True},
                    ],
                },
            },
            {
                "fileName": "companies.xlsx",
                "fileFormat": "SPREADSHEET",
                "fileImportPage": {
                    "hasHeader": False,
                    "columnMappings": [
                        {
                            "columnName": "Domain",
                            "propertyName": "domain",
                            "columnObjectTypeId": "0-2",
                            "associationIdentifierColumn": True,
                        },
                        {
                            "columnName": "Joined",
                            "columnObjectTypeId": "0-54",
                            "marketingEventSubmissionType": "JOINED",
                        },
                    ],
                },
            },
        ],
        "importOperations": {"0-1": "CREATE", "0-2": "UPSERT"},
        "dateFormat": "YEAR_MONTH_DAY",
        "marketableContactImport": False,
        "createContactListFromImport": True,
        "timeZone": "Europe/Brussels",
        "marketingEventObjectId": "377224141223",
    }


@settings(deadline=None)
@given(name=st.text(min_size=1).filter(str.strip))
def test_any_text_arrives_as_it_was(name: str):
    assert written(ViewExport("CONTACT", ["email"], export_name=name))["exportName"] == name


def test_accents_go_as_utf8_and_not_as_escapes():
    assert "é".encode() in codec.dumps(ViewExport("CONTACT", ["email"], export_name="é"))


def test_half_a_character_is_refused():
    with pytest.raises(InputError, match="udcff"):
        codec.dumps(ViewExport("CONTACT", ["email"], export_name="leads \udcff"))
