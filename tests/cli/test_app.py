import subprocess
from pathlib import Path

import pytest

from hubspot_async.cli.app import one_line
from hubspot_async.errors import InputError
from tests.cli import commands


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = commands.run("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "demo" in done.stdout
    assert "sandbox" in done.stdout
    assert done.stderr == ""


def test_version_is_one_word_or_two_installed_or_not(tmp_path: Path) -> None:
    done = commands.run("--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert 1 <= len(done.stdout.split()) <= 2


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_help_of_a_command_has_examples_and_fits_into_80_columns(command: str, tmp_path: Path) -> None:
    done = commands.run(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"    hubspot-async {command}\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"]])
def test_help_loads_nothing_that_only_a_command_needs(arguments: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from hubspot_async.cli import main
main({arguments})
heavy = ["aiohttp", "cattrs", "anyio", "hubspot_async.sandbox", "hubspot_async.models", "rich.live", "rich.markdown"]
sys.exit([name for name in heavy if name in sys.modules] or 0)
"""
    done = commands.python(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["cyclopts", "rich"])
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
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    done = commands.run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_leaves_gets_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        commands.command("demo", "--task-seconds", "0.05"),
        cwd=tmp_path,
        env=commands.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_errors_are_one_line() -> None:
    assert one_line(InputError("two\nlines")) == "two lines"
    assert one_line(FileNotFoundError(2, "No such file or directory", "a.csv")) == "a.csv: No such file or directory"
    assert one_line(OSError("no number")) == "no number"
    assert one_line(OSError()) == "OSError"
