"""The pictures of the command in a terminal, for the docs: each is what tmux shows, turned into an SVG.

``python -m tests.terminal.pictures [NAME…]`` makes them anew, in docs/pictures.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

from hubspot_async import (
    HubSpotSession,
    HubSpotTask,
    ImportFromUrl,
    ImportRequest,
    ViewExport,
    exports,
    files,
    imports,
)
from hubspot_async.sandbox import Sandbox
from tests.terminal import film
from tests.terminal.film import Frame
from tests.terminal.tmux import PROMPT, ROOT, Terminal, is_here, terminal

FOLDER = ROOT / "docs" / "pictures"

FORMAT = re.sub(r"@font-face .*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", '"Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace'
)
"""rich's, with fonts of the reader's own: a picture fetches nothing."""

EXPORTS = """\
[defaults]
properties = ["name"]

[[export]]
object = "companies"
name = "companies"

[[export]]
object = "contacts"
name = "people in Łódź"
properties = ["email", "firstname"]

[[export]]
object = "companies"
name = "companies-again"
format = "XLSX"
"""

LEADS = """\
E-mail,First name,Größe (cm)
ana@example.com,Ana,170
nobody,Bo,181
zoe@example.com,Zoë,
lucja.example.com,Łucja,162
"""


def export(window: Terminal) -> None:
    window.type("""hubspot-async export contacts -p email,firstname \\""")
    window.type("""    --filter "createdate >= 30 days ago" --filter "email is known" \\""")
    window.type("    --sort firstname --to people.csv")
    window.wait_for_prompt()
    window.type("cat people.csv")
    window.wait_for_prompt()


def bulk(window: Terminal) -> None:
    window.type("hubspot-async export --from exports.toml --to exports/")
    window.wait_for("companies.csv ")
    time.sleep(0.7)
    window.press("C-c")
    window.wait_for_prompt()
    window.type("# That was Ctrl-C. Later, or tomorrow:")
    window.wait_for_prompt()
    window.type("hubspot-async resume exports/exports.sqlite")
    window.wait_for_prompt()
    window.type("hubspot-async journal show exports/exports.sqlite")
    window.wait_for_prompt()


def imported(window: Terminal) -> None:
    window.type("hubspot-async import leads.csv")
    window.wait_for("so? [y/N]")
    window.type("y")
    window.wait_for_prompt()
    window.type("cat leads-rejected.csv")
    window.wait_for_prompt()


def watch(window: Terminal) -> None:
    """What is seen in the middle of it."""
    window.type("hubspot-async watch --to exports/ $(cat tasks.txt)")
    window.wait_for("COMPLETE")
    window.wait_for("PROCESSING")
    time.sleep(0.7)


def whoami(window: Terminal) -> None:
    window.type("hubspot-async whoami")
    window.wait_for_prompt()
    window.type("hubspot-async export contacts -p shoe_size; echo $?")
    window.wait_for_prompt()


PICTURES: dict[str, Callable[[Terminal], None]] = {
    "export": export,
    "bulk": bulk,
    "import": imported,
    "watch": watch,
    "whoami": whoami,
}

FILMS = {"demo": "hubspot-async demo"}
"""Pictures in motion, each with the line that is typed."""

SECONDS = {"import": 2.5, "file_import": 9.0, "export": 5.0, "folder_update": 3.0}


def make(name: str) -> Path:
    """Make one picture, against a sandbox of its own."""
    with start_blocking_portal() as portal, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        (folder / "leads.csv").write_text(LEADS, encoding="utf-8")
        (folder / "exports.toml").write_text(EXPORTS, encoding="utf-8")
        sandbox = Sandbox(task_seconds=lambda kind, _: SECONDS[kind])
        fill(sandbox)
        with portal.wrap_async_context_manager(sandbox):
            if name == "watch":
                tasks = portal.call(begin, sandbox, folder)
                (folder / "tasks.txt").write_text(" ".join(f"{task.kind.name}:{task.id}" for task in tasks))
            settings = {"HUBSPOT_ACCESS_TOKEN": sandbox.token, "HUBSPOT_BASE_URL": sandbox.url}
            with terminal(folder, settings, rows=30) as window:
                drawn = filmed(window, name) if name in FILMS else still(window, name)
    path = FOLDER / f"terminal-{name}.svg"
    path.write_text(drawn, encoding="utf-8")
    return path


def fill(sandbox: Sandbox) -> None:
    """Put a few records into the account."""
    now = int(time.time() * 1000)
    sandbox.declare("CONTACT", {"email": "Email", "firstname": "First Name", "groesse": "Größe (cm)"})
    sandbox.declare("COMPANY", {"name": "Company name"})
    sandbox.add_records("COMPANY", [{"name": name} for name in ("Ångström AB", "Łódź Sp. z o.o.", "株式会社")])
    people = [("ada", "Ada"), ("zoe", "Zoë"), ("lucja", "Łucja"), ("bjoern", "Bjørn")]
    records = [{"email": f"{name}@example.com", "firstname": first, "createdate": now} for name, first in people]
    sandbox.add_records("CONTACT", records)


async def begin(sandbox: Sandbox, folder: Path) -> list[HubSpotTask[Any]]:
    """Start the tasks that are watched in a picture."""
    leads = folder / "leads.csv"
    plan = ImportRequest.for_csv(leads, "0-1", {"E-mail": "email"}, key="E-mail")
    logo = ImportFromUrl(sandbox.host_file("logo.png", b"x" * 4096), folder_path="/logos")
    async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        return [
            await exports.start(session, ViewExport("CONTACT", ["email"])),
            await imports.start(session, plan, leads),
            await files.import_from_url(session, logo),
            await exports.start(session, ViewExport("CONTACT", ["firstname"])),
            await exports.start(session, ViewExport("CONTACT", ["groesse"])),
        ]


def filmed(window: Terminal, name: str) -> str:
    """Draw what a line does from beginning to end."""
    return film.draw([Frame(at, lines) for at, lines in window.film(FILMS[name])], f"hubspot-async {name}", FORMAT)


def still(window: Terminal, name: str) -> str:
    """Draw what is to be seen at the end, without lines that are empty."""
    PICTURES[name](window)
    shown = [Text.from_ansi(line) for line in window.lines(ansi=True, history=True)]
    while shown and shown[-1].plain.strip() in ("", PROMPT.strip()):
        shown.pop()
    console = Console(record=True, width=80, file=StringIO(), force_terminal=True, legacy_windows=False)
    for line in shown:
        console.print(line, soft_wrap=True)
    return console.export_svg(title=f"hubspot-async {name}", code_format=FORMAT, unique_id=f"terminal-{name}")


def main(names: Sequence[str]) -> int:
    """Make the pictures that are named, or all."""
    if not is_here():
        print("tmux is not installed: apt-get install tmux", file=sys.stderr)  # noqa: T201
        return 1
    FOLDER.mkdir(exist_ok=True)
    for name in names or (*FILMS, *PICTURES):
        print(make(name).relative_to(ROOT))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
