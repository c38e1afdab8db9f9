"""What is looked at: one task, or a page of many. Kept small, for there may be 100,000."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hubspot_async.errors import HubSpotError
from hubspot_async.tasks import HubSpotTask, Snapshot, TaskKind

if TYPE_CHECKING:
    from hubspot_async.watching.followers import Follower
    from hubspot_async.watching.group import Group


class Entry:
    """Something to be looked at again and again. While it lies in a heap its time does not change."""

    __slots__ = ("count", "due", "is_lined_up", "is_looking", "seen_at")

    def __init__(self, due: float) -> None:
        self.due = due
        """When to look next."""
        self.seen_at = due
        """When it was last looked at."""
        self.count = 0
        """How many looks the group had made then."""
        self.is_lined_up = False
        """Whether it stands somewhere to be picked."""
        self.is_looking = False

    def __lt__(self, other: Entry) -> bool:
        return self.due < other.due

    @property
    def is_wanted(self) -> bool:
        """Whether a look at it would serve anyone."""
        raise NotImplementedError


class Watch(Entry):
    """What is known of a watched task, and who waits for news of it."""

    __slots__ = (
        "born",
        "deadline",
        "details",
        "failures",
        "followers",
        "group",
        "handed",
        "is_held",
        "is_owed",
        "is_parked",
        "is_queued",
        "is_scheduled",
        "lateness",
        "listing",
        "news",
        "read_at",
        "started",
        "status",
        "task",
    )

    def __init__(self, task: HubSpotTask[Any], group: Group, born: float, now: float) -> None:
        super().__init__(now)
        self.task = task
        self.group = group
        self.started = self.born = self.seen_at = born
        """When the task was started, and when the work began: an export's begins when the one before it ends."""
        self.deadline: float | None = None
        self.is_scheduled = True
        """Whether it is still to be looked at."""
        self.is_held = False
        """Whether an untaken change holds back the next look."""
        self.is_parked = False
        """Whether it is an export whose turn has not come."""
        self.listing: Listing | None = None
        """The list that may show it."""
        self.failures = 0
        """Looks in a row that brought nothing usable."""
        self.is_owed = False
        """Whether the watcher's iterator still owes its final event."""
        self.status = "?"
        """The status word last seen."""
        self.handed: str | None = None
        """The status word last handed out by the iterator."""
        self.news: Snapshot | HubSpotError | None = None
        """What nobody has taken yet; an error ends the watch."""
        self.details: object = None
        """HubSpot's fuller record of the task, where it was read."""
        self.read_at: float | None = None
        """The task's age at that time."""
        self.lateness: float | None = None
        self.is_queued = False
        self.followers: list[Follower[Any]] = _NOBODY

    @property
    def is_wanted(self) -> bool:
        """Whether a look at it would serve anyone."""
        is_listed = self.listing is not None and self.listing.is_in_use
        return self.is_scheduled and not (self.is_held or self.is_parked or self.is_looking or is_listed)

    def next_look(self, now: float) -> float | None:
        """Tell in how many seconds it is looked at next: infinity where it waits for others, None if never."""
        if not self.is_scheduled or self.is_held:
            return None
        if self.is_parked:
            return math.inf
        entry = self.listing if self.listing is not None and self.listing.is_in_use else self
        return 0.0 if entry.is_looking else max(0.0, entry.due - now)

    def follow(self, follower: Follower[Any]) -> None:
        """Let one more hear of it."""
        self.followers = [*self.followers, follower]

    def unfollow(self, follower: Follower[Any]) -> None:
        """Let one less hear of it."""
        self.followers = [each for each in self.followers if each is not follower] or _NOBODY


class Listing(Entry):
    """The tasks of one kind that HubSpot shows in a list, a hundred to a request, newest first."""

    __slots__ = ("after", "failures", "is_off", "kind", "members", "missing", "pages", "version")

    def __init__(self, kind: TaskKind[Any], version: str, now: float) -> None:
        super().__init__(now)
        self.kind = kind
        self.version = version
        self.members: dict[str, Watch] = {}
        self.is_off = False
        """Whether HubSpot refused the list, so that each task is asked about by itself."""
        self.missing: set[str] = set()
        """Whom the pages of this round have not shown yet."""
        self.after: str | None = None
        """Where the next page of this round begins."""
        self.pages = 0
        """How many this round has read."""
        self.failures = 0
        """Pages in a row that brought nothing usable."""

    def begin_round(self) -> None:
        """Set out to find all whom nobody holds back or looks at already."""
        self.missing = {id for id, watch in self.members.items() if not (watch.is_held or watch.is_looking)}

    def end_round(self) -> None:
        """Forget how far this round has come."""
        self.missing, self.after, self.pages = set(), None, 0

    @property
    def is_in_use(self) -> bool:
        """Whether one page costs less than asking about each, or one is being read."""
        return not self.is_off and (len(self.members) > 1 or self.is_looking)

    @property
    def is_wanted(self) -> bool:
        """Whether a page would serve anyone."""
        return self.is_in_use and not self.is_looking and not all(each.is_held for each in self.members.values())


_NOBODY: list[Follower[Any]] = []
