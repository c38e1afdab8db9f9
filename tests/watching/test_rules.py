"""What an answer means for a watch, each rule as a sentence. The numbers are the faults'."""

from typing import Any

import pytest

from hubspot_async.errors import (
    AccountMigratingError,
    BadRequestError,
    ConnectionFailedError,
    DailyLimitError,
    ForbiddenError,
    HubSpotError,
    ImportLimitError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResultMissingError,
    ServerError,
    SessionClosedError,
    TaskNotSucceededError,
    TlsError,
    TokenRefreshError,
    UnauthorizedError,
    VanishedError,
)
from hubspot_async.models.exports import Export, ExportState
from hubspot_async.tasks import EXPORT, FILE_IMPORT, FOLDER_UPDATE, IMPORT, KINDS, TaskKind
from hubspot_async.watching import rules
from tests.fakes import look

TASK = FILE_IMPORT.task("1")
OLD, YOUNG = 3_600.0, 1.0


def given_up(error: HubSpotError, *, age: float = OLD, failures: int = 1) -> HubSpotError | None:
    return rules.given_up(TASK, error, age=age, failures=failures)


PASSING = [
    ConnectionFailedError("reset"),
    RequestTimeoutError("slow"),
    ServerError("down", status=503),
    ServerError("odd", status=599),
    RateLimitError("too many", status=429),
    LockedError("locked", status=423),
    AccountMigratingError("moving", status=477, retry_after=86_400),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_passes_by_itself_never_ends_a_watch_and_counts_for_nothing(error: HubSpotError):
    assert given_up(error, failures=1_000_000) is None
    assert rules.passes(error)


@pytest.mark.parametrize(
    "error",
    [
        TlsError("self-signed"),
        DailyLimitError("used up", status=429),
        ImportLimitError("too many rows", status=429),
        UnauthorizedError("no", status=401),
        TokenRefreshError("no", status=400),
        BadRequestError("no such id", status=400),
        SessionClosedError("closed"),
        ForbiddenError("no", status=403, category="MISSING_SCOPES"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_would_be_the_same_next_time_ends_a_watch_at_once(error: HubSpotError):
    assert given_up(error, age=YOUNG) is error
    assert not rules.passes(error)


def test_fault_56_an_answer_that_makes_no_sense_is_believed_the_third_time():
    error = InvalidResponseError("no status")
    assert [given_up(error, failures=failures) for failures in (1, 2, 3)] == [None, None, error]
    assert not rules.passes(error)


def test_fault_27_a_task_not_found_just_after_its_start_is_looked_for_again():
    assert given_up(NotFoundError("?", status=404), age=rules.GRACE, failures=15) is None


def test_fault_70_a_task_that_vanished_gets_a_second_look():
    error = NotFoundError("nothing here", status=404)
    assert given_up(error, failures=1) is None
    gone = given_up(error, failures=2)
    assert isinstance(gone, VanishedError)
    assert gone.task is TASK
    assert "nothing here" in str(gone)


def test_fault_26_missing_scopes_are_final_and_a_403_of_the_first_moments_is_not():
    early = ForbiddenError("cannot be granted for exportId 1", status=403, category="VALIDATION_ERROR")
    assert given_up(early, age=rules.GRACE) is None
    assert given_up(early, age=rules.GRACE + 1) is early


@pytest.mark.parametrize(
    ("error", "all_of_them"),
    [
        (UnauthorizedError("no", status=401), True),
        (TokenRefreshError("no", status=400), True),
        (DailyLimitError("used up", status=429), True),
        (SessionClosedError("closed"), True),
        (TlsError("self-signed"), True),
        (ForbiddenError("no", status=403, category="MISSING_SCOPES"), False),
        (BadRequestError("no", status=400), False),
        (VanishedError("gone", TASK), False),
        (InvalidResponseError("odd"), False),
        (ImportLimitError("rows", status=429), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_concerns_the_account_ends_all_its_watches(error: HubSpotError, all_of_them: bool):
    assert rules.concerns_all(error) is all_of_them


@pytest.mark.parametrize("kind", [EXPORT, FILE_IMPORT, FOLDER_UPDATE], ids=lambda kind: kind.name)
def test_fault_71_a_task_that_is_complete_has_a_result(kind: TaskKind[Any]):
    task = kind.task("1")
    assert rules.lacks_result(task, look(kind, "COMPLETE", result=None))
    assert not rules.lacks_result(task, look(kind, "COMPLETE"))
    assert not rules.lacks_result(task, look(kind, "PROCESSING"))
    assert not rules.lacks_result(task, look(kind, "CANCELED"))
    assert isinstance(rules.result_missing(task), ResultMissingError)


def test_imports_and_kinds_that_say_so_have_no_result():
    assert not rules.lacks_result(IMPORT.task("1"), look(IMPORT, "DONE"))


@pytest.mark.parametrize(
    ("kind", "word", "terminal", "succeeded"),
    [
        (IMPORT, "STARTED", False, False),
        (IMPORT, "DEFERRED", False, False),
        (IMPORT, "DONE", True, True),
        (IMPORT, "FAILED", True, False),
        (IMPORT, "CANCELED", True, False),
        (IMPORT, "REVERTED", True, False),
        (EXPORT, "COMPLETE", True, True),
        (EXPORT, "CANCELED", True, False),
        (EXPORT, "PENDING", False, False),
        (EXPORT, "FAILED", False, False),
        (IMPORT, "PAUSED", False, False),
    ],
)
def test_faults_55_69_a_task_is_over_when_its_word_says_so_and_a_word_unknown_says_nothing(
    kind: TaskKind[Any], word: str, terminal: bool, succeeded: bool
):
    seen = look(kind, word)
    assert (seen.status, seen.is_terminal, seen.succeeded) == (word, terminal, succeeded)


@pytest.mark.parametrize(("kind", "word"), [(EXPORT, "complete"), (EXPORT, "COMPLETE "), (IMPORT, "Done")])
def test_fault_63_case_and_spaces_of_a_word_do_not_matter(kind: TaskKind[Any], word: str):
    seen = look(kind, word)
    assert (seen.status, seen.is_terminal) == (word.strip().upper(), True)


def test_the_record_of_an_export_is_read_when_it_was_canceled():
    assert wants_details("CANCELED", age=1)
    assert not wants_details("COMPLETE", age=OLD)
    assert not wants_details("PROCESSING", age=OLD)


def test_the_record_of_an_export_is_read_when_it_is_pending_for_ten_minutes_and_again_after_ten_more():
    assert not wants_details("PENDING", age=599)
    assert wants_details("PENDING", age=600)
    assert not wants_details("PENDING", age=1_150, read_at=600)
    assert wants_details("PENDING", age=1_200, read_at=600)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not EXPORT], ids=lambda kind: kind.name)
def test_other_kinds_have_no_record(kind: TaskKind[Any]):
    assert not rules.wants_details(kind.task("1"), look(kind, "CANCELED"), age=OLD, read_at=None)


def wants_details(word: str, *, age: float, read_at: float | None = None) -> bool:
    return rules.wants_details(EXPORT.task("1"), look(EXPORT, word), age=age, read_at=read_at)


@pytest.mark.parametrize("state", list(ExportState))
def test_a_pending_export_whose_record_says_failed_or_deleted_has_failed(state: ExportState):
    error = rules.ended_by_details(EXPORT.task("1"), Export(id="1", export_state=state))
    if state in (ExportState.FAILED, ExportState.DELETED):
        assert isinstance(error, TaskNotSucceededError)
        assert state in str(error)
    else:
        assert error is None
    assert rules.ended_by_details(EXPORT.task("1"), None) is None


def test_only_that_it_now_waits_for_approval_is_news():
    waits = Export(id="1", export_state=ExportState.PENDING_APPROVAL)
    queued = Export(id="1", export_state=ExportState.ENQUEUED)
    assert rules.is_news(None, waits)
    assert rules.is_news(queued, waits)
    assert not rules.is_news(waits, Export(id="1", export_state=ExportState.PENDING_APPROVAL, record_count=3))
    assert not rules.is_news(None, queued)
    assert not rules.is_news(waits, queued)
    assert not rules.is_news(None, None)
