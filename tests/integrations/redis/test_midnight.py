"""When an account's day ends."""

from datetime import datetime

import pytest

from hubspot_async.errors import InputError
from hubspot_async.integrations.redis.midnight import next_midnight, read_zone


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("zone", "now", "then"),
    [
        ("UTC", "2026-11-26T23:59:59+00:00", "2026-11-27T00:00:00+00:00"),
        ("UTC", "2026-11-27T00:00:00+00:00", "2026-11-28T00:00:00+00:00"),
        ("America/New_York", "2026-11-27T03:00:00+00:00", "2026-11-27T05:00:00+00:00"),
        ("Asia/Kathmandu", "2026-11-26T18:14:59+00:00", "2026-11-26T18:15:00+00:00"),
        ("Europe/Berlin", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),  # and one of 25
        ("America/Santiago", "2026-09-05T12:00:00+00:00", "2026-09-06T04:00:00+00:00"),  # 0:00 is 1:00 that day
    ],
)
def test_the_next_midnight(zone: str, now: str, then: str):
    assert next_midnight(at(now), read_zone(zone)) == at(then)


@pytest.mark.parametrize("name", ["", "Nowhere", "../etc/passwd", "Europe", None, 3])
def test_a_zone_that_nobody_knows(name: str):
    with pytest.raises(InputError, match="time_zone"):
        read_zone(name)
