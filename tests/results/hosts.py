"""A host of files that breaks in the way a test asks for, and a HubSpot that gives its URL."""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import EXPORT
from tests.session.rawserver import Act, Line, RawServer, connect, http

TASK = EXPORT.task("1")
ETAG = '"v1"'
SIGNATURE = "Signature=s3cret%2Bsig"


def table(rows: int, start: int = 0, newline: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    """Write a CSV of a hundred bytes a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=newline, quoting=quoting)
    writer.writerow(["Record ID", "Name", "Note"])
    writer.writerows([str(10**10 + number), f"Né {number}", f"{number} " * 12] for number in range(start, start + rows))
    return text.getvalue().encode()


CSV = table(4000)
"""Some 400 KB, of which a host may break off."""


def zipped(*parts: bytes | tuple[str, bytes], stored: bool = False) -> bytes:
    """Put parts into a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts, 1):
            name, content = part if isinstance(part, tuple) else (f"people-{number}.csv", part)
            archive.writestr(name, content)
    return file.getvalue()


def whole(body: bytes, etag: str = ETAG, **headers: str) -> bytes:
    """Answer with all of it."""
    return http(200, body, Content_Type="text/csv", ETag=etag, **headers)


def part(body: bytes, start: int, stop: int | None = None, etag: str = ETAG, **headers: str) -> bytes:
    """Answer with some of it."""
    piece = body[start:stop]
    where = f"bytes {start}-{start + len(piece) - 1}/{len(body)}"
    return http(206, piece, **{"Content_Type": "text/csv", "ETag": etag, "Content_Range": where, **headers})


def ranged(body: bytes, etag: str = ETAG) -> Act:
    """Answer as S3 does."""

    async def act(line: Line) -> None:
        heard = await line.hear()
        found = re.fullmatch(r"bytes=(\d+)-", heard.headers.get("range", ""))
        fits = heard.headers.get("if-range", etag) == etag
        await line.say(part(body, int(found[1]), etag=etag) if found and fits else whole(body, etag))

    return act


def cut(answer: bytes, size: int, *, reset: bool = False) -> Act:
    """Break an answer off after *size* bytes of its body."""

    async def act(line: Line) -> None:
        await line.hear()
        head, _, body = answer.partition(b"\r\n\r\n")
        await line.say(head + b"\r\n\r\n" + body[:size])
        if reset:
            line.reset()

    return act


def until_close(body: bytes, etag: str = ETAG) -> Act:
    """Answer without a length; the end is where the connection closes."""

    async def act(line: Line) -> None:
        await line.hear()
        await line.say(http(200, b"", Content_Length="", Connection="close", ETag=etag) + body)

    return act


EXPIRED = http(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")


@frozen
class Export:
    """A session, the HubSpot it talks to, and the host of the file."""

    session: HubSpotSession
    hubspot: RawServer
    host: RawServer

    @property
    def ranges(self) -> list[str | None]:
        """Which parts were asked for."""
        return [heard.headers.get("range") for heard in self.host.heard]


@asynccontextmanager
async def exporting(*acts: Act, url: Callable[[RawServer], str] | None = None, **options: Any) -> AsyncIterator[Export]:
    """Have a complete export whose file comes as *acts* say; each look at it gives another URL."""

    async def look(line: Line) -> None:
        await line.hear()
        assert line.server.heard[-1].line.startswith("GET /crm/exports/2026-03/export/async/tasks/1/status")
        own = url(host) if url else f"{host.url}/people.csv?{SIGNATURE}&n={line.server.count}"
        await line.say(http(200, {"status": "COMPLETE", "result": own}))

    async with RawServer(*acts) as host, RawServer(look) as hubspot, connect(hubspot, **options) as session:
        yield Export(session, hubspot, host)


def names(folder: Path) -> list[str]:
    """Give all that lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def open_files(folder: Path) -> list[str]:
    """Give the files in *folder* that this process has open, those without a name too."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            place = str(each.readlink())
        except FileNotFoundError:
            continue
        if place.startswith(str(folder)):
            found.append(place)
    return found


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Read a CSV as the standard library does."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def lines(*rows: Iterable[str]) -> bytes:
    """Write rows."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
