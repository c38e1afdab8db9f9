"""`attrs.frozen` and `attrs.define`, whose classes cost next to nothing until they are used.

attrs writes and compiles what a class needs, and whoever imports this package would wait for ninety classes of it, most
of which he never uses. Here all classes share one ``__eq__``, ``__hash__`` and ``__repr__``, which look up the fields
when they are called: slower then, and seldom called. All the rest of a class is made when it is first asked for.
A class has no slots, for attrs would have to make another one to give it some; without them an instance is made sooner,
too. What is compared with each look at a task is attrs' own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["define", "frozen"]

if TYPE_CHECKING:
    from attrs import define, frozen  # a type checker need not see any difference
else:

    def frozen(cls=None, **options):
        """Make a class of values; *options* are as for `attrs.frozen`, and what *cls* defines itself is kept."""
        return _put_off(attrs.frozen, cls, options)

    def define(cls=None, **options):
        """Make a class of what changes; *options* are as for `attrs.define`, and what *cls* defines itself is kept."""
        return _put_off(attrs.define, cls, options)


_PUT_OFF = ("__attrs_attrs__", "__init__", "__signature__")
"""Without one of these there is no instance, and nobody can ask what the fields are."""

_PUT_OFF_IF_FROZEN = (*_PUT_OFF, "__setattr__", "__delattr__")
"""For `pickle` brings an instance back without its ``__init__``."""

_making = RLock()


def _put_off(make: Callable[..., Any], cls: Any, options: dict[str, Any]) -> Any:
    """Have attrs make a class later, unless it has to make another one or a part of it."""
    if cls is None:
        return lambda cls: _put_off(make, cls, options)
    _share(cls, options, _hash if make is attrs.frozen else None)
    made = {"slots": False, **options, "eq": False, "repr": False}
    if made["slots"] or not made.get("init", True) or {"__init__", "__setattr__"} & cls.__dict__.keys():
        return make(cls, **made)
    for name in _PUT_OFF_IF_FROZEN if make is attrs.frozen else _PUT_OFF:
        setattr(cls, name, _Later(make, cls, name, made))
    return cls


class _Later:
    """Stands for an attribute of a class until it is asked for; attrs makes them all then, in their places."""

    __slots__ = ("_cls", "_make", "_name", "_options")

    def __init__(self, make: Callable[..., Any], cls: type[Any], name: str, options: dict[str, Any]) -> None:
        self._make = make
        self._cls = cls
        self._name = name
        self._options = options

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        with _making:
            if self._cls.__dict__.get(self._name) is self:
                self._make(self._cls, **{**self._options, "init": True, "auto_detect": False})
                del self._cls.__signature__  # it has that of its __init__ now
        made = getattr(self._cls, self._name)
        return made.__get__(instance, owner) if callable(made) and instance is not None else made


def _share(cls: Any, options: dict[str, Any], hashed: Callable[[Any], int] | None) -> None:
    """Give a class the methods that all share, but for those that it defines itself or is to go without."""
    if options.get("eq", True) and "__eq__" not in cls.__dict__:
        cls.__eq__, cls.__hash__ = _equal, hashed
    if options.get("repr", True) and "__repr__" not in cls.__dict__:
        cls.__repr__ = _repr


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
