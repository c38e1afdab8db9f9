"""What a journal holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.tasks import HubSpotTask


@frozen(kw_only=True)
class TaskRecord:
    """A task that a watcher was given."""

    task: HubSpotTask[Any]
    account: str | None
    """Whose session looked at it, also where the task itself does not say."""
    added_at: datetime
    status: str | None
    """The status word last handed out and dealt with; None before the first."""
    ended: str | None
    """How it ended: its last status, or what the watch failed with. None while it is to be taken up again."""
    ended_at: datetime | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells the task from all others in the journal."""
        return key_of(self.task, self.account)


def key_of(task: HubSpotTask[Any], account: str | None) -> tuple[str, str, str]:
    """Give kind, id and account of a task, which no other has."""
    return task.kind.name, task.id, account or ""


class Outcome(StrEnum):
    """What became of a job."""

    DONE = "done"
    FAILED = "failed"


@frozen(kw_only=True)
class JobRecord:
    """One request of a bulk run, and how far it has come."""

    run: int
    place: int
    """Its number among the requests of the run."""
    account: str | None
    name: str
    asked: str = field(repr=False)
    """What is asked of HubSpot, as JSON."""
    path: str | None
    """Where its file is to be."""
    asked_at: datetime | None = None
    """When its start was about to be sent: from here on HubSpot may be at work. None again for one that was refused."""
    task: HubSpotTask[Any] | None = None
    """What HubSpot began."""
    status: str | None = None
    """The status word last seen."""
    outcome: Outcome | None = None
    said: Mapping[str, Any] = field(factory=dict, repr=False)
    """What came of it, in figures or as an error; with no outcome yet, the figures of a file about to get its name."""
    told_at: datetime | None = None
    """When its item was dealt with."""

    @property
    def is_unknown(self) -> bool:
        """Whether its start was sent, or about to be, and nobody knows what came of it."""
        return self.asked_at is not None and self.task is None and self.outcome is None

    @property
    def is_lost(self) -> bool:
        """Whether its start was sent, and given up since nobody knows what came of it."""
        return self.asked_at is not None and self.task is None and self.outcome is Outcome.FAILED

    @property
    def is_made(self) -> bool:
        """Whether HubSpot's part is over, and what came of it is here, or was about to be."""
        return self.outcome is not None or bool(self.said)


@frozen(kw_only=True)
class RunRecord:
    """One call of `run_exports` or `run_imports`, over all attempts that it took."""

    number: int
    work: str
    """``exports`` or ``imports``."""
    began_at: datetime
    jobs: tuple[JobRecord, ...]
    options: Mapping[str, Any] = field(factory=dict, repr=False)
    """How its files were to be written, as the first attempt was told."""

    @property
    def closed_at(self) -> datetime | None:
        """When the last of its items was dealt with; None while it is to be gone on with."""
        told = [job.told_at for job in self.jobs]
        return max(filter(None, told), default=self.began_at) if all(told) else None
