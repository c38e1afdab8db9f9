"""Names for files, out of texts that others have chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from unicodedata import category, normalize

_LONGEST = 150
"""Bytes of a name in UTF-8; file systems take 255, and there has to be room for a suffix."""

_RESERVED = r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?"
"""Names that are devices on Windows, whatever their suffix."""


def safe_name(text: str, default: str = "file") -> str:
    """Make of *text*, an export's name or a task's id, the name of a file that every system takes.

    It leads into no other directory, is not hidden, no device of Windows', and at most 150 bytes long. Different texts
    may become the same name.
    """
    text = normalize("NFC", text.encode("utf-8", "replace").decode())
    kept = "".join("-" if letter in '<>:"/\\|?*' or category(letter)[0] == "C" else letter for letter in text)
    name = _cut(" ".join(kept.split()).lstrip(".- ")).rstrip(". ")
    return f"_{name}" if re.fullmatch(_RESERVED, name) else name or default


def _cut(name: str) -> str:
    return name.encode()[:_LONGEST].decode(errors="ignore")


def shown(name: str) -> str:
    """Give a name out of a zip as it may be printed."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in name.replace("\\", "/"))
    return clean if len(clean) <= 80 else f"{clean[:77]}…"


def numbered(path: Path, count: int) -> list[Path]:
    """Name *count* files after *path*: it alone, or ``people-1.xlsx``, ``people-2.xlsx`` …."""
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, count + 1)]


def kept_apart(header: Sequence[str]) -> list[str]:
    """Tell columns of the same name apart: ``Name``, ``Name (2)``, ``Name (3)`` …."""
    taken = set(header)
    given: set[str] = set()
    numbers: dict[str, int] = {}
    names = []
    for name in header:
        unique = name
        while unique in given:
            numbers[name] = numbers.get(name, 1) + 1
            candidate = f"{name} ({numbers[name]})"
            unique = name if candidate in taken else candidate
        given.add(unique)
        names.append(unique)
    return names
