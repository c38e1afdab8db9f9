"""What a call is about: a task or its bare id, a file's number, a folder's number or path."""

from __future__ import annotations

from typing import Any, TypeVar

from hubspot_async.errors import InputError
from hubspot_async.tasks import HubSpotTask, TaskKind
from hubspot_async.wire.request import Sender, segment

S = TypeVar("S", bound=Any)


def as_task(session: Sender, kind: TaskKind[S], task: HubSpotTask[S] | str | int) -> HubSpotTask[S]:
    """Take a task as it is; a bare id names one of the version that the session speaks."""
    if isinstance(task, HubSpotTask):
        return task
    return kind.task(task, version=session.version_of(kind.family), account=session.account)


def number(id: str | int, what: str) -> str:
    """Read the id of a file or a folder, which is a number wherever HubSpot gives one."""
    text = str(id)
    if isinstance(id, bool) or not text.isascii() or not text.isdigit() or len(text) > 19:
        raise InputError(f"{what} must be a number, not {text[:50]!r}")
    return text


def at_path(path: str) -> str:
    """Encode where a file or folder lies; a path of digits keeps its slash, for without it would be an id."""
    bare = path.strip("/")
    return segment(f"/{bare}" if bare.isascii() and bare.isdigit() else bare)
