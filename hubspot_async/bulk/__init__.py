"""Many tasks of a kind from their start to what came of them: started, watched, fetched, whatever happens meanwhile."""

from __future__ import annotations

from hubspot_async.bulk.exports import ExportedFile, ExportFailed, run_exports
from hubspot_async.bulk.imports import ImportedRows, ImportFailed, run_imports
from hubspot_async.bulk.jobs import Job
from hubspot_async.bulk.resuming import resume_exports
from hubspot_async.bulk.run import BulkRun

__all__ = [
    "BulkRun",
    "ExportFailed",
    "ExportedFile",
    "ImportFailed",
    "ImportedRows",
    "Job",
    "resume_exports",
    "run_exports",
    "run_imports",
]
