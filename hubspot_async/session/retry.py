"""Which failure of which request is worth another try, and after how long: one table, and a quota."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from enum import Enum

from attrs import field

from hubspot_async.classes import define, frozen
from hubspot_async.errors import (
    AccountMigratingError,
    ConnectionFailedError,
    HubSpotError,
    InvalidResponseError,
    LockedError,
    RateLimitError,
    ResponseError,
    TlsError,
)
from hubspot_async.models import checks
from hubspot_async.wire.request import USER, Lane


class Failure(Enum):
    """What may go wrong with a request and be better the next time."""

    UNSENT = "the connection was refused: HubSpot never saw it"
    LOST = "no whole answer came"
    BROKEN = "an answer came that cannot be read"
    LOCKED = "423, a lock of two seconds"
    LIMITED = "429, too many requests just now"
    MIGRATING = "477, the account moves to another region"
    FAILED = "500 and the like: HubSpot or something in front of it failed"


_WORTH_IT_FOR_A_READ = frozenset(Failure)
_SURELY_NOT_ACCEPTED = frozenset({Failure.UNSENT, Failure.LOCKED, Failure.LIMITED})
_PASSING_STATUS = frozenset({500, 502, 503, 504, 521, 522, 523, 524, 530})

_LOCK = 2.0
"""Seconds for which HubSpot holds a lock (its page on error handling)."""

_FIRST_PAUSE: Mapping[Failure, float] = {
    Failure.UNSENT: 0.5,
    Failure.LOST: 0.5,
    Failure.BROKEN: 0.5,
    Failure.LOCKED: _LOCK,
    Failure.LIMITED: 10.0,  # where no budget holds everyone back
    Failure.MIGRATING: 1.0,
    Failure.FAILED: 1.0,
}
_COSTS_QUOTA = frozenset({Failure.UNSENT, Failure.LOST, Failure.BROKEN, Failure.FAILED})


def failure_of(error: HubSpotError) -> Failure | None:
    """Name what went wrong, if another try may help at all."""
    match error:
        case TlsError():
            return None
        case ConnectionFailedError(sent=sent):
            return Failure.LOST if sent else Failure.UNSENT
        case InvalidResponseError(status=status):
            return None if status is not None and 300 <= status < 400 else Failure.BROKEN
        case LockedError():
            return Failure.LOCKED
        case RateLimitError(is_passing=is_passing):
            return Failure.LIMITED if is_passing else None
        case AccountMigratingError():
            return Failure.MIGRATING
        case ResponseError(status=status) if status in _PASSING_STATUS:
            return Failure.FAILED
        case _:
            return None


def may_repeat(method: str, lane: Lane | None, failure: Failure) -> bool:
    """Whether a request that failed so may be sent once more."""
    if lane is not USER:
        return False
    return failure in (_WORTH_IT_FOR_A_READ if method == "GET" else _SURELY_NOT_ACCEPTED)


def pause_asked(error: RateLimitError) -> float | None:
    """Tell for how long a 429 asks everyone to wait, by its header or by the policy it names; None says neither."""
    return 1.0 if error.retry_after is None and error.policy_name == "SECONDLY" else error.retry_after


@frozen(kw_only=True)
class RetryPolicy:
    """How patiently a request is repeated; which ones may be is not a matter of taste.

    Reads are repeated after what passes by itself; whatever may have begun work at HubSpot only where it surely was
    not accepted; looks of the watcher never, since its schedule makes the next one.

    Raises InputError for what is not above zero.
    """

    attempts: int = field(default=4, validator=checks.positive)
    """Sendings of one request at the most; waiting for a limit to pass does not count."""
    patience: float = field(default=120.0, validator=checks.positive)
    """Seconds from the first sending after which no further one begins."""
    longest_pause: float = field(default=20.0, validator=checks.positive)
    """Seconds between two sendings at the most."""

    def pause_after(
        self,
        attempt: int,
        method: str,
        error: HubSpotError,
        *,
        lane: Lane | None,
        elapsed: float,
        is_paced: bool = True,
        jitter: Callable[[], float] = random.random,
    ) -> float | None:
        """Give the seconds to wait before the next try, or None if there is to be none.

        *attempt* counts from 1; *lane* is None for a request whose place was taken beforehand: whoever did that has a
        schedule of its own. *elapsed* is the time since the first sending; *is_paced* says that a budget holds everyone
        back after a 429; *jitter* gives numbers from 0 to 1.
        """
        failure = failure_of(error)
        if failure is None or not may_repeat(method, lane, failure):
            return None
        if failure is not Failure.LIMITED and attempt >= self.attempts:
            return None
        pause = 0.0 if failure is Failure.LIMITED and is_paced else self._pause(attempt, failure, error, jitter())
        return pause if elapsed + pause <= self.patience else None

    def _pause(self, attempt: int, failure: Failure, error: HubSpotError, jitter: float) -> float:
        """Wait as long as HubSpot asks and no shorter than we would, and never all at the same moment."""
        asked = error.retry_after if isinstance(error, ResponseError) else None
        grown = min(self.longest_pause, _FIRST_PAUSE[failure] * 2.0 ** (attempt - 1))
        least = _LOCK if failure is Failure.LOCKED else 0.0
        return max(least, grown, asked or 0.0) + grown * jitter / 2


@define
class RetryQuota:
    """How many repeats a session may send: some at once, and then a share of its normal traffic.

    So an outage costs HubSpot at most that share more requests, and its end makes no burst.
    """

    reserve: float = 10.0
    share: float = 0.1
    _left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._left = self.reserve

    def earn(self) -> None:
        """Count a request that was sent for the first time."""
        if self._left < self.reserve:
            self._left = min(self.reserve, self._left + self.share)

    def spend(self, error: HubSpotError) -> bool:
        """Pay for a repeat after *error*; False if there is nothing left to pay with."""
        if failure_of(error) not in _COSTS_QUOTA:
            return True
        if self._left < 1:
            return False
        self._left -= 1
        return True
