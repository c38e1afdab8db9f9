"""rich's console, as the command wants it."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


class Terminal(Console):
    """A console that shows texts as they are, and says when nobody reads it any more, rather than end the process."""

    def __init__(self, file: TextIO, *, width: int | None = None) -> None:
        super().__init__(file=file, width=width, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Pass on what is being handled."""
        raise  # noqa: PLE0704 - rich calls this while it handles a BrokenPipeError
