"""What every kind of background task has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.models.problems import StandardError
from hubspot_async.models.values import OpenEnum, Time

R = TypeVar("R")


class TaskStatus(OpenEnum):
    """How far a task has come; a word HubSpot adds later counts as unfinished."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"

    @property
    def is_terminal(self) -> bool:
        """Whether HubSpot will not move on from here by itself."""
        return self in _ENDS


_ENDS = (TaskStatus.COMPLETE, TaskStatus.CANCELED)  # before Python 3.12 to name a member takes half a microsecond


@frozen(kw_only=True)
class TaskLocator:
    """The answer to a start: the id to ask with.

    ``links`` is for show only: its URLs name other hosts, and are never followed.
    """

    id: str
    links: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class ActionResponse(Generic[R]):
    """One look at a task: its status, and its result once it is complete.

    COMPLETE may come with ``errors``, of which ``num_errors`` is the count; HubSpot then did part of the work.
    ``requested_at``, ``started_at`` and ``completed_at`` are by HubSpot's clock, and ``links`` for show only.
    """

    status: TaskStatus
    result: R | None = None
    requested_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    task_id: str | None = None
    num_errors: int | None = None
    errors: tuple[StandardError, ...] = ()
    links: Mapping[str, str] = field(factory=dict)

    @property
    def is_terminal(self) -> bool:
        """Whether HubSpot will not move on from here by itself."""
        return self.status in _ENDS

    @property
    def succeeded(self) -> bool:
        """Whether the work was done; ``errors`` may still name parts that failed."""
        return self.status == TaskStatus.COMPLETE
