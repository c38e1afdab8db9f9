"""HubSpot's camelCase JSON to models and back: the one place that knows how either is spelled.

What HubSpot adds is ignored, what it leaves out or nulls is None or empty, and what is odd is kept as it came or
dropped. Only a model's required fields (status, state, id) can make an answer unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_origin

import attrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from hubspot_async.errors import InputError, InvalidResponseError
from hubspot_async.models import columns, problems, values

T = TypeVar("T")
E = TypeVar("E", bound=values.OpenEnum)

_converter = Converter(detailed_validation=True, prefer_attrib_converters=False)


def dumps(body: object) -> bytes:
    """Write a model as JSON, leaving out what is unset.

    Raises InputError for text that is none, such as a file's name that the disk holds in another encoding.
    """
    try:
        return json.dumps(_converter.unstructure(body), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{error.object[error.start : error.end]!r} cannot be sent, for it is no character") from None


def query_of(search: object) -> Mapping[str, object]:
    """Write a model as the query of a request."""
    query: Mapping[str, object] = _converter.unstructure(search)
    return query


def loads(content: bytes, promise: type[T]) -> T:
    """Read JSON as the model *promise*.

    Raises InvalidResponseError where it is no JSON, or lacks what the model cannot do without.
    """
    return structure(parse(content), promise)


def parse(content: bytes) -> Any:
    """Read JSON, which must be UTF-8 (with a BOM or without) and free of NaN.

    Raises InvalidResponseError, with no part of the content in its message.
    """
    try:
        return _decoder.decode(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidResponseError("the answer is not UTF-8") from None
    except RecursionError:
        raise InvalidResponseError("the answer is JSON nested too deeply to read") from None
    except ValueError:
        raise InvalidResponseError("the answer is not JSON") from None


def structure(document: Any, promise: type[T]) -> T:
    """Make the model *promise* of a JSON document.

    Raises InvalidResponseError naming the fields that cannot be read.
    """
    try:
        model: T = _reader(cast("Any", promise))(document, promise)
    except Exception as error:  # noqa: BLE001 - cattrs gathers whatever the single fields raise
        reasons = "; ".join(
            str(reason)[:200] for reason in transform_error(error, path="$", format_exception=_reason)[:3]
        )
        name = getattr(get_origin(promise) or promise, "__name__", str(promise))
        raise InvalidResponseError(f"the answer cannot be read as {name}: {reasons}") from None
    return model


@lru_cache(maxsize=256)
def _reader(promise: Any) -> Callable[[Any, Any], Any]:
    return _converter.get_structure_hook(promise)


def _reason(error: BaseException, _type: type[Any] | None) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)

# Names: snake_case here, camelCase there, and one that is a keyword of Python's.


def camel(name: str) -> str:
    """Give HubSpot's spelling of a field's name."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _is_model(cls: Any) -> bool:
    return attrs.has(get_origin(cls) or cls)


def _renames(cls: Any, **options: Any) -> dict[str, Any]:
    return {
        attribute.name: override(rename=camel(attribute.name), **options)
        for attribute in attrs.fields(get_origin(cls) or cls)
    }


# Reading: one small function for each odd thing that comes.


