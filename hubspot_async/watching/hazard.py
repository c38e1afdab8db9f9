"""How likely a task of some age is to end in the next second, learned from those that have ended. Pure."""

from __future__ import annotations

import math
from typing import Any

from hubspot_async.tasks import TaskKind

BINS = 48
"""Ages from under a second to 96 days, in half octaves: each bin reaches to √2 times the age of the one before it."""

PRIOR_EVENTS = 0.5
"""How many ended tasks the prior counts for, in each bin: it gives way to the first that ends there."""


class Hazard:
    """Ends over exposure by age, where nothing is known yet one end an age: the same at any scale of time."""

    __slots__ = ("_cumulative", "_ends", "_exposure", "_is_stale")

    def __init__(self) -> None:
        self._ends = [0.0] * BINS
        self._exposure = [0.0] * BINS
        self._cumulative = [0.0] * (BINS + 1)
        self._is_stale = True

    def survived(self, since: float, until: float) -> None:
        """Note that a task was alive from one age to another, in seconds."""
        self._is_stale = True
        index = _bin(since)
        while since < until:
            edge = _EDGES[index + 1]
            if until <= edge or index + 1 == BINS:
                self._exposure[index] += until - since
                return
            self._exposure[index] += edge - since
            since, index = edge, index + 1

    def ended(self, since: float, age: float) -> None:
        """Note that a task, alive at *since*, ended at *age*."""
        self.survived(since, age)
        self._ends[_bin(age)] += 1

    def cumulative(self, age: float) -> float:
        """Give the hazard summed from the first second to *age*; differences of it are what counts."""
        if self._is_stale:
            self._sum()
        index = _bin(age)
        return self._cumulative[index] + self._rate(index) * (age - _EDGES[index])

    def _rate(self, index: int) -> float:
        age = _MIDDLES[index]
        return (self._ends[index] + PRIOR_EVENTS) / (self._exposure[index] + PRIOR_EVENTS * age)

    def _sum(self) -> None:
        total = 0.0
        for index in range(BINS):
            self._cumulative[index] = total
            total += self._rate(index) * (_EDGES[index + 1] - _EDGES[index])
        self._is_stale = False


def _bin(age: float) -> int:
    return min(BINS - 1, int(2 * math.log2(age)) + 1) if age > 1 else 0


_EDGES = [0.0] + [2 ** (index / 2) for index in range(BINS)]
_MIDDLES = [(_EDGES[index] + _EDGES[index + 1]) / 2 for index in range(BINS)]


class Hazards:
    """The hazard of each kind of task."""

    __slots__ = ("_by_name",)

    def __init__(self) -> None:
        self._by_name: dict[str, Hazard] = {}

    def of(self, kind: TaskKind[Any]) -> Hazard:
        """Give what is known of tasks of *kind*."""
        hazard = self._by_name.get(kind.name)
        if hazard is None:
            hazard = self._by_name[kind.name] = Hazard()
        return hazard
