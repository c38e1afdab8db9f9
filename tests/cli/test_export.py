"""`hubspot-async export` and `hubspot-async watch`, from request to file."""

import csv
import json
import zipfile
from pathlib import Path

import pytest

from hubspot_async.sandbox import Sandbox
from tests.cli.conftest import RECORDS, Run

EXPORT = ("export", "contacts", "-p", "email,firstname")


def rows(path: Path | str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def asked(sandbox: Sandbox) -> dict[str, object]:
    """The body of the last export that was started."""
    start = [each for each in sandbox.requests if each.operation == "exports.start"][-1]
    return json.loads(start.body)


def test_a_view_becomes_a_file_of_its_name(run: Run, served: Sandbox) -> None:
    done = run(*EXPORT)
    assert done.status == 0
    (result,) = done.results
    assert (result["path"], result["succeeded"], result["kind"]) == ("contact.csv", True, "export")
    assert [row["Email"] for row in rows("contact.csv")] == [record["email"] for record in RECORDS]
    assert "COMPLETE" in done.err


def test_filters_of_two_groups(run: Run, served: Sandbox) -> None:
    where = ("--filter", "firstname = Ada", "--filter", "has email", "--or", "email contains zoe*")
    assert run(*EXPORT, *where, "--name", "two").status == 0
    assert [row["First Name"] for row in rows("two.csv")] == ["Ada", "Zoë"]


@pytest.mark.no_contract  # HubSpot's guide has objects with a property and an order, its specification only strings
def test_rows_are_sorted_if_asked_for(run: Run, served: Sandbox) -> None:
    assert run(*EXPORT, "--sort", "-email").status == 0
    assert [row["First Name"] for row in rows("contact.csv")] == ["Zoë", "陽子", "Ada"]


def test_the_members_of_a_list(run: Run, served: Sandbox) -> None:
    ids = [record["hs_object_id"] for record in served.records("CONTACT")]
    list_id = served.add_list("CONTACT", ids[1:])
    assert run(*EXPORT, "--list", list_id, "--to", "exports/vip.csv").status == 2
    Path("exports").mkdir()
    assert run(*EXPORT, "--list", list_id, "--to", "exports/vip.csv").status == 0
    assert len(rows("exports/vip.csv")) == 2


def test_every_option_reaches_hubspot(run: Run, served: Sandbox) -> None:
    options = ("--language", "de", "--internal", "--associated", "companies,0-3", "--name", "all")
    assert run(*EXPORT, *options, "--format", "xlsx").status == 0
    body = asked(served)
    assert body["language"] == "DE"
    assert body["exportInternalValuesOptions"] == ["NAMES", "VALUES"]
    assert body["associatedObjectType"] == ["COMPANY", "DEAL"]
    assert (body["format"], body["exportName"]) == ("XLSX", "all")
    assert Path("all.xlsx").is_file()


def test_the_ending_says_the_format(run: Run, served: Sandbox) -> None:
    assert run(*EXPORT, "--to", "people.xlsx").status == 0
    assert asked(served)["format"] == "XLSX"
    assert zipfile.is_zipfile("people.xlsx")


def test_a_directory_is_made_and_a_name_cannot_leave_it(run: Run, served: Sandbox) -> None:
    assert run(*EXPORT, "--to", "deep/down", "--name", "../../x").status == 0
    assert [path.name for path in Path("deep/down").iterdir()] == ["x.csv"]


def test_a_file_that_exists_is_left_alone_before_anything_is_started(run: Run, served: Sandbox) -> None:
    Path("contact.csv").write_text("mine")
    done = run(*EXPORT)
    assert (done.status, done.complaint) == (2, "hubspot-async: contact.csv exists; --overwrite replaces it")
    assert Path("contact.csv").read_text() == "mine"
    assert served.requests == []
    assert run(*EXPORT, "--overwrite").status == 0
    assert len(rows("contact.csv")) == 3


def test_formulas_are_escaped_if_asked_for(run: Run, served: Sandbox) -> None:
    served.add_records("CONTACT", [{"email": "x@example.com", "firstname": "=1+1"}])
    assert run(*EXPORT, "--escape-formulas").status == 0
    assert rows("contact.csv")[-1]["First Name"] == "'=1+1"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--filter", "x"), "filter 'x', character 2"),
        (("--list", "1", "--filter", "x = 1"), "--list goes with neither"),
        (("--format", "PDF"), "format must be one of CSV, XLS, XLSX"),
        (("--language", "XX"), "language must be one of"),
        (("--timeout", "0"), "--timeout"),
        (("--associated", "a,b,c,d,e"), "may name at most 4"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    arguments: tuple[str, ...], complaint: str, run: Run, served: Sandbox
) -> None:
    done = run(*EXPORT, *arguments)
    assert done.status == 2
    assert complaint in done.complaint
    assert served.requests == []


def test_every_event_is_an_object_if_asked_for(run: Run, served: Sandbox) -> None:
    done = run(*EXPORT, "--json")
    assert done.err == ""
    events = [each["event"] for each in done.objects]
    assert events[0] == "started"
    assert events[-3:] == ["ended", "fetching", "result"]
    assert {each["id"] for each in done.objects} == {served.tasks[0].id}


def test_quiet_says_results_only(run: Run, served: Sandbox) -> None:
    done = run(*EXPORT, "-q")
    assert (len(done.objects), done.err) == (1, "")


def test_a_watched_export_is_fetched_under_its_id(run: Run, served: Sandbox) -> None:
    run(*EXPORT)
    id = served.tasks[0].id
    done = run("watch", f"export:{id}", f"export:{id}", "--to", "files")
    assert (done.status, len(done.results)) == (0, 1)
    assert len(rows(f"files/export-{id}.csv")) == 3
    assert run("watch", f"export:{id}", "--to", "again.csv").status == 0
    assert run("watch", f"export:{id}").results[0]["status"] == "COMPLETE"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nonsense",), "'nonsense' is no task: write export:ID, import:ID, file-import:ID, folder-update:ID"),
        (("export:",), "is no task"),
        (("page:1",), "is no task"),
        (("export:1", "export:2", "--to", "a.csv"), "--to must be a directory for 2 exports"),
        (("import:1", "--to", "a.csv"), "--to is for the files of exports"),
    ],
)
def test_what_cannot_be_watched(arguments: tuple[str, ...], complaint: str, run: Run, served: Sandbox) -> None:
    done = run("watch", *arguments)
    assert done.status == 2
    assert complaint in done.complaint


def test_an_account_is_named_with_every_task(run: Run, served: Sandbox, settings: Path) -> None:
    path = settings / "accounts.toml"
    path.touch(0o600)
    path.write_text(f'[north]\ntoken = "{served.token}"\n')
    done = run(*EXPORT, "--account", "north", "--json")
    assert {each["account"] for each in done.objects} == {"north"}
    refused = run("export", "contacts", "-p", "shoe", "--account", "north", "--to", "b.csv")
    assert refused.complaint.startswith("hubspot-async: north: 400 ")


@pytest.mark.parametrize("name", ["night.log", "night.jsonl"])
def test_the_log_tells_the_whole_story(name: str, run: Run, served: Sandbox) -> None:
    assert run(*EXPORT, "--log", name, "--name", "people").status == 0
    served.fail("exports.start", status=403)
    assert run(*EXPORT, "--log", name, "--name", "again").status == 3
    text = Path(name).read_text()
    for word in ("has begun 'people' as", "is COMPLETE", "people.csv", "correlation id 00000000-0000-4000"):
        assert word in text
    assert served.token not in text
    assert "Signature" not in text
