"""An import planned from a CSV file's own header."""

from pathlib import Path

import pytest

from hubspot_async.errors import InputError
from hubspot_async.models.imports import ColumnMapping, ImportFile, ImportRequest

COLUMNS = {"Email": "email", "Vorname, Name": "fullname"}


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "my leads é.csv"
    path.write_text('﻿"Vorname, Name",Notes,Email\nÉva,"x\ny",e@example.com\n', encoding="utf-8")
    return path


def test_the_mappings_follow_the_file_and_leave_no_column_out(leads: Path):
    plan = ImportRequest.for_csv(leads, "0-1", COLUMNS, key="Email")
    assert plan == ImportRequest(
        "my leads é",
        [
            ImportFile(
                "my leads é.csv",
                [
                    ColumnMapping("Vorname, Name", "fullname", column_object_type_id="0-1"),
                    ColumnMapping("Notes", ignored=True),
                    ColumnMapping("Email", "email", column_object_type_id="0-1", column_type="HUBSPOT_ALTERNATE_ID"),
                ],
            )
        ],
        import_operations={"0-1": "UPSERT"},
    )


def test_a_name_and_further_options_are_passed_on(leads: Path):
    plan = ImportRequest.for_csv(
        str(leads), "2-7", {"Email": "email"}, name="spring", operation="CREATE", date_format="DAY_MONTH_YEAR"
    )
    assert (plan.name, plan.import_operations, plan.date_format) == ("spring", {"2-7": "CREATE"}, "DAY_MONTH_YEAR")
    assert [each.column_type for each in plan.files[0].file_import_page.column_mappings] == [None, None, None]


def test_a_key_may_be_hubspots_own_id(tmp_path: Path):
    path = tmp_path / "ids.csv"
    path.write_text("Record ID,Email\n1,a@b\n")
    plan = ImportRequest.for_csv(path, "0-1", {"Record ID": "hs_object_id"}, key="Record ID", operation="UPDATE")
    assert plan.files[0].file_import_page.column_mappings[0].column_type == "HUBSPOT_OBJECT_ID"


def test_the_nameless_column_of_a_data_frames_index_is_ignored(tmp_path: Path):
    path = tmp_path / "frame.csv"
    path.write_text(",Email\n0,a@b\n")
    plan = ImportRequest.for_csv(path, "0-1", {"Email": "email"}, operation="CREATE")
    nameless, email = plan.files[0].file_import_page.column_mappings
    assert (nameless.column_name, nameless.ignored, email.ignored) == ("", True, None)


@pytest.mark.parametrize(
    ("content", "columns", "options", "reason"),
    [
        (b"Email,Name\n", {"Emial": "email"}, {"key": "Emial"}, "leads.csv lacks 'Emial'; its columns are Email, Name"),
        (b"Email;Name\n", {"Email": "email"}, {"key": "Email"}, "lacks 'Email'; its columns are Email;Name"),
        (b"Email,Email\n", {"Email": "email"}, {"key": "Email"}, "more than one column named 'Email'"),
        (b"Email\n", {"Email": "email"}, {}, "UPSERT needs key="),
        (b"Email\n", {"Email": "email"}, {"operation": "UPDATE"}, "UPDATE needs key="),
        (b"Email,Name\n", {"Email": "email"}, {"key": "Name"}, "key='Name' is not among the mapped columns"),
        (b"Email\n", {"Email": "email"}, {"key": "Email", "operation": "MERGE"}, "MERGE"),
        (b"Email\n", {}, {}, "columns must map at least one column"),
        (b"", {"Email": "email"}, {"key": "Email"}, "leads.csv has no header row"),
        (b"\nEmail\n", {"Email": "email"}, {"key": "Email"}, "leads.csv has no header row"),
        (b",,\n", {"Email": "email"}, {"key": "Email"}, "leads.csv has no header row"),
        ("Prénom\n".encode("latin-1"), {"Prénom": "firstname"}, {"operation": "CREATE"}, "leads.csv is not UTF-8"),
        (b"x" * 200_000, {"Email": "email"}, {"key": "Email"}, "leads.csv does not begin as a CSV file does"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_plan_that_cannot_be_right_is_refused(
    tmp_path: Path, content: bytes, columns: dict[str, str], options: dict[str, str], reason: str
):
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        ImportRequest.for_csv(path, "0-1", columns, **options)


def test_a_file_that_is_not_there_is_the_disks_own_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        ImportRequest.for_csv(tmp_path / "leads.csv", "0-1", {"Email": "email"}, key="Email")


def test_only_the_header_is_read(tmp_path: Path):
    path = tmp_path / "latin rows.csv"
    path.write_bytes(b"Email\n" + b"a@b\n" * 100_000 + "é\n".encode("latin-1"))
    assert ImportRequest.for_csv(path, "0-1", {"Email": "email"}, key="Email").name == "latin rows"
