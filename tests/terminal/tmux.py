"""A terminal of its own, in tmux: what a person would see, letter by letter."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import define

ROOT = Path(__file__).parents[2]

PROMPT = "$ "


def is_here() -> bool:
    """Whether this machine has tmux."""
    return shutil.which("tmux") is not None


@define
class Terminal:
    """A shell in a window of tmux."""

    socket: str
    columns: int
    rows: int
    _prompts: int = 0
    """How many there were when something was last typed."""

    def type(self, line: str) -> None:
        """Type a line, and press Enter."""
        self._prompts = self._count_prompts()
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press a key: `C-c`."""
        self._tmux("send-keys", key)

    def clear(self) -> None:
        """Wipe the window, and what has scrolled out of it."""
        self._tmux("send-keys", "C-l")
        self._tmux("clear-history")

    def lines(self, *, ansi: bool = False, history: bool = False) -> list[str]:
        """Read what is to be seen, with its colours if wanted, and what has scrolled away."""
        options = [*(["-e"] if ansi else []), *(["-S", "-"] if history else [])]
        return self._tmux("capture-pane", "-p", *options).splitlines()

    def wait_for(self, text: str, *, seconds: float = 30.0) -> list[str]:
        """Wait until *text* is to be seen, and give the lines."""
        end = time.monotonic() + seconds
        while text not in "\n".join(seen := self.lines(history=True)):
            assert time.monotonic() < end, f"{text!r} does not come:\n" + "\n".join(seen)
            time.sleep(0.05)
        return seen

    def wait_for_prompt(self, *, seconds: float = 40.0) -> list[str]:
        """Wait until the command has ended, and give the lines."""
        end = time.monotonic() + seconds
        while True:
            seen = [line for line in self.lines(history=True) if line.strip()]
            if seen and seen[-1].rstrip() == PROMPT.rstrip() and self._count_prompts() > self._prompts:
                return seen
            assert time.monotonic() < end, "the command does not end:\n" + "\n".join(seen)
            time.sleep(0.05)

    def film(self, line: str) -> Iterator[tuple[float, list[str]]]:
        """Type a line, and give what is to be seen with its colours, four times a second until the command has ended.

        Each comes with the seconds since the beginning.
        """
        yield 0.0, self.lines(ansi=True)
        self._prompts = self._count_prompts()
        self._tmux("send-keys", "-l", line)
        yield 1.0, self.lines(ansi=True)
        begun, is_over = time.monotonic() - 1.5, False
        self._tmux("send-keys", "Enter")
        while not is_over:
            is_over = self._count_prompts() > self._prompts
            yield time.monotonic() - begun, self.lines(ansi=True)
            time.sleep(0.25)

    def _count_prompts(self) -> int:
        return sum(line.startswith(PROMPT.rstrip()) for line in self.lines(history=True))

    def _tmux(self, *arguments: str) -> str:
        return tmux(self.socket, *arguments)


def tmux(socket: str, *arguments: str, **options: object) -> str:
    """Tell one tmux server something, and give what it says."""
    line = ["tmux", "-L", socket, "-f", "/dev/null", *arguments]
    return subprocess.run(line, check=True, capture_output=True, encoding="utf-8", timeout=20, **options).stdout  # type: ignore[call-overload]


@contextmanager
def terminal(
    folder: Path, settings: Mapping[str, str], *, columns: int = 80, rows: int = 24, module: str = "hubspot_async"
) -> Iterator[Terminal]:
    """Open a terminal in *folder*, with the command on its path, and close it at the end.

    *module* is what the command runs.
    """
    socket = f"hubspot-{os.getpid()}-{time.monotonic_ns()}"
    bin = folder / ".bin"
    bin.mkdir()
    command = bin / "hubspot-async"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
    command.chmod(0o755)
    environment = {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": f"{bin}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        **settings,
    }
    size = ["-x", str(columns), "-y", str(rows)]
    rc = folder / ".bashrc"
    rc.write_text(f"PS1='{PROMPT}'\n")
    shell = f"exec bash --noprofile --rcfile {shlex.quote(str(rc))} -i"
    tmux(socket, "new-session", "-d", *size, shell, cwd=folder, env=environment)
    try:
        opened = Terminal(socket, columns, rows)
        opened.wait_for_prompt()
        yield opened
    finally:
        tmux(socket, "kill-server")
