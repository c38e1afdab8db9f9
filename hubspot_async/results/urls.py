"""Which URLs a file may be fetched from."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urljoin, urlsplit

from hubspot_async.errors import UnsafeUrlError
from hubspot_async.models.values import SecretUrl
from hubspot_async.session.addresses import is_loopback


def check_url(url: SecretUrl, *, local: bool = False) -> SecretUrl:
    """Let pass the https URL of a public host, and of this machine any where the session itself is *local*.

    What counts is the address as it is written. A name is not looked up here, since some networks have private
    addresses for public hosts: the certificate proves that the host is who it says, and a private service has none.
    """
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        host, user, parts = "", None, urlsplit("")
    if not host or user is not None or "@" in parts.netloc or not _is_printable(url):
        raise UnsafeUrlError(f"{url.redacted!r} is not the URL of a file")
    if local and is_loopback(host) and parts.scheme in ("http", "https"):
        return url
    if parts.scheme != "https":
        raise UnsafeUrlError(f"{url.redacted!r} is not an https URL")
    if not is_public(host):
        raise UnsafeUrlError(f"{url.redacted!r} leads to a private address")
    return url


def follow(url: SecretUrl, location: str, *, local: bool = False) -> SecretUrl:
    """Find where a redirect leads. Raises UnsafeUrlError where that is no URL to open."""
    try:
        return check_url(SecretUrl(urljoin(url, location)), local=local)
    except ValueError:
        raise UnsafeUrlError(f"{url.redacted!r} redirects to what is no URL") from None


def is_public(host: str) -> bool:
    """Whether *host* is a public address, or a name that is no more than a name."""
    address = _address(host)
    if address is not None:
        mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
        return address.is_global and (mapped is None or mapped.is_global)
    name = host.lower().rstrip(".")
    return "." in name and not name.endswith((".localhost", ".local", ".internal"))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read *host* as an address, also in the short forms (``127.1``, ``0x7f.1``) that a system's look-up takes."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _is_printable(url: str) -> bool:
    return url.isprintable() and " " not in url and "\\" not in url.partition("?")[0]
