"""What a person sees of the command in a terminal of 80 columns: nothing wraps, jumps or flickers."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from hubspot_async.sandbox import Sandbox
from tests.terminal.tmux import Terminal, is_here, terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.no_contract,
    pytest.mark.skipif(not is_here(), reason="tmux is not installed"),
]

RULE = "─" * 80


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "terminal"
    folder.mkdir()
    return folder


@pytest.fixture
def window(served: Sandbox, folder: Path) -> Iterator[Terminal]:
    with terminal(folder, settings_of(served)) as opened:
        yield opened


@pytest.fixture
def quick_window(served: Sandbox, folder: Path) -> Iterator[Terminal]:
    """One in which looks are quick, for what comes after them."""
    with terminal(folder, settings_of(served), module="tests.quick") as opened:
        yield opened


def settings_of(sandbox: Sandbox) -> dict[str, str]:
    return {"HUBSPOT_ACCESS_TOKEN": sandbox.token, "HUBSPOT_BASE_URL": sandbox.url}


def test_the_table_is_whole_at_every_moment(window: Terminal, served: Sandbox) -> None:
    served.fail("exports.status", status=200, times=None, body={"status": "PROCESSING"})
    window.type("hubspot-async export contacts -p email --name 'Zoë Ångström 陽子 のとても長い名前'")
    window.wait_for("PROCESSING")
    seen: list[list[str]] = []
    end = time.monotonic() + 4
    while time.monotonic() < end:
        seen.append(window.lines())
    assert len(seen) > 100
    for lines in seen:
        at = lines.index(RULE)
        assert lines[at - 1].split() == ["Task", "Id", "Status", "Age", "Look"]
        assert lines[at + 1].startswith("export ")
        assert lines[at + 1].rstrip().endswith("…")
        assert cell_len(lines[at + 1].rstrip()) <= 80
        assert [line for line in lines[at + 2 :] if line.strip()] == []
    ages = {lines[lines.index(RULE) + 1].split()[3] for lines in seen}
    assert len(ages) > 10, "it does not move"
    window.press("C-c")
    lines = window.wait_for_prompt()
    assert "HubSpot goes on with it" in "".join(lines)
    assert sum(line.startswith("Task ") for line in lines) == 1


def test_more_tasks_than_lines_stay_in_the_window(window: Terminal, served: Sandbox) -> None:
    served.fail("files.import_status", status=200, times=None, body={"status": "PROCESSING"})
    window.type(f"hubspot-async watch {' '.join(f'file-import:AAAAAASv{number:03}' for number in range(40))}")
    window.wait_for("more: ")
    time.sleep(2)
    lines = window.wait_for("… and 21 more: ")  # a look may fall between two strokes of the pen
    assert sum(line.startswith("Task ") for line in lines) == 1, "\n".join(lines)
    window.press("C-c")
    window.wait_for_prompt()


def test_results_stand_below_the_table_and_are_not_cut(quick_window: Terminal, served: Sandbox) -> None:
    quick_window.type("hubspot-async export contacts -p email --to 'a directory with a long name/'")
    lines = quick_window.wait_for_prompt()
    assert lines[-2].rstrip() == "a directory with a long name/contact.csv  63 bytes"


def test_a_mapping_is_shown_and_asked_for(quick_window: Terminal, served: Sandbox) -> None:
    quick_window.type("printf 'E-mail,Größe\\nana@example.com,陽子\\n' > leads.csv; hubspot-async import leads.csv")
    quick_window.wait_for("so? [y/N]")
    lines = quick_window.lines()
    assert "E-mail   email (key)   ana@example.com" in [line.rstrip() for line in lines]
    assert "Größe    –             陽子" in [line.rstrip() for line in lines]
    quick_window.type("y")
    assert quick_window.wait_for_prompt()[-2].startswith("leads.csv  1 row, 1 created")


def test_ctrl_c_at_a_question_is_an_end(window: Terminal, served: Sandbox) -> None:
    window.type("printf 'E-mail\\nana@example.com\\n' > leads.csv; hubspot-async import leads.csv; echo rc $?")
    window.wait_for("so? [y/N]")
    window.press("C-c")
    assert "rc 130" in "".join(window.wait_for_prompt())


@pytest.mark.parametrize("columns", [60, 200])
def test_any_width_will_do(columns: int, served: Sandbox, tmp_path: Path) -> None:
    with terminal(tmp_path, settings_of(served), columns=columns, module="tests.quick") as window:
        window.type("hubspot-async export contacts -p email -q; hubspot-async watch export:1 --timeout 1")
        lines = window.wait_for_prompt()
    assert max(map(cell_len, lines)) <= columns


def test_a_bulk_export_is_stopped_and_gone_on_with_in_80_columns(
    quick_window: Terminal, served: Sandbox, folder: Path
) -> None:
    window = quick_window
    names = ["people", "Größe 陽子 のとても長い名前 and more of it", *(f"x{number}" for number in range(8))]
    tables = (f'[[export]]\nobject = "contacts"\nproperties = ["email"]\nname = "{name}"\n' for name in names)
    (folder / "exports.toml").write_text("\n".join(tables), encoding="utf-8")
    served.plan("export", seconds=0.1)
    served.plan("export", seconds=math.inf, times=3)
    window.type("hubspot-async export --from exports.toml --to out")
    window.wait_for("people.csv")
    lines = window.wait_for("6 exports in line")
    assert max(map(cell_len, (line.rstrip() for line in lines))) <= 80
    assert [line.split()[2] for line in lines if line.startswith("export ")] in (
        ["COMPLETE", "PENDING", "started", "started"],
        ["COMPLETE", "PENDING", "PENDING", "started"],
        ["COMPLETE", "PENDING", "PENDING", "PENDING"],
    )
    window.press("C-c")
    lines = window.wait_for_prompt()
    assert "hubspot-async resume out/exports.sqlite" in "".join(lines)
    served.finish()
    window.type("hubspot-async resume out/exports.sqlite")
    lines = window.wait_for_prompt()
    assert "of 10 exports 1 ended before" in "".join(lines)
    assert sum(line.rstrip().endswith("63 bytes") for line in lines) >= 9
    window.clear()
    window.type("hubspot-async journal show out/exports.sqlite")
    window.wait_for("x7.csv")
    lines = window.wait_for_prompt()
    assert sum(" done " in line for line in lines) == 10, "\n".join(lines)
    assert max(map(cell_len, (line.rstrip() for line in lines))) <= 80
