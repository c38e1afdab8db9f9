"""What a watcher hands out."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.errors import HubSpotError
from hubspot_async.tasks import HubSpotTask, Snapshot
from hubspot_async.wire.request import Sender

S = TypeVar("S", bound=Snapshot)


@frozen(kw_only=True)
class StatusChange(Generic[S]):
    """A task whose status is another than the one last handed out."""

    task: HubSpotTask[S]
    previous: str | None
    """The status word last handed out, or None if this is the first."""
    current: S
    """What the look showed."""
    session: Sender = field(repr=False)
    """Whose task it is."""
    lateness: float | None = None
    """Of a final change: seconds between the end of the work and this look, by HubSpot's clock."""
    details: object = field(default=None, repr=False)
    """HubSpot's fuller record, where the status alone does not say why: the `Export` of a canceled or long pending one.

    An export that newly waits for approval is handed out once more with the same status and these details.
    """

    @property
    def is_final(self) -> bool:
        """Whether this is the last event about the task."""
        return self.current.is_terminal

    @property
    def succeeded(self) -> bool:
        """Whether the work is done; ``current.errors`` may still name parts that failed."""
        return self.current.is_terminal and self.current.succeeded


@frozen(kw_only=True)
class WatchFailed:
    """The end of one watch that saw no end of its task; the others go on."""

    task: HubSpotTask[Any]
    previous: str | None
    """The status word last handed out, or None."""
    error: HubSpotError
    """Why it was given up: too long (TimedOutError), gone (VanishedError), refused (ResponseError) …"""
    session: Sender = field(repr=False)

    @property
    def is_final(self) -> bool:
        """Always: nothing more is said about this task."""
        return True

    @property
    def succeeded(self) -> bool:
        """Never."""
        return False
