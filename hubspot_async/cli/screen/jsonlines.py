"""An object an event, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from hubspot_async import HubSpotTask
from hubspot_async.cli.screen.board import Board
from hubspot_async.cli.screen.line import Change
from hubspot_async.cli.screen.words import one_line


class JsonLines(Board):
    """Writes an object a line: ``event`` says what it is about, ``at`` when it was."""

    def __init__(self, file: TextIO, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._now = now
        self._loads: dict[HubSpotTask[Any], datetime] = {}

    def write(
        self, event: str, task: HubSpotTask[Any] | None = None, *, fields: Mapping[str, object] | None = None
    ) -> None:
        """Write one object."""
        named = {} if task is None else {"kind": task.kind.name, "id": task.id, "account": task.account}
        print(
            json.dumps({"event": event, "at": self._now(), **named, **(fields or {})}, default=_written),
            file=self._file,
            flush=True,
        )

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Write that a task has begun."""
        self.write("started", task, fields={"about": about})

    def show(self, task: HubSpotTask[Any], change: Change) -> None:
        """Write what has changed."""
        if change.error is not None:
            self.write("lost", task, fields={"previous": change.previous, **error_fields(change.error)})
            return
        ended = {"succeeded": change.succeeded, "lateness": change.lateness} if change.is_final else {}
        name = "ended" if change.is_final else "changed"
        self.write(name, task, fields={"status": change.status, "previous": change.previous, **ended})

    def load(self, task: HubSpotTask[Any], done: int, total: int | None) -> None:
        """Write how much of a file has come, once a second."""
        now = self._now()
        last = self._loads.get(task)
        if last is None or (now - last).total_seconds() >= 1 or done == total:
            self._loads[task] = now
            self.write("fetching", task, fields={"bytes": done, "total": total})

    def say(self, text: str) -> None:
        """Write a line about no task in particular."""
        self.write("note", fields={"message": text})


def _written(value: object) -> str:
    """Write what JSON has no form for: a time in UTC, and whatever else by its name."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def error_fields(error: BaseException) -> dict[str, object]:
    """Give what a program wants to know of an error."""
    told = ("status", "category", "correlation_id", "policy_name", "retry_after")
    refusal = error if hasattr(error, "correlation_id") else error.__cause__
    known = {name: getattr(refusal, name, None) for name in told}
    names = {"status": "http_status"}
    fields = {names.get(name, name): value for name, value in known.items() if value is not None}
    return {"error": type(error).__name__, "message": one_line(error), **fields}
