"""The commands, gathered; and one of them run, with an end that is told in a line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from hubspot_async.cli.commands.export import export
from hubspot_async.cli.commands.files import file, folder
from hubspot_async.cli.commands.imports import import_
from hubspot_async.cli.commands.journals import journal, resume
from hubspot_async.cli.commands.trying import demo, sandbox
from hubspot_async.cli.commands.watch import watch, whoami
from hubspot_async.cli.ending import Exit, tell
from hubspot_async.cli.screen.help import help_of
from hubspot_async.cli.screen.words import one_line

HELP = ("--help", "-h")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hubspot-async")
    except PackageNotFoundError:  # run from a checkout
        return "not installed"


app = App(
    name="hubspot-async",
    help="HubSpot's background tasks: exports, imports, file imports and folder updates.",
    help_flags=[],  # help.py writes it: what cyclopts would need for that takes as long to load as cyclopts itself
    version_flags=[],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
app.command(export)
app.command(import_, name="import")
app.command(file)
app.command(folder)
app.command(watch)
app.command(resume)
app.command(journal)
app.command(whoami)
app.command(sandbox)
app.command(demo)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; what goes wrong is one line on stderr."""
    _show_any_letter()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except CycloptsError as error:
        print(f"hubspot-async: {one_line(error)} See {_named(words)} --help", file=sys.stderr)
        return Exit.USAGE
    except BrokenPipeError:  # who read our output has had enough; nor can Python flush the rest on its way out
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return Exit.READER_GONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, it is told
        return tell(error, debug="--debug" in words)


def _run(words: list[str]) -> int:
    before = words[: words.index("--")] if "--" in words else words
    if not set(HELP).isdisjoint(before) or _is_group(words):
        print(help_of(app, [word for word in before if word not in HELP]))
        return Exit.DONE
    if words == ["--version"]:
        print(_version())
        return Exit.DONE
    return app(words, print_error=False, exit_on_error=False) or Exit.DONE


def _is_group(words: Sequence[str]) -> bool:
    """Whether commands are named, and none of them."""
    _, apps, rest = app.parse_commands(words)
    return not rest and apps[-1].default_command is None


def _named(words: Sequence[str]) -> str:
    """Name the command that was meant, as far as it is known."""
    chain, *_ = app.parse_commands(words)
    return " ".join(["hubspot-async", *chain])


def _show_any_letter() -> None:
    """Let a letter that the terminal's encoding lacks be shown by its number, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
