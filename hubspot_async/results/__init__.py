"""An export's file: to the disk, whole or not at all, or row by row."""

from __future__ import annotations

from hubspot_async.results.download import SavedFile, download
from hubspot_async.results.limits import Limits
from hubspot_async.results.names import safe_name
from hubspot_async.results.rows import Rows, open_rows, read_rows

__all__ = ["Limits", "Rows", "SavedFile", "download", "open_rows", "read_rows", "safe_name"]
