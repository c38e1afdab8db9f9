"""Where the package's log goes while a command runs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hubspot_async.facts import FIELDS

_TOLD = ("hubspot_async.session", "hubspot_async.watcher", "hubspot_async.bulk")
_ALL = logging.getLogger("hubspot_async")


class TextFormatter(logging.Formatter):
    """A line of text: when, how bad, who, what."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record in one line, a traceback below it."""
        line = f"{_moment(record)} {record.levelname:<7} {record.name}: {' '.join(record.getMessage().split())}"
        return line if record.exc_info is None else f"{line}\n{self.formatException(record.exc_info)}"


class JsonFormatter(logging.Formatter):
    """A JSON object: the same, with the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record in one line."""
        told = {"at": _moment(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        told |= {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        if record.exc_info is not None:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


class Teller(logging.Handler):
    """Shows what a user at the screen should know: that everyone pauses, that the day's requests are used up."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Show a warning, unless it is about a task: what became of that is shown anyway."""
        if record.name in _TOLD and not hasattr(record, "task_id"):
            self._say(record.getMessage())


@contextmanager
def logging_to(path: Path | None, *, debug: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Log to a file if one is named, everything to stderr with *debug*, and show the warnings that concern everyone."""
    handlers: list[logging.Handler] = [Teller(say)]
    if path is not None:
        handlers.append(_set_up(logging.FileHandler(path, encoding="utf-8"), is_json=path.suffix == ".jsonl"))
    if debug:
        handlers.append(_set_up(logging.StreamHandler(sys.stderr), is_json=False))
    before = _ALL.level
    _ALL.setLevel(logging.DEBUG if debug else logging.INFO)
    for handler in handlers:
        _ALL.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            _ALL.removeHandler(handler)
            handler.close()
        _ALL.setLevel(before)


def _set_up(handler: logging.Handler, *, is_json: bool) -> logging.Handler:
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    return handler


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
