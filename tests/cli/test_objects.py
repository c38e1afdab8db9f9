import pytest

from hubspot_async.cli.objects import TYPE_IDS, name_of, type_id_of
from hubspot_async.errors import InputError
from hubspot_async.sandbox.crm import _STANDARD


@pytest.mark.parametrize("word", ["contacts", "Contact", "CONTACT", " contacts ", "0-1"])
def test_an_object_may_be_written_in_any_way(word: str) -> None:
    assert name_of(word) == "CONTACT"
    assert type_id_of(word) == "0-1"


@pytest.mark.parametrize(
    ("word", "name"), [("companies", "COMPANY"), ("line items", "LINE_ITEM"), ("line-item", "LINE_ITEM")]
)
def test_plurals(word: str, name: str) -> None:
    assert name_of(word) == name


def test_what_is_not_known_stays_as_it_is_for_exports_and_must_be_an_id_for_imports() -> None:
    assert name_of("p123_car") == "p123_car"
    assert name_of("2-123") == type_id_of("2-123") == "2-123"
    with pytest.raises(InputError, match="cars"):
        type_id_of("cars")


def test_the_sandbox_agrees() -> None:
    known = {name: type_id for type_id, (name, _) in _STANDARD.items()}
    assert dict(TYPE_IDS) == known
