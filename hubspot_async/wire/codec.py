"""HubSpot's camelCase JSON to models and back: the one place that knows how either is spelled.

What HubSpot adds is ignored, what it leaves out or nulls is None or empty, and what is odd is kept as it came or
dropped. Only a model's required fields (status, state, id) can make an answer unreadable.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from hubspot_async.errors import InputError, InvalidResponseError
from hubspot_async.models import columns, problems, values
from hubspot_async.wire import lenient

T = TypeVar("T")

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
        text = content.removeprefix(BOM_UTF8).decode().strip(_BLANKS)
        # `decode` looks for blanks with regular expressions, which is a quarter of its time for a short answer.
        document, end = _decoder.raw_decode(text)
    except UnicodeDecodeError:
        raise InvalidResponseError("the answer is not UTF-8") from None
    except RecursionError:
        raise InvalidResponseError("the answer is JSON nested too deeply to read") from None
    except ValueError:
        raise InvalidResponseError("the answer is not JSON") from None
    if end != len(text):
        raise InvalidResponseError("the answer is not JSON") from None
    return document


def structure(document: Any, promise: type[T]) -> T:
    """Make the model *promise* of a JSON document.

    Raises InvalidResponseError naming the fields that cannot be read.
    """
    try:
        known = _readers.get(id(promise)) or _learn(promise)
        model: T = known[1](document, promise)
    except Exception as error:  # noqa: BLE001 - cattrs gathers whatever the single fields raise
        reasons = "; ".join(
            str(reason)[:200] for reason in transform_error(error, path="$", format_exception=_reason)[:3]
        )
        name = getattr(get_origin(promise) or promise, "__name__", str(promise))
        raise InvalidResponseError(f"the answer cannot be read as {name}: {reasons}") from None
    return model


def _learn(promise: Any) -> tuple[object, Callable[[Any, Any], Any]]:
    """Keep what reads *promise* under its id: to hash a generic type takes as long as to read three moments."""
    if len(_readers) >= _MOST_READERS:
        _readers.clear()
    known = _readers[id(promise)] = promise, _converter.get_structure_hook(promise)
    return known


_MOST_READERS = 256
_readers: dict[int, tuple[object, Callable[[Any, Any], Any]]] = {}
"""With each the type itself, so that no other gets its id."""


def _reason(error: BaseException, _type: type[Any] | None) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)
_BLANKS = " \t\n\r"

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


# Reading: what a model is made of, and what may be missing from it.

_ITEMS: Mapping[Any, Callable[[Any, Any], Any]] = {str: lenient.text, int: lenient.number}


def _tuple(cls: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    """Read a list; what is no list is empty. Items that are not what is due are left out, unless they may be None."""
    item = get_args(cls)[0]
    has_gaps = type(None) in get_args(item)
    read = _ITEMS.get(item) or _converter.get_structure_hook(item)

    def read_all(value: Any, _type: Any) -> tuple[Any, ...]:
        if not value or not isinstance(value, list):
            return ()
        if has_gaps:
            return tuple([read(each, item) for each in value])
        items = [read(each, item) for each in value if each is not None]
        return tuple([each for each in items if each is not None])

    return read_all


def _optional_model(cls: Any) -> Callable[[Any, Any], Any]:
    """Read a model that may be missing; what is no object counts as missing."""
    model = next(each for each in get_args(cls) if each is not type(None))
    read = _converter.get_structure_hook(model)
    return lambda value, _type: read(value, model) if isinstance(value, dict) else None


def _text_or_model(cls: Any) -> Callable[[Any, Any], Any]:
    """Read what is either a text or an object."""
    model = next(each for each in get_args(cls) if each is not str)
    read = _converter.get_structure_hook(model)
    return lambda value, _type: read(value, model) if isinstance(value, dict) else lenient.text(value)


def _model(cls: Any) -> Callable[[Any, Any], Any]:
    """Read an object as the model of its class. Null is the same as missing, and so is a part that is no object."""
    read = make_dict_structure_fn(cls, _converter, **_renames(cls))
    has_required = any(attribute.default is attrs.NOTHING for attribute in attrs.fields(get_origin(cls) or cls))

    def read_model(value: Any, _type: Any) -> Any:
        if isinstance(value, dict):
            if None in value.values():
                value = {key: each for key, each in value.items() if each is not None}
            return read(value, cls)
        if has_required:
            raise TypeError(f"a {type(value).__name__} stands where an object is due")
        return cls()

    return read_model


def _problem(cls: Any) -> Callable[[Any, Any], Any]:
    """Read an error, of which sometimes only the text comes."""
    read = _model(cls)

    def read_problem(value: Any, _type: Any) -> Any:
        problem = value if isinstance(value, dict) else {"message": lenient.shown(value)}
        return read({**problem, "message": lenient.text(problem.get("message"))}, cls)

    return read_problem


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _is_optional_model(cls: Any) -> bool:
    kinds = get_args(cls)
    return len(kinds) == 2 and type(None) in kinds and any(_is_model(kind) for kind in kinds)


def _is_text_or_model(cls: Any) -> bool:
    kinds = get_args(cls)
    return len(kinds) == 2 and str in kinds and any(_is_model(kind) for kind in kinds)


def _is_problem(cls: Any) -> bool:
    return cls in (problems.StandardError, problems.ErrorDetail)


_converter.register_structure_hook_factory(_is_model)(_model)
_converter.register_structure_hook_factory(_is_problem)(_problem)
_converter.register_structure_hook_factory(_is_optional_model)(_optional_model)
_converter.register_structure_hook_factory(_is_text_or_model)(_text_or_model)
_converter.register_structure_hook_factory(_is_tuple)(_tuple)
_converter.register_structure_hook(values.OpenEnum, lenient.word)
_converter.register_structure_hook(str, lenient.identifier)


def _register(kind: Any, read: Callable[[Any, Any], Any]) -> None:
    _converter.register_structure_hook_func(lambda cls: cls == kind, read)


_register(str | None, lenient.text)
_register(int | None, lenient.number)
_register(bool | None, lenient.flag)
_register(values.Time | None, lenient.time)
_register(values.SecretUrl | None, lenient.secret)
_converter.register_structure_hook(values.SecretUrl, lenient.required_secret)
_register(type(None), lambda _value, _type: None)
_register(Mapping[str, str], lenient.links)
_register(Mapping[str, int], lenient.counters)
_register(Mapping[str, object] | None, lenient.document)
_register(problems.Context | None, lenient.context)
_register(str | Mapping[str, object] | None, lenient.word_or_object)

# Writing: unset fields are left out, and moments are ISO 8601.


def _write_time(value: datetime) -> str:
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _writer(cls: Any) -> Callable[[Any], dict[str, Any]]:
    write = make_dict_unstructure_fn(cls, _converter, _cattrs_include_init_false=True, **_renames(cls))
    return lambda model: {key: value for key, value in write(model).items() if value is not None}


def _mapping_writer(cls: Any) -> Callable[[columns.ColumnMapping], dict[str, Any]]:
    """A column common to two files says by an explicit null that it is no property."""
    write = _writer(cls)

    def write_mapping(mapping: columns.ColumnMapping) -> dict[str, Any]:
        is_common = mapping.to_column_object_type_id and not mapping.property_name
        return {**write(mapping), "propertyName": None} if is_common else write(mapping)

    return write_mapping


_converter.register_unstructure_hook_factory(attrs.has)(_writer)
_converter.register_unstructure_hook_factory(lambda cls: cls is columns.ColumnMapping)(_mapping_writer)
_converter.register_unstructure_hook(datetime, _write_time)
