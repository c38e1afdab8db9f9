"""Bodies as HubSpot reads them: a model as JSON, or a form of JSON fields and files."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, ClassVar

from aiohttp import MultipartWriter, payload
from aiohttp.abc import AbstractStreamWriter
from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.errors import InputError
from hubspot_async.threads import in_thread
from hubspot_async.wire import codec
from hubspot_async.wire.request import FilePart, Form

_PIECE = 2**20
"""Bytes that are read from a file, and handed to the connection, at once."""


@frozen
class Json:
    """A model as JSON, or no body at all."""

    content: bytes | None = field(repr=False)
    is_repeatable: ClassVar[bool] = True
    failure: ClassVar[Exception | None] = None

    def body(self) -> payload.BytesPayload | None:
        """Make the body for one sending, wrapped so that no traceback shows what is in it."""
        return None if self.content is None else payload.BytesPayload(self.content, content_type="application/json")

    def close(self) -> None:
        """Have nothing to close."""


class Upload:
    """The body of a form, to be sent once or, where its sources allow, again."""

    def __init__(self, form: Form) -> None:
        """Open the files of *form*.

        Raises OSError where one cannot be read, and InputError for what cannot be sent.
        """
        self._fields = {name: _field(value) for name, value in form.fields.items()}
        with ExitStack() as opened:
            self._files = [(part, _source(part, opened)) for part in form.files]
            self._opened = opened.pop_all()

    def body(self) -> MultipartWriter:
        """Make the body for one sending, from the beginning of each file."""
        writer = MultipartWriter("form-data")
        for name, (text, content_type) in self._fields.items():
            _append(writer, payload.StringPayload(text, content_type=content_type), name)
        for part, source in self._files:
            source.rewind()
            _append(writer, _SourcePayload(source, content_type=part.content_type), part.name, part.file_name)
        return writer

    @property
    def is_repeatable(self) -> bool:
        """Whether every file can be read once more."""
        return all(source.is_repeatable for _, source in self._files)

    @property
    def failure(self) -> Exception | None:
        """What went wrong with reading a file of the user's while it was sent; HubSpot got no whole form then."""
        return next((source.failure for _, source in self._files if source.failure is not None), None)

    def close(self) -> None:
        """Close the files that were opened here."""
        self._opened.close()


NO_BODY = Json(None)


def body_of(body: object) -> Json | Upload:
    """Make of a request's body what is sent."""
    if body is None:
        return NO_BODY
    return Upload(body) if isinstance(body, Form) else Json(codec.dumps(body))


def _field(value: object) -> tuple[str, str]:
    return (value, "text/plain") if isinstance(value, str) else (codec.dumps(value).decode(), "application/json")


def _append(writer: MultipartWriter, part: payload.Payload, name: str, file_name: str | None = None) -> None:
    """File names are sent as they are: percent-encoded, a blank or an accent would arrive as part of another name."""
    names = {"name": name} if file_name is None else {"name": name, "filename": file_name}
    part.set_content_disposition("form-data", quote_fields=False, **names)
    writer.append_payload(part)


def _source(part: FilePart, opened: ExitStack) -> _Source:
    source = part.source
    if isinstance(source, bytes):
        return _Bytes(source)
    if isinstance(source, AsyncIterator):
        return _Stream(source)
    if isinstance(source, Path):
        return _File(opened.enter_context(source.open("rb")), part.file_name)
    return _File(source, part.file_name)


class _Source:
    """Where the bytes of one file come from: how many, and whether they come twice."""

    size: int | None = None
    is_repeatable = True
    failure: Exception | None = None

    def rewind(self) -> None:
        """Go back to the beginning."""

    def pieces(self) -> AsyncIterator[object]:
        """Give the bytes, a little at a time; a user's own stream may give anything."""
        raise NotImplementedError

    async def noted_pieces(self) -> AsyncIterator[bytes]:
        """Give the bytes, and remember what went wrong: aiohttp would make a lost connection of it."""
        try:
            async for piece in self.pieces():
                if not isinstance(piece, bytes):
                    raise InputError(f"a file to upload gave {type(piece).__name__} where bytes are due")
                yield piece
        except Exception as error:
            self.failure = error
            raise


class _Bytes(_Source):
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    async def pieces(self) -> AsyncIterator[bytes]:
        content = memoryview(self._content)
        for start in range(0, len(content), _PIECE):
            yield bytes(content[start : start + _PIECE])


class _Stream(_Source):
    is_repeatable = False

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece


class _File(_Source):
    """A file from where it stands now, and as it is now: the length of the body is said beforehand."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        try:
            self._start = file.tell()
            self.size = file.seek(0, os.SEEK_END) - self._start
            file.seek(self._start)
        except (OSError, AttributeError):
            self.size, self.is_repeatable = None, False
        self._stamp = self._now()

    def rewind(self) -> None:
        if self.is_repeatable:
            self._file.seek(self._start)

    async def pieces(self) -> AsyncIterator[bytes]:
        left = self.size
        while left is None or left > 0:
            wanted = _PIECE if left is None else min(_PIECE, left)
            piece = await in_thread(partial(self._file.read, wanted))
            if left is not None:
                left -= len(piece)
                self._check(is_short=not piece, is_last=left == 0)
            elif not piece:
                return
            yield piece

    def _check(self, *, is_short: bool, is_last: bool) -> None:
        """See before its last bytes are sent that they are still of the same file: without them HubSpot has no form."""
        if is_short or (is_last and self._now() != self._stamp):
            raise OSError(f"{self._name} was changed while it was sent")

    def _now(self) -> object:
        """Give what changes with a file on the disk, or None for a file that is none."""
        try:
            found = os.fstat(self._file.fileno())
        except (OSError, AttributeError):
            return None
        return found.st_size, found.st_mtime_ns


class _SourcePayload(payload.Payload):
    """A source as a part of aiohttp's body."""

    _value: _Source
    _autoclose = True

    @property
    def size(self) -> int | None:
        return self._value.size

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("a file is sent in pieces, never as text")

    async def write(self, writer: AbstractStreamWriter) -> None:
        async for piece in self._value.noted_pieces():
            await writer.write(piece)
