"""Where the bearer token comes from, and what may be one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.errors import HubSpotError, InputError, UnauthorizedError

T = TypeVar("T")


class Secret(str):
    """Text that does not show itself: ``repr`` hides it, also inside headers and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


def hidden(value: T) -> T | Secret:
    """Keep text out of a traceback that shows the variables of its frames, once it has taken the variable's place."""
    return Secret(value) if isinstance(value, str) else value


class TokenSource(Protocol):
    """What a session asks for the token of its next request."""

    @property
    def held(self) -> Secret | None:
        """The token, where it is always the same one."""
        ...

    async def token(self) -> Secret:
        """Give the token to send."""
        ...

    async def renew(self, rejected: Secret, error: HubSpotError) -> bool:
        """Get another token than the one HubSpot *rejected* with *error*; False if there is no way to."""
        ...

    async def close(self) -> None:
        """End what is under way."""
        ...


class FixedToken:
    """A token that stays as it is: of a private app, a static one, or a service key."""

    def __init__(self, token: str) -> None:
        self.held = check_token(token)

    async def token(self) -> Secret:
        """Give the token."""
        return self.held

    async def renew(self, rejected: Secret, error: HubSpotError) -> bool:
        """Know no other."""
        return False

    async def close(self) -> None:
        """Have nothing to end."""


@frozen
class RefreshedTokens:
    """What a refresh brought, for the one who stores it."""

    access_token: Secret
    refresh_token: Secret
    """The newest; the one before it may be good no longer."""
    expires_in: float
    """Seconds."""


OnRefresh = Callable[[RefreshedTokens], Awaitable[None] | None]


def _secret(value: str) -> Secret:
    return check_token(value, "client_secret or refresh_token")


@frozen(init=False, repr=False)
class OAuthToken:
    """The tokens of an app that an account has installed: refreshed ahead of their end, and after HubSpot says so.

    *on_refresh* is called with each new pair, to be stored; it may be a coroutine function. What it raises is logged,
    and the new tokens are used all the same. Raises InputError for what cannot be a client id, secret or token.
    """

    client_id: str
    client_secret: Secret = field(converter=_secret)
    refresh_token: Secret = field(converter=_secret)
    on_refresh: OnRefresh | None = field(default=None, kw_only=True, repr=False)

    def __repr__(self) -> str:
        return f"OAuthToken({getattr(self, 'client_id', None)!r}, …)"

    def __init__(
        self, client_id: str, client_secret: str, refresh_token: str, *, on_refresh: OnRefresh | None = None
    ) -> None:
        client_secret, refresh_token = hidden(client_secret), hidden(refresh_token)
        self.__attrs_init__(  # pyright: ignore[reportAttributeAccessIssue] - attrs makes it
            client_id, client_secret, refresh_token, on_refresh=on_refresh
        )


def is_expired(error: HubSpotError) -> bool:
    """Whether HubSpot rejected a token for its age, and not because it never was one.

    HubSpot says of a wrong token that it expired in 1970.
    """
    if not isinstance(error, UnauthorizedError) or error.category != "EXPIRED_AUTHENTICATION":
        return False
    times = error.context.get("expire time", ()) if error.context and not isinstance(error.context, str) else ()
    return not any(moment.startswith(("1970-", "1969-12-31")) for moment in times)


def check_token(token: object, name: str = "token") -> Secret:
    """Refuse what cannot go into a header, without ever showing it.

    Raises InputError.
    """
    token = hidden(token)
    if not isinstance(token, str) or not token.strip():
        raise InputError(f"{name} must be a non-empty string")
    stripped = Secret(token.strip(" "))
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise InputError(f"{name} holds a character that none has: only ASCII without blanks and control characters")
    return stripped
