"""The command as a whole, most of it in a process of its own."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hubspot_async.cli.app import app
from hubspot_async.cli.ending import Exit
from hubspot_async.cli.screen.help import help_of
from hubspot_async.sandbox import Sandbox
from tests.cli import commands
from tests.cli.conftest import Run

COMMANDS = [
    ("export",),
    ("import",),
    ("file", "import-url"),
    ("file", "upload"),
    ("folder", "move"),
    ("folder", "rename"),
    ("watch",),
    ("resume",),
    ("journal", "show"),
    ("whoami",),
    ("sandbox",),
    ("demo",),
]


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = commands.run("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for command in app:
        assert f"\n  {command} " in done.stdout
    assert commands.run(cwd=tmp_path).stdout == done.stdout


def test_what_a_command_does_is_listed_in_a_whole_sentence() -> None:
    _, _, commands = help_of(app, []).partition("\nCommands:\n")
    commands = commands.partition("\n\n")[0]
    entries = re.split(r"^  (?=\S)", commands, flags=re.MULTILINE)[1:]
    assert len(entries) == len(list(app))
    assert [entry for entry in entries if not entry.rstrip().endswith(".")] == []


def test_a_group_of_commands_alone_shows_its_help(run: Run) -> None:
    assert run("file").out == run("file", "--help").out
    assert run("file").status == 0


def test_the_list_of_commands_is_whole() -> None:
    found = {(name, sub) for name in app for sub in app[name]} | {(name,) for name in app if not list(app[name])}
    assert found == set(COMMANDS)


def test_version_is_one_word_or_two_installed_or_not(tmp_path: Path) -> None:
    done = commands.run("--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert 1 <= len(done.stdout.split()) <= 2


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_a_command_has_examples_and_fits_into_80_columns(command: tuple[str, ...]) -> None:
    text = help_of(app, command)
    assert text.startswith(f"Usage: hubspot-async {' '.join(command)}")
    assert f"For example:\n\n    hubspot-async {' '.join(command)}" in text
    assert max(map(len, text.splitlines())) <= 79


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_parameter_says_what_it_is_for(command: tuple[str, ...]) -> None:
    _, apps, _ = app.parse_commands(command)
    for argument in apps[-1].assemble_argument_collection(parse_docstring=False):
        assert argument.parameter.help or not argument.show, argument.name


def test_help_is_given_wherever_it_is_asked_for(run: Run) -> None:
    asked = [run("watch", "--help"), run("watch", "-h"), run("watch", "export:1", "--help"), run("--help", "watch")]
    assert len({each.out for each in asked}) == 1
    assert {each.status for each in asked} == {0}


def test_what_stands_behind_two_dashes_is_no_question_for_help(run: Run) -> None:
    assert run("watch", "--", "--help").status == 2


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["export", "--help"]])
def test_help_loads_nothing_that_only_a_command_needs(arguments: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from hubspot_async.cli import main
main({arguments})
heavy = ["aiohttp", "cattrs", "anyio", "hubspot_async.sandbox", "hubspot_async.models", "rich.console", "rich.text"]
sys.exit([name for name in heavy if name in sys.modules] or 0)
"""
    done = commands.python(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["cyclopts", "platformdirs", "rich"])
def test_without_the_extra_it_says_what_to_install(missing: str, tmp_path: Path) -> None:
    blocked = "import sys; sys.modules[{!r}] = None; from hubspot_async.cli import main; sys.exit(main(['demo']))"
    done = commands.python(blocked.format(missing), tmp_path)
    assert done.returncode == 2
    assert commands.is_one_line(done.stderr)
    assert "pip install 'hubspot-async[cli]'" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["demo", "a.csv", "b.csv"],
        ["demo", "--task-seconds", "0"],
        ["demo", "--task-seconds", "soon"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--task-seconds", "-1"],
        ["export", "contacts"],
        ["watch"],
        ["file", "nonsense"],
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_2_in_one_line(arguments: list[str], run: Run) -> None:
    done = run(*arguments)
    assert done.status == Exit.USAGE
    assert "--help" in done.complaint
    assert done.err.count("\n") == 1
    assert list(Path().iterdir()) == []


# In a process of its own.


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        commands.command(*arguments),
        cwd=cwd,
        env=commands.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_a_reader_who_leaves_gets_no_traceback(tmp_path: Path) -> None:
    with start("demo", "--task-seconds", "0.05", cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == Exit.READER_GONE


def test_a_reader_of_objects_who_leaves_gets_none_either(served: Sandbox, tmp_path: Path) -> None:
    for number in range(30):
        served.add_records("CONTACT", [{"email": f"{number}@example.com"}])
    with start("export", "contacts", "-p", "email", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == Exit.READER_GONE


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_stops_it_is_told_how_to_go_on(
    sent: signal.Signals, status: int, served: Sandbox, tmp_path: Path
) -> None:
    served.fail("exports.status", status=200, times=None, body={"status": "PROCESSING"})
    with start("export", "contacts", "-p", "email", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        assert '"started"' in process.stdout.readline()
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
    assert process.returncode == status
    id = served.tasks[0].id
    assert err == (f"hubspot-async: HubSpot goes on with it; to take it up again: hubspot-async watch export:{id}\n")
    assert f'"exit_status": {status}' in out.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("arguments", "token", "status"),
    [(["whoami"], True, 0), (["export", "x"], True, 2), (["whoami"], False, 3), (["export", "x", "-p", "y"], True, 4)],
)
def test_exit_statuses_of_the_process_itself(
    arguments: list[str], token: bool, status: int, served: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not token:
        monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    done = commands.run(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_the_example_of_a_pipe_works(served: Sandbox, tmp_path: Path) -> None:
    line = f"{sys.executable} -m hubspot_async export contacts -p email 2>/dev/null | {sys.executable} -m json.tool"
    done = subprocess.run(
        line,
        shell=True,
        cwd=tmp_path,
        env=commands.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert '"path": "contact.csv"' in done.stdout
