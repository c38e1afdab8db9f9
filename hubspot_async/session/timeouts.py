"""How long one request may take."""

from __future__ import annotations

from aiohttp import ClientTimeout
from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.models import checks


@frozen(kw_only=True)
class Timeouts:
    """Limits of one request, in seconds; None is no limit.

    They have nothing to do with how long a task may take (``timeout=`` of `settle` and ``add``) or with how often it
    is looked at (the watcher's backoff).
    """

    connect: float | None = field(default=10.0, validator=checks.positive)
    """Until the connection stands."""
    read: float | None = field(default=30.0, validator=checks.positive)
    """Until the head of an answer has come, and between two pieces of its body, downloads included."""
    total: float | None = field(default=60.0, validator=checks.positive)
    """For the whole of a JSON call; uploads and downloads have none."""

    def for_call(self) -> ClientTimeout:
        """Give the limits of a JSON call but for *read* and *total*, which `Limits` keeps."""
        return ClientTimeout(total=None, sock_connect=self.connect)

    def for_transfer(self) -> ClientTimeout:
        """Give the limits of an upload or download, which may go on for hours."""
        return ClientTimeout(total=None, sock_connect=self.connect, sock_read=self.read)
