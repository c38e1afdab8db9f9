"""The code of a page: its Python blocks in order, and what the page says they print.

A fenced block of ``python`` is code. A block of ``text`` right below it is what it prints; ``…`` in it stands for
anything. Code that cannot run has a comment above it, ``<!-- not run: why -->``, and a test names all of those.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from contextlib import redirect_stdout
from doctest import ELLIPSIS, OutputChecker
from io import StringIO
from pathlib import Path
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parents[2]

_FENCED = re.compile(
    r"(?:^<!-- not run: (?P<why_not>.+?) -->\n)?"
    r"^```python\n(?P<code>.*?)^```$"
    r"(?:\n\n?^```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Block:
    """One block of code, where it begins and what it should print."""

    path: Path
    line: int
    code: str
    output: str | None
    why_not: str | None

    def compile(self) -> Any:
        """Compile it as `python -m asyncio` would, so that ``await`` may stand at its top; tracebacks name the page."""
        code = "\n" * (self.line - 1) + self.code
        return compile(code, str(self.path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    def check(self, printed: str) -> None:
        """Hold what it has printed against what the page says."""
        if self.output is not None:
            wanted = self.output.replace("…", "...")
            assert OutputChecker().check_output(wanted, printed, ELLIPSIS), (
                f"{self.path}, line {self.line}, prints\n{printed}"
            )


def pages() -> list[str]:
    """Name every page that has code."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [str(path.relative_to(ROOT)) for path in paths if "_build" not in path.parts and "```python" in _text(path)]


def needs(page: str) -> str | None:
    """Tell which module a page needs that the tests may not have: ``<!-- needs: name -->``."""
    found = re.search(r"^<!-- needs: (\w+) -->$", _text(ROOT / page), re.MULTILINE)
    return found[1] if found else None


def blocks(page: str) -> list[Block]:
    """Read the code of a page."""
    text = _text(ROOT / page)
    return [
        Block(ROOT / page, text.count("\n", 0, found.start("code")) + 1, *found.group("code", "output", "why_not"))
        for found in _FENCED.finditer(text)
    ]


def run(found: list[Block]) -> None:
    """Run the blocks of a page one after the other, in one namespace and one event loop."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in found:
            with redirect_stdout(StringIO()) as printed:
                outcome = eval(block.compile(), namespace)
                if inspect.iscoroutine(outcome):
                    runner.run(outcome)
            block.check(printed.getvalue())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
