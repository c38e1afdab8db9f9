"""`hubspot-async whoami`: whose token it is, what it may do, and how many requests are left."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from attrs import frozen

from hubspot_async import HubSpotError, HubSpotSession, Request
from hubspot_async.cli.accounts import token_for
from hubspot_async.cli.commands.common import Common
from hubspot_async.cli.jobs.running import run as run_job
from hubspot_async.cli.screen.results import Result
from hubspot_async.cli.screen.screen import Screen
from hubspot_async.session.budget import BudgetStats

_DETAILS = "/account-info/2026-03/details"
_TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path


@frozen(kw_only=True)
class AccountDetails:
    """What HubSpot tells of an account (its guide to account information)."""

    portal_id: int
    account_type: str | None = None
    time_zone: str | None = None
    ui_domain: str | None = None
    data_hosting_location: str | None = None


@frozen(kw_only=True)
class TokenInfo:
    """What HubSpot tells of the token of a private app."""

    hub_id: int | None = None
    app_id: int | None = None
    user_id: int | None = None
    scopes: tuple[str, ...] = ()


def run(common: Common | None) -> int:
    """Ask HubSpot whose token it is, and show the answer."""
    token = token_for(common.account if common else None)
    kind = kind_of(token)

    async def job(session: HubSpotSession, shown: Screen) -> None:
        details = await session.send(Request.raw("GET", _DETAILS, AccountDetails))
        info = await _info(session)
        lines = [line for name, value in _lines(kind, details, info, session) for line in _set(name, value)]
        shown.give(Result(text="\n".join(lines), fields=_fields(kind, details, info, session)))

    async def _info(session: HubSpotSession) -> TokenInfo | None:
        """Ask about the token itself, in a body and never in a path; HubSpot knows only those of private apps."""
        try:
            return await session.send(Request.raw("POST", _TOKEN_INFO, TokenInfo, body={"tokenKey": token}))
        except HubSpotError:
            return None

    return run_job(job, common)


def kind_of(token: str) -> str:
    """Tell by its looks what kind of token it is."""
    return "private app" if token.strip().startswith("pat-") else "OAuth, or of another kind"


def _lines(
    kind: str, details: AccountDetails, info: TokenInfo | None, session: HubSpotSession
) -> Iterator[tuple[str, str]]:
    where = ", ".join(filter(None, [details.account_type, details.ui_domain, details.time_zone]))
    yield "hub", f"{details.portal_id}" + (f" ({where})" if where else "")
    yield "token", kind + (f", app {info.app_id}" if info and info.app_id else "")
    scopes = " ".join(info.scopes) if info else "HubSpot tells them of private apps only"
    yield "scopes", scopes or "none"
    stats = session.budget.stats
    yield "requests", f"{session.budget.rate:.1f} a second"
    if stats.daily_limit is not None and stats.daily_remaining is not None:
        yield "today", f"{stats.daily_remaining:,} of {stats.daily_limit:,} left"


def _set(name: str, value: str) -> list[str]:
    """Set a value beside its name, in as many lines as it takes."""
    lines = textwrap.wrap(value, 69, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{'' if number else name:<10}{line}" for number, line in enumerate(lines)]


def _fields(kind: str, details: AccountDetails, info: TokenInfo | None, session: HubSpotSession) -> dict[str, object]:
    stats: BudgetStats = session.budget.stats
    return {
        "hub_id": details.portal_id,
        "account": session.account,
        "account_type": details.account_type,
        "ui_domain": details.ui_domain,
        "time_zone": details.time_zone,
        "data_hosting_location": details.data_hosting_location,
        "token_kind": kind,
        "app_id": info.app_id if info else None,
        "scopes": list(info.scopes) if info else None,
        "requests_per_second": session.budget.rate,
        "daily_limit": stats.daily_limit,
        "daily_remaining": stats.daily_remaining,
    }
