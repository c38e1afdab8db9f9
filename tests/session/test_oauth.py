"""Tokens that are renewed: alone in virtual time, and end to end against the sandbox. Numbers are the faults'."""

import asyncio
import gc
import logging
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hubspot_async.errors import (
    AccountMigratingError,
    ConnectionFailedError,
    HubSpotError,
    InputError,
    InvalidResponseError,
    ServerError,
    TokenRefreshError,
    TokenSourceError,
    UnauthorizedError,
)
from hubspot_async.models.values import Page
from hubspot_async.sandbox import OAuthApp, Sandbox
from hubspot_async.session.auth import OAuthToken, RefreshedTokens, Secret, is_expired
from hubspot_async.session.renewal import AHEAD, Granted, OAuthRefresh, RenewedToken, fetch_from
from hubspot_async.session.retry import RetryPolicy
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import IMPORT
from hubspot_async.wire.request import POLL

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime(noop_cycles=4)]

assert IMPORT.list_request
LOOK = IMPORT.list_request("2026-03", None)
EXPIRED = UnauthorizedError(
    "", status=401, category="EXPIRED_AUTHENTICATION", context={"expire time": ["2026-03-30T10:00:00Z"]}
)


@pytest.fixture
def nothing_is_left_unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


class Issuer:
    """A source of tokens t1, t2 … that takes a while; its wall clock is the loop's, until somebody sets it."""

    def __init__(self, lifetime: float = 1800.0, takes: float = 1.0) -> None:
        self.lifetime = lifetime
        self.takes = takes
        self.fetches = 0
        self.failures: list[HubSpotError] = []
        self.slept = 0.0
        self.source = RenewedToken(self.fetch, is_curable=is_expired, wall=self.wall)

    def wall(self) -> float:
        return asyncio.get_running_loop().time() + self.slept

    async def fetch(self) -> Granted:
        self.fetches += 1
        number, began = self.fetches, self.wall()
        await asyncio.sleep(self.takes)
        if self.failures:
            raise self.failures.pop(0)
        return Granted.for_seconds(Secret(f"t{number}"), began, self.lifetime)

    async def tokens(self, count: int) -> set[str]:
        return set(await asyncio.gather(*(self.source.token() for _ in range(count))))


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_fault_138_any_number_of_callers_share_one_fetch():
    issuer = Issuer()
    assert await issuer.tokens(50) == {"t1"}
    assert (issuer.fetches, now()) == (1, 1)


async def test_a_token_is_renewed_ahead_of_its_end_and_nobody_waits_for_it():
    issuer = Issuer(lifetime=1800)
    await issuer.tokens(1)
    await asyncio.sleep(1800 - AHEAD)
    began = now()
    assert await issuer.tokens(50) == {"t1"}
    assert now() == began
    await asyncio.sleep(2)
    assert await issuer.tokens(50) == {"t2"}
    assert issuer.fetches == 2


async def test_a_token_is_not_sent_after_its_end():
    issuer = Issuer(lifetime=1800)
    await issuer.tokens(1)
    await asyncio.sleep(1800)
    assert await issuer.tokens(50) == {"t2"}
    assert issuer.fetches == 2


