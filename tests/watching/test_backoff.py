"""How long to wait, by a task's age."""

import math

import pytest

import hubspot_async
from hubspot_async import Backoff, Constant, Exponential, SquareRoot
from hubspot_async.errors import HubSpotError


@pytest.mark.parametrize(
    ("age", "pause"), [(0, 1.0), (4, 1.0), (16, 2.0), (100, 5.0), (14_400, 60.0), (1e9, 60.0), (math.inf, 60.0)]
)
def test_the_default_is_half_the_root_of_the_age_between_a_second_and_a_minute(age: float, pause: float):
    assert SquareRoot().pause(age) == pause


def test_factor_floor_and_ceiling_of_the_root_are_ones_own():
    backoff = SquareRoot(factor=2, floor=3, ceiling=10)
    assert [backoff.pause(age) for age in (0, 1, 4, 25, 100)] == [3, 3, 4, 10, 10]


def test_a_constant_pause_knows_no_age():
    assert {Constant(2.5).pause(age) for age in (0, 1, 1e6)} == {2.5}
    assert Constant().pause(0) == 1.0


def test_exponential_pauses_grow_by_the_factor_from_look_to_look():
    backoff = Exponential(first=1, factor=3, ceiling=50, jitter=0)
    age, pauses = 0.0, []
    for _ in range(6):
        pauses.append(backoff.pause(age))
        age += pauses[-1]
    assert pauses == [1, 3, 9, 27, 50, 50]


def test_jitter_only_ever_shortens_a_pause_and_by_no_more_than_its_share():
    assert Exponential(jitter=0.5, chance=lambda: 0.0).pause(7) == 8.0
    assert Exponential(jitter=0.5, chance=lambda: 1.0).pause(7) == 4.0
    assert Exponential(jitter=0.25, chance=lambda: 1.0).pause(1e9) == 45.0
    pauses = {Exponential().pause(7) for _ in range(50)}
    assert len(pauses) > 40
    assert all(4.0 <= pause <= 8.0 for pause in pauses)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SquareRoot, {"factor": 0}),
        (SquareRoot, {"floor": -1}),
        (SquareRoot, {"ceiling": math.nan}),
        (Constant, {"seconds": 0}),
        (Exponential, {"first": 0}),
        (Exponential, {"factor": 1}),
        (Exponential, {"factor": math.nan}),
        (Exponential, {"ceiling": -2}),
        (Exponential, {"jitter": 1}),
        (Exponential, {"jitter": -0.1}),
    ],
)
def test_pauses_of_nothing_are_refused(kind: type, options: dict[str, float]):
    (name,) = options
    with pytest.raises(ValueError, match=rf"{kind.__name__}\.{name} must be") as caught:
        kind(**options)
    assert isinstance(caught.value, HubSpotError)


def test_backoffs_are_values_of_the_package_itself():
    assert Exponential() == Exponential()
    assert {"Backoff", "Constant", "Exponential", "SquareRoot"} <= set(hubspot_async.__all__)


def test_any_object_with_a_pause_is_a_backoff():
    class Fibonacci:
        def pause(self, age: float) -> float:
            return 1 + 0.6 * age

    backoff: Backoff = Fibonacci()
    assert backoff.pause(10) == 7
