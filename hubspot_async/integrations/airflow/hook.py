"""The connection type ``hubspot``: from what Airflow keeps of an account to a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar, TypeVar

from airflow.sdk import BaseHook, Connection

from hubspot_async.errors import InputError
from hubspot_async.session.addresses import HUBSPOT
from hubspot_async.session.auth import OAuthToken, Secret
from hubspot_async.session.budget import Budget
from hubspot_async.session.session import HubSpotSession

T = TypeVar("T")


class HubSpotHook(BaseHook):
    """Opens sessions of the account that an Airflow connection is about.

    The connection's password is the token of a private app, its host the base URL where that is not HubSpot's. Its
    extra may hold ``versions``; ``client_id``, ``client_secret`` and ``refresh_token`` in place of a token; and
    ``redis`` with ``share``, for a request budget that all workers and triggerers share. The session's account is the
    connection's id, so tasks carry it.
    """

    conn_name_attr: ClassVar[str] = "hubspot_conn_id"
    default_conn_name: ClassVar[str] = "hubspot_default"
    conn_type: ClassVar[str] = "hubspot"
    hook_name: ClassVar[str] = "HubSpot"

    def __init__(self, hubspot_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(**options)
        self.hubspot_conn_id = hubspot_conn_id

    @asynccontextmanager
    async def session(self) -> AsyncIterator[HubSpotSession]:
        """Open a session, in a program that has an event loop.

        Raises InputError for a connection that says what cannot be right.
        """
        async with open_session(await self.aget_connection(self.hubspot_conn_id)) as session:
            yield session

    def run(self, work: Callable[[HubSpotSession], Awaitable[T]]) -> T:
        """Do *work* with a session, in a program that has no event loop, such as an operator's."""
        connection = self.get_connection(self.hubspot_conn_id)

        async def main() -> T:
            async with open_session(connection) as session:
                return await work(session)

        return asyncio.run(main())


@asynccontextmanager
async def open_session(connection: Connection) -> AsyncIterator[HubSpotSession]:
    """Open a session as a connection describes it."""
    extra: Mapping[str, Any] = connection.extra_dejson
    async with AsyncExitStack() as stack:
        budget = await stack.enter_async_context(_budget(connection, extra)) if extra.get("redis") else None
        session = HubSpotSession(
            _token(connection, extra),
            account=connection.conn_id,
            base_url=_base_url(connection),
            versions=extra.get("versions") or None,
            budget=budget,
        )
        yield await stack.enter_async_context(session)


def _token(connection: Connection, extra: Mapping[str, Any]) -> Secret | OAuthToken:
    names = ("client_id", "client_secret", "refresh_token")
    if extra.get("refresh_token"):
        missing = [name for name in names if not extra.get(name)]
        if missing:
            raise InputError(f"connection {connection.conn_id} lacks {', '.join(missing)}")
        return OAuthToken(*(extra[name] for name in names))
    if not connection.password:
        raise InputError(f"connection {connection.conn_id} has no password, which is to be the token")
    return Secret(connection.password)


def _base_url(connection: Connection) -> str:
    if not connection.host:
        return HUBSPOT
    host = connection.host if "://" in connection.host else f"https://{connection.host}"
    return f"{host}:{connection.port}" if connection.port else host


@asynccontextmanager
async def _budget(connection: Connection, extra: Mapping[str, Any]) -> AsyncIterator[Budget]:
    from hubspot_async.integrations.redis import RedisBudget

    async with RedisBudget(extra["redis"], connection.conn_id, share=float(extra.get("share") or 0.1)) as budget:
        yield budget
