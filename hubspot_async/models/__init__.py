"""What is sent to HubSpot and what comes back, as frozen values that know nothing of JSON."""

from __future__ import annotations

from hubspot_async.models.columns import ColumnMapping, ForeignKeyType
from hubspot_async.models.exports import (
    Export,
    ExportState,
    Filter,
    FilterGroup,
    ListExport,
    PublicCrmSearchRequest,
    Sort,
    ViewExport,
)
from hubspot_async.models.files import File, FileStat, ImportFromUrl, SignedUrl
from hubspot_async.models.folders import Folder, FolderInput, FolderUpdate
from hubspot_async.models.imports import Import, ImportFile, ImportMetadata, ImportRequest, ImportState
from hubspot_async.models.problems import ErrorDetail, StandardError
from hubspot_async.models.rowerrors import ImportRowCore, ImportRowError
from hubspot_async.models.searches import FileSearch, FolderSearch
from hubspot_async.models.tasks import ActionResponse, TaskLocator, TaskStatus
from hubspot_async.models.uploads import FileReplacement, FileUpdate, FileUpload
from hubspot_async.models.values import OpenEnum, Page, SecretUrl

__all__ = [
    "ActionResponse",
    "ColumnMapping",
    "ErrorDetail",
    "Export",
    "ExportState",
    "File",
    "FileReplacement",
    "FileSearch",
    "FileStat",
    "FileUpdate",
    "FileUpload",
    "Filter",
    "FilterGroup",
    "Folder",
    "FolderInput",
    "FolderSearch",
    "FolderUpdate",
    "ForeignKeyType",
    "Import",
    "ImportFile",
    "ImportFromUrl",
    "ImportMetadata",
    "ImportRequest",
    "ImportRowCore",
    "ImportRowError",
    "ImportState",
    "ListExport",
    "OpenEnum",
    "Page",
    "PublicCrmSearchRequest",
    "SecretUrl",
    "SignedUrl",
    "Sort",
    "StandardError",
    "TaskLocator",
    "TaskStatus",
    "ViewExport",
]
