"""HubSpot's clock, guessed from whole seconds."""

import random
from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from hubspot_async.session.clock import ServerClock

NOW = 1_774_864_800.0  # 2026-03-30 10:00 UTC


class Wall:
    """A wall clock of ours, and HubSpot's, which is *ahead* of it."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.time = NOW
        self.ahead = ahead
        self.clock = ServerClock(lambda: self.time)

    def exchange(self, there: float = 0.0, back: float = 0.0) -> None:
        """Send a request that takes so long each way, and read the answer's Date."""
        sent = self.time
        self.time += there
        date = formatdate(self.time + self.ahead, usegmt=True)
        self.time += back
        self.clock.observe(date, sent, self.time)

    @property
    def error(self) -> float:
        return self.clock.now().timestamp() - (self.time + self.ahead)


def test_it_is_our_time_until_an_answer_has_come():
    assert ServerClock(lambda: NOW).now() == datetime(2026, 3, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize("ahead", [-7200.0, -1.4, 0.0, 0.3, 86_400.5])
def test_one_answer_tells_it_to_a_second(ahead: float):
    wall = Wall(ahead)
    wall.exchange(0.05, 0.05)
    assert abs(wall.error) <= 0.6


@pytest.mark.parametrize("ahead", [-1.4, 0.0, 0.3, 5000.77])
@pytest.mark.parametrize("gap", [0.01, 0.3, 7.0])
def test_many_answers_tell_it_to_the_time_of_the_way(ahead: float, gap: float):
    dice = random.Random(1)
    wall = Wall(ahead)
    for _ in range(300):
        wall.exchange(dice.uniform(0.01, 0.03), dice.uniform(0.01, 0.03))
        wall.time += gap * dice.uniform(0.5, 1.5)
    assert abs(wall.error) < 0.08


def test_answers_within_one_second_sharpen_it_too():
    wall = Wall(0.0)
    wall.exchange()
    assert wall.error == pytest.approx(0.5)
    wall.time += 0.9
    wall.exchange()
    assert wall.error == pytest.approx(0.1)


@pytest.mark.parametrize("jump", [-3600.0, -0.8, 0.8, 3600.0])
def test_fault_135_a_clock_that_is_set_is_followed_at_once(jump: float):
    wall = Wall(2.0)
    for _ in range(100):
        wall.exchange(0.02, 0.02)
        wall.time += 0.17
    wall.time += jump
    wall.ahead -= jump
    for _ in range(20):
        wall.exchange(0.02, 0.02)
        wall.time += 0.17
    assert abs(wall.error) < 0.2


def test_a_clock_that_goes_wrong_slowly_is_followed():
    wall = Wall(0.0)
    for _ in range(2000):
        wall.exchange(0.02, 0.02)
        wall.time += 0.37
        wall.ahead += 0.001
        assert abs(wall.error) < 0.7
    assert abs(wall.error) < 0.1


def test_a_long_way_spoils_nothing():
    wall = Wall(3.0)
    for _ in range(100):
        wall.exchange(0.01, 0.01)
        wall.time += 0.37
    before = wall.error
    wall.exchange(30.0, 30.0)
    assert wall.error == before


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 30 Mar 99999 10:00:00 GMT", "x" * 1_000_000, "0", "Mon, 30 Feb 2026 10:00:00 GMT"]
)
def test_fault_160_a_date_that_is_none_teaches_nothing(date: str):
    clock = ServerClock(lambda: NOW)
    clock.observe(date, NOW, NOW)
    assert clock.now().timestamp() == NOW


@pytest.mark.parametrize(
    "date", ["Mon, 30 Mar 2026 12:00:00 GMT", "Mon, 30 Mar 2026 12:00:00 -0000", "Mon, 30 Mar 2026 14:00:00 +0200"]
)
def test_any_spelling_of_the_zone_will_do(date: str):
    clock = ServerClock(lambda: NOW)
    clock.observe(date, NOW, NOW)
    assert clock.now().timestamp() == pytest.approx(NOW + 7200, abs=1)


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_date_at_the_end_of_time_breaks_nothing(date: str):
    clock = ServerClock(lambda: NOW)
    clock.observe(date, NOW, NOW)
    assert clock.now()
    clock.observe(formatdate(NOW, usegmt=True), NOW, NOW)
    assert abs(clock.now().timestamp() - NOW) <= 1


def test_our_clock_set_back_while_a_request_was_on_its_way_is_no_measure():
    clock = ServerClock(lambda: NOW)
    clock.observe(formatdate(NOW, usegmt=True), NOW, NOW - 3600)
    assert clock.now().timestamp() == NOW
