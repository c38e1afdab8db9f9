"""What to look at next, and when. Pure: it is told the time, and knows neither clock nor event loop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.backoff import Backoff, SquareRoot
from hubspot_async.watching.group import Group
from hubspot_async.watching.hazard import Hazards
from hubspot_async.watching.watch import Watch
from hubspot_async.wire.request import Sender


class Schedule:
    """The groups by when each has something to look at, and the watches by when their time is up."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or SquareRoot()
        self._hazards = Hazards()
        self._groups: dict[int, Group] = {}
        self._heap: list[tuple[float, int, Group]] = []
        self._woken: list[Group] = []
        self._deadlines: list[tuple[float, int, Watch]] = []
        self._limits: dict[Watch, float] = {}
        self._sweep_at = 100
        self._numbers = count()

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups there are, one for each session."""
        return tuple(self._groups.values())

    @property
    def watches(self) -> Iterator[Watch]:
        """All watches of all groups."""
        return (watch for group in self._groups.values() for watch in group.watches.values())

    def group(self, session: Sender) -> Group:
        """Give the group of a session, which is made when it is first asked for."""
        group = self._groups.get(id(session))
        if group is None:
            group = self._groups[id(session)] = Group(session, self._backoff, self._hazards)
        return group

    def add(self, task: HubSpotTask[Any], session: Sender, born: float, now: float) -> Watch:
        """Take up a task."""
        group = self.group(session)
        watch = Watch(task, group, born, now)
        group.add(watch, now)
        self.wake(group)
        return watch

    def find(self, task: HubSpotTask[Any], session: Sender) -> Watch | None:
        """Give the watch of a task, also of one that has ended and whose last news nobody has taken."""
        group = self._groups.get(id(session))
        return group.watches.get(task) if group is not None else None

    def forget(self, watch: Watch) -> None:
        """Know a watch no more."""
        if watch.group.watches.get(watch.task) is watch:
            del watch.group.watches[watch.task]
        self._limits.pop(watch, None)

    def limit(self, watch: Watch, deadline: float) -> None:
        """Set when the watch's time is up."""
        if len(self._deadlines) >= self._sweep_at:
            self._deadlines = [entry for entry in self._deadlines if self._counts(entry[0], entry[2])]
            heapify(self._deadlines)
            self._sweep_at = 2 * len(self._deadlines) + 100
        self._limits[watch] = deadline
        heappush(self._deadlines, (deadline, next(self._numbers), watch))

    def expired(self, now: float) -> Watch | None:
        """Give a watch whose time is up, and do not give it again."""
        while self._deadlines and self._deadlines[0][0] <= now:
            deadline, _, watch = heappop(self._deadlines)
            if self._counts(deadline, watch):
                return watch
        return None

    def deadline_of(self, watch: Watch) -> float:
        """Tell when the watch's time is up; infinity if it may take its time."""
        return self._limits.get(watch, math.inf)

    def _counts(self, deadline: float, watch: Watch) -> bool:
        """Whether a deadline is still that of its watch."""
        return watch.is_scheduled and self._limits.get(watch) == deadline

    @property
    def next_deadline(self) -> float:
        """When to ask again who has expired."""
        return self._deadlines[0][0] if self._deadlines else math.inf

    def next(self, now: float) -> Group | float:
        """Give a group with something to look at, or else when to ask again."""
        heap = self._heap
        for group in self._woken:
            group.is_woken = False
            if not group.is_blocked and (time := group.next_time(now)) != group.wake:
                group.wake = time
                if time < math.inf:
                    heappush(heap, (time, next(self._numbers), group))
        self._woken.clear()
        while heap:
            wake, _, group = heap[0]
            if wake == group.wake and not group.is_blocked:
                if wake <= now:
                    return group
                return wake
            heappop(heap)
        return math.inf

    def wake(self, group: Group) -> None:
        """Say that something has happened to a group, so that its next look may be due at another time."""
        if not group.is_woken:
            group.is_woken = True
            self._woken.append(group)

    def block(self, group: Group) -> None:
        """Pass over a group until it is unblocked."""
        group.is_blocked = True

    def unblock(self, group: Group) -> None:
        """Take a group into account again."""
        group.is_blocked = False
        group.wake = math.nan
        self.wake(group)
