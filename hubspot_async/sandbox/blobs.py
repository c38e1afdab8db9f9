"""Bytes at rest and on their way: spooled to the disk when large, served whole or in part."""

import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Iterable
from typing import IO

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

CHUNK = 1 << 16
_IN_MEMORY = 1 << 20


class Blob:
    """Some bytes that are complete: their size, their MD5 and any part of them."""

    def __init__(self, file: IO[bytes], size: int, md5: str) -> None:
        self.file = file
        self.size = size
        self.md5 = md5

    def part(self, start: int, size: int) -> bytes:
        """Read *size* bytes from *start* on."""
        self.file.seek(start)
        return self.file.read(size)


class BlobWriter:
    """Takes bytes as they come and makes a blob of them."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size = 0
        self.newlines = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, data: bytes) -> None:
        """Add *data*."""
        self.file.write(data)
        self.size += len(data)
        self.newlines += data.count(b"\n")
        self._md5.update(data)

    def blob(self) -> Blob:
        """Hand out what has been written."""
        return Blob(self.file, self.size, self._md5.hexdigest())


class Disk:
    """The temporary files of one sandbox, all gone when it closes."""

    def __init__(self) -> None:
        self._files: set[IO[bytes]] = set()

    def open(self) -> IO[bytes]:
        """Make room for some bytes: in memory while they are few."""
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close() or drop()
        self._files.add(file)
        return file

    def writer(self) -> BlobWriter:
        """Begin a new blob."""
        return BlobWriter(self.open())

    def keep(self, chunks: Iterable[bytes]) -> Blob:
        """Make a blob of bytes at hand."""
        writer = self.writer()
        for chunk in chunks:
            writer.write(chunk)
        return writer.blob()

    async def spool(self, chunks: AsyncIterator[bytes]) -> BlobWriter:
        """Write down bytes as they arrive."""
        writer = self.writer()
        try:
            async for chunk in chunks:
                writer.write(chunk)
        except BaseException:
            self.drop(writer.file)
            raise
        return writer

    def drop(self, file: IO[bytes]) -> None:
        """Give the room back."""
        self._files.discard(file)
        file.close()

    def close(self) -> None:
        """Give all room back."""
        for file in self._files:
            file.close()
        self._files.clear()


class BlobPayload(Payload):
    """A blob, or a part of it, as the body of an answer; *cut* drops the connection after so many bytes."""

    def __init__(self, blob: Blob, start: int = 0, stop: int | None = None, *, cut: int | None = None) -> None:
        super().__init__(blob, content_type="application/octet-stream")
        self.blob = blob
        self.start = start
        self.stop = blob.size if stop is None else stop
        self._cut = cut

    @property
    def size(self) -> int:
        """How many bytes the answer promises."""
        return self.stop - self.start

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Read the bytes as text, for middlewares that look at small answers."""
        return self.blob.part(self.start, self.size).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send the bytes in pieces."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send the bytes in pieces, as far as they were promised."""
        position = self.start
        stop = self.stop if self._cut is None else min(self.stop, self.start + self._cut)
        while position < stop:
            chunk = self.blob.part(position, min(CHUNK, stop - position))
            await writer.write(chunk)
            position += len(chunk)
        if stop < self.stop:
            await writer.drain()
            raise ConnectionResetError("the answer was cut off on purpose")


def as_payload(response: web.Response, *, cut: int) -> None:
    """Make *response* break off after *cut* bytes of its body."""
    body = response.body
    if isinstance(body, BlobPayload):
        response.body = BlobPayload(body.blob, body.start, body.stop, cut=cut)
        return
    content = bytes(body) if isinstance(body, bytes | bytearray) else b""
    response.body = BlobPayload(Blob(io.BytesIO(content), len(content), ""), cut=cut)
