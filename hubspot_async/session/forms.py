"""A form as HubSpot reads it: JSON fields, then files under the very names they were given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

from aiohttp import MultipartWriter, payload

from hubspot_async.wire import codec
from hubspot_async.wire.request import FilePart, Form


def write_form(form: Form, opened: ExitStack) -> MultipartWriter:
    """Make the body of *form*, which streams its files; those opened here are closed with *opened*."""
    writer = MultipartWriter("form-data")
    for name, value in form.fields.items():
        text = value if isinstance(value, str) else codec.dumps(value).decode()
        content_type = "text/plain" if isinstance(value, str) else "application/json"
        _append(writer, payload.StringPayload(text, content_type=content_type), name)
    for part in form.files:
        _append(writer, _file_payload(part, opened), part.name, part.file_name)
    return writer


def _append(writer: MultipartWriter, part: payload.Payload, name: str, file_name: str | None = None) -> None:
    """File names are sent as they are: percent-encoded, a blank or an accent would arrive as part of another name."""
    names = {"name": name} if file_name is None else {"name": name, "filename": file_name}
    part.set_content_disposition("form-data", quote_fields=False, **names)
    writer.append_payload(part)


def _file_payload(part: FilePart, opened: ExitStack) -> payload.Payload:
    source = part.source
    if isinstance(source, Path):
        source = opened.enter_context(source.open("rb"))
    if isinstance(source, bytes):
        return payload.BytesPayload(source, content_type=part.content_type)
    if isinstance(source, AsyncIterator):
        return payload.AsyncIterablePayload(source, content_type=part.content_type)
    return payload.BufferedReaderPayload(source, content_type=part.content_type)
