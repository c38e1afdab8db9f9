"""URLs that carry their own permission: made for an export or a file, good for a while."""

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from urllib.parse import quote

from hubspot_async.sandbox.clock import Clock


def content_disposition(name: str) -> str:
    """Name a download in a header, which has room for ASCII only."""
    return f'attachment; filename="{name}"' if name.isascii() else f"attachment; filename*=UTF-8''{quote(name)}"


class Signer:
    """Makes and checks the signed URLs of the download port."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self.base = ""
        self._secret = rng.randbytes(32)
        self._clock = clock
        self._count = 0

    def url(self, path: str, name: str, seconds: float) -> str:
        """Make a fresh URL for *path*, to be saved as *name*."""
        expires = f"{self._clock.epoch(self._clock.now()) + seconds:.3f}"
        disposition = content_disposition(name)
        signature = ""
        while "+" not in signature:  # so that every URL shows whether a client leaves its escapes alone
            self._count += 1
            signature = self._sign(path, expires, str(self._count), disposition)
        query = {
            "Expires": expires,
            "Key-Pair-Id": str(self._count),
            "response-content-disposition": disposition,
            "Signature": signature,
        }
        encoded = "&".join(f"{field}={quote(value, safe='')}" for field, value in query.items())
        return f"{self.base}{quote(path)}?{encoded}"

    def has_signed(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether a URL is one of ours, unchanged."""
        signature = self._sign(
            path,
            query.get("Expires", ""),
            query.get("Key-Pair-Id", ""),
            query.get("response-content-disposition", ""),
        )
        return hmac.compare_digest(signature.encode(), query.get("Signature", "").encode())

    def has_expired(self, query: Mapping[str, str]) -> bool:
        """Whether the time of a URL of ours is over."""
        return self._clock.epoch(self._clock.now()) >= float(query["Expires"])

    def _sign(self, *parts: str) -> str:
        digest = hmac.digest(self._secret, "\n".join(parts).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()
