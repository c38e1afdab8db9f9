"""Durations, sizes and errors as they are written."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def seconds(value: float) -> str:
    """Write a duration."""
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def moment(value: datetime) -> str:
    """Write a time, to the minute."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


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


def nearby(path: str | Path) -> str:
    """Write a path as one names it from here: in full, unless it is below."""
    with suppress(ValueError):
        return str(Path(path).relative_to(Path.cwd()))
    return str(path)


def one_line(error: BaseException | str) -> str:
    """Word an error in one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return plain(f"{error.filename}: {error.strerror}")
    return plain(" ".join(str(error).split())) or type(error).__name__


def plain(text: str) -> str:
    """Have a text be one line that is shown and not obeyed: whatever steers a terminal stands there as a `\ufffd`."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)


def complain(text: str) -> None:
    """Say on stderr, in one line, what is wrong."""
    print(f"hubspot-async: {plain(text)}", file=sys.stderr)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: neither wrapped nor coloured by what stands in it."""
    shown = "\n".join(map(plain, text.split("\n")))
    console.print(shown, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True)
    console.file.flush()
