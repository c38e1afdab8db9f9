"""HubSpot's bodies, one file for each answer.

``export-status``, ``file-import-status``, ``folder-update-status`` and ``import`` are those of the four pages of
HubSpot's reference that the project started from, field for field.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def sample(name: str) -> bytes:
    """The body, as it comes."""
    return (FOLDER / f"{name}.json").read_bytes()


def document(name: str) -> Any:
    """The body as Python has it, fresh for each who asks."""
    return json.loads(sample(name))
