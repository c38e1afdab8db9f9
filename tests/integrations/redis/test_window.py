"""The places booked for a process, and its share without the books. No loop, no clock, no Redis."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from hubspot_async.integrations.redis.books import Answer, Ask, Report
from hubspot_async.integrations.redis.midnight import read_zone
from hubspot_async.integrations.redis.news import News
from hubspot_async.integrations.redis.window import SharedWindow
from hubspot_async.wire.request import POLL, USER
from tests.session.model import busiest
from tests.session.test_window import grab, headers

ANSWER: dict[str, Any] = {
    "delays": [],
    "now": 1_000_000.0,
    "born": "1",
    "limit": 100,
    "interval": 10.0,
    "others": 0,
    "taken": 0,
    "closed_for": 0.0,
    "shut_for": 0.0,
    "today": 0,
}


def answer(*delays: float, **told: Any) -> Answer:
    return Answer(**{**ANSWER, "delays": delays, **told})


def shared(share: float = 0.1, most: int | None = None) -> SharedWindow:
    """A window that has heard of the limit."""
    window = SharedWindow(100, 10.0, share=share, most=most)
    window.learn({}, 0.0)
    window.report = None
    return window


def test_without_a_lease_nobody_may_go_and_with_one_not_before_its_time():
    window = shared()
    assert window.ready_at(USER, 0.0) == math.inf
    window.hear(answer(0.0, 2.0), ["a", "b"], 0.0)
    assert window.ready_at(USER, 0.0) <= 0.0
    window.take(USER, 0.0)
    assert window.ready_at(USER, 0.0) == 2.0
    window.take(USER, 2.0)
    assert window.ready_at(USER, 2.0) == math.inf


def test_a_lease_used_late_says_how_late():
    window = shared()
    window.hear(answer(0.0, 0.0), ["a", "b"], 0.0)
    window.take(USER, 0.0)
    window.take(USER, 0.25)
    assert window.late == {"b": 0.25}


def test_a_lease_that_nobody_uses_is_given_back():
    window = shared()
    window.hear(answer(0.0, 0.4), ["a", "b"], 0.0)
    assert window.ready_at(USER, 0.7) == 0.4
    assert window.returned == ["a"]
    window.let_go()
    assert window.returned == ["a", "b"]
    assert window.ready_at(USER, 0.7) == math.inf


@pytest.mark.parametrize("at", [None, 0.1])
def test_a_place_given_back_is_there_for_the_next(at: float | None):
    window = shared()
    window.hear(answer(0.0, 0.0), ["a", "b"], 0.0)
    window.take(USER, 0.0)
    window.take(USER, 0.1)
    window.give_back(USER, at)
    assert [lease.name for lease in window.leases] == ["b"]
    assert window.late == {}
    window.take(USER, 0.2)
    assert window.late == {"b": 0.2}


def test_polls_go_evenly_whatever_is_booked():
    window = shared()
    window.hear(answer(*[0.0] * 20), [str(number) for number in range(20)], 0.0)
    assert 1 <= grab(window, POLL, 0.0) < 10


def test_what_the_books_tell_is_believed():
    window = shared()
    window.hear(answer(limit=190, others=50), [], 0.0)
    assert (window.limit, window.whole(0.0)) == (190, 138)
    window.hear(answer(limit=190, others=0), [], 1.0)
    assert window.whole(1.0) == 188, "the books keep the largest, so what they say now is true now"
    window.hear(answer(closed_for=3.0), [], 2.0)
    window.hear(answer(0.0), ["a"], 2.0)
    assert window.ready_at(USER, 2.0) == 5.0


def test_what_an_answer_tells_is_kept_for_the_books():
    window = shared()
    window.learn(headers(190, 150), 3.0)
    assert window.report == Report(limit=190, interval=10.0, at=3.0, used=40)
    assert window.whole(3.0) == 188, "who else used it only the books can tell"
    window.learn({}, 4.0)
    assert window.report == Report(limit=190, interval=10.0, at=4.0)


def test_a_server_may_write_the_names_of_its_headers_small():
    window = shared()
    small = {name.lower(): value for name, value in headers(190, 150).items()}
    window.learn(CIMultiDictProxy(CIMultiDict(small)), 3.0)
    assert window.report == Report(limit=190, interval=10.0, at=3.0, used=40)
    assert window.whole(3.0) == 188


def test_the_rate_is_what_the_others_leave():
    window = shared()
    assert window.rate(0.0) == pytest.approx(9.9)
    window.hear(answer(0.0, taken=61), ["a"], 0.0)
    window.take(USER, 0.0)
    assert window.rate(0.0) == pytest.approx(3.8)
    window.hear(answer(taken=99), [], 0.0)
    assert window.rate(0.0) >= 0.99


@pytest.mark.parametrize(
    ("share", "most", "places"), [(0.25, None, 24), (0.1, None, 9), (0.001, None, 1), (0.5, 20, 9)]
)
def test_without_the_books_it_waits_and_keeps_to_its_share(share: float, most: int | None, places: int):
    window = shared(share, most)
    window.hear(answer(0.0), ["a"], 0.0)
    window.lose(1.0)
    assert window.ready_at(USER, 1.0) >= 11.0, "the others may have used the whole limit just now"
    assert grab(window, USER, 11.5) + grab(window, USER, 21.0) <= places
    window = shared(share, most)
    window.lose(0.0)
    window.go_evenly(0.0, 0.0)
    assert window.places(0.0) == places


def test_in_their_absence_the_other_processes_are_no_strangers():
    window = shared(0.25)
    window.lose(0.0)
    window.learn(headers(100, 25), 20.0)
    assert window.places(20.0) == 24
    window.learn(headers(100, 2), 20.0)
    assert window.places(20.0) < 24, "but who uses more than their shares is"


def test_the_books_are_told_what_they_have_missed_and_trusted_bit_by_bit():
    window = shared(0.25)
    window.lose(0.0)
    taken = grab(window, USER, 11.0)
    assert window.find(13.0, 15.0) == taken > 0
    assert (window.places(14.0), window.places(15.1)) == (24, 99)
    assert window.ready_at(USER, 13.0) == math.inf


steps = st.lists(
    st.tuples(st.floats(0, 3), st.integers(1, 40), st.sampled_from(["book", "lose", "find", "back"])), max_size=50
)


@given(steps=steps)
def test_no_interval_holds_more_than_the_limit_whatever_is_booked(steps: list[Any]):
    window, now, number, grants = shared(0.5), 0.0, 0, []
    for pause, count, act in steps:
        now += pause
        if act == "book":
            window.hear(answer(*[0.0] * count), [f"{number}-{each}" for each in range(count)], now)
            number += 1
        elif act == "lose":
            window.lose(now)
        elif act == "find":
            window.find(now, now + 2.0)
        elif grants and grants[-1] == now:
            grants.remove(now)
            window.give_back(USER, now)
        grants += [now] * grab(window, USER, now)
    assert busiest(grants, 10.0) <= 99


# News.


def news(**options: Any) -> News:
    return News(read_zone("UTC"), options.get("daily_limit"))


def test_what_was_told_is_told_once():
    window, teller = shared(), news()
    window.learn(headers(100, 50), 1.0)
    window.returned, window.late = ["a"], {"b": 0.1}
    window.refuse(1.0, 7.0)
    teller.is_refused = teller.is_used_up = True
    teller.missed, teller.uncounted = 2, 3
    assert teller.is_urgent
    first, second = teller.write(window, 2, 1.5, 2.0), teller.write(window, 0, 2.0, 2.0)
    assert (len(first.names), first.not_before, first.returned, first.late) == (2, 0.0, ["a"], {"b": 0.1})
    assert (first.report, first.age, first.pause) == (Report(limit=100, interval=10.0, at=1.0, used=50), 1.0, 6.0)
    assert (first.is_used_up, len(first.missed), first.uncounted) == (True, 2, 3)
    assert not set(first.names) & set(first.missed)
    assert not teller.is_urgent
    told = (
        second.report,
        second.pause,
        second.is_used_up,
        second.missed,
        second.uncounted,
        second.returned,
        second.late,
    )
    assert told == (None, 0.0, False, [], 0, [], {})
    teller.unheard(first)
    assert teller.write(window, 0, 2.0, 2.0).uncounted == 3


def test_the_end_of_the_day_is_told_by_rediss_clock():
    window, teller = shared(), news()
    assert teller.write(window, 0, 0.0, 5.0).midnight == 0.0
    teller.read(answer(now=86_400.0 * 7 - 10), 5.0)
    assert teller.write(window, 0, 0.0, 10.0).midnight == 86_400.0 * 7
    assert teller.write(window, 0, 0.0, 20.0).midnight == 86_400.0 * 8


def test_other_books_are_told_from_the_same():
    teller = news()
    assert teller.read(answer(born="1"), 0.0)
    assert teller.read(answer(born="1"), 0.0)
    assert not teller.read(answer(born="2"), 0.0)
    assert teller.read(answer(born="2"), 0.0)


def test_why_a_day_is_over():
    teller = news(daily_limit=10)
    teller.read(answer(today=9), 0.0)
    assert "another process" in str(teller.used_up())
    teller.read(answer(today=10), 0.0)
    assert "daily_limit allows 10" in str(teller.used_up())


# As JSON.


def test_an_ask_names_only_what_there_is_to_tell():
    ask = Ask(names=["a"], places=99, span=10.1, ahead=0.1)
    assert '"span": 10100000' in ask.to_json()
    assert "used" not in ask.to_json().replace("is_used_up", "")
    assert "daily_limit" not in ask.to_json()
    told = Ask(names=[], places=1, span=1.0, ahead=0.0, report=Report(limit=1, interval=1.0, at=0.0), daily_limit=5)
    assert '"limit": 1, "interval": 1000000' in told.to_json()
    assert '"daily_limit": 5' in told.to_json()


def test_an_answer_is_read():
    text = (
        '{"delays": [0, 250000], "now": "1764183600123456", "born": "17", "limit": 0, "interval": 0, "others": 0,'
        ' "taken": 3, "closed_for": 1500000, "shut_for": 0, "today": 12}'
    )
    read = Answer.from_json(text)
    assert (read.delays, read.now, read.limit, read.closed_for) == ([0.0, 0.25], 1764183600.123456, None, 1.5)
    assert Answer.from_json(text.replace("[0, 250000]", "{}").encode()).delays == [], "Lua's empty list is an object"
