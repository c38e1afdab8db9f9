"""Labels as the names of properties."""

from __future__ import annotations

import re
import unicodedata


def slug(label: str) -> str:
    """Write a label as a property's name: ``GICS Sector`` becomes ``gics_sector``, ``Größe (m²)`` ``grosse_m2``.

    Letters lose their accents and capitals; whatever else is no letter or digit of ASCII becomes an underscore.
    """
    letters = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
