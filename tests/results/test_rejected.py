"""What an import did not take, against the sandbox and against a HubSpot that answers oddly."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import HubSpotSession, ImportRequest, imports, results, settle
from hubspot_async.errors import FileFormatError, InputError
from hubspot_async.models.imports import ColumnMapping, Import, ImportFile
from hubspot_async.models.rowerrors import ImportRowError
from hubspot_async.models.values import Page
from hubspot_async.sandbox import Sandbox
from hubspot_async.tasks import IMPORT, HubSpotTask
from hubspot_async.wire import codec
from tests.fakes import ScriptedSender
from tests.results.hosts import lines, names

pytestmark = pytest.mark.asyncio

SOURCE = lines(
    ["Email", "First name", "Ignored"],
    ["ada@example.com", "Ada", "x"],
    ["nonsense", "Bo\r\nb", "y"],
    ["grace@example.com", "Grace"],
    [],
    ["also wrong", "Eve", "z, z"],
    ["hedy@example.com", "Hedy", ""],
)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


async def imported(session: HubSpotSession, source: Path) -> HubSpotTask[Import]:
    plan = ImportRequest.for_csv(source, "0-1", {"Email": "email", "First name": "firstname"}, key="Email")
    task = await imports.start(session, plan, source)
    assert (await settle(session, task, timeout=20)).succeeded
    return task


async def test_the_rows_that_were_rejected_are_corrected_and_imported_again(sandbox: Sandbox, tmp_path: Path):
    source, rejected = tmp_path / "people.csv", tmp_path / "rejected.csv"
    source.write_bytes(b"\xef\xbb\xbf" + SOURCE)
    async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        task = await imported(session, source)
        errors = [error async for error in results.row_errors(session, task)]
        first = errors[0]
        assert (first.file_name, first.line, first.column, first.value) == ("people.csv", 3, "Email", "nonsense")
        assert str(first).startswith("people.csv, line 3: Email ('nonsense'): ")
        assert [error.line for error in errors] == [3, 4, 6]
        written = await results.write_rejected(session, task, source, rejected)
        assert (written.path, written.rows, written.remarks) == (rejected, 3, ())
        header, *rows = rows_of(rejected)
        assert header == ["Email", "First name", "Ignored", "Import error"]
        assert [row[:3] for row in rows] == [
            ["nonsense", "Bo\r\nb", "y"],
            ["grace@example.com", "Grace", ""],
            ["also wrong", "Eve", "z, z"],
        ]
        assert all(row[3] for row in rows)
        corrected = rejected.read_text("utf-8").replace("nonsense", "bob@example.com")
        rejected.write_text(corrected, "utf-8", newline="")
        again = await imported(session, rejected)
        written = await results.write_rejected(session, again, rejected, tmp_path / "again.csv")
    header, *rows = rows_of(tmp_path / "again.csv")
    assert header == ["Email", "First name", "Ignored", "Import error"]
    assert [row[:3] for row in rows] == [["also wrong", "Eve", "z, z"]]
    assert {record["email"] for record in sandbox.records("CONTACT")} == {
        "ada@example.com",
        "hedy@example.com",
        "bob@example.com",
        "grace@example.com",
    }
    assert names(tmp_path) == ["again.csv", "people.csv", "rejected.csv"]


def record(*files: ImportFile, **fields: Any) -> Import:
    request = json.loads(codec.dumps(ImportRequest("x", files, import_operations={"0-1": "CREATE"})))
    metadata = {"fileIds": [str(number) for number in range(len(files))]}
    return codec.structure(
        {"id": "1", "state": "DONE", "importRequestJson": request, "metadata": metadata, **fields}, Import
    )


def error(line: int, row: list[str | None] = [], file: int = 0, **fields: Any) -> dict[str, Any]:  # noqa: B006
    source = {"fileId": file, "lineNumber": line, "rowData": row}
    return {"id": "1", "errorType": "INVALID_EMAIL", "sourceData": source, **fields}


def hubspot(plan: Import, *errors: dict[str, Any]) -> ScriptedSender:
    page = codec.structure({"results": list(errors)}, Page[ImportRowError])
    base = "/crm/imports/2026-03/1"
    return ScriptedSender({base: lambda _: plan, f"{base}/errors": lambda _: page})


EMAIL = ColumnMapping("Email", "email", column_object_type_id="0-1")
NAME = ColumnMapping("Name", "firstname", column_object_type_id="0-1")
PEOPLE = ImportFile("people.csv", [EMAIL, NAME])
OTHERS = ImportFile("others.csv", [NAME, EMAIL])
TASK = IMPORT.task("1")


async def test_several_files_are_told_apart_by_hubspots_ids(tmp_path: Path):
    session = hubspot(record(PEOPLE, OTHERS), error(2, file=1, knownColumnNumber=1), error(3, file=0), error(9, file=7))
    found = [error async for error in results.row_errors(session, TASK)]
    assert [(each.file_name, each.column, each.message) for each in found] == [
        ("others.csv", "Email", "invalid email"),
        ("people.csv", None, "invalid email"),
        (None, None, "invalid email"),
    ]
    (tmp_path / "others.csv").write_bytes(lines(["Name", "Email"], ["Ada", "x"], ["Bob", "y"]))
    written = await results.write_rejected(session, TASK, tmp_path / "others.csv", tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv")[1:] == [["Ada", "x", "Email: invalid email"]]
    assert written.remarks == ("line 9: invalid email",)
    with pytest.raises(InputError, match=r"mine\.csv is none of the import's files: people\.csv, others\.csv"):
        await results.write_rejected(session, TASK, "mine.csv", tmp_path / "more.csv")


async def test_a_row_is_known_by_its_cells_where_lines_are_counted_otherwise(tmp_path: Path):
    source = tmp_path / "people.csv"
    source.write_bytes(lines(["Email", "Name"], ["a", "1\n2\n3"], ["b", "B"], ["c", "C"]))
    session = hubspot(
        record(PEOPLE),
        error(5, ["b", " B "], errorMessage="by its line"),
        error(4, ["c", None], errorMessage="not quite"),
        error(4, ["c", "C"], errorMessage="by its number"),
        error(4, ["c", "C"], errorMessage="by its number"),
        error(7, ["z", "Z"], errorMessage="gone"),
        error(8, errorMessage="unknown"),
        error(0, errorMessage="the whole file"),
    )
    written = await results.write_rejected(session, TASK, source, tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv") == [
        ["Email", "Name", "Import error"],
        ["b", "B", "by its line"],
        ["c", "C", "by its number"],
        ["c", "", "not quite"],
        ["z", "Z", "gone"],
    ]
    assert written.rows == 4
    assert written.remarks == ("the whole file", "line 8: unknown")


async def test_a_file_without_a_header(tmp_path: Path):
    source = tmp_path / "people.csv"
    source.write_bytes(lines(["a", "A"], ["b", "B"]))
    plan = record(PEOPLE)
    plan.import_request_json["files"][0]["fileImportPage"]["hasHeader"] = False  # type: ignore[index]
    await results.write_rejected(hubspot(plan, error(1, ["a", "A"])), TASK, source, tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv") == [["a", "A", "invalid email"]]


@pytest.mark.parametrize("content", [b"PK\x03\x04 and so on", "Email,Name\r\né,x".encode("latin-1")])
async def test_what_is_no_csv_leaves_nothing(content: bytes, tmp_path: Path):
    source = tmp_path / "people.csv"
    source.write_bytes(content)
    with pytest.raises(FileFormatError):
        await results.write_rejected(hubspot(record(PEOPLE), error(2)), TASK, source, tmp_path / "out.csv")
    with pytest.raises(InputError, match="overwrite"):
        await results.write_rejected(hubspot(record(PEOPLE), error(2)), TASK, source, source)
    assert names(tmp_path) == ["people.csv"]


async def test_an_import_that_says_nothing_of_its_files(tmp_path: Path):
    plan = codec.structure({"id": "1", "state": "DONE"}, Import)
    source = tmp_path / "people.csv"
    source.write_bytes(lines(["Email"], ["a"], ["b"]))
    session = hubspot(plan, error(3, ["b"], knownColumnNumber=0))
    assert [str(each) async for each in results.row_errors(session, TASK)] == ["the file, line 3: invalid email"]
    assert (await results.write_rejected(session, TASK, source, tmp_path / "out.csv")).rows == 1
