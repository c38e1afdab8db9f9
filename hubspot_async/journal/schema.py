"""The tables of a journal, and whether a file has them. Synchronous."""

from __future__ import annotations

import sqlite3
from contextlib import closing

APPLICATION_ID = 0x48756241
"""Marks an SQLite file as a journal of this package: the letters ``HubA``."""

VERSION = 1
"""Of the tables below; a file of a newer one is for a newer package."""

TABLES = (
    """CREATE TABLE tasks (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    task TEXT NOT NULL,
    added_at REAL NOT NULL,
    status TEXT,
    ended TEXT,
    ended_at REAL,
    PRIMARY KEY (kind, id, account)
) WITHOUT ROWID""",
    """CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    work TEXT NOT NULL,
    began_at REAL NOT NULL,
    options TEXT NOT NULL
)""",
    """CREATE TABLE jobs (
    run INTEGER NOT NULL,
    place INTEGER NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    asked TEXT NOT NULL,
    path TEXT,
    asked_at REAL,
    task TEXT,
    status TEXT,
    outcome TEXT,
    said TEXT,
    told_at REAL,
    PRIMARY KEY (run, place)
) WITHOUT ROWID""",
)


PAGE = 4096
"""Bytes of which a file is a multiple."""

_WAL_FROM_THE_FIRST = slice(18, 20)
"""Where a file says that it is written to through a log (SQLite's file format, 1.3.3)."""


def blank() -> bytes:
    """Make an empty journal, to be written to a file in one piece.

    It has its log from the first: the change to one would be a transaction of the other kind, and whoever was killed
    in it would leave what cannot be read without writing.
    """
    marks = (f"application_id = {APPLICATION_ID}", f"user_version = {VERSION}")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for statement in (f"PRAGMA page_size = {PAGE}", *TABLES, *(f"PRAGMA {mark}" for mark in marks)):
            database.execute(statement)
        content = bytearray(database.serialize())
    content[_WAL_FROM_THE_FIRST] = b"\2\2"
    return bytes(content)


def fault(database: sqlite3.Connection) -> str | None:
    """Tell why a database is no journal to go on with, if it is none.

    Whatever could act by itself, a trigger or a view, is none of ours.
    """
    if _number(database, "application_id") != APPLICATION_ID:
        return "it is another program's database"
    version = _number(database, "user_version")
    if version > VERSION:
        return "a newer version of hubspot_async has written it"
    found = {sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if version != VERSION or found != set(TABLES):
        return "its tables are not those of a journal"
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    return None if verdict == "ok" else "it is damaged"


def _number(database: sqlite3.Connection, pragma: str) -> int:
    (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
