"""What survives a crash: an SQLite file with the tasks that are watched and the work of bulk runs (extra ``journal``).

``journal`` writes it down and reads it again; ``records`` are what it holds, as values, which ``reading`` makes of its
rows; ``schema`` knows the tables, ``opening`` makes the file, holds it and refuses what is none, ``connecting`` talks
to it, and ``failures`` turns errors into JSON and back.
"""

from __future__ import annotations

from hubspot_async.journal.journal import Journal
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord, TaskRecord

__all__ = ["JobRecord", "Journal", "Outcome", "RunRecord", "TaskRecord"]
