"""Running the real command."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "hubspot_async", *map(str, arguments)]


def quick_command(*arguments: str | Path) -> list[str]:
    """The command with quick looks, where the second between two of a user's would only be waited for."""
    return [sys.executable, "-m", "tests.quick", *map(str, arguments)]


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return _run(command(*arguments), cwd)


def python(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return _run([sys.executable, "-c", code], cwd)


def _run(line: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, check=False, cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", timeout=50
    )


def is_one_line(text: str) -> bool:
    return text.startswith("hubspot-async: ") and text.count("\n") == 1
