"""Tokens that are renewed: fetched by a callable, or refreshed by OAuth, once for all who need one."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import time
from collections.abc import Awaitable, Callable
from copy import copy

from hubspot_async import facts
from hubspot_async.classes import frozen
from hubspot_async.errors import HubSpotError, SessionClosedError, TokenSourceError
from hubspot_async.session.auth import OAuthToken, RefreshedTokens, Secret, check_token

log = logging.getLogger("hubspot_async.session")

AHEAD = 60.0
"""Seconds before its end at which the next token is fetched; HubSpot's live for 30 minutes."""

CLOSE = 5.0
"""Seconds before its end from which on a token is not sent any more."""

GRACE = 1.0
"""Seconds that closing a session leaves to a refresh under way."""


@frozen
class Granted:
    """A token and, where it is known, its life by the wall clock in seconds."""

    token: Secret
    old_at: float = math.inf
    """When it is time for the next one."""
    dead_at: float = math.inf

    @classmethod
    def for_seconds(cls, token: Secret, since: float, seconds: float) -> Granted:
        """Make the token that was asked for at *since* and lives so long."""
        return cls(token, since + seconds - min(AHEAD, seconds / 4), since + seconds - min(CLOSE, seconds / 8))


class RenewedToken:
    """A token that *fetch* gets: at first use, ahead of its end, and after HubSpot has rejected it.

    Any number of callers share one fetch, which goes on when the caller that began it is cancelled. As long as the
    token at hand is good, nobody waits for the next one. *is_curable* tells whether another token may help after an
    error; *tell* is called after each fetch, when the new token is in use already.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Granted]],
        *,
        is_curable: Callable[[HubSpotError], bool],
        tell: Callable[[], Awaitable[None]] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch
        self._is_curable = is_curable
        self._tell = tell
        self._wall = wall
        self._granted: Granted | None = None
        self._tried_to_replace: Granted | None = None
        self._fetching: asyncio.Task[Granted | HubSpotError] | None = None

    held = None
    """A token that grows old is asked for each time."""

    async def token(self) -> Secret:
        """Give a token that is good for a while yet."""
        granted, now = self._granted, self._wall()
        if granted is None or now >= granted.dead_at:
            granted = await self._renewed()
        elif now >= granted.old_at and granted is not self._tried_to_replace:
            self._tried_to_replace = granted  # once: if it fails, the next try is at its end, and then all wait for it
            _ = self._begin()
        return granted.token

    async def renew(self, rejected: Secret, error: HubSpotError) -> bool:
        """Get a new token, unless somebody has got one meanwhile."""
        if not self._is_curable(error):
            return False
        granted = self._granted
        if granted is None or granted.token == rejected:
            granted = await self._renewed()
        return granted.token != rejected

    async def close(self) -> None:
        """Give a fetch under way a moment to end, for it may bring the only refresh token that is still good."""
        fetching = self._fetching
        if fetching is None:
            return
        try:
            await asyncio.wait([fetching], timeout=GRACE)
        finally:
            fetching.cancel()
            await asyncio.wait([fetching])

    def _begin(self) -> asyncio.Task[Granted | HubSpotError]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch_one(), name="hubspot_async token")  # ended by close()
            self._fetching.add_done_callback(self._fetched)
        return self._fetching

    def _fetched(self, _task: asyncio.Task[Granted | HubSpotError]) -> None:
        self._fetching = None

    async def _renewed(self) -> Granted:
        fetching = self._begin()
        await asyncio.wait([fetching])  # which, unlike a plain await, does not pass a cancellation on
        outcome = SessionClosedError("the session was closed") if fetching.cancelled() else fetching.result()
        if isinstance(outcome, Granted):
            return outcome
        failure = copy(outcome)
        failure.__cause__ = outcome.__cause__
        raise failure

    async def _fetch_one(self) -> Granted | HubSpotError:
        """Fetch, errors as values: nobody may be left to hear of them."""
        try:
            self._granted = granted = await self._fetch()
        except HubSpotError as error:
            log.warning("no new token: %s", error, extra=facts.of_error(error))
            return error
        if self._tell is not None:
            await self._tell()
        return granted


def fetch_from(call: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[Granted]]:
    """Make a fetch of any async callable that gives a token: a vault, a service key's store."""

    async def fetch() -> Granted:
        try:
            token = await call()
        except HubSpotError:
            raise
        except Exception as error:
            raise TokenSourceError(f"the source of the token failed with {type(error).__name__}") from error
        return Granted(check_token(token))

    return fetch


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
        self._newest: RefreshedTokens | None = None

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
        self._refresh_token, self._newest = tokens.refresh_token, tokens
        return Granted.for_seconds(tokens.access_token, asked, tokens.expires_in)

    async def tell(self) -> None:
        """Hand the newest tokens to the one who stores them."""
        if self._oauth.on_refresh is None or self._newest is None:
            return
        try:
            told = self._oauth.on_refresh(self._newest)
            if inspect.isawaitable(told):
                await told
        except Exception as error:  # noqa: BLE001 - whatever it is, the tokens must not be lost for it
            log.warning(
                "on_refresh failed with %s; the new refresh token is used, but may not be stored", type(error).__name__
            )
