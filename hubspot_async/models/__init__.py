"""What is sent to HubSpot and what comes back, as frozen values that know nothing of JSON.

Every name here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubspot_async.models.columns import ColumnMapping as ColumnMapping
    from hubspot_async.models.columns import ForeignKeyType as ForeignKeyType
    from hubspot_async.models.exports import Export as Export
    from hubspot_async.models.exports import ExportState as ExportState
    from hubspot_async.models.exports import Filter as Filter
    from hubspot_async.models.exports import FilterGroup as FilterGroup
    from hubspot_async.models.exports import ListExport as ListExport
    from hubspot_async.models.exports import PublicCrmSearchRequest as PublicCrmSearchRequest
    from hubspot_async.models.exports import Sort as Sort
    from hubspot_async.models.exports import ViewExport as ViewExport
    from hubspot_async.models.files import File as File
    from hubspot_async.models.files import FileStat as FileStat
    from hubspot_async.models.files import ImportFromUrl as ImportFromUrl
    from hubspot_async.models.files import SignedUrl as SignedUrl
    from hubspot_async.models.folders import Folder as Folder
    from hubspot_async.models.folders import FolderInput as FolderInput
    from hubspot_async.models.folders import FolderUpdate as FolderUpdate
    from hubspot_async.models.imports import Import as Import
    from hubspot_async.models.imports import ImportFile as ImportFile
    from hubspot_async.models.imports import ImportMetadata as ImportMetadata
    from hubspot_async.models.imports import ImportRequest as ImportRequest
    from hubspot_async.models.imports import ImportState as ImportState
    from hubspot_async.models.problems import ErrorDetail as ErrorDetail
    from hubspot_async.models.problems import StandardError as StandardError
    from hubspot_async.models.rowerrors import ImportRowCore as ImportRowCore
    from hubspot_async.models.rowerrors import ImportRowError as ImportRowError
    from hubspot_async.models.searches import FileSearch as FileSearch
    from hubspot_async.models.searches import FolderSearch as FolderSearch
    from hubspot_async.models.tasks import ActionResponse as ActionResponse
    from hubspot_async.models.tasks import TaskLocator as TaskLocator
    from hubspot_async.models.tasks import TaskStatus as TaskStatus
    from hubspot_async.models.uploads import FileReplacement as FileReplacement
    from hubspot_async.models.uploads import FileUpdate as FileUpdate
    from hubspot_async.models.uploads import FileUpload as FileUpload
    from hubspot_async.models.values import OpenEnum as OpenEnum
    from hubspot_async.models.values import Page as Page
    from hubspot_async.models.values import SecretUrl as SecretUrl

_HOMES = {
    "ActionResponse": "tasks",
    "ColumnMapping": "columns",
    "ErrorDetail": "problems",
    "Export": "exports",
    "ExportState": "exports",
    "File": "files",
    "FileReplacement": "uploads",
    "FileSearch": "searches",
    "FileStat": "files",
    "FileUpdate": "uploads",
    "FileUpload": "uploads",
    "Filter": "exports",
    "FilterGroup": "exports",
    "Folder": "folders",
    "FolderInput": "folders",
    "FolderSearch": "searches",
    "FolderUpdate": "folders",
    "ForeignKeyType": "columns",
    "Import": "imports",
    "ImportFile": "imports",
    "ImportFromUrl": "files",
    "ImportMetadata": "imports",
    "ImportRequest": "imports",
    "ImportRowCore": "rowerrors",
    "ImportRowError": "rowerrors",
    "ImportState": "imports",
    "ListExport": "exports",
    "OpenEnum": "values",
    "Page": "values",
    "PublicCrmSearchRequest": "exports",
    "SecretUrl": "values",
    "SignedUrl": "files",
    "Sort": "exports",
    "StandardError": "problems",
    "TaskLocator": "tasks",
    "TaskStatus": "tasks",
    "ViewExport": "exports",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hubspot_async.models' has no attribute {name!r}")
    value = getattr(import_module(f"hubspot_async.models.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
