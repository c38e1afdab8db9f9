"""What came of a task: an export's file, on the disk or row by row, and the rows that an import did not take."""

from __future__ import annotations

from hubspot_async.results.download import SavedFile, download
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import safe_name
from hubspot_async.results.rejected import RejectedRows, write_rejected
from hubspot_async.results.rowerrors import RowError, row_errors
from hubspot_async.results.rows import Rows, open_rows, read_rows

__all__ = [
    "Limits",
    "RejectedRows",
    "RowError",
    "Rows",
    "SavedFile",
    "download",
    "open_rows",
    "read_rows",
    "row_errors",
    "safe_name",
    "write_rejected",
]