@pytest.mark.parametrize("lifetime", [2.0, 30.0, 60.0])
async def test_a_token_that_lives_shortly_is_not_fetched_for_each_request(lifetime: float):
    issuer = Issuer(lifetime, takes=0.0)
    for _ in range(100):
        await issuer.tokens(5)
        await asyncio.sleep(lifetime / 20)
    assert 5 <= issuer.fetches <= 8


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_a_failed_renewal_ahead_of_the_end_troubles_nobody_and_is_not_tried_at_every_request():
    issuer = Issuer(lifetime=1800)
    await issuer.tokens(1)
    await asyncio.sleep(1800 - AHEAD)
    issuer.failures = [ServerError("", status=503)]
    for _ in range(20):
        assert await issuer.tokens(5) == {"t1"}
        await asyncio.sleep(1)
    assert issuer.fetches == 2
    await asyncio.sleep(AHEAD)
    assert await issuer.tokens(5) == {"t3"}


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_a_failure_is_told_to_all_who_wait_and_forgotten_then():
    issuer = Issuer()
    issuer.failures = [ServerError("no token", status=503)]
    outcomes = await asyncio.gather(*(issuer.source.token() for _ in range(50)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ServerError}
    assert len({id(outcome) for outcome in outcomes}) == 50, "one exception is raised in fifty tasks"
    assert issuer.fetches == 1
    assert await issuer.tokens(5) == {"t2"}


async def test_fault_136_after_a_sleep_of_eight_hours_the_token_is_renewed_first():
    issuer = Issuer()
    await issuer.tokens(1)
    issuer.slept = 8 * 3600  # the loop's clock stood still meanwhile
    assert await issuer.tokens(50) == {"t2"}
    assert issuer.fetches == 2


@pytest.mark.parametrize("cancelled", [1, 49])
async def test_fault_140_who_began_a_fetch_may_be_cancelled(cancelled: int):
    issuer = Issuer()
    callers = [asyncio.create_task(issuer.source.token()) for _ in range(50)]
    await asyncio.sleep(0.5)
    for caller in callers[:cancelled]:
        caller.cancel()
    assert set(await asyncio.gather(*callers[cancelled:])) == {"t1"}
    assert (issuer.fetches, now()) == (1, 1)
    assert all(caller.cancelled() for caller in callers[:cancelled])


@pytest.mark.usefixtures("nothing_is_left_unheard")
@pytest.mark.parametrize("fails", [False, True])
async def test_fault_140_when_all_are_cancelled_the_token_is_kept_and_no_error_is_left_over(fails: bool):
    issuer = Issuer()
    issuer.failures = [ServerError("", status=503)] * fails
    callers = [asyncio.create_task(issuer.source.token()) for _ in range(50)]
    await asyncio.sleep(0.5)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    del callers
    await asyncio.sleep(1)
    assert await issuer.tokens(1) == {"t2" if fails else "t1"}


async def test_a_rejected_token_is_replaced_once_for_all_who_sent_it():
    issuer = Issuer()
    old = await issuer.source.token()
    assert await asyncio.gather(*(issuer.source.renew(old, EXPIRED) for _ in range(50))) == [True] * 50
    assert await issuer.source.renew(old, EXPIRED), "who hears of it late sends the new one"
    assert issuer.fetches == 2


async def test_no_token_helps_against_another_error():
    issuer = Issuer()
    old = await issuer.source.token()
    assert not await issuer.source.renew(old, UnauthorizedError("", status=401, category="INVALID_AUTHENTICATION"))
    assert issuer.fetches == 1


async def test_the_same_token_again_is_no_help():
    async def vault() -> str:
        return "the-same"

    source = RenewedToken(fetch_from(vault), is_curable=lambda _: True)
    assert not await source.renew(await source.token(), EXPIRED)


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_closing_lets_a_fetch_end_but_does_not_wait_long():
    issuer = Issuer(takes=0.5)
    caller = asyncio.create_task(issuer.source.token())
    await asyncio.sleep(0)
    await issuer.source.close()
    assert (await caller, now()) == ("t1", 0.5)
    issuer = Issuer(takes=60)
    caller = asyncio.create_task(issuer.source.token())
    await asyncio.sleep(0)
    await issuer.source.close()
    with pytest.raises(HubSpotError, match="closed"):
        await caller
    assert now() < 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (EXPIRED, True),
        (UnauthorizedError("", status=401, category="EXPIRED_AUTHENTICATION"), True),
        (UnauthorizedError("", status=401, category="EXPIRED_AUTHENTICATION", context="odd"), True),
        (
            UnauthorizedError(
                "", status=401, category="EXPIRED_AUTHENTICATION", context={"expire time": ["1970-01-01T00:00:00Z"]}
            ),
            False,
        ),
        (UnauthorizedError("", status=401, category="INVALID_AUTHENTICATION"), False),
        (UnauthorizedError("", status=401), False),
        (ServerError("", status=500, category="EXPIRED_AUTHENTICATION"), False),
    ],
)
async def test_an_old_token_is_told_from_a_wrong_one(error: HubSpotError, expected: bool):
    assert is_expired(error) is expected


# OAuth, alone.


