"""Where the bearer token comes from."""

from __future__ import annotations

from hubspot_async.errors import InputError


class FixedToken:
    """A token that stays as it is: of a private app, a static one, or a service key."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = check_token(token)

    async def token(self) -> str:
        """Give the token to send."""
        return self._token

    def __repr__(self) -> str:
        return "FixedToken(…)"


def check_token(token: object) -> str:
    """Refuse what cannot go into a header, without ever showing it.

    Raises InputError.
    """
    if not isinstance(token, str) or not token.strip():
        raise InputError("token must be a non-empty string: a private app's, a static one, or a service key")
    stripped = token.strip(" ")
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise InputError("token holds characters that no token has: a blank, a line break or another control character")
    return stripped
