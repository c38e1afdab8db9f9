"""Rows of a journal into records. Pure. What stands in the file is believed no more than what comes over a network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from hubspot_async.journal.records import JobRecord, Outcome, RunRecord, TaskRecord
from hubspot_async.tasks import HubSpotTask, TaskKind

TASK = "kind, id, account, task, added_at, status, ended, ended_at"
JOB = "run, place, account, name, asked, path, asked_at, task, status, outcome, said, told_at"
RUN = "number, work, began_at, options"
"""The columns of which each kind of record is made."""

_HALVES = "[\ud800-\udfff]"
"""What bytes that are no text have been read as (`opening.text`)."""


class Reader:
    """Makes records of rows; *kinds* are those that tasks may be of, besides the four.

    What it makes nothing of raises ValueError, OverflowError or OSError, and a kind unknown UnknownTaskKindError.
    """

    def __init__(self, kinds: Iterable[TaskKind[Any]]) -> None:
        self._kinds = tuple(kinds)

    def task(self, row: Sequence[object]) -> TaskRecord:
        """Read a row of the columns `TASK`."""
        kind, id, account, written, added_at, status, ended, ended_at = row
        task = self._task(written)
        if (kind, id) != (task.kind.name, task.id) or task.account not in (account, None):
            raise ValueError("a task stands under the name of another")
        return TaskRecord(
            task=task,
            account=_text(account) or None,
            added_at=_moment(added_at),
            status=_optional_text(status),
            ended=_optional_text(ended),
            ended_at=_optional_moment(ended_at),
        )

    def job(self, row: Sequence[object]) -> JobRecord:
        """Read a row of the columns `JOB`."""
        run, place, account, name, asked, path, asked_at, task, status, outcome, said, told_at = row
        if task is None and (outcome == Outcome.DONE or (outcome is None and said is not None)):
            raise ValueError("a job is done of which no task is known")
        return JobRecord(
            run=_number(run),
            place=_number(place),
            account=_text(account) or None,
            name=_text(name),
            asked=_text(asked),
            path=_optional_text(path),
            asked_at=_optional_moment(asked_at),
            task=None if task is None else self._task(task),
            status=_optional_text(status),
            outcome=None if outcome is None else Outcome(_text(outcome)),
            said={} if said is None else _document(said),
            told_at=_optional_moment(told_at),
        )

    def _task(self, value: object) -> HubSpotTask[Any]:
        return HubSpotTask.from_json(_text(value), kinds=self._kinds)


def run(row: Sequence[object], jobs: Iterable[JobRecord]) -> RunRecord:
    """Read a row of the columns `RUN`; *jobs* are those of the run."""
    number, work, began_at, options = row
    return RunRecord(
        number=_number(number),
        work=_text(work),
        began_at=_moment(began_at),
        jobs=tuple(jobs),
        options=_document(options),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or re.search(_HALVES, value):
        raise ValueError("a text is due where there is none")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("a number is due where there is none")
    return value


def _moment(value: object) -> datetime:
    if not isinstance(value, int | float):
        raise ValueError("a time is due where there is none")
    return datetime.fromtimestamp(value, UTC)


def _optional_moment(value: object) -> datetime | None:
    return None if value is None else _moment(value)


def _document(value: object) -> dict[str, Any]:
    try:
        document = json.loads(_text(value))
    except RecursionError:
        document = None
    if not isinstance(document, dict):
        raise ValueError("an object is due where there is none")
    return document


def short(error: Exception) -> str:
    """Say what went wrong in one line, whatever of the file it tells."""
    return " ".join(str(error).split())[:200]
