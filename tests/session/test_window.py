"""The window: how many requests a span of time holds, and for whom. No loop, no clock."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async.session.window import HANDFUL, LEAST, Peak, Window
from hubspot_async.wire.request import POLL, USER, Lane
from tests.session.model import busiest


def headers(limit: int | str, remaining: int | str | None = None, interval: int | str = 10_000) -> dict[str, str]:
    told = {"Max": limit, "Remaining": remaining, "Interval-Milliseconds": interval}
    return {f"X-HubSpot-RateLimit-{name}": str(value) for name, value in told.items() if value is not None}


def known(limit: int, interval: float = 10.0, most: int | None = None) -> Window:
    """A window that has heard an answer already."""
    window = Window(limit, interval, most)
    window.learn({}, 0.0)
    return window


def grab(window: Window, lane: Lane, now: float, most: int = 10_000) -> int:
    """Take whatever may be had at once; tells how much it was."""
    for taken in range(most):
        if window.ready_at(lane, now) > now:
            return taken
        window.take(lane, now)
    return most


def drain(window: Window, lane: Lane, until: float, now: float = 0.0) -> list[float]:
    """Take places as soon as there are any, as one does who always wants more."""
    taken = []
    while now < until:
        ready = window.ready_at(lane, now)
        if ready <= now:
            window.take(lane, now)
            taken.append(now)
        else:
            now = ready
    return taken


def test_until_the_first_answer_places_go_one_by_one():
    window = Window(100, 10.0)
    taken = drain(window, USER, 1.0)
    assert 2 <= len(taken) <= 12
    window.learn({}, 1.0)
    assert grab(window, USER, 1.0) == 99 - len(taken)


@pytest.mark.parametrize(("limit", "places"), [(1, 1), (2, 1), (10, 9), (100, 99), (190, 188), (250, 247), (1000, 990)])
def test_a_small_margin_is_left(limit: int, places: int):
    window = known(limit, 10.0)
    assert grab(window, USER, 0.0) == window.places(0.0) == places
    assert grab(window, USER, 10.0) == 0, (
        "the places of the last interval are free before it is over, on HubSpot's side"
    )
    assert grab(window, USER, 10.2) == places


steps = st.lists(
    st.tuples(
        st.floats(0, 4) | st.just(0.0),
        st.sampled_from([USER, POLL]),
        st.integers(1, 40),
        st.sampled_from(["take", "take", "give back", "learn", "refuse", "even"]),
    ),
    max_size=60,
)


@given(limit=st.integers(1, 60), interval=st.sampled_from([1.0, 10.0]), steps=steps)
def test_no_interval_holds_more_than_the_limit(limit: int, interval: float, steps: list[Any]):
    window, now = known(limit, interval), 0.0
    grants: list[float] = []
    for pause, lane, count, act in steps:
        now += pause
        if act == "take":
            grants += [now] * grab(window, lane, now, count)
        elif act == "give back" and grab(window, lane, now, 1):
            window.give_back(lane, now)
        elif act == "learn":
            window.learn(headers(limit, max(0, limit - count), int(interval * 1000)), now, pause)
        elif act == "refuse" and grants:
            grants.remove(max(grants))  # HubSpot does not count what it refuses
            window.refuse(now, interval)
        elif act == "even":
            window.go_evenly(now, now + interval)
    assert busiest(grants, interval) <= max(1, limit - 1)


@given(steps=steps)
def test_who_waits_until_the_time_told_gets_a_place(steps: list[Any]):
    window, now = known(7, 1.0), 0.0
    for pause, lane, count, act in steps:
        now += pause
        if act == "even":
            window.go_evenly(now, now + 1.0)
        grab(window, lane, now, count)
        for _ in range(20):
            if (ready := window.ready_at(lane, now)) <= now:
                break
            now = ready
        else:
            pytest.fail("it always tells another time")


# Polls.


def test_a_handful_of_polls_goes_at_once():
    window = known(100, 10.0)
    assert grab(window, POLL, 0.0) == HANDFUL
    assert grab(window, POLL, 50.0) == HANDFUL, "it is no handful after a rest"


def test_a_handful_of_polls_goes_at_once_beside_some_of_the_users_calls():
    window = known(100, 10.0)
    assert grab(window, USER, 0.0, 30) == 30
    assert grab(window, POLL, 0.0) >= HANDFUL - 1


def test_polls_that_wait_are_spread_evenly_and_lose_no_place():
    window = known(190, 10.0)
    polls = drain(window, POLL, 100.0)
    assert len(polls) >= 0.98 * 9.9 * window.places(0.0)
    per_second = [sum(second <= at < second + 1 for at in polls) for second in range(1, 100)]
    assert min(per_second) >= 14, "there is a second in which nobody polls"
    assert max(per_second) <= 20, "there is a burst"


def test_a_users_burst_leaves_the_polls_an_even_share_of_the_rest():
    window = known(100, 10.0)
    grab(window, USER, 0.0, 79)
    polls = drain(window, POLL, 10.0)
    assert len(polls) == 20
    gaps = [after - before for before, after in pairwise(polls[2:])]
    assert max(gaps) < 1.2
    assert min(gaps) > 0.3


def test_users_may_burst():
    window = known(100, 10.0)
    assert grab(window, USER, 0.0) == 99


def test_a_higher_limit_ends_the_wait_for_a_scarce_place():
    window = known(100, 10.0)
    grab(window, USER, 0.0, 98)
    grab(window, POLL, 0.0)
    window.learn(headers(1000), 0.1)
    assert grab(window, POLL, 0.1) >= HANDFUL


def test_polls_given_back_cost_the_others_no_time():
    window = known(100, 10.0)
    for _ in range(1000):
        window.take(POLL, 0.0)
        window.give_back(POLL)
    assert grab(window, POLL, 0.0) == HANDFUL


# Shares.


@pytest.mark.parametrize("lane", [USER, POLL])
def test_a_lane_has_all_places_while_the_other_wants_none(lane: Lane):
    window = known(100, 10.0)
    assert len(drain(window, lane, 10.0)) == 99


def test_while_lanes_compete_places_go_one_by_one_and_none_is_lost():
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    window.go_evenly(5.0, 40.0)
    taken = drain(window, USER, 40.0, now=5.0)
    assert len(taken) >= 0.97 * 30 / 10.1 * 99
    assert busiest(taken, 1.0) <= 12
    assert grab(window, USER, 60.0) == 99, "it goes evenly for ever"


def test_a_place_taken_late_makes_the_next_ones_no_later():
    window = known(1000, 10.0)
    window.go_evenly(0.0, 100.0)
    now, count = 0.0, 0
    while now < 100.0:
        now = max(now, window.ready_at(USER, now)) + 0.003
        count += grab(window, USER, now)
    assert count >= 0.97 * 100 / 10.1 * 990


def test_a_place_given_back_is_free_again():
    window = known(100, 10.0)
    grab(window, USER, 0.0, 50)
    grab(window, USER, 5.0)
    window.give_back(USER, 0.0)
    assert grab(window, USER, 6.0) == 1
    window.give_back(USER)
    assert grab(window, USER, 10.2) == 50, "another place than the last was given back"
    window.give_back(USER, 3.0)
    assert grab(window, USER, 10.2) == 0, "a place was given back that nobody had taken"


# What is learned.


def test_the_limit_and_its_interval_are_learned():
    window = known(100, 10.0)
    window.learn(headers(190, 190, 5_000), 0.0)
    assert (window.limit, window.interval, window.places(0.0)) == (190, 5.0, 188)


def test_a_cap_of_ones_own_is_kept_to_but_for_a_lower_limit():
    window = known(50, 10.0, most=50)
    window.learn(headers(190, 190), 0.0)
    assert window.places(0.0) == 50
    window.learn(headers(40, 40), 0.0)
    assert window.places(0.0) == 39


@pytest.mark.parametrize("text", ["", "0", "-1", "1e3", "12.5", "soon", "9" * 30, "999999999", "١٢", " 190", "190 "])
def test_headers_that_make_no_sense_teach_nothing(text: str):
    window = known(100, 10.0)
    window.learn(headers(text, text, text), 0.0)
    assert (window.limit, window.interval, window.places(0.0)) == (100, 10.0, 99)


def test_the_days_count_is_kept_until_told_otherwise():
    window = known(100, 10.0)
    window.learn({"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "1234"}, 0.0)
    window.learn({}, 1.0)
    assert (window.daily_limit, window.daily_remaining) == (250_000, 1_234)


def test_what_others_use_is_left_to_them_for_as_long_as_they_do():
    window = known(100, 10.0)
    grab(window, USER, 0.0, 10)
    window.learn(headers(100, 100 - 10 - 40), 0.0)
    assert window.places(0.0) == 100 - 1 - 40
    window.learn(headers(100, 100 - 10 - 30), 1.0)
    assert window.places(1.0) == 100 - 1 - 40, "a lower number says no more than the one before"
    assert window.places(9.0) == 59
    assert window.places(25.0) == 99


def test_our_own_requests_are_not_taken_for_others():
    """HubSpot has counted none to all of those on their way, and forgets each a little earlier than we do."""
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    for counted in range(100):
        window.learn(headers(100, 100 - counted), 1.0)
    assert window.places(1.0) == 99


def test_beside_others_those_on_their_way_are_not_taken_for_counted():
    """40 are others', 23 of ours are counted, and one was sent since."""
    window = known(100)
    for number in range(24):
        window.take(USER, number / 8)
    window.learn(headers(100, 100 - 40 - 23), 3.0, 0.5)
    assert window.places(3.0) == 100 - 1 - 40


