"""A newcomer's first half hour: ``python -m tests.docs.first_steps`` does what README and tutorial say, word by word.

In a copy of the clone, with an empty home and empty virtual environments, it runs the README's first command, then
every Python block of both pages in their order, each page as one file, and holds what they print against the page.
What the tutorial does with "your own account" it does with a sandbox that the README's command has installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.pages import ROOT, blocks

MARK = "\x1e"
"""Printed between two blocks, to tell whose output is whose."""


def first_command() -> str:
    """Give the first of the README's two commands."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^```shell\n(.+)\n```$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def copy_clone(to: Path) -> None:
    """Copy what a clone would have."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)


def run_page(page: str, python: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the blocks of a page as one file."""
    found = blocks(page)
    path = folder / f"{Path(page).stem.lower()}.py"
    path.write_text(f"\n\nprint({MARK!r}, end='')\n\n".join(block.code for block in found), encoding="utf-8")
    done = subprocess.run(
        [python, "-X", "utf8", path.name], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{page}:\n{done.stdout}{done.stderr}")
    for block, printed in zip(found, done.stdout.split(MARK), strict=True):
        block.check(printed)
    print(f"{page}: {len(found)} blocks run, and print what it says")


@contextmanager
def own_account(command: Path, environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Give the environment in which a program finds an account."""
    with subprocess.Popen([command, "sandbox"], env=environment, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            assert sandbox.stdout is not None
            said = "".join(line for line, _ in zip(sandbox.stdout, range(5), strict=False))
            yield {**environment, **dict(re.findall(r"export (\w+)=(\S+)", said))}
        finally:
            sandbox.terminate()


def main() -> None:
    """Do it."""
    with TemporaryDirectory() as name:
        clone, home, folder = Path(name, "clone"), Path(name, "home"), Path(name, "work")
        for each in (clone, home, folder):
            each.mkdir()
        copy_clone(clone)
        environment = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "LANG"))}
        environment |= {"HOME": str(home), "PATH": os.environ["PATH"]}
        subprocess.run(["sh", "-c", first_command()], cwd=clone, env=environment, check=True)
        run_page("README.md", clone / ".venv/bin/python", folder, environment)

        subprocess.run([sys.executable, "-m", "venv", ".venv"], cwd=folder, env=environment, check=True)
        subprocess.run([".venv/bin/pip", "install", "-q", clone], cwd=folder, env=environment, check=True)
        with own_account(clone / ".venv/bin/hubspot-async", environment) as with_account:
            run_page("docs/tutorial.md", folder / ".venv/bin/python", folder, with_account)


if __name__ == "__main__":
    main()
