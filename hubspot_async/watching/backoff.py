"""How long to wait before the next look at a task, by its age."""

from __future__ import annotations

import math
from typing import Protocol

from attrs import field, frozen

from hubspot_async.models import checks


class Backoff(Protocol):
    """Anything that says how long to wait."""

    def pause(self, age: float) -> float:
        """Give the seconds between this look and the next at a task that is *age* seconds old."""
        ...


@frozen(kw_only=True)
class SquareRoot:
    """Pauses that grow with the square root of the age.

    The chance that a task ends in the next second falls about like 1/age, which makes this the cheapest pause for a
    given lateness; doubling pauses have two to three times the lateness at equal cost.
    """

    factor: float = field(default=0.5, validator=checks.positive)
    floor: float = field(default=1.0, validator=checks.positive)
    ceiling: float = field(default=60.0, validator=checks.positive)

    def pause(self, age: float) -> float:
        """Give factor · √age, within floor and ceiling."""
        return min(self.ceiling, max(self.floor, self.factor * math.sqrt(age)))


@frozen
class Constant:
    """The same pause at any age."""

    seconds: float = field(default=1.0, validator=checks.positive)

    def pause(self, age: float) -> float:
        """Give the one pause."""
        return self.seconds
