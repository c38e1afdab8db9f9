"""Cells that a spreadsheet would take for a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")


def escaped(record: Sequence[str]) -> list[str]:
    """Put an apostrophe before every cell that begins as a formula does and is not just a number."""
    return [f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell for cell in record]
