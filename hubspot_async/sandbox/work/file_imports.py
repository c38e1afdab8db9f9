"""One file imported from a URL: fetched at once, kept at the task's end."""

import ipaddress
import math
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import unquote

import aiohttp
from yarl import URL

from hubspot_async.sandbox.answers import Refused, standard_error
from hubspot_async.sandbox.blobs import CHUNK, Blob, Disk
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.work.library import File, Library, Placing


class FileImport(Task):
    """An import-from-url task; it cannot end before its file has been fetched."""

    kind: ClassVar[str] = "file_import"

    def __init__(
        self, id: str, account: str, requested: float, duration: float, placing: Placing, library: Library
    ) -> None:
        super().__init__(id, account, requested, duration)
        self.placing = placing
        self.result: File | None = None
        self._library = library
        self._blob: Blob | None = None
        self._fetched = math.inf

    @property
    def ended(self) -> float:
        """When the task's time is over and its file fetched."""
        return max(super().ended, self._fetched)

    def arrived(self, blob: Blob, now: float) -> None:
        """Take the file that has been fetched."""
        self._blob, self._fetched = blob, now

    def missed(self, reason: str, url: str, now: float) -> None:
        """Note that there is no file to be had, so that the task ends as CANCELED."""
        self._fetched = now
        self.outcome = "CANCELED"
        self.errors = [standard_error("VALIDATION_ERROR", reason, url=url)]

    def apply(self) -> Iterator[None]:
        """Put the file into the library."""
        if self.outcome == "COMPLETE" and self._blob is not None:
            try:
                self.result = self._library.put(self.placing, self._blob, self.ended)
            except Refused as refusal:
                self.outcome = "CANCELED"
                self.errors = [standard_error("VALIDATION_ERROR", str(refusal), name=self.placing.name)]
        yield from ()


class UnreachableError(Exception):
    """A URL that a file cannot be imported from."""


async def fetch(session: aiohttp.ClientSession, url: str, disk: Disk) -> Blob:
    """Fetch a file from loopback; the sandbox never talks to any other machine."""
    address = _parse(url)
    try:
        async with session.get(address, allow_redirects=False) as response:
            if response.status != 200:
                raise UnreachableError(f"the URL answered {response.status}")
            return (await disk.spool(response.content.iter_chunked(CHUNK))).blob()
    except (aiohttp.ClientError, OSError) as error:
        raise UnreachableError(f"the URL could not be fetched: {type(error).__name__}") from None


def name_in(url: str) -> str:
    """The file name that a URL ends with."""
    return unquote(url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]) or "file"


def _parse(url: str) -> URL:
    try:
        address = URL(url, encoded=True)
        host = address.host or ""
    except ValueError:
        raise UnreachableError("the URL is not valid") from None
    if address.scheme not in {"http", "https"} or not _is_loopback(host):
        raise UnreachableError("the sandbox fetches files from loopback only")
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
