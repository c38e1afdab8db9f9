"""How far a task is: arithmetic on the clock, so that no task needs a timer."""

import heapq
import math
from collections.abc import Iterable, Iterator
from typing import ClassVar

from hubspot_async.sandbox.answers import Json

FIRST_PART = 0.1
"""The share of a task's time in which it is accepted but not yet worked on …"""
LONGEST_FIRST_PART = 5.0
"""… and the most that this can be, in seconds."""


class Task:
    """One task of the sandbox: when it was asked for, begins, starts and ends, in loop time."""

    kind: ClassVar[str] = ""

    def __init__(self, id: str, account: str, requested: float, duration: float) -> None:
        self.id = id
        self.account = account
        self.requested = requested
        self.duration = duration
        self.begins = requested
        self.outcome = "COMPLETE"
        self.held_as: str | None = None
        self.errors: list[Json] = []
        self.applied = False
        self._ended: float | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} of {self.account}: {self.requested:.3f} … {self.ended:.3f}>"

    @property
    def started(self) -> float:
        """When HubSpot takes the work up, after a place was free and the first part is over."""
        return min(self.begins + min(FIRST_PART * self.duration, LONGEST_FIRST_PART), self.ended)

    @property
    def ended(self) -> float:
        """When the task reaches its final state; `inf` while nobody can say."""
        return self.begins + self.duration if self._ended is None else self._ended

    def is_over(self, now: float) -> bool:
        """Whether the task has reached its final state."""
        return now >= self.ended

    def status(self, now: float) -> str:
        """The word of the four that HubSpot's status calls use."""
        if now >= self.ended:
            return self.outcome if self.outcome in {"COMPLETE", "CANCELED"} else "CANCELED"
        return "PROCESSING" if now >= self.started else "PENDING"

    def end(self, at: float, outcome: str, errors: Iterable[Json] = ()) -> None:
        """End the task at a moment of somebody's choice."""
        self._ended = at
        self.turn_out(outcome, errors)

    def turn_out(self, outcome: str, errors: Iterable[Json] = ()) -> None:
        """Settle what the task's end will be, whenever it comes."""
        self.outcome = outcome
        self.errors = [*self.errors, *errors]

    def hold(self, word: str | None = None) -> None:
        """Let the task run until somebody ends it."""
        self._ended = math.inf
        self.held_as = word

    def apply(self) -> Iterator[None]:
        """Do the task's real work, once, at its end; each step is a place to let others run."""
        yield from ()


class Lanes:
    """So many tasks at a time and no more; the rest wait their turn."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._ends: list[float] = []

    def admit(self, task: Task, now: float) -> None:
        """Give *task* the first place that comes free."""
        if len(self._ends) < self._width:
            task.begins = now
        else:
            task.begins = max(now, heapq.heappop(self._ends))
        heapq.heappush(self._ends, task.ended)

    def replan(self, tasks: Iterable[Task], now: float) -> list[Task]:
        """Hand out the places anew after a task's end has moved; say which tasks wait otherwise than before."""
        unfinished = [task for task in tasks if not task.is_over(now)]
        waiting = [task for task in unfinished if task.begins > now]
        self._ends = [task.ended for task in unfinished if task.begins <= now]
        heapq.heapify(self._ends)
        for task in waiting:
            self.admit(task, now)
        return waiting


class Agenda:
    """Tasks in the order of their ends, to do the work of each when its time has come."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Task]] = []
        self._count = 0

    def note(self, task: Task) -> None:
        """Put *task* down under its end as it is known now."""
        self._count += 1
        heapq.heappush(self._heap, (task.ended, self._count, task))

    def next_due(self, now: float) -> Task | None:
        """Take the next task whose end has come."""
        while self._heap and self._heap[0][0] <= now:
            _, _, task = heapq.heappop(self._heap)
            if task.applied:
                continue
            if not task.is_over(now):
                self.note(task)
                continue
            task.applied = True
            return task
        return None
