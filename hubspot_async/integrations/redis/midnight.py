"""When an account's day ends. Pure: it is told the time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hubspot_async.errors import InputError


def read_zone(name: str) -> tzinfo:
    """Find a time zone by its IANA name.

    Raises InputError for a name that this machine does not know.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, TypeError, ValueError):
        raise InputError(
            f"time_zone must be a name such as Europe/Berlin that this machine knows, not {name!r}"
        ) from None


def next_midnight(now: float, zone: tzinfo) -> float:
    """Give the beginning of the next day in *zone*; both times are seconds since 1970."""
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).timestamp()
