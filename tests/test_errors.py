"""The tree of errors, as it is drawn and as it is."""

import copy
import inspect
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubspot_async import errors
from hubspot_async.errors import HubSpotError
from hubspot_async.models.problems import ErrorDetail
from hubspot_async.tasks import EXPORT

ARGUMENTS = {
    "message": "what went wrong",
    "sent": False,
    "status": 418,
    "request": "GET /crm/v3/imports",
    "category": "VALIDATION_ERROR",
    "sub_category": "x.Y",
    "correlation_id": "3b1c",
    "errors": (ErrorDetail(message="one", context={"a": ("b",)}),),
    "context": {"a": ("b",)},
    "links": {"a": "https://a"},
    "policy_name": "DAILY",
    "retry_after": 2.5,
    "task": EXPORT.task("1"),
    "path": Path("exports.sqlite"),
    "start": SimpleNamespace(request="POST /crm/v3/imports"),
}


def classes() -> list[type[HubSpotError]]:
    return [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, HubSpotError)]


def make(cls: type[HubSpotError]) -> HubSpotError:
    """An error with something in each of its fields."""
    return cls(**{name: ARGUMENTS[name] for name in inspect.signature(cls).parameters})


def drawn(docstring: str) -> Iterator[tuple[str, str, str]]:
    """Each class of the drawing, with the one it hangs on, and its note."""
    above: list[str] = []
    for line in docstring.splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+Error)\b *(.*)", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            yield found[2], above[depth - 1] if depth else "Exception", found[3]


def test_the_tree_in_the_docstring_is_the_tree():
    assert errors.__doc__
    tree = {name: parent for name, parent, _ in drawn(errors.__doc__)}
    assert tree == {cls.__name__: cls.__bases__[0].__name__ for cls in classes()}
    assert len(tree) > 20


def test_what_is_also_another_error_says_so_in_the_drawing():
    assert errors.__doc__
    also = {name: note for name, _, note in drawn(errors.__doc__) if "also a" in note}
    bases = {cls.__name__: cls.__bases__[1:] for cls in classes() if len(cls.__bases__) > 1}
    assert {"InputError": (ValueError,), "TimedOutError": (TimeoutError,)} == bases
    assert set(also) == set(bases)


@pytest.mark.parametrize("cls", classes())
def test_every_name_ends_in_error(cls: type[HubSpotError]):
    assert cls.__name__.endswith("Error")
    assert cls.__doc__


@pytest.mark.parametrize("cls", classes())
def test_every_error_survives_pickling_and_copying(cls: type[HubSpotError]):
    error = make(cls)
    error.add_note("while the test ran")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is cls
        assert vars(twin) == vars(error)
        assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
        assert "what went wrong" in str(twin)


@pytest.mark.parametrize("cls", classes())
def test_every_error_is_one_line(cls: type[HubSpotError]):
    assert len(str(make(cls)).splitlines()) == 1


def test_a_response_error_reads_as_a_sentence():
    assert str(make(errors.ForbiddenError)) == (
        "418 VALIDATION_ERROR: what went wrong (GET /crm/v3/imports, correlation id 3b1c)"
    )
    assert str(errors.NotFoundError("resource not found", status=404)) == "404: resource not found"


def test_a_task_error_names_its_task():
    error = errors.VanishedError("HubSpot does not know it", EXPORT.task("1", account="acme"))
    assert str(error) == "export 1 of acme: HubSpot does not know it"
    assert error.task.id == "1"


def test_a_deadline_is_caught_as_asyncios_own():
    error = errors.TimedOutError("not settled", EXPORT.task("1"))
    assert isinstance(error, TimeoutError)
    assert error.errno is None
