"""One watched task, as schedule and watcher keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubspot_async.errors import HubSpotError
from hubspot_async.tasks import HubSpotTask, Snapshot
from hubspot_async.wire.request import Sender

if TYPE_CHECKING:
    from hubspot_async.watching.followers import Follower


class Watch:
    """What is known of a watched task, and who waits for news of it. Kept small, for there may be 100,000."""

    __slots__ = (
        "born",
        "deadline",
        "due",
        "failures",
        "followers",
        "handed",
        "is_held",
        "is_looking",
        "is_owed",
        "is_queued",
        "is_scheduled",
        "lateness",
        "news",
        "session",
        "task",
        "wake",
    )

    def __init__(self, task: HubSpotTask[Any], session: Sender, born: float) -> None:
        self.task = task
        self.session = session
        self.born = born
        """When the task began, by the schedule's time."""
        self.due = born
        """When to look next."""
        self.deadline: float | None = None
        self.wake = 0.0
        """The time of its one valid entry in the schedule's heap."""
        self.is_scheduled = False
        """Whether it is still to be looked at."""
        self.is_looking = False
        self.is_held = False
        """Whether an untaken change holds back the next look."""
        self.failures = 0
        """Looks in a row that brought nothing usable."""
        self.is_owed = False
        """Whether the watcher's iterator still owes its final event."""
        self.handed: str | None = None
        """The status word last handed out by the iterator."""
        self.news: Snapshot | HubSpotError | None = None
        """What nobody has taken yet; an error ends the watch."""
        self.lateness: float | None = None
        self.is_queued = False
        self.followers: list[Follower[Any]] = _NOBODY

    def follow(self, follower: Follower[Any]) -> None:
        """Let one more hear of it."""
        self.followers = [*self.followers, follower]

    def unfollow(self, follower: Follower[Any]) -> None:
        """Let one less hear of it."""
        self.followers = [each for each in self.followers if each is not follower] or _NOBODY


_NOBODY: list[Follower[Any]] = []
