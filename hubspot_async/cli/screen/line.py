"""What is known of one task on its way."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from attrs import define, frozen

from hubspot_async import HubSpotError, HubSpotTask, StatusChange, WatchFailed
from hubspot_async.cli.screen.words import one_line, seconds, size

NextLook: TypeAlias = Callable[[HubSpotTask[Any]], float | None]
"""Tells in how many seconds a task is looked at next: infinity where it waits for others, None where nobody knows."""


Event: TypeAlias = StatusChange[Any] | WatchFailed


@frozen(kw_only=True)
class Change:
    """What has become of a task, as it is shown."""

    status: str
    previous: str | None = None
    is_final: bool = False
    succeeded: bool = False
    lateness: float | None = None
    error: HubSpotError | None = None
    """Why it was given up, if it was."""

    @classmethod
    def of(cls, event: Event) -> Change:
        """Take from an event of a watcher what is shown of it."""
        if isinstance(event, WatchFailed):
            return cls(status="lost", previous=event.previous, is_final=True, error=event.error)
        return cls(
            status=str(event.current.status),
            previous=event.previous,
            is_final=event.is_final,
            succeeded=event.succeeded,
            lateness=event.lateness,
        )


@define(eq=False)
class Line:
    """What is shown of one task; *about* says in a few words what it is for, and later what came of it."""

    task: HubSpotTask[Any]
    about: str
    born: datetime
    status: str = "started"
    ended: datetime | None = None
    lateness: float | None = None
    succeeded: bool = False
    load: Load | None = None
    """Its file, while that is being fetched."""

    @classmethod
    def begin(cls, task: HubSpotTask[Any], about: str, now: datetime) -> Line:
        """Show a task from now on; one that began earlier keeps its age.

        HubSpot's clock is known to a second only, so a shorter time ago counts as now.
        """
        began = task.started_at or now
        return cls(task, about, began if (now - began).total_seconds() > 1 else now)

    def take(self, change: Change, now: datetime) -> None:
        """Show what has changed."""
        self.status, self.lateness = change.status, change.lateness
        if change.error is not None:
            self.about = one_line(change.error.message)
        if change.is_final:
            self.ended, self.succeeded = now, change.succeeded

    def tell(self, about: str) -> None:
        """Show what came of it."""
        self.about, self.load = about, None

    def fetch(self, done: int, total: int | None, now: datetime) -> None:
        """Show how much of its file has come."""
        if self.load is None:
            self.load = Load(now, done, now, done)
        self.load.done, self.load.total, self.load.now = done, total, now

    def age(self, now: datetime) -> str:
        """How long it has been under way, or was."""
        return seconds(((self.ended or now) - self.born).total_seconds())

    def look(self, next_look: NextLook) -> str:
        """When it is looked at next; of one that has ended, how long that had gone unnoticed."""
        if self.ended is not None:
            return self.late
        left = next_look(self.task)
        if left is None:
            return ""
        if left == math.inf:
            return "in line"
        return f"in {seconds(left)}" if left >= 0.05 else "now"

    @property
    def late(self) -> str:
        """How long its end had gone unnoticed, where that is known."""
        return "" if self.lateness is None else f"{seconds(self.lateness)} late"

    @property
    def words(self) -> str:
        """What it is for, or how much of its file is there."""
        return self.about if self.load is None else str(self.load)

    @property
    def style(self) -> str:
        """The colour of its status."""
        if self.ended is None:
            return "yellow"
        return "green" if self.succeeded else "red"


@define(eq=False)
class Load:
    """A file on its way."""

    began: datetime
    at_first: int
    """Bytes that were there when the clock began."""
    now: datetime
    done: int
    total: int | None = None

    @property
    def speed(self) -> float | None:
        """Bytes a second, on average; nothing is said of the first moments."""
        took = (self.now - self.began).total_seconds()
        return (self.done - self.at_first) / took if took >= 0.5 else None

    def __str__(self) -> str:
        much = size(self.done) if self.total is None else f"{size(self.done)} of {size(self.total)}"
        return much if self.speed is None else f"{much}, {size(self.speed)}/s"