def test_others_who_use_everything_cannot_shut_us_out():
    window = known(1000, 10.0)
    window.learn(headers(1000, 0), 0.0)
    assert window.places(0.0) == 1000 * LEAST


@pytest.mark.parametrize(
    ("took", "free_at"), [(0.0, 10.1), (0.05, 10.1), (0.3, 10.3), (30.0, 10.5)], ids=["no", "short", "long", "upload"]
)
def test_the_window_is_longer_by_the_time_an_answer_takes(took: float, free_at: float):
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    window.learn({}, took, took)
    assert window.ready_at(USER, 1.0) == pytest.approx(free_at)


def test_a_refusal_closes_the_window_and_then_opens_it_evenly():
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    window.refuse(1.0, 10.0)
    assert window.ready_at(USER, 1.0) == 11.0
    assert window.ready_at(POLL, 1.0) == 11.0
    after = drain(window, USER, 21.0, now=11.0)
    assert busiest(after, 1.0) <= 11, "those who waited were sent in a burst"


def test_refusals_tell_what_others_leave_us_and_are_forgotten_bit_by_bit():
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    for _ in range(39):
        window.refuse(1.0, 10.0)
    assert window.places(11.0) == 60 - 1, "60 of 99 were let through"
    assert window.places(21.0) == 59
    assert 59 < window.places(51.0) < 99
    assert window.places(81.0) == 99


def test_headers_correct_what_refusals_made_us_think():
    window = known(100, 10.0)
    grab(window, USER, 0.0)
    for _ in range(39):
        window.refuse(1.0, 10.0)
    window.learn(headers(100, 100), 21.0)
    assert window.places(21.0) == 99


def test_the_peak_is_the_largest_of_the_last_one_or_two_periods():
    peak = Peak()
    assert peak.get(0.0, 10.0) == 0
    for now, number in [(0.0, 3.0), (5.0, 7.0), (9.0, 2.0), (12.0, 5.0)]:
        peak.note(number, now, 10.0)
    assert peak.get(12.0, 10.0) == 7
    peak.note(1.0, 25.0, 10.0)
    assert peak.get(25.0, 10.0) == 5
    assert peak.get(40.0, 10.0) == 1
    assert peak.get(50.0, 10.0) == 0
