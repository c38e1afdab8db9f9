"""Classes that are made late: alike with what attrs would have made of them."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pickle
import pkgutil
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from attrs import field

import hubspot_async
from hubspot_async.classes import define, frozen


def _classes(frozen: Any) -> tuple[type[Any], type[Any]]:
    @frozen
    class Place:
        city: str
        note: str = field(default="", eq=False)
        token: str = field(default="", repr=False)
        size: int = field(default=0, kw_only=True, repr=hex)

    @frozen(kw_only=True)
    class Nowhere:
        pass

    return Place, Nowhere


PLACES = [("Kyiv", "a", "t"), ("Kyiv", "b", "t"), ("Kyiv", "a", "u"), ("Oslo", "a", "t")]


@pytest.mark.parametrize("one", PLACES)
@pytest.mark.parametrize("other", PLACES)
def test_equal_and_hashed_as_attrs_does_it(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    (ours, _), (theirs, _) = _classes(frozen), _classes(attrs.frozen)
    assert (ours(*one) == ours(*other)) is (theirs(*one) == theirs(*other))
    assert (ours(*one) != ours(*other)) is (theirs(*one) != theirs(*other))
    assert len({ours(*one), ours(*other)}) == len({theirs(*one), theirs(*other)})


def test_shown_as_attrs_does_it() -> None:
    (ours, empty), (theirs, their_empty) = _classes(frozen), _classes(attrs.frozen)
    assert repr(ours("Kyiv", token="secret", size=16)) == repr(theirs("Kyiv", token="secret", size=16))
    assert "secret" not in repr(ours("Kyiv", token="secret"))
    assert repr(empty()) == repr(their_empty())


def test_a_class_equals_no_other_of_the_same_fields() -> None:
    (one, empty), (other, _) = _classes(frozen), _classes(frozen)
    assert one("Kyiv") != other("Kyiv")
    assert one("Kyiv") != ("Kyiv", "", "", 0)
    assert empty() == empty()
    assert hash(empty()) == hash(empty())


def test_nothing_of_it_can_be_changed() -> None:
    place = _classes(frozen)[0]("Kyiv")
    for name in ("city", "country"):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(place, name, "Oslo")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del place.city


def test_an_unhashable_field_makes_it_unhashable() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(_classes(frozen)[0](["Kyiv"]))


def test_what_a_class_defines_itself_is_kept() -> None:
    @frozen
    class Word:
        text: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Word) and self.text.lower() == other.text.lower()

        def __hash__(self) -> int:
            return hash(self.text.lower())

        def __repr__(self) -> str:
            return self.text

    @frozen(eq=False, repr=False)
    class Thing:
        text: str

    assert Word("a") == Word("A")
    assert len({Word("a"), Word("A")}) == 1
    assert repr(Word("a")) == "a"
    assert Thing("a") != Thing("a")
    assert repr(Thing("a")).startswith("<")


@frozen
class Stored:
    """At the top of a module, where pickle finds it."""

    text: str


def test_it_can_be_pickled_and_matched() -> None:
    match pickle.loads(pickle.dumps(Stored("a"))):
        case Stored(text):
            assert text == "a"
    assert pickle.loads(pickle.dumps(Stored("a"))) == Stored("a")


def test_a_subclass_compares_and_shows_all_its_fields() -> None:
    @frozen
    class Longer(Stored):
        more: int = 0

    assert Longer("a", 1) != Longer("a", 2)
    assert Longer("a") != Stored("a")
    assert repr(Longer("a", 1)).endswith("Longer(text='a', more=1)")


# When it is made: not before somebody uses it.


def _is_made(cls: type[Any]) -> bool:
    return inspect.isfunction(cls.__dict__["__init__"])


def _make(cls: Any) -> object:
    return cls("Kyiv")


def _revive(cls: Any) -> object:
    """Bring back an instance as pickle does: without its ``__init__``."""
    place = object.__new__(cls)
    place.__dict__.update(city="Kyiv", note="", token="", size=0)
    return place


USES: list[Callable[[Any], object]] = [
    _make,
    attrs.fields,
    attrs.has,
    inspect.signature,
    lambda cls: hash(_revive(cls)),
    lambda cls: repr(_revive(cls)),
    lambda cls: attrs.evolve(_revive(cls), city="Oslo"),
]


@pytest.mark.parametrize("use", USES)
def test_whatever_is_asked_first_is_answered_as_by_attrs(use: Callable[[Any], object]) -> None:
    ours, theirs = _classes(frozen)[0], attrs.frozen(slots=False)(_bare())
    assert not _is_made(ours)
    use(ours)
    assert _is_made(ours)
    assert inspect.signature(ours) == inspect.signature(theirs)
    assert [field.name for field in attrs.fields(ours)] == [field.name for field in attrs.fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__


def _bare() -> type[Any]:
    class Place:
        city: str
        note: str = field(default="", eq=False)
        token: str = field(default="", repr=False)
        size: int = field(default=0, kw_only=True, repr=hex)

    return Place


@pytest.mark.parametrize("change", [lambda place: setattr(place, "city", "Oslo"), lambda place: delattr(place, "city")])
def test_one_that_was_revived_before_its_class_was_made_is_frozen_too(change: Callable[[Any], None]) -> None:
    place: Any = _revive(_classes(frozen)[0])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        change(place)
    assert place.city == "Kyiv"


def test_one_that_changes_is_made_late_too_and_keeps_its_rules() -> None:
    def classes(define: Any) -> type[Any]:
        @define
        class Counter:
            name: str = field(validator=attrs.validators.instance_of(str))
            size: int = field(default=0, converter=int)
            _left: int = field(init=False)

            def __attrs_post_init__(self) -> None:
                self._left = self.size

        return Counter  # type: ignore[no-any-return]

    ours, theirs = classes(define), classes(attrs.define(slots=False))
    assert not _is_made(ours)
    assert inspect.signature(ours) == inspect.signature(theirs)
    counter = ours("a", "3")
    counter.size = "4"
    assert (counter.size, counter._left) == (4, 3)
    assert repr(counter).endswith("Counter(name='a', size=4, _left=3)")
    with pytest.raises(TypeError, match="name"):
        counter.name = 5
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)


def test_what_a_class_that_changes_defines_itself_is_kept() -> None:
    @define
    class Loud:
        size: int = 0

        def __setattr__(self, name: str, value: object) -> None:
            object.__setattr__(self, name, str(value).upper())

    @define
    class Own:
        size: int

        def __init__(self) -> None:
            self.size = 7

    loud: Any = Loud()
    loud.size = "a"
    assert (loud.size, Own().size) == ("A", 7)


def test_a_subclass_makes_what_it_is_made_of() -> None:
    base = _classes(frozen)[0]

    @frozen
    class Longer(base):  # type: ignore[misc, valid-type]
        more: int = 0

    class Plain(base):  # type: ignore[misc, valid-type]
        """Of the user's own, without attrs."""

        def __init__(self, city: str) -> None:
            super().__init__(city, size=3)

    assert (Plain("Kyiv").city, Plain("Kyiv").size) == ("Kyiv", 3)
    assert not _is_made(Longer)
    assert repr(Longer("Kyiv", more=2)).endswith("more=2)")
    assert len(attrs.fields(Longer)) == 5


def test_threads_that_use_it_at_once_make_it_once() -> None:
    for _ in range(50):
        place, together = _classes(frozen)[0], threading.Barrier(4)

        def use(place: Any = place, together: threading.Barrier = together) -> object:
            together.wait()
            return place("Kyiv", size=1)

        with ThreadPoolExecutor(4) as threads:
            places = [each.result() for each in [threads.submit(use) for _ in range(4)]]
        assert len(set(places)) == 1


def test_all_of_the_package_can_be_made() -> None:
    """What attrs would refuse when a module is loaded is otherwise found out by the first who uses the class."""
    for module in pkgutil.walk_packages(hubspot_async.__path__, "hubspot_async."):
        if module.name != "hubspot_async.__main__":
            with contextlib.suppress(ImportError):  # of an extra that is not here
                importlib.import_module(module.name)
    modules = [module for name, module in sys.modules.items() if name.startswith("hubspot_async.")]
    classes = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    ours = [cls for cls in classes if cls.__module__.startswith("hubspot_async.") and attrs.has(cls)]
    assert len(ours) > 80
    for cls in ours:
        assert inspect.isfunction(cls.__init__), cls
