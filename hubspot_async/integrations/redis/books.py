"""What is asked of Redis and answered, as values, and the one call that does it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeAlias

from attrs import field, frozen
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

SECOND = 1_000_000
"""Redis's clock tells microseconds."""

_SCRIPT = files("hubspot_async.integrations.redis") / "book.lua"

Client: TypeAlias = "Redis | RedisCluster"


@frozen(kw_only=True)
class Report:
    """What an answer of HubSpot's told of the limits; *used* is how much of them, by all, *at* that time."""

    limit: int
    interval: float
    at: float
    used: int | None = None


@frozen(kw_only=True)
class Ask:
    """What a process wants, and what it has to tell. Times are seconds from now, but for *midnight*."""

    names: Sequence[str]
    """One for each place wanted, none of them used before."""
    places: int
    """How many there are in one interval."""
    span: float
    """For how long a place is taken."""
    ahead: float
    """Places beyond the first are wanted only where they come free so soon."""
    not_before: float = 0.0
    returned: Sequence[str] = ()
    """Places that were not used."""
    late: Mapping[str, float] = field(factory=dict)
    """Places used so much later than they were booked for."""
    missed: Sequence[str] = ()
    """Names for places used lately that the books know nothing of."""
    report: Report | None = None
    age: float = 0.0
    """Of the report."""
    pause: float = 0.0
    """For how long HubSpot refuses everyone."""
    is_used_up: bool = False
    """Whether HubSpot has said that the day's requests are."""
    is_open: bool = False
    """Whether it has let one through after that."""
    uncounted: int = 0
    """Requests of the day that the books know nothing of."""
    daily_limit: int | None = None
    midnight: float = 0.0
    """When the account's day ends, in seconds since 1970; zero if that cannot be told yet."""
    probe: float = 60.0
    """Seconds between two requests that find out whether the day's count has begun again."""

    def to_json(self) -> str:
        """Write it as the script reads it."""
        report = self.report
        return json.dumps(
            {
                "names": self.names,
                "places": self.places,
                "span": _micro(self.span),
                "ahead": _micro(self.ahead),
                "not_before": _micro(self.not_before),
                "returned": self.returned,
                "late": {name: _micro(late) for name, late in self.late.items()},
                "missed": self.missed,
                **({"limit": report.limit, "interval": _micro(report.interval)} if report else {}),
                **({"used": report.used, "age": _micro(self.age)} if report and report.used is not None else {}),
                "pause": _micro(self.pause),
                "is_used_up": self.is_used_up,
                "is_open": self.is_open,
                "uncounted": self.uncounted,
                **({"daily_limit": self.daily_limit} if self.daily_limit is not None else {}),
                "midnight": _micro(self.midnight),
                "probe": _micro(self.probe),
            }
        )


@frozen(kw_only=True)
class Answer:
    """What the books say. Times are seconds from now, but for *now* itself."""

    delays: Sequence[float]
    """For each place that was booked, how long until it is free; fewer than were asked for, perhaps."""
    now: float
    """Redis's clock, in seconds since 1970."""
    born: str
    """When these books were begun: a mark by which to know them again."""
    limit: int | None
    interval: float
    others: int
    """How much of the limit is used by those who do not ask here."""
    taken: int
    """How many places are taken now, by all who do."""
    closed_for: float
    """How long everyone is to pause after a refusal."""
    shut_for: float
    """How long nobody is to ask, since the day's requests are used up."""
    today: int
    """Requests of the day so far."""

    @classmethod
    def from_json(cls, text: str | bytes) -> Answer:
        """Read what the script has written."""
        told: dict[str, Any] = json.loads(text)
        return cls(
            delays=[delay / SECOND for delay in told["delays"] or ()],
            now=int(told["now"]) / SECOND,
            born=told["born"],
            limit=told["limit"] or None,
            interval=told["interval"] / SECOND,
            others=told["others"],
            taken=told["taken"],
            closed_for=told["closed_for"] / SECOND,
            shut_for=told["shut_for"] / SECOND,
            today=told["today"],
        )


class Books:
    """The books of one account, which Redis keeps; both keys hash to one slot of a cluster."""

    def __init__(self, client: Client, prefix: str, account: str) -> None:
        self._keys = [f"{prefix}:{{{account}}}:{name}" for name in ("places", "facts")]
        self._script = client.register_script(_SCRIPT.read_text("utf-8"))

    async def ask(self, ask: Ask) -> Answer:
        """Book places and exchange news, in one call."""
        return Answer.from_json(await self._script(keys=self._keys, args=[ask.to_json()]))


def _micro(seconds: float) -> int:
    return round(seconds * SECOND)
