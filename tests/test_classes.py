"""Frozen classes: alike with what attrs would have made of them."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from attrs import field

from hubspot_async.classes import frozen


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
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        place.city = "Oslo"
    with pytest.raises(AttributeError):
        object.__setattr__(place, "country", "Ukraine")  # it has slots


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
