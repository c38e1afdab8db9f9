"""Which addresses may be talked to."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from hubspot_async.errors import InputError

HUBSPOT = "https://api.hubapi.com"

_HOST = r"[\w.:-]{1,253}"


def read_base_url(text: str) -> str:
    """Give the origin that *text* names: https to any host, http to this machine only.

    Raises InputError where there is more to it than scheme, host and port.
    """
    try:
        url = urlsplit(text.strip())
        host, port, user = url.hostname, url.port, url.username
    except ValueError:
        raise InputError("base_url is not a URL") from None
    if user is not None or "@" in text:
        raise InputError("base_url must not carry a user name or password")
    if url.scheme not in ("https", "http") or not host or not re.fullmatch(_HOST, host):
        raise InputError(f"base_url must be https://host, not {_shown(text)!r}")
    if url.path.strip("/") or url.query or url.fragment:
        raise InputError(f"base_url must end after host and port, not {_shown(text)!r}")
    if url.scheme == "http" and not is_loopback(host):
        raise InputError(f"base_url must be https; plain http would show the token to everyone on the way to {host}")
    name = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{name}" + (f":{port}" if port else "")


def _shown(text: str) -> str:
    return re.split(r"[?#]", text)[0][:200]


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
