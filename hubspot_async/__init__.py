"""HubSpot's slow work from asyncio: exports, imports, file imports and folder updates, started, watched and fetched.

Every name here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubspot_async import results as results
    from hubspot_async.bulk.exports import ExportedFile as ExportedFile
    from hubspot_async.bulk.exports import ExportFailed as ExportFailed
    from hubspot_async.bulk.exports import run_exports as run_exports
    from hubspot_async.bulk.imports import ImportedRows as ImportedRows
    from hubspot_async.bulk.imports import ImportFailed as ImportFailed
    from hubspot_async.bulk.imports import run_imports as run_imports
    from hubspot_async.bulk.resuming import resume_exports as resume_exports
    from hubspot_async.endpoints import exports as exports
    from hubspot_async.endpoints import files as files
    from hubspot_async.endpoints import folders as folders
    from hubspot_async.endpoints import imports as imports
    from hubspot_async.endpoints import source_code as source_code
    from hubspot_async.errors import HubSpotError as HubSpotError
    from hubspot_async.errors import StartOutcomeUnknownError as StartOutcomeUnknownError
    from hubspot_async.errors import TimedOutError as TimedOutError
    from hubspot_async.journal.journal import Journal as Journal
    from hubspot_async.models.columns import ColumnMapping as ColumnMapping
    from hubspot_async.models.exports import Filter as Filter
    from hubspot_async.models.exports import FilterGroup as FilterGroup
    from hubspot_async.models.exports import ListExport as ListExport
    from hubspot_async.models.exports import PublicCrmSearchRequest as PublicCrmSearchRequest
    from hubspot_async.models.exports import Sort as Sort
    from hubspot_async.models.exports import ViewExport as ViewExport
    from hubspot_async.models.files import ImportFromUrl as ImportFromUrl
    from hubspot_async.models.folders import FolderInput as FolderInput
    from hubspot_async.models.folders import FolderUpdate as FolderUpdate
    from hubspot_async.models.imports import ImportFile as ImportFile
    from hubspot_async.models.imports import ImportRequest as ImportRequest
    from hubspot_async.models.searches import FileSearch as FileSearch
    from hubspot_async.models.searches import FolderSearch as FolderSearch
    from hubspot_async.models.uploads import FileReplacement as FileReplacement
    from hubspot_async.models.uploads import FileUpdate as FileUpdate
    from hubspot_async.models.uploads import FileUpload as FileUpload
    from hubspot_async.session.auth import OAuthToken as OAuthToken
    from hubspot_async.session.budget import RequestBudget as RequestBudget
    from hubspot_async.session.retry import RetryPolicy as RetryPolicy
    from hubspot_async.session.session import HubSpotSession as HubSpotSession
    from hubspot_async.session.timeouts import Timeouts as Timeouts
    from hubspot_async.tasks import EXPORT as EXPORT
    from hubspot_async.tasks import FILE_IMPORT as FILE_IMPORT
    from hubspot_async.tasks import FOLDER_UPDATE as FOLDER_UPDATE
    from hubspot_async.tasks import IMPORT as IMPORT
    from hubspot_async.tasks import HubSpotTask as HubSpotTask
    from hubspot_async.tasks import TaskKind as TaskKind
    from hubspot_async.watching.backoff import Backoff as Backoff
    from hubspot_async.watching.backoff import Constant as Constant
    from hubspot_async.watching.backoff import Exponential as Exponential
    from hubspot_async.watching.backoff import SquareRoot as SquareRoot
    from hubspot_async.watching.events import StatusChange as StatusChange
    from hubspot_async.watching.events import WatchFailed as WatchFailed
    from hubspot_async.watching.observer import WatchObserver as WatchObserver
    from hubspot_async.watching.watcher import TaskGroupWatcher as TaskGroupWatcher
    from hubspot_async.watching.watcher import settle as settle
    from hubspot_async.wire.request import Request as Request
    from hubspot_async.wire.versions import Family as Family

_HOMES = {
    "Backoff": "watching.backoff",
    "ColumnMapping": "models.columns",
    "Constant": "watching.backoff",
    "EXPORT": "tasks",
    "ExportFailed": "bulk.exports",
    "ExportedFile": "bulk.exports",
    "Exponential": "watching.backoff",
    "FILE_IMPORT": "tasks",
    "FOLDER_UPDATE": "tasks",
    "Family": "wire.versions",
    "FileReplacement": "models.uploads",
    "FileSearch": "models.searches",
    "FileUpdate": "models.uploads",
    "FileUpload": "models.uploads",
    "Filter": "models.exports",
    "FilterGroup": "models.exports",
    "FolderInput": "models.folders",
    "FolderSearch": "models.searches",
    "FolderUpdate": "models.folders",
    "HubSpotError": "errors",
    "HubSpotSession": "session.session",
    "HubSpotTask": "tasks",
    "IMPORT": "tasks",
    "ImportFailed": "bulk.imports",
    "ImportFile": "models.imports",
    "ImportFromUrl": "models.files",
    "ImportRequest": "models.imports",
    "ImportedRows": "bulk.imports",
    "Journal": "journal.journal",
    "ListExport": "models.exports",
    "OAuthToken": "session.auth",
    "PublicCrmSearchRequest": "models.exports",
    "Request": "wire.request",
    "RequestBudget": "session.budget",
    "RetryPolicy": "session.retry",
    "Sort": "models.exports",
    "SquareRoot": "watching.backoff",
    "StartOutcomeUnknownError": "errors",
    "StatusChange": "watching.events",
    "TaskGroupWatcher": "watching.watcher",
    "TaskKind": "tasks",
    "TimedOutError": "errors",
    "Timeouts": "session.timeouts",
    "ViewExport": "models.exports",
    "WatchFailed": "watching.events",
    "WatchObserver": "watching.observer",
    "resume_exports": "bulk.resuming",
    "run_exports": "bulk.exports",
    "run_imports": "bulk.imports",
    "settle": "watching.watcher",
}
_MODULES = {
    "errors": "errors",
    "exports": "endpoints.exports",
    "files": "endpoints.files",
    "folders": "endpoints.folders",
    "imports": "endpoints.imports",
    "results": "results",
    "source_code": "endpoints.source_code",
}

__all__ = sorted([*_HOMES, *_MODULES])  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value = import_module(f"hubspot_async.{_MODULES[name]}")
    elif name in _HOMES:
        value = getattr(import_module(f"hubspot_async.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'hubspot_async' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
