"""Multipart bodies, read part by part: small ones into text, files straight to the disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import BodyPartReader, MultipartReader, web

from hubspot_async.sandbox.answers import Refused, invalid
from hubspot_async.sandbox.blobs import CHUNK, Blob, BlobWriter, Disk


@dataclass(slots=True)
class UploadedFile:
    """A file part: the name it was given, and its bytes."""

    name: str
    writer: BlobWriter

    @property
    def blob(self) -> Blob:
        """The bytes, complete."""
        return self.writer.blob()


@dataclass(slots=True)
class Form:
    """What a multipart request held."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    files: list[UploadedFile] = field(default_factory=list[UploadedFile])

    def drop(self, disk: Disk) -> None:
        """Give the room of the files back: the request came to nothing."""
        for file in self.files:
            disk.drop(file.writer.file)

    def only_file(self) -> UploadedFile:
        """Take the one file of an upload."""
        if len(self.files) != 1:
            raise invalid("Exactly one file part is needed", context={"files": [str(len(self.files))]})
        return self.files[0]


async def read_form(request: web.Request, file_part: str, disk: Disk) -> Form:
    """Read a multipart request whose file parts are called *file_part*."""
    if not request.content_type.startswith("multipart/"):
        raise Refused(415, "VALIDATION_ERROR", f"Unsupported media type: {request.content_type}")
    form = Form()
    try:
        reader = MultipartReader(request.headers, await _content(request))
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise invalid("Nested multipart bodies are not understood")
            if part.name == file_part:
                form.files.append(UploadedFile(part.filename or "", await disk.spool(_chunks(part))))
            else:
                form.texts[part.name or ""] = await part.text()
    except (ValueError, aiohttp.ClientError):
        form.drop(disk)
        raise invalid("The multipart body could not be read") from None
    except BaseException:
        form.drop(disk)
        raise
    return form


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield chunk


async def _content(request: web.Request) -> aiohttp.StreamReader:
    """The body as it arrives, or once more from the start if somebody has read it already."""
    if not request.content.at_eof():
        return request.content
    data = await request.read()
    content = aiohttp.StreamReader(request.protocol, limit=len(data) + CHUNK)
    content.feed_data(data)
    content.feed_eof()
    return content
