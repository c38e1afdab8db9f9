"""Where the bearer token comes from: fixed, fetched by a callable, or refreshed by OAuth."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from attrs import field, frozen

from hubspot_async.errors import HubSpotError, InputError, UnauthorizedError

log = logging.getLogger("hubspot_async.session")

AHEAD = 60.0
"""Seconds before its end at which a token is renewed; HubSpot's live for 30 minutes."""


class Secret(str):
    """Text that does not show itself: ``repr`` hides it, also inside headers and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


@frozen
class Granted:
    """A token and, where it is known, its end by the wall clock in seconds."""

    token: Secret
    expires_at: float | None = None


class TokenSource(Protocol):
    """What a session asks for the token of its next request."""

    async def token(self) -> Secret:
        """Give the token to send."""
        ...

    async def renew(self, rejected: Secret) -> bool:
        """Get another token than the one HubSpot *rejected*; False if there is no way to."""
        ...

    async def close(self) -> None:
        """End what is under way."""
        ...


class FixedToken:
    """A token that stays as it is: of a private app, a static one, or a service key."""

    def __init__(self, token: str) -> None:
        self._token = check_token(token)

    async def token(self) -> Secret:
        """Give the token."""
        return self._token

    async def renew(self, rejected: Secret) -> bool:
        """Know no other."""
        return False

    async def close(self) -> None:
        """Have nothing to end."""


class RenewedToken:
    """A token that *fetch* gets: at first use, ahead of its end, and after HubSpot has rejected it.

    Any number of callers share one fetch, which goes on when the caller that began it is cancelled.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Granted]], wall: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._wall = wall
        self._granted: Granted | None = None
        self._fetching: asyncio.Task[Granted] | None = None

    async def token(self) -> Secret:
        """Give a token that is good for a while yet."""
        granted = self._granted
        if granted is None or (granted.expires_at is not None and self._wall() > granted.expires_at - AHEAD):
            granted = await self._renewed()
        return granted.token

    async def renew(self, rejected: Secret) -> bool:
        """Get a new token, unless somebody has got one meanwhile."""
        if self._granted is None or self._granted.token == rejected:
            await self._renewed()
        return True

    async def close(self) -> None:
        """Cancel a fetch under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
            self._fetching = None

    async def _renewed(self) -> Granted:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch_one(), name="hubspot_async token")  # ended by close()
        return await asyncio.shield(self._fetching)

    async def _fetch_one(self) -> Granted:
        try:
            self._granted = await self._fetch()
            return self._granted
        finally:
            self._fetching = None


def fetch_from(call: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[Granted]]:
    """Make a fetch of any async callable that gives a token: a vault, a service key's store."""

    async def fetch() -> Granted:
        return Granted(check_token(await call()))

    return fetch


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


@frozen
class OAuthToken:
    """The tokens of an app that an account has installed: refreshed ahead of their end, and after HubSpot says so.

    *on_refresh* is called with each new pair, to be stored; it may be a coroutine function. What it raises is logged,
    and the new tokens are used all the same. Raises InputError for what cannot be a client id, secret or token.
    """

    client_id: str
    client_secret: Secret = field(converter=_secret)
    refresh_token: Secret = field(converter=_secret)
    on_refresh: OnRefresh | None = field(default=None, kw_only=True, repr=False)


class OAuthRefresh:
    """The fetch of an `OAuthToken`, which remembers the newest refresh token."""

    def __init__(
        self,
        oauth: OAuthToken,
        post: Callable[[dict[str, str]], Awaitable[RefreshedTokens]],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._oauth = oauth
        self._post = post
        self._wall = wall
        self._refresh_token = oauth.refresh_token

    async def __call__(self) -> Granted:
        """Trade the newest refresh token for the next pair."""
        asked = self._wall()
        tokens = await self._post(
            {
                "grant_type": "refresh_token",
                "client_id": self._oauth.client_id,
                "client_secret": self._oauth.client_secret,
                "refresh_token": self._refresh_token,
            }
        )
        self._refresh_token = tokens.refresh_token
        await self._tell(tokens)
        return Granted(tokens.access_token, asked + tokens.expires_in)

    async def _tell(self, tokens: RefreshedTokens) -> None:
        if self._oauth.on_refresh is None:
            return
        try:
            told = self._oauth.on_refresh(tokens)
            if inspect.isawaitable(told):
                await told
        except Exception as error:  # noqa: BLE001 - whatever it is, the tokens must not be lost for it
            log.warning(
                "on_refresh failed with %s; the new refresh token is used, but may not be stored", type(error).__name__
            )


def is_expired(error: HubSpotError) -> bool:
    """Whether HubSpot rejected a token for its age, and not because it never was one.

    HubSpot says of a wrong token that it expired in 1970.
    """
    if not isinstance(error, UnauthorizedError) or error.category != "EXPIRED_AUTHENTICATION":
        return False
    times = error.context.get("expire time", ()) if error.context and not isinstance(error.context, str) else ()
    return not any(moment.startswith("1970-") for moment in times)


def check_token(token: object, name: str = "token") -> Secret:
    """Refuse what cannot go into a header, without ever showing it.

    Raises InputError.
    """
    if not isinstance(token, str) or not token.strip():
        raise InputError(f"{name} must be a non-empty string")
    stripped = token.strip(" ")
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise InputError(f"{name} holds a character that none has: a blank, a line break or another control character")
    return Secret(stripped)