class Tokens:
    """A token endpoint that rotates refresh tokens, and a place to store them."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.stored: list[str] = []

    async def post(self, form: dict[str, str]) -> RefreshedTokens:
        self.forms.append(form)
        number = len(self.forms)
        return RefreshedTokens(Secret(f"access{number}"), Secret(f"refresh{number}"), 1800)

    def source(self, on_refresh: Callable[[RefreshedTokens], Any] | None) -> RenewedToken:
        refresh = OAuthRefresh(OAuthToken("id", "secret", "refresh0", on_refresh=on_refresh), self.post)
        return RenewedToken(refresh, is_curable=is_expired, tell=refresh.tell)


async def test_fault_139_the_newest_refresh_token_is_used_and_handed_over():
    tokens = Tokens()

    async def store(new: RefreshedTokens) -> None:
        await asyncio.sleep(0.1)
        tokens.stored.append(new.refresh_token)

    source = tokens.source(store)
    for _ in range(3):
        await source.renew(await source.token(), EXPIRED)
        await asyncio.sleep(1)
    assert [form["refresh_token"] for form in tokens.forms] == ["refresh0", "refresh1", "refresh2", "refresh3"]
    assert tokens.stored == ["refresh1", "refresh2", "refresh3", "refresh4"]


@pytest.mark.parametrize("is_async", [False, True])
async def test_fault_139_a_callback_that_fails_loses_no_token(is_async: bool, caplog: pytest.LogCaptureFixture):
    tokens = Tokens()

    def fail(new: RefreshedTokens) -> None:
        raise OSError(f"disk full, could not write {new.refresh_token:s}")

    async def fail_later(new: RefreshedTokens) -> None:
        await asyncio.sleep(0.1)
        fail(new)

    source = tokens.source(fail_later if is_async else fail)
    with caplog.at_level(logging.DEBUG):
        assert await source.token() == "access1"
        await source.renew(Secret("access1"), EXPIRED)
    assert tokens.forms[1]["refresh_token"] == "refresh1"
    assert "on_refresh failed with OSError" in caplog.text
    assert "refresh1" not in caplog.text


async def test_a_callback_may_use_the_very_token_it_is_told_of():
    tokens = Tokens()
    seen = []

    async def call_with_it(_: RefreshedTokens) -> None:
        seen.append(await source.token())

    source = tokens.source(call_with_it)
    async with asyncio.timeout(5):
        assert await source.token() == "access1"
    assert seen == ["access1"]


async def test_nothing_shows_a_secret():
    oauth = OAuthToken("the-id", "the-secret", "the-refresh")
    assert "the-id" in repr(oauth)
    assert "the-secret" not in repr(oauth)
    assert "the-refresh" not in repr(oauth)
    assert "refresh9" not in repr(RefreshedTokens(Secret("access9"), Secret("refresh9"), 1.0))


@pytest.mark.parametrize("secret", ["", "with blank", "line\nbreak", "tö"])
async def test_a_secret_that_can_be_none_is_refused_without_being_shown(secret: str):
    with pytest.raises(InputError) as caught:
        OAuthToken("id", secret, "refresh")
    assert not secret or secret not in str(caught.value)


# End to end.


@asynccontextmanager
async def installed(
    sandbox: Sandbox, *, on_refresh: Callable[[RefreshedTokens], None] | None = None, **options: Any
) -> AsyncIterator[tuple[HubSpotSession, OAuthApp]]:
    """A session of an app that is installed in the sandbox's account."""
    app = sandbox.oauth_app(**options)
    token = OAuthToken(app.client_id, app.client_secret, app.refresh_token, on_refresh=on_refresh)
    async with HubSpotSession(token, base_url=sandbox.url) as session:
        yield session, app


def asked(sandbox: Sandbox, operation: str) -> list[int]:
    """The statuses of all answers to an operation."""
    return [exchange.status for exchange in sandbox.requests if exchange.operation == operation]


async def look(session: HubSpotSession, **options: Any) -> Page[Any]:
    return await session.send(LOOK, **options)


async def many_looks(session: HubSpotSession, count: int = 50) -> None:
    await asyncio.gather(*(look(session) for _ in range(count)))


async def test_fault_138_fifty_callers_without_a_token_make_one_refresh(sandbox: Sandbox):
    async with installed(sandbox) as (session, _):
        await many_looks(session)
    assert asked(sandbox, "oauth.token") == [200]
    assert asked(sandbox, "imports.list") == [200] * 50


@pytest.mark.parametrize("seed", range(3))
async def test_fault_138_fifty_callers_with_an_expired_token_make_one_refresh(sandbox: Sandbox, seed: int):
    dice = random.Random(seed)

    async def late(session: HubSpotSession) -> None:
        await asyncio.sleep(dice.uniform(0, 0.1))
        await look(session)

    async with installed(sandbox) as (session, _):
        await look(session)
        sandbox.expire(await session._auth.token())
        sandbox.fail("imports.list", delay=0.05, times=None)
        await asyncio.gather(*(late(session) for _ in range(50)))
    assert asked(sandbox, "oauth.token") == [200, 200]
    assert asked(sandbox, "imports.list").count(200) == 51


@pytest.mark.parametrize("lane", [None, POLL])
async def test_fault_24_a_poll_too_is_repeated_once_with_a_new_token(sandbox: Sandbox, lane: Any):
    async with installed(sandbox) as (session, _):
        await look(session)
        sandbox.expire(await session._auth.token())
        if lane is None:
            await session.budget.acquire(POLL)
        await look(session, lane=lane)
        assert session.budget.stats.granted == 3
    assert asked(sandbox, "imports.list") == [200, 401, 200]


