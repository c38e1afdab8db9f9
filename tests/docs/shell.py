"""The shell sessions of a page: its ``console`` blocks in order, and what the page says they print.

A line that begins with ``$`` is typed; the lines below it are what it prints, stdout and stderr together; ``…`` in
them stands for anything. A block runs in one shell, all blocks of a page in one directory, in which lie the files
that the page shows with a caption.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from attrs import frozen

from tests.docs.pages import ROOT

_FENCED = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTIONED = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "\x02"


@frozen
class Command:
    """One line that is typed, and what it should print."""

    line: int
    text: str
    output: str


def pages() -> list[str]:
    """Name every page that has shell sessions."""
    paths = sorted((ROOT / "docs").rglob("*.md"))
    return [str(path.relative_to(ROOT)) for path in paths if "_build" not in path.parts and "```console" in _text(path)]


def sessions(page: str) -> list[list[Command]]:
    """Read the shell sessions of a page."""
    text = _text(ROOT / page)
    return [_commands(found[1], text.count("\n", 0, found.start(1)) + 1) for found in _FENCED.finditer(text)]


def _commands(block: str, first: int) -> list[Command]:
    found: list[Command] = []
    for number, line in enumerate(block.splitlines(keepends=True), first):
        if line.startswith("$ "):
            found.append(Command(number, line[2:].rstrip("\n"), ""))
        else:
            found[-1] = Command(found[-1].line, found[-1].text, found[-1].output + line)
    return found


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows."""
    for found in _CAPTIONED.finditer(_text(ROOT / page)):
        (folder / found[1]).write_text(found[2], encoding="utf-8")


def run(page: str, commands: list[Command], folder: Path) -> None:
    """Type the lines of one session, and hold what they print against the page."""
    bin = folder / ".bin"
    if not bin.exists():
        bin.mkdir()
        (bin / "hubspot-async").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.quick "$@"\n')
        (bin / "hubspot-async").chmod(0o755)
    script = "".join(f"{command.text}\n__=$?; printf '{_END}'; (exit $__)\n" for command in commands)
    environment = {
        **os.environ,
        "PATH": f"{bin}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
        timeout=50,
    )
    printed = done.stdout.split(_END)
    assert len(printed) == len(commands) + 1, done.stdout
    for command, output in zip(commands, printed, strict=False):
        wanted = command.output.replace("…", "...")
        assert OutputChecker().check_output(wanted, output, ELLIPSIS), (
            f"{page}, line {command.line}: {command.text}\nprints\n{output}"
        )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
