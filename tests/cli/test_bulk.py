"""`hubspot-async export --from`, `resume` and `journal show`: many exports, and how they are gone on with."""

import csv
import json
import math
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubspot_async.cli import filters
from hubspot_async.cli.ending import Exit
from hubspot_async.sandbox import Sandbox
from tests.cli import commands
from tests.cli.conftest import RECORDS, Run

pytestmark = pytest.mark.no_contract  # exports of accounts that only a scripted answer knows

LIST = """
[[export]]
object = "contacts"
properties = ["email"]

[[export]]
object = "contacts"
properties = ["firstname"]
name = "names"
"""
BULK = ("export", "--from", "exports.toml", "--to", "out")
JOURNAL = "out/exports.sqlite"


@pytest.fixture(autouse=True)
def _listed(settings: Path) -> None:
    Path("exports.toml").write_text(LIST)


@pytest.fixture
def accounts(served: Sandbox, settings: Path) -> None:
    """Two accounts by name, besides that of the environment."""
    lines = []
    for name in ("north", "south"):
        box = served.account(name)
        box.declare("CONTACT", {"email": "Email", "firstname": "First Name"})
        box.add_records("CONTACT", RECORDS)
        lines.append(f'[{name}]\ntoken = "{box.token}"\n')
    path = settings / "accounts.toml"
    path.touch(0o600)
    path.write_text("".join(lines))
    Path("exports.toml").write_text('[defaults]\naccounts = ["north", "south"]\n' + LIST)


def begun(sandbox: Sandbox) -> Counter[str]:
    return Counter(task.order.name for task in sandbox.tasks)


def files() -> list[str]:
    return sorted(str(path) for path in Path("out").rglob("*") if path.is_file())


