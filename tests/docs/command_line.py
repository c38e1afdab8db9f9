"""The reference of the command line, as the command itself would write it.

``python -m tests.docs.command_line`` writes the help of every command into the page anew.
"""

from __future__ import annotations

import re

from hubspot_async.cli.app import app
from hubspot_async.cli.screen.help import help_of
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "command-line.md"
BEGIN, END = "<!-- the help of every command, written by tests/docs/command_line.py -->\n", "<!-- until here -->\n"


def commands() -> list[tuple[str, ...]]:
    """Name every command, those of a group after it."""
    return [words for name in app for words in ((name,), *((name, sub) for sub in app[name]))]


def written() -> str:
    """Write the help of every command, as it stands in the page."""
    parts = [f"### hubspot-async {' '.join(words)}\n\n```text\n{help_of(app, words)}\n```\n" for words in commands()]
    return "\n" + "\n".join(parts) + "\n"


def rewrite() -> None:
    """Bring the page up to date."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    PAGE.write_text(re.sub(pattern, lambda _: BEGIN + written() + END, text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
