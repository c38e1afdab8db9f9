"""What a log record carries besides its sentence: fields with the same names wherever they come from.

A field is there where it is known. None of them holds a token or the URL of a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS: Mapping[str, str] = {
    "account": "whose, where the session was given a name",
    "kind": "of task: `export`, `import`, `file-import`, `folder-update`",
    "task_id": "HubSpot's id of the task",
    "status": "the task's status word, in HubSpot's spelling",
    "lateness": "seconds between the end of the work and the look that found out",
    "request": "method and path of a call, without its query",
    "http_status": "of the answer",
    "error": "the class of the error",
    "category": "HubSpot's word for the kind of error",
    "correlation_id": "what HubSpot's support asks for",
    "policy": "which limit a 429 is about",
    "pause": "seconds until it goes on, or is asked again",
}
"""Every field there is, and what it says."""


_OF_REFUSALS = {
    "http_status": "status",
    "category": "category",
    "correlation_id": "correlation_id",
    "policy": "policy_name",
}
"""Fields by what a ResponseError calls them."""


def of_task(task: Any) -> dict[str, object]:
    """Say which task a record is about."""
    return known({"account": task.account, "kind": task.kind.name, "task_id": task.id})


def of_error(error: BaseException) -> dict[str, object]:
    """Say what went wrong."""
    refusal = error if hasattr(error, "correlation_id") else error.__cause__
    told = {field: getattr(refusal, name, None) for field, name in _OF_REFUSALS.items()}
    return known({"error": type(error).__name__, **told})


def known(fields: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value is not None}