def column(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


def stopped(
    *arguments: str, sent: signal.Signals = signal.SIGINT, at: str = "result", count: int = 1
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own until it has told of something so often, and stop it."""
    with subprocess.Popen(
        commands.quick_command(*arguments, "--json"),
        env=commands.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        while sum(json.loads(line)["event"] == at for line in said) < count:
            said.append(process.stdout.readline())
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
    return subprocess.CompletedProcess(process.args, process.returncode, "".join(said) + out, err)


def hold(sandbox: Sandbox, *accounts: str) -> None:
    """Have the second export of each account stay at work, until `finish`."""
    for account in accounts:
        sandbox.plan("export", seconds=0.02, account=account)
        sandbox.plan("export", seconds=math.inf, account=account)


def test_each_export_of_the_list_becomes_a_file(run: Run, served: Sandbox) -> None:
    done = run(*BULK)
    assert (done.status, done.err.count("COMPLETE")) == (0, 2)
    assert files() == ["out/contact.csv", "out/exports.sqlite", "out/names.csv"]
    assert column("out/contact.csv") == [record["email"] for record in RECORDS]
    assert {each["path"]: each["succeeded"] for each in done.results} == {
        str(Path("out/contact.csv").absolute()): True,
        str(Path("out/names.csv").absolute()): True,
    }


def test_each_account_has_a_folder(run: Run, served: Sandbox, accounts: None) -> None:
    done = run(*BULK, "--quiet")
    assert (done.status, done.err) == (0, "")
    assert files() == [
        "out/exports.sqlite",
        *(f"out/{account}/{name}.csv" for account in ("north", "south") for name in ("contact", "names")),
    ]
    assert {each["account"] for each in done.results} == {"north", "south"}


def test_exports_of_no_named_account_are_that_of_the_command_line(run: Run, served: Sandbox, accounts: None) -> None:
    Path("exports.toml").write_text(LIST)
    assert run(*BULK, "--account", "north").status == 0
    assert files() == ["out/contact.csv", "out/exports.sqlite", "out/names.csv"]
    assert {task.account for task in served.tasks} == {"north"}


def test_the_next_night_begins_anew_and_replaces_the_files(run: Run, served: Sandbox) -> None:
    for night in (1, 2):
        assert run(*BULK).status == 0
        assert begun(served) == {"contact": night, "names": night}


def test_a_file_that_no_run_has_made_is_left_alone_unless_told_otherwise(run: Run, served: Sandbox) -> None:
    Path("out").mkdir()
    Path("out/names.csv").write_text("mine")
    done = run(*BULK)
    assert done.status == Exit.USAGE
    assert done.complaint.endswith("names.csv exists; pass --overwrite to replace it")
    assert (begun(served), Path("out/names.csv").read_text()) == ({}, "mine")
    assert run(*BULK, "--overwrite").status == 0
    assert column("out/names.csv") == [record["firstname"] for record in RECORDS]


def test_one_that_fails_leaves_the_others_be_and_says_whose_it_was(run: Run, served: Sandbox, accounts: None) -> None:
    listed = Path("exports.toml").read_text()
    Path("exports.toml").write_text(listed.replace("firstname", "shoe"))
    done = run(*BULK)
    assert done.status == Exit.FAILED
    assert sorted(each["succeeded"] for each in done.results) == [False, False, True, True]
    told = [line for line in done.err.splitlines() if line.startswith("hubspot-async: ")]
    assert sorted(line.split(":")[1].strip() for line in told) == ["north", "south"]
    assert all("names: " in line and "correlation id" in line for line in told)
    assert {each["name"] for each in done.results if not each["succeeded"]} == {"names"}


def test_remarks_of_hubspot_are_told(run: Run, served: Sandbox) -> None:
    served.plan("export", errors=[{"message": "a property is gone"}])
    done = run(*BULK)
    assert done.status == Exit.FAILED
    assert "but not all of it was done: a property is gone" in done.complaint


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_stops_it_is_told_how_to_go_on_and_that_goes_on(
    sent: signal.Signals, status: int, run: Run, served: Sandbox, accounts: None
) -> None:
    hold(served, "north", "south")
    ended = stopped(*BULK, sent=sent)
    assert ended.returncode == status
    assert ended.stderr == (
        f"hubspot-async: HubSpot goes on with it; to take it up again: hubspot-async resume {JOURNAL}\n"
    )
    assert not any(name.endswith(".part") for name in files())
    served.finish()
    done = run("resume", JOURNAL)
    assert done.status == 0
    assert "Going on with what began" in done.err
    assert begun(served) == {"contact": 2, "names": 2}
    assert len(files()) == 5
    again = run("resume", JOURNAL)
    assert (again.status, again.results) == (0, [])
    assert "no exports to go on with" in again.err
    assert begun(served) == {"contact": 2, "names": 2}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_same_command_goes_on_too_also_on_the_next_day(
    run: Run, served: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.declare("CONTACT", {"createdate": "Create Date"})
    Path("exports.toml").write_text('[defaults]\nfilter = "createdate < today"\n' + LIST)
    hold(served, "default")
    stopped(*BULK)
    served.finish()
    monkeypatch.setattr(filters, "datetime", Tomorrow)
    assert run(*BULK).status == 0
    assert begun(served) == {"contact": 1, "names": 1}


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime(2031, 1, 1, tzinfo=UTC)


AGAIN = f"hubspot-async resume {JOURNAL} --restart-unknown"


def test_a_start_of_which_nobody_knows_is_told_and_made_again_only_if_asked(run: Run, served: Sandbox) -> None:
    served.fail("exports.start", disconnect=True, performed=True)
    done = run(*BULK)
    assert done.status == Exit.FAILED
    assert done.complaint.endswith(f"Look whether it has begun before you start it again: {AGAIN}")
    assert sum(begun(served).values()) == 2
    assert "no exports to go on with" in run("resume", JOURNAL).err
    done = run(*AGAIN.split()[1:])
    assert (done.status, len(done.results)) == (0, 1)
    assert sum(begun(served).values()) == 3
    assert len(files()) == 3
    assert "no exports to go on with" in run(*AGAIN.split()[1:]).err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_failure_is_told_again_by_whoever_goes_on_after_a_kill(run: Run, served: Sandbox) -> None:
    Path("exports.toml").write_text(LIST.replace("firstname", "shoe"))
    served.plan("export", seconds=math.inf)
    killed = stopped(*BULK, sent=signal.SIGKILL)
    assert killed.stderr == ""
    served.finish()
    done = run(*BULK, "--quiet")
    assert (done.status, "names: 400" in done.complaint) == (Exit.FAILED, True)
    assert begun(served) == {"contact": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_where_nothing_of_an_old_run_is_wanted_the_next_has_its_own_dates(run: Run, served: Sandbox) -> None:
    served.declare("CONTACT", {"createdate": "Create Date"})
    listed = '[defaults]\nfilter = "createdate < today"\n' + LIST
    Path("exports.toml").write_text(listed)
    hold(served, "default")
    stopped(*BULK)
    with closing(sqlite3.connect(JOURNAL)) as journal, journal:
        journal.execute("UPDATE runs SET began_at = began_at - 864000")
    served.finish()
    Path("exports.toml").write_text(listed.replace("properties", 'language = "DE"\nproperties'))
    before = len(served.requests)
    done = run(*BULK, "--overwrite")
    assert (done.status, "Going on" in done.err) == (0, False)
    bodies = [json.loads(each.body) for each in served.requests[before:] if each.operation == "exports.start"]
    assert len(bodies) == 2
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    values = {each["publicCrmSearchRequest"]["filters"][0]["value"] for each in bodies}
    assert values == {str(round(midnight.timestamp() * 1000))}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_who_has_to_wait_for_a_day_is_told_until_when(served: Sandbox) -> None:
    tables = (f'[[export]]\nobject = "contacts"\nproperties = ["email"]\nname = "{name}"\n' for name in range(31))
    Path("exports.toml").write_text("".join(tables))
    told = json.loads(stopped(*BULK, at="note").stdout.splitlines()[0])
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert "1 of 31 exports have to wait, since 30 are started in 24 hours" in told["message"]
    assert f"until {tomorrow:%Y-%m-%d}" in told["message"]


def test_what_stands_in_a_name_is_shown_and_neither_obeyed_nor_taken_for_markup(run: Run, served: Sandbox) -> None:
    name = "[/x] [red]Zoë[/] \\u001b[2J\\u009b3m\\nhubspot-async: all is fine"
    Path("exports.toml").write_text(f'[[export]]\nobject = "contacts"\nproperties = ["shoe"]\nname = "{name}"\n')
    done = run(*BULK)
    assert done.status == Exit.REFUSED
    assert "[/x] [red]Zoë[/] \ufffd[2J\ufffd3m" in done.complaint
    assert not set("\x1b\x9b") & set(done.err)


def test_an_account_of_which_nothing_is_left_is_not_asked_for(
    run: Run, served: Sandbox, accounts: None, settings: Path
) -> None:
    served.plan("export", seconds=math.inf, account="south", times=None)
    assert "south" in stopped(*BULK, count=2).stdout
    with closing(sqlite3.connect(JOURNAL)) as journal, journal:
        journal.execute("UPDATE jobs SET told_at = 1 WHERE account = 'north'")
    served.finish()
    path = settings / "accounts.toml"
    path.write_text(path.read_text().partition("[south]")[2].join(["[south]", ""]))
    done = run("resume", JOURNAL)
    assert (done.status, {each["account"] for each in done.results}) == (0, {"south"})


def test_with_restart_unknown_it_is_made_again(run: Run, served: Sandbox) -> None:
    served.fail("exports.start", disconnect=True, performed=True)
    assert run(*BULK, "--restart-unknown").status == 0
    assert sum(begun(served).values()) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("export", "contacts", "--from", "exports.toml"), "OBJECT does not go with --from"),
        (("export", "--from", "exports.toml", "-p", "email"), "--properties does not go with --from"),
        (("export", "--from", "exports.toml", "--internal"), "--internal does not go with --from"),
        (("export", "--from", "exports.toml", "--language", "EN"), "--language does not go with --from"),
        (("export", "contacts", "-p", "email", "--journal", "j.sqlite"), "--journal goes with --from"),
        (("export", "contacts", "-p", "email", "--restart-unknown"), "--restart-unknown goes with --from"),
        (("export",), "OBJECT is missing"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], reason: str, run: Run) -> None:
    done = run(*arguments)
    assert (done.status, reason in done.complaint) == (Exit.USAGE, True)


def test_a_mistake_in_the_list_leaves_nothing_behind(run: Run, served: Sandbox) -> None:
    Path("exports.toml").write_text('[[export]]\nobject = "contacts"\nproperties = ["email"]\nformat = "EXE"\n')
    done = run(*BULK)
    assert done.status == Exit.USAGE
    assert "exports.toml, line 4" in done.complaint
    assert not Path("out").exists()


def test_a_journal_somebody_else_writes_to_or_that_is_none_is_this_machines(run: Run, served: Sandbox) -> None:
    Path("j.sqlite").write_text("no journal at all")
    for arguments in ((*BULK, "--journal", "j.sqlite"), ("resume", "j.sqlite"), ("journal", "show", "j.sqlite")):
        done = run(*arguments)
        assert (done.status, "j.sqlite" in done.complaint) == (Exit.MACHINE, True)
    assert Path("j.sqlite").read_text() == "no journal at all"
    done = run("resume", "missing.sqlite")
    assert (done.status, done.complaint) == (7, "hubspot-async: missing.sqlite: No such file or directory")
    assert not Path("missing.sqlite").exists()


# What a journal shows.


def test_programs_read_a_journal_as_objects(run: Run, served: Sandbox, accounts: None) -> None:
    run(*BULK)
    shown = run("journal", "show", JOURNAL)
    assert shown.status == 0
    (first, *jobs) = shown.objects
    assert (first["event"], first["run"], first["work"]) == ("run", 1, "exports")
    assert first["closed_at"]
    assert [job["event"] for job in jobs] == ["job"] * 4
    assert {(job["account"], job["name"], job["state"]) for job in jobs} == {
        (account, name, "done") for account in ("north", "south") for name in ("contact", "names")
    }
    assert all(Path(job["path"]).stat().st_size == job["bytes"] for job in jobs)


def test_earlier_runs_are_shown_if_asked_for(run: Run, served: Sandbox) -> None:
    for _ in range(2):
        run(*BULK)
    assert [each["run"] for each in run("journal", "show", JOURNAL).objects if each["event"] == "run"] == [2]
    whole = run("journal", "show", JOURNAL, "--all").objects
    assert [each["run"] for each in whole if each["event"] == "run"] == [1, 2]
