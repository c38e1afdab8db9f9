"""What is sent to HubSpot and what comes back, as frozen values that know nothing of JSON."""

from __future__ import annotations

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
from hubspot_async.models.files import File, ImportFromUrl
from hubspot_async.models.folders import Folder, FolderUpdate
from hubspot_async.models.imports import ColumnMapping, Import, ImportFile, ImportMetadata, ImportRequest, ImportState
from hubspot_async.models.problems import ErrorDetail, StandardError
from hubspot_async.models.tasks import ActionResponse, TaskLocator, TaskStatus
from hubspot_async.models.values import OpenEnum, Page, SecretUrl

__all__ = [
    "ActionResponse",
    "ColumnMapping",
    "ErrorDetail",
    "Export",
    "ExportState",
    "File",
    "Filter",
    "FilterGroup",
    "Folder",
    "FolderUpdate",
    "Import",
    "ImportFile",
    "ImportFromUrl",
    "ImportMetadata",
    "ImportRequest",
    "ImportState",
    "ListExport",
    "OpenEnum",
    "Page",
    "PublicCrmSearchRequest",
    "SecretUrl",
    "Sort",
    "StandardError",
    "TaskLocator",
    "TaskStatus",
    "ViewExport",
]
