"""The tables of a journal, and whether a file has them. Synchronous."""

from __future__ import annotations

import sqlite3

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
    began_at REAL NOT NULL
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


_MODE, _WAL = slice(18, 20), b"\2\2"
"""Where the header says how the file is written to, and its word for a write-ahead log (SQLite's file format)."""


def blank() -> bytes:
    """Make an empty journal, to be written to a file in one piece.

    It has a write-ahead log from the beginning: switching to one writes to the file, and who is killed meanwhile leaves
    it in a state that nobody can look at without writing to it.
    """
    with sqlite3.connect(":memory:", isolation_level=None) as database:
        for statement in (*TABLES, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {VERSION}"):
            database.execute(statement)
        content = bytearray(database.serialize())
    database.close()
    content[_MODE] = _WAL
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
