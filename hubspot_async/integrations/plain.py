"""Requests, tasks and outcomes as plain values: what an engine may write down, and hand to another host.

They hold words, numbers, lists and dicts, as JSON does; no token, and no URL of a finished export.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from hubspot_async.errors import HubSpotError, InputError
from hubspot_async.models.columns import ColumnMapping, ForeignKeyType
from hubspot_async.models.exports import Filter, FilterGroup, ListExport, PublicCrmSearchRequest, Sort, ViewExport
from hubspot_async.models.files import File, ImportFromUrl
from hubspot_async.models.folders import Folder, FolderUpdate
from hubspot_async.models.imports import FileImportPage, Import, ImportFile, ImportRequest
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.events import StatusChange, WatchFailed

Request: TypeAlias = ViewExport | ListExport | ImportRequest | ImportFromUrl | FolderUpdate
"""What begins work in the background."""

Plain: TypeAlias = dict[str, Any]

REQUESTS: Mapping[str, type[Request]] = {
    kind.__name__: kind for kind in (ViewExport, ListExport, ImportRequest, ImportFromUrl, FolderUpdate)
}

_PARTS: Mapping[str, type[Any]] = {
    "public_crm_search_request": PublicCrmSearchRequest,
    "filter_groups": FilterGroup,
    "filters": Filter,
    "sorts": Sort,
    "files": ImportFile,
    "file_import_page": FileImportPage,
    "column_mappings": ColumnMapping,
    "foreign_key_type": ForeignKeyType,
}
"""Fields whose values are models, or lists of them."""


def write_request(request: Request) -> Plain:
    """Write a request, leaving out what it does not say; its ``type`` is the name of its class."""
    return {"type": type(request).__name__, **_write(request)}


def read_request(written: Mapping[str, Any]) -> Request:
    """Read a request from its ``type`` and its fields, in the words of its constructor.

    Raises InputError that names what cannot be right.
    """
    fields = dict(written)
    name = fields.pop("type", None)
    if not isinstance(name, str) or name not in REQUESTS:
        raise InputError(f"a request's type must be one of {', '.join(REQUESTS)}, not {name!r}")
    request: Request = _read(REQUESTS[name], fields)
    return request


def write_task(task: HubSpotTask[Any]) -> Plain:
    """Write a task as a dict."""
    written: Plain = json.loads(task.to_json())
    return written


def read_task(written: Mapping[str, Any]) -> HubSpotTask[Any]:
    """Read a task that `write_task` wrote; raises InputError for anything else."""
    return HubSpotTask.from_json(json.dumps(written))


def write_outcome(event: StatusChange[Any] | WatchFailed | HubSpotError, task: HubSpotTask[Any]) -> Plain:
    """Write what became of a task: its last status, or why nobody looks any more.

    ``result`` names the file or folder, ``counters`` are an import's; an export's URL is left out, for it opens the
    file to whoever reads it, and a fresh one is a look away.
    """
    if isinstance(event, StatusChange):
        return {"task": write_task(task), "succeeded": event.succeeded, "error": None, **_write_snapshot(event)}
    error = event.error if isinstance(event, WatchFailed) else event
    return {
        "task": write_task(task),
        "succeeded": False,
        "error": {"type": type(error).__name__, "message": str(error)},
        "status": event.previous if isinstance(event, WatchFailed) else None,
    }


def _write_snapshot(event: StatusChange[Any]) -> Plain:
    snapshot = event.current
    written: Plain = {
        "status": str(snapshot.status),
        "completed_at": _write(snapshot.completed_at),
        "lateness": event.lateness,
        "errors": [error.message for error in snapshot.errors],
    }
    result = getattr(snapshot, "result", None)
    if isinstance(result, File | Folder):
        written["result"] = {"id": result.id, "name": result.name, "path": result.path}
    if isinstance(snapshot, Import):
        written["counters"] = dict(snapshot.metadata.counters)
    return written


def _write(value: Any) -> Any:
    if attrs.has(type(value)):
        said = {field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if field.init}
        return {name: _write(each) for name, each in said.items() if each != _default(value, name)}
    if isinstance(value, list | tuple):
        return [_write(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): _write(each) for name, each in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value  # a word of an enum is a plain word, too


def _default(model: Any, name: str) -> Any:
    return getattr(attrs.fields(type(model)), name).default


def _read(model: type[Any], value: Any) -> Any:
    """Make a model of a dict; whatever else may stand in its place is left as it is."""
    if isinstance(value, list):
        return [_read(model, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    fields = attrs.fields_dict(model)
    unknown = [name for name in value if name not in fields or not fields[name].init]
    if unknown:
        raise InputError(f"{model.__name__} has no {', '.join(map(repr, unknown))}")
    try:
        return model(**{name: _READERS.get(name, _read_part)(name, each) for name, each in value.items()})
    except TypeError as error:
        raise InputError(f"{model.__name__} cannot be made of what was given: {error}") from None


def _read_part(name: str, value: Any) -> Any:
    return _read(_PARTS[name], value) if name in _PARTS else value


def _read_moment(name: str, value: Any) -> Any:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InputError(f"{name} must be an ISO 8601 time, not {value!r}") from None


_READERS: Mapping[str, Callable[[str, Any], Any]] = {"expires_at": _read_moment}
