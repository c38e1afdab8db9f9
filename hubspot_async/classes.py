"""`attrs.frozen` and `attrs.define`, whose classes take half as long to make.

attrs compiles an ``__eq__``, a ``__hash__`` and a ``__repr__`` for each class, and whoever imports this package would
wait for ninety of each. Here all classes share one of each, which looks up the fields when it is called: slower then,
and seldom called. What is compared with each look at a task is made by attrs itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["define", "frozen"]

if TYPE_CHECKING:
    from attrs import define, frozen  # a type checker need not see any difference
else:

    def frozen(cls=None, **options):
        """Make a class of values; *options* are as for `attrs.frozen`, and what *cls* defines itself is kept."""
        return _made(attrs.frozen, _hash, cls, options)

    def define(cls=None, **options):
        """Make a class of what changes; *options* are as for `attrs.define`."""
        return _made(attrs.define, None, cls, options)


def _made(make: Callable[..., Any], hashed: Callable[[Any], int] | None, cls: Any, options: dict[str, Any]) -> Any:
    if cls is None:
        return lambda cls: _made(make, hashed, cls, options)
    if options.get("eq", True) and "__eq__" not in cls.__dict__:
        cls.__eq__, cls.__hash__ = _equal, hashed
    if options.get("repr", True) and "__repr__" not in cls.__dict__:
        cls.__repr__ = _repr
    return make(cls, **{**options, "eq": False, "repr": False})


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared = _compared(self.__class__)
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, _compared(self.__class__)(self)))


def _repr(self: Any) -> str:
    shown = ", ".join([f"{name}={show(getattr(self, name))}" for name, show in _shown(self.__class__)])
    return f"{self.__class__.__qualname__.rpartition('>.')[2]}({shown})"


@cache
def _compared(cls: type[Any]) -> Callable[[object], object]:
    names = [field.name for field in attrs.fields(cls) if field.eq]
    return attrgetter(*names) if names else lambda _: ()


@cache
def _shown(cls: type[Any]) -> list[tuple[str, Callable[[object], str]]]:
    shown = [field for field in attrs.fields(cls) if field.repr]
    return [(field.name, repr if field.repr is True else field.repr) for field in shown]
