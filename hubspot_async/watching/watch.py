"""What is looked at: one task, or a page of many. Kept small, for there may be 100,000."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from attrs import evolve

from hubspot_async.classes import frozen
from hubspot_async.errors import HubSpotError
from hubspot_async.tasks import HubSpotTask, Snapshot, TaskKind

if TYPE_CHECKING:
    from hubspot_async.watching.followers import Follower
    from hubspot_async.watching.group import Group

LOOKING, HELD, PARKED, GONE = 1, 2, 4, 8
"""What bars a look: one is under way, an untaken change holds it back, it is an export whose turn has not come, or
nobody wants to know any more."""

NOWHERE, WAITING, OVERDUE = 0, 1, 2
"""Where an entry stands: nowhere, among those not due yet, or among those whose time has come."""


@frozen
class Remarks:
    """What is known of few tasks."""

    details: object = None
    """HubSpot's fuller record of the task, where it was read."""
    read_at: float | None = None
    """The task's age when that was asked for."""
    lateness: float | None = None
    """Of one that ended: how long ago it had when the look found out."""
    failures: int = 0
    """Looks in a row that brought nothing usable."""


class Entry:
    """Something to be looked at again and again."""

    __slots__ = ("bars", "count", "due", "group", "seen_at", "stands")

    def __init__(self, group: Group, due: float) -> None:
        self.group = group
        self.due = due
        """When to look next."""
        self.seen_at = due
        """When it was last looked at."""
        self.count = 0
        """How many looks the group had made then, or a few less where there are many entries."""
        self.bars = 0
        """Why it is not to be looked at now: the sum of what bars it."""
        self.stands = NOWHERE

    @property
    def is_looking(self) -> bool:
        """Whether a look at it is under way."""
        return bool(self.bars & LOOKING)

    @property
    def is_wanted(self) -> bool:
        """Whether a look at it would serve anyone."""
        raise NotImplementedError


class Watch(Entry):
    """What is known of a watched task, and who waits for news of it."""

    __slots__ = (
        "born",
        "followers",
        "handed",
        "is_owed",
        "listing",
        "news",
        "remarks",
        "started",
        "status",
        "task",
    )

    def __init__(self, task: HubSpotTask[Any], group: Group, born: float, now: float) -> None:
        super().__init__(group, now)
        self.task = task
        self.started = self.born = self.seen_at = born
        """When the task was started, and when the work began: an export's begins when the one before it ends."""
        self.listing: Listing | None = None
        """The list that may show it."""
        self.is_owed = False
        """Whether the watcher's iterator still owes its final event."""
        self.status = "?"
        """The status word last seen."""
        self.handed: str | None = None
        """The status word last handed out by the iterator."""
        self.news: Snapshot | HubSpotError | None = None
        """What nobody has taken yet; an error ends the watch."""
        self.remarks = NO_REMARKS
        self.followers: list[Follower[Any]] = _NOBODY

    @property
    def is_wanted(self) -> bool:
        """Whether a look at it would serve anyone."""
        return not self.bars and (self.listing is None or not self.listing.is_in_use)

    @property
    def is_scheduled(self) -> bool:
        """Whether it is still to be looked at."""
        return not self.bars & GONE

    def ages(self, until: float) -> tuple[float, float]:
        """Give its age at the last look and the one at *until*, in seconds."""
        since, until = self.seen_at - self.born, until - self.born
        since = since if since > 0 else 0.0
        return since, max(since, until)

    @property
    def is_queued(self) -> bool:
        """Whether its news wait for the watcher's iterator."""
        return self.is_owed and self.news is not None

    def next_look(self, now: float) -> float | None:
        """Tell in how many seconds it is looked at next: infinity where it waits for others, None if never."""
        if self.bars & (GONE | HELD):
            return None
        if self.bars & PARKED:
            return math.inf
        entry = self.listing if self.listing is not None and self.listing.is_in_use else self
        return 0.0 if entry.is_looking else max(0.0, entry.due - now)

    def failed(self) -> int:
        """Count one more look in a row that brought nothing usable; gives how many there were."""
        self.remarks = evolve(self.remarks, failures=self.remarks.failures + 1)
        return self.remarks.failures

    def follow(self, follower: Follower[Any]) -> None:
        """Let one more hear of it."""
        self.followers = [*self.followers, follower]

    def unfollow(self, follower: Follower[Any]) -> None:
        """Let one less hear of it."""
        self.followers = [each for each in self.followers if each is not follower] or _NOBODY


class Listing(Entry):
    """The tasks of one kind that HubSpot shows in a list, a hundred to a request, newest first."""

    __slots__ = ("after", "failures", "is_off", "kind", "members", "missing", "pages", "version")

    def __init__(self, kind: TaskKind[Any], version: str, group: Group, now: float) -> None:
        super().__init__(group, now)
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
        self.missing = {id for id, watch in self.members.items() if not watch.bars & (HELD | LOOKING)}

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
        return not self.bars and self.is_in_use and not all(each.bars & HELD for each in self.members.values())


NO_REMARKS = Remarks()
_NOBODY: list[Follower[Any]] = []
