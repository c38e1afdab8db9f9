"""Errors that are written down and raised again by another process."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async import exports
from hubspot_async.errors import (
    BadRequestError,
    HubSpotError,
    InvalidResponseError,
    ServerError,
    StartOutcomeUnknownError,
    TimedOutError,
    VanishedError,
)
from hubspot_async.journal import failures
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.tasks import EXPORT
from tests.session.rawserver import TOKEN, RawServer, connect, http
from tests.test_errors import ARGUMENTS, classes, make

ONCE = RetryPolicy(attempts=1)

PLAIN = {
    "message",
    "sent",
    "status",
    "request",
    "category",
    "sub_category",
    "correlation_id",
    "policy_name",
    "retry_after",
}


def again(error: HubSpotError, **carried: Any) -> HubSpotError:
    """What another process makes of it."""
    return failures.read(json.loads(json.dumps(failures.written(error))), **carried)


@pytest.mark.parametrize("cls", classes())
def test_every_error_is_the_same_again_in_class_message_and_plain_fields(cls: type[HubSpotError]):
    error = make(cls)
    twin = again(error, task=ARGUMENTS["task"], start=ARGUMENTS["start"])
    assert type(twin) is cls
    assert vars(twin).keys() == vars(error).keys()
    for name, value in vars(error).items():
        if name in PLAIN | {"task", "start"}:
            assert getattr(twin, name) == value, name
    assert (str(twin), twin.args) == (str(error), error.args)
    assert len(str(twin).splitlines()) == 1
    assert twin.__cause__ is twin.__context__ is twin.__traceback__ is None


@pytest.mark.parametrize("cls", classes())
def test_every_error_can_do_without_what_nobody_knows_any_more(cls: type[HubSpotError]):
    bare = failures.read({"error": cls.__name__})
    assert type(bare) is cls
    assert vars(bare).keys() == vars(make(cls)).keys()
    str(bare)
    repr(bare)


def test_what_was_not_said_is_not_made_up():
    assert vars(again(BadRequestError("no", status=400))) == vars(BadRequestError("no", status=400))
    assert vars(again(InvalidResponseError("no"))) == {"message": "no", "status": None}
    assert again(HubSpotError("no")).args == ("no",)


def test_a_task_and_a_start_are_those_of_the_job():
    task, start = EXPORT.task("1", account="acme"), SimpleNamespace(request="POST")
    error = again(VanishedError("gone", EXPORT.task("2")), task=task, start=start)
    assert isinstance(error, VanishedError)
    assert error.task is task
    assert str(error) == "export 1 of acme: gone"
    error = again(StartOutcomeUnknownError("?", start=ARGUMENTS["start"]), task=task, start=start)
    assert isinstance(error, StartOutcomeUnknownError)
    assert error.start is start
    assert not hasattr(again(HubSpotError("no"), task=task, start=start), "task")


def test_a_deadline_is_still_caught_as_asyncios_own():
    error = again(TimedOutError("not settled", EXPORT.task("1")), task=EXPORT.task("1"))
    assert isinstance(error, TimeoutError)
    assert str(error) == "export 1: not settled"


def test_one_has_nothing_of_another():
    one, two = (again(make(BadRequestError)) for _ in range(2))
    assert isinstance(one, BadRequestError)
    assert isinstance(two, BadRequestError)
    one.links["a"] = "b"  # type: ignore[index]
    assert two.links == {}


def test_long_words_are_cut():
    document = failures.written(BadRequestError("x" * 100_000, status=400, correlation_id="y" * 100_000))
    assert len(json.dumps(document)) < 3000


def test_a_kind_of_error_that_nobody_knows_is_the_most_general():
    class MyError(HubSpotError):
        """One of the user's own."""

    assert type(again(MyError("mine"))) is HubSpotError
    for name in ("Any", "__doc__", "VersionEndedWarning", "annotations", "_rebuild", "", None, 7, ["x"], "os.system"):
        assert type(failures.read({"error": name, "message": "?"})) is HubSpotError


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)
FIELDS = sorted({"error", "task", "start", "path", "errors", "links", "context", "__class__", "args"} | PLAIN)


@given(
    st.dictionaries(st.sampled_from(FIELDS), anything), st.sampled_from([cls.__name__ for cls in classes()]) | anything
)
def test_fault_157_whatever_stands_there_makes_an_error_and_no_other_harm(document: dict[str, Any], name: object):
    error = failures.read({**document, "error": name})
    assert isinstance(error, HubSpotError)
    str(error)
    repr(error)
    for field in PLAIN - {"message"}:
        value = getattr(error, field, None)
        assert value is None or isinstance(value, str | int | float)
    assert failures.read(failures.written(error)).args == error.args or len(error.message) > 1000


@pytest.mark.asyncio
async def test_faults_143_158_no_token_is_in_what_is_written_of_an_error():
    said = f"Bearer {TOKEN}"
    body = {"message": f"what of {said}", "category": said, "correlationId": said, "context": {"a": [said]}}
    async with RawServer(http(500, body), http(400, body)) as server, connect(server, retry=ONCE) as session:
        for cls in (ServerError, BadRequestError):
            with pytest.raises(cls) as raised:
                await exports.get_status(session, exports.task("1"))
            text = json.dumps(failures.written(raised.value))
            assert TOKEN not in text
            assert "[token]" in text
