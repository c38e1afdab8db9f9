"""What is learned of how long tasks take."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async.tasks import EXPORT, IMPORT, KINDS
from hubspot_async.watching.hazard import BINS, Hazard, Hazards

ages = st.floats(min_value=0, max_value=1e9)


def rate(hazard: Hazard, age: float) -> float:
    """The chance an hour, so to say: hazard over a short while, by its length."""
    return (hazard.cumulative(age * 1.01) - hazard.cumulative(age)) / (age * 0.01)


def test_before_anything_is_known_the_hazard_falls_like_one_over_the_age():
    hazard = Hazard()
    for age in (2.5, 40.0, 1_000.0, 50_000.0):
        assert rate(hazard, age) == pytest.approx(1 / age, rel=0.25)


def test_tasks_that_all_end_at_one_age_make_that_age_stand_out():
    hazard = Hazard()
    for _ in range(200):
        hazard.survived(0, 50)
        hazard.ended(50, 60)
    assert rate(hazard, 60) > 10 * rate(hazard, 20)
    assert rate(hazard, 60) > 3 * rate(Hazard(), 60)


def test_a_constant_hazard_is_found_again():
    dice, hazard = random.Random(1), Hazard()
    for _ in range(5_000):
        hazard.ended(0, dice.expovariate(1 / 30))
    for age in (3, 10, 30, 60):
        assert rate(hazard, age) == pytest.approx(1 / 30, rel=0.25)


def test_survival_alone_lowers_the_hazard():
    hazard = Hazard()
    before = rate(hazard, 100)
    for _ in range(50):
        hazard.survived(0, 200)
    assert rate(hazard, 100) < before / 5


@given(st.lists(st.tuples(ages, ages)), st.lists(st.tuples(ages, ages)), ages, ages)
def test_the_sum_only_grows_and_stays_a_number(
    survived: list[tuple[float, float]], ended: list[tuple[float, float]], one: float, other: float
):
    hazard = Hazard()
    for since, until in survived:
        hazard.survived(since, until)
    for since, age in ended:
        hazard.ended(min(since, age), age)
    low, high = sorted((one, other))
    assert 0 <= hazard.cumulative(low) <= hazard.cumulative(high) * (1 + 1e-9)
    assert math.isfinite(hazard.cumulative(high))


def test_no_age_is_too_great():
    hazard = Hazard()
    hazard.ended(1e9, 1e12)
    assert hazard.cumulative(2**BINS) > 0


def test_what_is_asked_after_news_counts_the_news():
    hazard = Hazard()
    before = hazard.cumulative(10)
    hazard.survived(0, 1_000)
    assert hazard.cumulative(10) < before


def test_each_kind_is_learned_by_itself():
    hazards = Hazards()
    assert hazards.of(EXPORT) is hazards.of(EXPORT)
    assert hazards.of(EXPORT) is not hazards.of(IMPORT)
    assert len({id(hazards.of(kind)) for kind in KINDS}) == len(KINDS)