async def test_fault_24_a_token_that_stays_rejected_is_renewed_once_and_then_an_error(sandbox: Sandbox):
    async with installed(sandbox) as (session, _):
        sandbox.fail("imports.list", status=401, times=None)
        with pytest.raises(UnauthorizedError):
            await look(session)
    assert asked(sandbox, "imports.list") == [401, 401]
    assert asked(sandbox, "oauth.token") == [200, 200]


async def test_fault_24_a_fixed_token_that_has_expired_is_an_error_at_once(sandbox: Sandbox):
    async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        sandbox.expire()
        with pytest.raises(UnauthorizedError, match="expired"):
            await look(session)
    assert asked(sandbox, "imports.list") == [401]


async def test_fault_25_a_wrong_token_starts_no_refresh(sandbox: Sandbox):
    async with installed(sandbox) as (session, _):
        await look(session)
        sandbox._world.tokens.clear()
        for _ in range(5):
            with pytest.raises(UnauthorizedError) as caught:
                await look(session)
    assert caught.value.context == {"expire time": ("1970-01-01T00:00:00Z",)}
    assert asked(sandbox, "oauth.token") == [200]
    assert asked(sandbox, "imports.list") == [200] + [401] * 5


async def test_fault_25_a_wrong_fixed_token_is_an_error_that_does_not_show_it(sandbox: Sandbox):
    async with HubSpotSession("pat-eu1-wr0ng", base_url=sandbox.url) as session:
        with pytest.raises(UnauthorizedError, match="EXPIRED_AUTHENTICATION") as caught:
            await look(session)
    assert "wr0ng" not in repr(caught.value)
    assert asked(sandbox, "imports.list") == [401]


@pytest.mark.parametrize(("status", "headers", "wait"), [
    (429, {}, (10, 16)),
    (429, {"Retry-After": "30"}, (30, 36)),
    (503, {}, (1, 1.6)),
    (503, {"Retry-After": "20"}, (20, 21)),
], ids=["429", "429-30s", "503", "503-20s"])  # fmt: skip
async def test_fault_35_a_token_endpoint_that_asks_to_wait_is_waited_for_by_all(
    sandbox: Sandbox, status: int, headers: dict[str, str], wait: tuple[float, float]
):
    sandbox.fail("oauth.token", status=status, headers=headers)
    async with installed(sandbox) as (session, _):
        began = now()
        await many_looks(session)
        assert wait[0] <= now() - began <= wait[1]
    assert asked(sandbox, "oauth.token") == [status, 200]


async def test_fault_35_a_token_endpoint_that_stays_busy_is_an_error_in_the_end_and_not_hammered(sandbox: Sandbox):
    sandbox.fail("oauth.token", status=429, times=None)
    async with installed(sandbox) as (session, _):
        began = now()
        outcomes = await asyncio.gather(*(look(session) for _ in range(50)), return_exceptions=True)
        assert now() - began <= 121
    assert {getattr(outcome, "status", None) for outcome in outcomes} == {429}
    assert len(asked(sandbox, "oauth.token")) <= 12


async def test_fault_35_nobody_sleeps_for_a_day(sandbox: Sandbox):
    sandbox.fail("oauth.token", status=477, headers={"Retry-After": "86400"})
    async with installed(sandbox) as (session, _):
        with pytest.raises(AccountMigratingError):
            await look(session)
        assert now() < 5


@pytest.mark.parametrize(
    ("times", "fault", "expected"),
    [
        (1, {"disconnect": True}, None),
        (1, {"status": 200, "body": "<html>"}, None),
        (9, {"disconnect": True}, ConnectionFailedError),
        (9, {"status": 200, "body": {"access_token": "a", "refresh_token": "b"}}, InvalidResponseError),
        (9, {"status": 200, "body": {"refresh_token": "b", "expires_in": 1800}}, InvalidResponseError),
        (9, {"status": 200, "body": {"access_token": "a\nb", "expires_in": 1800}}, InvalidResponseError),
        (9, {"status": 200, "body": {"access_token": "a", "expires_in": 1e999}}, InvalidResponseError),
        (9, {"status": 200, "body": []}, InvalidResponseError),
    ],
)
@pytest.mark.no_contract
async def test_a_broken_answer_of_the_token_endpoint_is_asked_for_again(
    sandbox: Sandbox, times: int, fault: dict[str, Any], expected: type[HubSpotError] | None
):
    sandbox.fail("oauth.token", times=times, **fault)
    async with installed(sandbox) as (session, _):
        if expected is None:
            await look(session)
        else:
            with pytest.raises(expected):
                await look(session)
    assert len(asked(sandbox, "oauth.token")) == (2 if expected is None else RetryPolicy().attempts)


