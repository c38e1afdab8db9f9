"""`hubspot-async import`: columns matched, rows imported, and those that were not taken back in a file."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from hubspot_async.cli.jobs import imports as job
from hubspot_async.sandbox import Sandbox
from tests.cli.conftest import Run

LEADS = "E-mail,First name,Shoe\nana@example.com,Ana,38\nnobody,Bo,45\n"
MAPPED = ("--map", "E-mail=email", "--map", "First name=firstname")


@pytest.fixture
def leads(settings: Path) -> Path:
    path = Path("leads.csv")
    path.write_text(LEADS, encoding="utf-8")
    return path


def emails(sandbox: Sandbox) -> set[str]:
    return {record.get("email", "") for record in sandbox.records("CONTACT")}


def starts(sandbox: Sandbox) -> int:
    return sum(each.operation == "imports.start" for each in sandbox.requests)


def test_rows_go_in_and_those_that_do_not_come_back(run: Run, served: Sandbox, leads: Path) -> None:
    done = run("import", leads, *MAPPED)
    assert done.status == 1
    (result,) = done.results
    assert {name: result[name] for name in ("rows", "created", "updated", "errors", "rejected")} == {
        "rows": 2,
        "created": 1,
        "updated": 0,
        "errors": 1,
        "rejected": 1,
    }
    assert done.complaint.startswith("hubspot-async: 1 row not taken: correct and import leads-rejected.csv")
    assert "ana@example.com" in emails(served)
    with Path("leads-rejected.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["E-mail"], row["Shoe"]) == ("nobody", "45")
    assert "no e-mail address" in row["Import error"]


def test_all_taken_is_0_and_leaves_no_file(run: Run, served: Sandbox, leads: Path) -> None:
    leads.write_text("E-mail\nana@example.com\nada@example.com\n")
    done = run("import", leads, "--map", "E-mail=email")
    assert done.status == 0
    assert (done.results[0]["created"], done.results[0]["updated"]) == (1, 1)
    assert [path.name for path in Path().iterdir()] == ["leads.csv"]


def test_a_dry_run_shows_what_was_found_and_imports_nothing(run: Run, served: Sandbox, leads: Path) -> None:
    done = run("import", leads, "--dry-run")
    assert done.status == 0
    (result,) = done.results
    assert result["columns"] == {"E-mail": "email", "First name": "firstname", "Shoe": None}
    assert (result["object"], result["operation"], result["key"]) == ("0-1", "UPSERT", "E-mail")
    assert starts(served) == 0


def test_what_a_dry_run_found_can_be_given_back(run: Run, served: Sandbox, leads: Path) -> None:
    Path("map.json").write_text(run("import", leads, "--dry-run").out)
    done = run("import", leads, "--map-from", "map.json", "--map", "Shoe=")
    assert (done.status, done.results[0]["created"]) == (1, 1)


def test_a_guess_is_shown_and_not_acted_on_unless_somebody_is_sure(run: Run, served: Sandbox, leads: Path) -> None:
    done = run("import", leads)
    assert done.status == 2
    assert "First name   firstname" in done.err
    assert done.complaint.startswith("hubspot-async: the columns were only guessed")
    assert starts(served) == 0
    assert run("import", leads, "--yes").status == 1
    assert starts(served) == 1


@pytest.mark.parametrize(("answer", "begun"), [("y\n", 1), ("Yes\n", 1), ("n\n", 0), ("\n", 0), ("", 0)])
def test_at_a_terminal_it_asks(
    answer: str, begun: int, run: Run, served: Sandbox, leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    done = run("import", leads)
    assert "UPSERT contacts from leads.csv so? [y/N] " in done.err
    assert starts(served) == begun
    assert done.status == (1 if begun else 2)


def test_where_properties_may_not_be_read_the_standard_ones_are_known(run: Run, served: Sandbox, leads: Path) -> None:
    served.account("default", scopes=["crm.import"])
    assert run("import", leads, "--dry-run").results[0]["columns"]["E-mail"] == "email"


def test_a_property_that_is_not_there_is_told_before_anything_is_sent(run: Run, served: Sandbox, leads: Path) -> None:
    done = run("import", leads, "--map", "E-mail=emial")
    assert (done.status, starts(served)) == (2, 0)
    assert "no property 'emial' (is it 'email'?)" in done.complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name a CSV file to import"),
        (("leads.csv", "--object", "cars"), "'cars' is none of contact"),
        (("leads.csv", "--map", "First name=firstname"), "no column tells which record a row is"),
        (("leads.csv", *MAPPED, "--key", "Shoe"), "key='Shoe' is not among the mapped columns"),
        (("leads.csv", *MAPPED, "--operation", "DELETE"), "must be one of CREATE, UPDATE, UPSERT"),
        (("leads.csv", *MAPPED, "--date-format", "ISO"), "date_format must be one of"),
        (("leads.csv", *MAPPED, "--rejected", "no/such/dir.csv"), "lies in a directory that does not exist"),
        (("--errors", "1", "--rejected", "x.csv"), "--rejected needs the CSV file"),
    ],
)
def test_what_cannot_be_meant(
    arguments: tuple[str, ...], complaint: str, run: Run, served: Sandbox, leads: Path
) -> None:
    done = run("import", *arguments)
    assert (done.status, starts(served)) == (2, 0)
    assert complaint in done.complaint


def test_rows_rejected_before_are_not_written_over(run: Run, served: Sandbox, leads: Path) -> None:
    Path("leads-rejected.csv").write_text("my corrections")
    done = run("import", leads, *MAPPED)
    assert (done.status, starts(served)) == (2, 0)
    assert "leads-rejected.csv exists" in done.complaint
    assert run("import", leads, *MAPPED, "--rejected", "again.csv").status == 1
    assert run("import", leads, *MAPPED, "--overwrite").status == 1
    assert "Import error" in Path("leads-rejected.csv").read_text()


def test_the_errors_of_an_import_are_told_later_too(run: Run, served: Sandbox, leads: Path) -> None:
    run("import", leads, *MAPPED)
    id = served.tasks[0].id
    done = run("import", "--errors", id)
    assert done.status == 0
    (error,) = done.results
    assert {name: error[name] for name in ("file", "line", "column", "value", "error_type")} == {
        "file": "leads.csv",
        "line": 3,
        "column": "E-mail",
        "value": "nobody",
        "error_type": "INVALID_EMAIL",
    }
    assert run("import", leads, "--errors", f"import:{id}", "--rejected", "again.csv").status == 0
    assert Path("again.csv").read_text() == Path("leads-rejected.csv").read_text()
    watched = run("watch", f"import:{id}")
    assert watched.status == 1
    assert f"hubspot-async import --errors {id}" in watched.complaint


def test_an_import_that_failed_as_a_whole_says_why(run: Run, served: Sandbox, leads: Path) -> None:
    leads.write_bytes(b"E-mail\n" + b"ana@example.com\n" * 5000 + b"\xff\n")
    done = run("import", leads, "--map", "E-mail=email")
    assert done.status == 1
    assert "ended as FAILED" in done.complaint
    assert "not UTF-8" in done.complaint


def test_remarks_without_rows_leave_no_file_behind(
    run: Run, served: Sandbox, leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads.write_text("E-mail\nana@example.com\n")
    served.fail(
        "imports.errors",
        status=200,
        body={
            "results": [
                {
                    "id": "1",
                    "createdAt": 1,
                    "errorType": "OUT_OF_MEMORY",
                    "sourceData": {"fileId": 1, "lineNumber": 0, "rowData": [], "containsEncryptedProperties": False},
                }
            ]
        },
        times=None,
    )
    run("import", leads, "--map", "E-mail=email")
    done = run("import", leads, "--errors", served.tasks[0].id)
    assert "out of memory" in done.complaint
    assert not job.rejected_beside(leads).exists()


def test_a_table_of_columns_fits_into_79(run: Run, served: Sandbox, leads: Path) -> None:
    leads.write_text(f"{'陽子' * 30},E-mail\n{'x' * 200},a@example.com\n", encoding="utf-8")
    run("import", leads)
    done = run("import", leads)
    from rich.cells import cell_len

    assert max(cell_len(line) for line in done.err.splitlines() if not line.startswith("hubspot-async")) <= 79
    assert json.loads(run("import", leads, "--dry-run").out)["columns"]["E-mail"] == "email"
