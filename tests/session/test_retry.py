"""What is worth another try, and after how long: the table, and the quota. No loop."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async.errors import (
    AccountMigratingError,
    BadRequestError,
    ConnectionFailedError,
    DailyLimitError,
    ForbiddenError,
    HubSpotError,
    ImportLimitError,
    InputError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    SessionClosedError,
    TlsError,
    UnauthorizedError,
)
from hubspot_async.session.retry import RetryPolicy, RetryQuota, pause_asked
from hubspot_async.wire.request import POLL, USER, Lane

PASSING: list[tuple[HubSpotError, bool]] = [
    # the failure, and whether HubSpot surely did nothing
    (ConnectionFailedError("refused", sent=False), True),
    (RequestTimeoutError("did not connect", sent=False), True),
    (LockedError("", status=423), True),
    (RateLimitError("", status=429), True),
    (ConnectionFailedError("closed"), False),
    (RequestTimeoutError("no answer"), False),
    (InvalidResponseError("half a body", status=200), False),
    (InvalidResponseError("no HTTP"), False),
    (AccountMigratingError("", status=477), False),
    *((ServerError("", status=status), False) for status in (500, 502, 503, 504, 521, 522, 523, 524, 530)),
]
FINAL: list[HubSpotError] = [
    TlsError("self-signed", sent=False),
    BadRequestError("", status=400),
    UnauthorizedError("", status=401),
    ForbiddenError("", status=403),
    NotFoundError("", status=404),
    ResponseError("", status=409),
    ResponseError("", status=413),
    ResponseError("", status=415),
    ResponseError("", status=418),
    DailyLimitError("", status=429),
    ImportLimitError("", status=429),
    InvalidResponseError("redirect", status=302),
    ServerError("", status=501),
    ServerError("", status=525),
    ServerError("", status=599),
    SessionClosedError(""),
    InputError(""),
]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
LANES: list[Lane | None] = [USER, POLL, None]


def pause(
    error: HubSpotError,
    method: str = "GET",
    attempt: int = 1,
    *,
    policy: RetryPolicy | None = None,
    lane: Lane | None = USER,
    elapsed: float = 0.0,
    is_paced: bool = True,
    jitter: Callable[[], float] = lambda: 0.0,
) -> float | None:
    policy = policy or RetryPolicy()
    return policy.pause_after(attempt, method, error, lane=lane, elapsed=elapsed, is_paced=is_paced, jitter=jitter)


def name(value: object) -> str:
    status = getattr(value, "status", None)
    return f"{type(value).__name__}-{status or ''}{value if isinstance(value, str) else ''}"


@pytest.mark.parametrize(("error", "is_safe"), PASSING, ids=name)
@pytest.mark.parametrize("method", METHODS)
def test_a_read_is_repeated_and_a_write_only_where_it_surely_was_not_accepted(
    error: HubSpotError, is_safe: bool, method: str
):
    assert (pause(error, method) is not None) == (method == "GET" or is_safe)


@pytest.mark.parametrize("error", FINAL, ids=name)
def test_what_another_try_cannot_help_is_not_repeated(error: HubSpotError):
    assert [pause(error, method) for method in METHODS] == [None] * len(METHODS)


def test_a_poll_is_sent_once_and_so_is_what_has_a_schedule_of_its_own():
    for error, lane, method in product([error for error, _ in PASSING], [POLL, None], METHODS):
        assert pause(error, method, lane=lane) is None


def test_pauses_grow_to_a_bound_and_so_does_their_number():
    policy = RetryPolicy(attempts=8, longest_pause=20)
    error = ServerError("", status=500)
    assert [pause(error, attempt=n, policy=policy) for n in range(1, 9)] == [1, 2, 4, 8, 16, 20, 20, None]


def test_jitter_makes_a_pause_longer_and_never_shorter():
    dice = Random(1)
    pauses = {pause(ServerError("", status=503), jitter=dice.random) for _ in range(200)}
    assert len(pauses) == 200
    assert all(each is not None and 1 <= each <= 1.5 for each in pauses)


def test_those_who_were_told_the_same_time_do_not_come_at_the_same_moment():
    dice = Random(1)
    error = ServerError("", status=503, retry_after=7)
    pauses = [pause(error, jitter=dice.random) for _ in range(100)]
    assert all(each is not None and 7 <= each <= 8 for each in pauses)
    assert len(set(pauses)) == 100


@pytest.mark.parametrize("asked", [None, 0.0, 0.5, 1.0, 3.0])
def test_fault_30_a_lock_is_waited_for_two_seconds_at_the_least(asked: float | None):
    policy = RetryPolicy(longest_pause=0.01)
    given_pause = pause(LockedError("", status=423, retry_after=asked), policy=policy)
    assert given_pause == max(2.0, asked or 0.0)


@pytest.mark.parametrize(
    ("error", "elapsed", "expected"),
    [
        (AccountMigratingError("", status=477, retry_after=30), 0, 30),
        (AccountMigratingError("", status=477, retry_after=30), 100, None),
        (AccountMigratingError("", status=477, retry_after=86_400), 0, None),
        (ServerError("", status=503, retry_after=86_400), 0, None),
        (RateLimitError("", status=429), 119, 0),
        (RateLimitError("", status=429), 121, None),
        (ServerError("", status=503), 119.5, None),
    ],
    ids=str,
)
def test_fault_36_no_try_begins_after_the_patience_has_ended(
    error: HubSpotError, elapsed: float, expected: float | None
):
    assert pause(error, elapsed=elapsed) == expected


def test_fault_36_the_patience_is_settable():
    error = AccountMigratingError("", status=477, retry_after=86_400)
    assert pause(error, policy=RetryPolicy(patience=90_000)) == 86_400


def test_waiting_for_a_limit_is_the_budgets_business_and_is_no_attempt():
    error = RateLimitError("", status=429, retry_after=5)
    assert [pause(error, attempt=attempt) for attempt in (1, 4, 50)] == [0, 0, 0]


def test_where_no_budget_holds_back_a_limit_is_waited_for_here():
    assert pause(RateLimitError("", status=429), is_paced=False) == 10
    assert pause(RateLimitError("", status=429, retry_after=30), is_paced=False) == 30
    assert pause(RateLimitError("", status=429, retry_after=0), is_paced=False) == 10


@pytest.mark.parametrize(
    ("policy_name", "retry_after", "asked"),
    [
        ("SECONDLY", None, 1),
        ("SECONDLY", 4.0, 4),
        ("TEN_SECONDLY_ROLLING", None, None),
        (None, None, None),
        (None, 7.0, 7),
    ],
)
def test_a_429_asks_for_a_pause_by_its_header_or_its_policy(
    policy_name: str | None, retry_after: float | None, asked: float | None
):
    assert pause_asked(RateLimitError("", status=429, policy_name=policy_name, retry_after=retry_after)) == asked


@pytest.mark.parametrize("option", ["attempts", "patience", "longest_pause"])
def test_a_policy_of_nothing_is_refused(option: str):
    with pytest.raises(InputError, match=option):
        RetryPolicy(**{option: 0})  # type: ignore[arg-type]


# The quota.

OUTAGE = ServerError("", status=503)


def spend_all(quota: RetryQuota, repeats: int = 3) -> int:
    """Send one request into an outage; tells how many times it went out."""
    quota.earn()
    sent = 1
    while sent <= repeats and quota.spend(OUTAGE):
        sent += 1
    return sent


@given(st.integers(100, 3000), st.integers(1, 9))
def test_an_outage_costs_at_most_a_fifth_more(requests: int, repeats: int):
    quota = RetryQuota()
    assert sum(spend_all(quota, repeats) for _ in range(requests)) <= 1.2 * requests


def test_single_failures_are_repeated_as_often_as_the_policy_allows():
    quota = RetryQuota()
    for _ in range(100):
        for _ in range(30):
            quota.earn()
        assert spend_all(quota) == 4


def test_after_an_outage_there_is_no_burst_of_repeats():
    quota = RetryQuota()
    for _ in range(10_000):
        spend_all(quota)
    for _ in range(10_000):
        quota.earn()
    assert sum(quota.spend(OUTAGE) for _ in range(10_000)) == 10, "a quiet time saved up more than the reserve"


@pytest.mark.parametrize("error", [LockedError("", status=423), RateLimitError("", status=429)], ids=name)
def test_what_hubspot_asks_to_be_repeated_is_free(error: HubSpotError):
    quota = RetryQuota()
    assert all(quota.spend(error) for _ in range(100))
    assert quota.spend(OUTAGE)