@pytest.mark.no_contract
async def test_an_answer_without_a_refresh_token_leaves_the_old_one_good(sandbox: Sandbox):
    sandbox.fail("oauth.token", status=200, body={"access_token": sandbox.token, "expires_in": 1800})
    stored: list[RefreshedTokens] = []
    async with installed(sandbox, on_refresh=stored.append) as (session, app):
        await look(session)
    assert [new.refresh_token for new in stored] == [app.refresh_token]
    assert asked(sandbox, "oauth.token") == [200]


async def test_fault_139_with_rotating_refresh_tokens_a_session_lives_on(sandbox: Sandbox):
    stored: list[RefreshedTokens] = []
    async with installed(sandbox, rotate=True, on_refresh=stored.append) as (session, app):
        for _ in range(3):
            await look(session)
            sandbox.expire(await session._auth.token())
        await look(session)
        assert stored[-1].refresh_token == app.refresh_token
    assert asked(sandbox, "oauth.token") == [200] * 4


@pytest.mark.usefixtures("nothing_is_left_unheard")
async def test_a_dead_refresh_token_is_one_error_that_says_what_to_do(sandbox: Sandbox):
    app = sandbox.oauth_app()
    token = OAuthToken(app.client_id, app.client_secret, "r3fresh-dead")
    async with HubSpotSession(token, base_url=sandbox.url) as session:
        outcomes = await asyncio.gather(*(look(session) for _ in range(50)), return_exceptions=True)
    errors = [outcome for outcome in outcomes if isinstance(outcome, TokenRefreshError)]
    assert len(errors) == 50
    assert errors[0].category == "BAD_REFRESH_TOKEN"
    assert "installed again" in str(errors[0])
    assert "r3fresh" not in repr(errors[0])
    assert asked(sandbox, "oauth.token") == [400]
    assert asked(sandbox, "imports.list") == []


@pytest.mark.no_contract
@pytest.mark.parametrize("status", [400, 500])
async def test_a_token_endpoint_that_repeats_our_secrets_has_them_taken_out(sandbox: Sandbox, status: int):
    app = sandbox.oauth_app(client_secret="s3cret-a", refresh_token="s3cret-b")
    echo = {"status": "s3cret-b", "error": "s3cret-a", "message": "bad s3cret-a and s3cret-b"}
    sandbox.fail("oauth.token", status=status, body=echo, times=None)
    token = OAuthToken(app.client_id, app.client_secret, app.refresh_token)
    async with HubSpotSession(token, base_url=sandbox.url) as session:
        with pytest.raises(HubSpotError) as caught:
            await look(session)
    assert "s3cret" not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


async def test_a_refresh_goes_to_the_version_of_the_table_and_carries_nothing_in_its_url(sandbox: Sandbox):
    async with installed(sandbox) as (session, _):
        await look(session)
    refresh = next(exchange for exchange in sandbox.requests if exchange.operation == "oauth.token")
    assert (refresh.path, refresh.query) == ("/oauth/2026-03/token", {})
    assert "Authorization" not in refresh.headers


# Any async callable.


async def test_an_async_callable_is_asked_once_and_again_when_hubspot_rejects_what_it_gave(sandbox: Sandbox):
    given = ["pat-old-key", sandbox.token]
    calls = 0

    async def vault() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return given[0] if calls == 1 else given[1]

    async with HubSpotSession(vault, base_url=sandbox.url) as session:
        await many_looks(session, 20)
        assert calls == 2, "a key that was rotated looks like a wrong one, and the vault has the new one"
    assert asked(sandbox, "imports.list").count(200) == 20


async def test_an_async_callable_that_fails_is_our_error_with_its_own_as_the_cause(sandbox: Sandbox):
    async def vault() -> str:
        raise LookupError("no such secret")

    async with HubSpotSession(vault, base_url=sandbox.url) as session:
        outcomes = await asyncio.gather(*(look(session) for _ in range(5)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {TokenSourceError}
    assert {type(outcome.__cause__) for outcome in outcomes if isinstance(outcome, TokenSourceError)} == {LookupError}
    assert asked(sandbox, "imports.list") == []


@pytest.mark.parametrize("value", ["", None, 5, "with\nbreak"])
async def test_an_async_callable_that_gives_no_token_is_an_error(sandbox: Sandbox, value: Any):
    async def vault() -> Any:
        return value

    async with HubSpotSession(vault, base_url=sandbox.url) as session:
        with pytest.raises(InputError, match="token"):
            await look(session)
