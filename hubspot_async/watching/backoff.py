"""How long to wait before the next look at a task, by its age."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Protocol

from attrs import Attribute, field

from hubspot_async.classes import frozen
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
    given lateness; pauses that grow by a factor have two to four and a half times the lateness at equal cost.
    *floor* and *ceiling* are seconds. Raises InputError for what is not above zero.
    """

    factor: float = field(default=0.5, validator=checks.positive)
    floor: float = field(default=1.0, validator=checks.positive)
    ceiling: float = field(default=60.0, validator=checks.positive)

    def pause(self, age: float) -> float:
        """Give factor · √age, within floor and ceiling."""
        return min(self.ceiling, max(self.floor, self.factor * math.sqrt(age)))


@frozen
class Constant:
    """The same pause of so many *seconds* at any age. Raises InputError where they are not above zero."""

    seconds: float = field(default=1.0, validator=checks.positive)

    def pause(self, age: float) -> float:
        """Give the one pause."""
        return self.seconds


def _grows(instance: object, attribute: Attribute[Any], value: float) -> None:
    if not value > 1:
        raise checks.fail(instance, attribute, f"must be a number above one, not {value!r}")


def _is_share(instance: object, attribute: Attribute[Any], value: float) -> None:
    if not 0 <= value < 1:
        raise checks.fail(instance, attribute, f"must be from 0 to under 1, not {value!r}")


@frozen(kw_only=True)
class Exponential:
    """Pauses that grow by *factor* from look to look, each cut by up to *jitter* of its length, by chance.

    Jitter keeps many watchers that began at the same moment from looking at the same moments. *first* and *ceiling* are
    seconds. Raises InputError for a *factor* that is not above one, a *jitter* that is not from 0 to under 1, and
    seconds that are not above zero.
    """

    first: float = field(default=1.0, validator=checks.positive)
    factor: float = field(default=2.0, validator=_grows)
    ceiling: float = field(default=60.0, validator=checks.positive)
    jitter: float = field(default=0.5, validator=_is_share)
    chance: Callable[[], float] = field(default=random.random, repr=False, eq=False)
    """Gives numbers from 0 to 1."""

    def pause(self, age: float) -> float:
        """Give what is left of first + (factor - 1) · age, within the ceiling, after the jitter."""
        whole = min(self.ceiling, self.first + (self.factor - 1) * age)
        return whole * (1 - self.jitter * self.chance())
