"""Durations, sizes and errors as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def seconds(value: float) -> str:
    """Write a duration."""
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def size(count: float) -> str:
    """Write a number of bytes; a kB has a thousand."""
    if count < 1000:
        return counted(int(count), "byte")
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95 or unit == "GB":
            break
    return f"{count:,.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_line(error: BaseException | str) -> str:
    """Word an error in one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: neither wrapped nor coloured by what stands in it."""
    console.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
    console.file.flush()
