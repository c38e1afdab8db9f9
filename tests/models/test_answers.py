"""What an answer means: which words end a task, and what stays out of sight."""

import copy
import pickle

import pytest

from hubspot_async.models.exports import ExportState
from hubspot_async.models.imports import Import, ImportMetadata, ImportState
from hubspot_async.models.tasks import ActionResponse, TaskStatus
from hubspot_async.models.values import OpenEnum, SecretUrl


@pytest.mark.parametrize(
    ("word", "is_terminal", "succeeded"),
    [
        ("PENDING", False, False),
        ("PROCESSING", False, False),
        ("COMPLETE", True, True),
        ("CANCELED", True, False),
        ("FAILED", False, False),
        ("COMPLETED", False, False),
    ],
)
def test_which_statuses_end_a_task(word: str, is_terminal: bool, succeeded: bool):
    look: ActionResponse[str] = ActionResponse(status=TaskStatus(word))
    assert (look.is_terminal, look.succeeded) == (is_terminal, succeeded)


@pytest.mark.parametrize(
    ("word", "is_terminal", "succeeded"),
    [
        ("STARTED", False, False),
        ("PROCESSING", False, False),
        ("DEFERRED", False, False),
        ("DONE", True, True),
        ("FAILED", True, False),
        ("CANCELED", True, False),
        ("REVERTED", True, False),
        ("COMPLETE", False, False),
    ],
)
def test_which_states_end_an_import(word: str, is_terminal: bool, succeeded: bool):
    look = Import(id="1", state=ImportState(word), updated_at="late")
    assert (look.is_terminal, look.succeeded) == (is_terminal, succeeded)
    assert look.status is look.state
    assert look.completed_at == ("late" if is_terminal else None)
    assert look.errors == ()


def test_an_import_counts_its_row_errors():
    assert Import(id="1", state=ImportState.DONE).num_errors == 0
    metadata = ImportMetadata(counters={"ERRORS": 3})
    assert Import(id="1", state=ImportState.DONE, metadata=metadata).num_errors == 3


@pytest.mark.parametrize("enum", [TaskStatus, ImportState, ExportState])
def test_an_unknown_word_is_a_value_like_any_other(enum: type[OpenEnum]):
    word = enum("NEW_WORD")
    assert word == "NEW_WORD" == str(word) == word.value == word.name
    assert hash(word) == hash("NEW_WORD")
    assert word == enum("NEW_WORD") == pickle.loads(pickle.dumps(word)) == copy.deepcopy(word)
    assert "NEW_WORD" not in enum.__members__
    assert word not in list(enum)


@pytest.mark.parametrize("value", [None, 5, ["DONE"]])
def test_what_is_no_word_is_no_status(value: object):
    with pytest.raises(ValueError, match="is not a valid TaskStatus"):
        TaskStatus(value)


def test_a_url_shows_no_signature_and_is_still_itself():
    url = SecretUrl("https://a/people.csv?Signature=s3cret")
    assert url == "https://a/people.csv?Signature=s3cret"
    assert repr(url) == "'https://a/people.csv?…'"
    assert url.redacted == "https://a/people.csv?…"
    assert SecretUrl("https://a/people.csv").redacted == "https://a/people.csv"
    assert pickle.loads(pickle.dumps(url)) == url
    assert "s3cret" not in f"{url!r} {[url]} {ActionResponse(status=TaskStatus.COMPLETE, result=url)}"
