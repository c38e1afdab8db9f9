"""Bytes to a file, counted and hashed on the way, while the next ones are being read."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable
from functools import partial
from typing import IO, Self

from hubspot_async.threads import begin, outlast

BLOCK = 2**20
"""Bytes that a thread takes at once: few enough to be quick, and many enough to be worth the way there."""

STRETCH = 32 * 2**20
"""Bytes of a lasting file that may wait for the disk: it writes while more are being read, and not all at the end."""


class Sink:
    """A file that is written from its beginning, its size and its SHA-256."""

    def __init__(self, file: IO[bytes], digest: hashlib._Hash | None = None, *, is_lasting: bool = False) -> None:
        self.file = file
        self.size = 0
        self._is_lasting = is_lasting
        self._through = 0
        self._hash = digest or hashlib.sha256()  # one and the same for several files makes one digest of all

    @property
    def sha256(self) -> str:
        """Of what has been written."""
        return self._hash.hexdigest()

    def write(self, pieces: Iterable[bytes]) -> None:
        """Add *pieces*."""
        for piece in pieces:
            self.file.write(piece)
            self._hash.update(piece)
            self.size += len(piece)
        if self._is_lasting and self.size - self._through >= STRETCH:
            self.write_through()

    def write_through(self) -> None:
        """Wait until all is on the disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self._through = self.size

    def rewind(self) -> None:
        """Begin again."""
        self.file.seek(0)
        self.file.truncate()
        self.size = self._through = 0
        self._hash = hashlib.sha256()


class Behind:
    """Fills a sink from a thread, one block behind whoever adds to it; all is written when the block is left."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pieces: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Task[None] | None = None

    async def add(self, piece: bytes) -> None:
        """Take *piece*; waits where the disk is slower than the network."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= BLOCK:
            await self._hand_over()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait until all is written, whatever is cancelled meanwhile: the thread is at work on the file."""
        try:
            await self._hand_over()
        finally:
            await self._written()

    async def _hand_over(self) -> None:
        await self._written()
        pieces, self._pieces, self._size = self._pieces, [], 0
        self._writing = begin(partial(self._sink.write, pieces))

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await outlast(writing)