def _text(value: Any, _type: Any = None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else None


def _id(value: Any, _type: Any = None) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a {type(value).__name__} stands where text is due")
    return value if isinstance(value, str) else str(value)


def _number(value: Any, _type: Any = None) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _flag(value: Any, _type: Any = None) -> bool | None:
    return (
        {"true": True, "false": False}.get(value.lower())
        if isinstance(value, str)
        else bool(value)
        if value in (0, 1)
        else None
    )


_EPOCH_LIMIT = 1e11
"""Above this a number is milliseconds since 1970, not seconds."""


def read_time(value: Any, _type: Any = None) -> values.Time | None:
    """Read a moment as an aware datetime in UTC; what is no time is given back as text."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000 if abs(value) > _EPOCH_LIMIT else value, UTC)
        else:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return str(value)[:100] or None


def read_links(value: Any, _type: Any = None) -> dict[str, str]:
    """Read links, which HubSpot promises as a map and also sends as a list of maps."""
    maps = value if isinstance(value, list) else [value]
    pairs = (pair for each in maps if isinstance(each, dict) for pair in each.items())
    return {key: link for key, link in pairs if isinstance(link, str)}


def _counters(value: Any, _type: Any = None) -> dict[str, int]:
    pairs = ((key, _number(count)) for key, count in value.items()) if isinstance(value, dict) else ()
    return {key: count for key, count in pairs if count is not None}


def read_context(value: Any, _type: Any = None) -> problems.Context | None:
    """Read what an error refers to: lists by name, or text that was once such lists."""
    if isinstance(value, dict):
        return {
            key: tuple(map(_shown, words)) if isinstance(words, list) else (_shown(words),)
            for key, words in value.items()
        }
    return None if value is None else _shown(value)


def _shown(value: Any) -> str:
    """Keep as text what nobody promised, if it can be shown at all."""
    try:
        return str(value)
    except RecursionError:
        return "…"


def _word_or_object(value: Any, _type: Any = None) -> str | dict[str, object] | None:
    return value if value is None or isinstance(value, str | dict) else _shown(value)


def _object(value: Any, _type: Any = None) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None


def _word(value: Any, cls: type[E]) -> E:
    """Read a word of an open enum; case and blanks around a known word do not matter."""
    words: Mapping[str, E] = _words(cls)
    known = words.get(value) if isinstance(value, str) else None
    if known is None and not _id(value).strip():
        raise ValueError("it is empty")
    return known or words.get(_id(value).strip().upper()) or cls(value)


@lru_cache
def _words(cls: type[E]) -> dict[str, E]:
    return {member.value: member for member in cls}


_ITEMS: Mapping[Any, Callable[[Any, Any], Any]] = {str: _text, int: _number}


def _tuple(cls: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    """Read a list; what is no list is empty. Items that are not what is due are left out, unless they may be None."""
    item = get_args(cls)[0]
    has_gaps = type(None) in get_args(item)
    read = _ITEMS.get(item) or _converter.get_structure_hook(item)

    def read_all(value: Any, _type: Any) -> tuple[Any, ...]:
        items = value if isinstance(value, list) else []
        if has_gaps:
            return tuple([read(each, item) for each in items])
        read_items = [read(each, item) for each in items if each is not None]
        return tuple([each for each in read_items if each is not None])

    return read_all


def _optional_model(cls: Any) -> Callable[[Any, Any], Any]:
    """Read a model that may be missing; what is no object counts as missing."""
    model = next(each for each in get_args(cls) if each is not type(None))
    read = _converter.get_structure_hook(model)
    return lambda value, _type: read(value, model) if isinstance(value, dict) else None


def _model(cls: Any) -> Callable[[Any, Any], Any]:
    """Read an object as the model of its class. Null is the same as missing, and so is a part that is no object."""
    read = make_dict_structure_fn(cls, _converter, **_renames(cls))
    has_required = any(attribute.default is attrs.NOTHING for attribute in attrs.fields(get_origin(cls) or cls))

    def read_model(value: Any, _type: Any) -> Any:
        if isinstance(value, dict):
            return read({key: each for key, each in value.items() if each is not None}, cls)
        if has_required:
            raise TypeError(f"a {type(value).__name__} stands where an object is due")
        return cls()

    return read_model


def _problem(cls: Any) -> Callable[[Any, Any], Any]:
    """Read an error, of which sometimes only the text comes."""
    read = _model(cls)

    def read_problem(value: Any, _type: Any) -> Any:
        problem = value if isinstance(value, dict) else {"message": _shown(value)}
        return read({**problem, "message": _text(problem.get("message"))}, cls)

    return read_problem


def _secret(value: Any, _type: Any = None) -> values.SecretUrl | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} stands where a URL is due")
    return values.SecretUrl(value)


def _required_secret(value: Any, _type: Any = None) -> values.SecretUrl:
    url = _secret(value)
    if url is None:
        raise ValueError("it is empty")
    return url


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _is_optional_model(cls: Any) -> bool:
    kinds = get_args(cls)
    return len(kinds) == 2 and type(None) in kinds and any(_is_model(kind) for kind in kinds)


def _is_problem(cls: Any) -> bool:
    return cls in (problems.StandardError, problems.ErrorDetail)


_converter.register_structure_hook_factory(_is_model)(_model)
_converter.register_structure_hook_factory(_is_problem)(_problem)
_converter.register_structure_hook_factory(_is_optional_model)(_optional_model)
_converter.register_structure_hook_factory(_is_tuple)(_tuple)
_converter.register_structure_hook(values.OpenEnum, _word)
_converter.register_structure_hook(str, _id)


def _register(kind: Any, read: Callable[[Any, Any], Any]) -> None:
    _converter.register_structure_hook_func(lambda cls: cls == kind, read)


_register(str | None, _text)
_register(int | None, _number)
_register(bool | None, _flag)
_register(values.Time | None, read_time)
_register(values.SecretUrl | None, _secret)
_register(values.SecretUrl, _required_secret)
_register(type(None), lambda _value, _type: None)
_register(Mapping[str, str], read_links)
_register(Mapping[str, int], _counters)
_register(Mapping[str, object] | None, _object)
_register(problems.Context | None, read_context)
_register(str | Mapping[str, object] | None, _word_or_object)

# Writing: unset fields are left out, and moments are ISO 8601.


def _write_time(value: datetime) -> str:
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _writer(cls: Any) -> Callable[[Any], dict[str, Any]]:
    write = make_dict_unstructure_fn(cls, _converter, _cattrs_include_init_false=True, **_renames(cls))
    return lambda model: {key: value for key, value in write(model).items() if value is not None}


def _write_mapping(mapping: columns.ColumnMapping) -> dict[str, Any]:
    """A column common to two files says by an explicit null that it is no property."""
    written = _write_column(mapping)
    return (
        {**written, "propertyName": None} if mapping.to_column_object_type_id and not mapping.property_name else written
    )


_converter.register_unstructure_hook_factory(attrs.has)(_writer)
_write_column = _writer(columns.ColumnMapping)
_converter.register_unstructure_hook(columns.ColumnMapping, _write_mapping)
_converter.register_unstructure_hook(datetime, _write_time)
