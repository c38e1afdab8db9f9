"""So many starts a day. Pure."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async import EXPORT
from hubspot_async.bulk.allowance import DAY, Allowance, starts_of
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def hours(*after: float) -> list[datetime]:
    return [NOON + timedelta(hours=each) for each in after]


@pytest.mark.parametrize(
    ("most", "taken", "free"),
    [
        (None, [-1] * 100, 0),
        (2, [], 0),
        (2, [-1], 0),
        (2, [-1, -2], 22),
        (2, [-1, -2, -3], 22),
        (2, [-24, -1], 0),  # the day is over on the second
        (2, [-23.5, -1], 0.5),
        (1, [-25, -26], 0),
    ],
)
def test_when_the_next_start_is_allowed(most, taken, free):
    assert Allowance(most, hours(*taken)).free_at(NOON) == hours(free)[0]


moments = st.lists(st.floats(-30, 0), max_size=12)


@given(st.integers(1, 4), moments, st.lists(st.floats(0, 5), min_size=1, max_size=15))
def test_there_are_never_more_in_any_day_than_allowed_and_nobody_waits_for_nothing(most, taken, pauses):
    allowance, made, now = Allowance(most, hours(*taken)), hours(*sorted(taken)), NOON
    for pause in pauses:
        now += timedelta(hours=pause)
        at = allowance.free_at(now)
        assert at >= now
        recent = [each for each in made if each > at - DAY]
        assert len(recent) < most
        if at > now:
            just_before = at - timedelta(microseconds=1)
            assert len([each for each in made if just_before - DAY < each <= just_before]) >= most
        now = at
        allowance.take(now)
        made.append(now)


@given(st.none() | st.integers(1, 4), moments, st.integers(0, 12))
def test_what_is_foreseen_is_what_comes(most, taken, count):
    allowance, now, came = Allowance(most, hours(*taken)), NOON, []
    foreseen = allowance.foresee(count, now)
    for _ in range(count):
        now = allowance.free_at(now)
        allowance.take(now)
        came.append(now)
    assert foreseen == came


def test_what_was_refused_counts_no_more():
    allowance = Allowance(1)
    allowance.take(NOON)
    assert allowance.free_at(NOON) > NOON
    allowance.give_back()
    assert allowance.free_at(NOON) == NOON
    allowance.give_back()


JOB = JobRecord(run=1, place=0, account="a", name="x", asked="x", path=None)
ASKED = evolve(JOB, asked_at=NOON)


@pytest.mark.parametrize(
    ("job", "counts"),
    [
        (JOB, False),
        (ASKED, True),
        (evolve(ASKED, task=EXPORT.task("1"), outcome=Outcome.FAILED), True),
        (evolve(ASKED, outcome=Outcome.FAILED), True),  # nobody knows
        (evolve(ASKED, account="b"), False),
        (evolve(ASKED, account=None), False),
    ],
)
def test_the_journal_remembers_the_starts_of_other_runs(job, counts):
    runs = [RunRecord(number=1, work="exports", began_at=NOON, jobs=(job,))]
    assert starts_of("a", runs, NOON) == ([NOON] if counts else [])


def test_a_clock_that_was_ahead_makes_nobody_wait_longer_than_a_day():
    runs = [RunRecord(number=1, work="exports", began_at=NOON, jobs=(ASKED,))]
    earlier = NOON - timedelta(days=400)
    assert Allowance(1, starts_of("a", runs, earlier)).free_at(earlier) == earlier + DAY
