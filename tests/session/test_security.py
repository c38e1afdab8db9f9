"""Where the token, signatures and cookies may not turn up, and whom we talk to. The numbers are the faults'."""

import asyncio
import logging
import pickle
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hubspot_async import results
from hubspot_async.endpoints import files
from hubspot_async.errors import (
    HubSpotError,
    InputError,
    ResponseError,
    UnsafeUrlError,
)
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.session.addresses import HUBSPOT, read_base_url
from hubspot_async.session.auth import OAuthToken
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import EXPORT
from tests.session.rawserver import (
    PENDING,
    QUICK,
    SHORT,
    START,
    STARTED,
    STATUS,
    TOKEN,
    Act,
    Line,
    RawServer,
    connect,
    http,
    led_to,
)

SIGNED = "Signature=s1gned"
CLIENT_SECRET = "cl1ent-5ecret"
REFRESH_TOKEN = "refre5h-t0ken"
HIDDEN = (TOKEN, CLIENT_SECRET, REFRESH_TOKEN, "s1gned")


async def close_early(line: Line) -> None:
    await line.hear()


async def silence(line: Line) -> None:
    await line.hear()
    await line.left()


def assert_hides(text: str) -> None:
    for secret in HIDDEN:
        assert secret not in text, f"{secret} in {text[max(0, text.index(secret) - 300) : text.index(secret) + 50]}"


def assert_hidden(error: BaseException) -> None:
    """Look for a secret wherever an error may be printed, logged or stored, with all that led to it."""
    for each in led_to(error):
        shown = traceback.TracebackException(type(each), each, each.__traceback__, capture_locals=True)
        assert_hides("".join(shown.format_exception_only()))
        for frame in shown.stack:
            if frame.filename != __file__:  # the tests know the secrets, of course
                assert_hides(f"{frame.filename}:{frame.lineno} {frame.name}: {frame.locals}")
        assert_hides(repr(each) + str(each) + repr(each.args) + repr(vars(each)))
    if isinstance(error, HubSpotError):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert_hides(pickle.dumps(error, protocol).decode("latin-1"))


@pytest_asyncio.fixture(autouse=True)
async def logs(caplog: pytest.LogCaptureFixture) -> AsyncIterator[pytest.LogCaptureFixture]:
    """Everything that anyone logs, with asyncio's debug mode on, and nothing of it with a secret."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    caplog.set_level(logging.DEBUG)
    yield caplog
    loop.set_debug(False)
    for record in caplog.records:
        if record.name != "asyncio" or "test_" not in record.getMessage():  # our own coroutines have arguments
            assert_hides(record.getMessage() + repr(record.args) + str(record.exc_text))


# The token.


@pytest.mark.asyncio
async def test_fault_143_a_session_does_not_show_its_token():
    session = HubSpotSession(TOKEN, account="eu")
    oauth = OAuthToken("id", CLIENT_SECRET, REFRESH_TOKEN)
    for each in (session, HubSpotSession(oauth), oauth, session._auth, START, STATUS):
        assert_hides(repr(each) + str(each) + f"{each}")
    assert repr(session) == "HubSpotSession(account='eu', base_url='https://api.hubapi.com')"


def echo(heard: str) -> bytes:
    return http(401, {"message": f"{heard} is wrong", "category": heard, "context": {"token": [heard]}})


FAILURES: list[Any] = [
    pytest.param(close_early, id="closed"),
    pytest.param(silence, id="silent"),
    pytest.param(http(200, b"<html>"), id="html"),
    pytest.param(http(200, {"token": TOKEN}), id="no-status"),
    pytest.param(b"SSH-2.0\r\n\r\n", id="no-http"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", id="bad-length"),
    pytest.param(http(200, b"x", Content_Encoding="gzip"), id="bad-gzip"),
    pytest.param(http(302, b"", Location=f"https://evil.example/?{SIGNED}"), id="redirect"),
    pytest.param(http(500, {"message": f"no luck with {TOKEN}"}), id="500"),
    pytest.param(http(429, {"message": TOKEN, "policyName": "DAILY"}), id="daily"),
    pytest.param(echo(TOKEN), id="401-echo"),
    pytest.param(echo(f"Bearer {TOKEN}"), id="401-echo-header"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("act", FAILURES)
@pytest.mark.parametrize("request_", [STATUS, START], ids=["get", "start"])
async def test_fault_143_no_failure_shows_the_token(act: Act, request_: Any):
    async with RawServer(act) as server, connect(server) as session:
        with pytest.raises(HubSpotError) as caught:
            await session.send(request_)
        assert server.heard[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert_hidden(caught.value)
        assert_hides(repr(session.unanswered_starts) + "".join(map(str, session.unanswered_starts)))


@pytest.mark.asyncio
async def test_fault_143_a_failed_download_through_the_api_does_not_show_it():
    async with RawServer(echo(TOKEN), close_early) as server, connect(server) as session:
        for _ in range(2):
            with pytest.raises(HubSpotError) as caught:
                async with session.open(STATUS):
                    pass  # pragma: no cover
            assert_hidden(caught.value)


async def ended(awaitable: Awaitable[object], how: str, server: RawServer) -> BaseException:
    """Cancel a call on its way, or let a limit of the caller's do it, and give what comes out."""
    task = asyncio.ensure_future(awaitable)
    try:
        while not server.count:
            await asyncio.sleep(0.005)
        if how == "cancel":
            task.cancel()
            await task
        else:
            async with asyncio.timeout(0.01):
                await task
    except (asyncio.CancelledError, TimeoutError) as error:
        return error
    raise AssertionError("it was answered")


def calls(session: HubSpotSession) -> dict[str, Callable[[], Awaitable[object]]]:
    source = ImportFromUrl(f"https://host.example/logo.png?{SIGNED}", folder_path="/")
    return {
        "get": lambda: session.send(STATUS),
        "start": lambda: session.send(START),
        "start-with-signed-url": lambda: files.import_from_url(session, source),
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("how", ["cancel", "timeout"])
@pytest.mark.parametrize("call", ["get", "start", "start-with-signed-url"])
async def test_fault_143_a_cancelled_call_does_not_show_it(call: str, how: str):
    async with RawServer(silence) as server, connect(server) as session:
        error = await ended(calls(session)[call](), how, server)
        assert server.count == 1
        assert_hidden(error)
        assert_hides(repr(session.unanswered_starts))
        assert len(session.unanswered_starts) == (call != "get")


@pytest.mark.parametrize("options", [{"base_url": "http://hubspot.example"}, {"versions": "v9"}])
def test_fault_143_what_is_refused_at_construction_does_not_show_it(options: dict[str, Any]):
    with pytest.raises(InputError) as caught:
        HubSpotSession(TOKEN, **options)
    assert_hidden(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        http(400, {"status": "BAD_REFRESH_TOKEN", "message": "no"}),
        http(500, {"message": "no"}),
        http(200, {"access_token": "x\r\ny", "refresh_token": "z", "expires_in": 5}),
        http(200, b"<html>"),
        silence,
    ],
    ids=["400", "500", "bad-token", "html", "silent"],
)
async def test_fault_143_a_failed_refresh_shows_no_secret(answer: Act):
    oauth = OAuthToken("id", CLIENT_SECRET, REFRESH_TOKEN)
    async with RawServer(answer) as server:
        async with HubSpotSession(oauth, base_url=server.url, timeouts=SHORT, retry=QUICK) as session:
            with pytest.raises(HubSpotError) as caught:
                await session.send(STATUS)
        assert REFRESH_TOKEN.encode() in server.heard[0].body
        assert_hidden(caught.value)


# What a server says back to us.


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "spelled",
    [
        TOKEN,
        TOKEN.replace("p", "\\u0070"),
        TOKEN.replace("-", "\\u002D"),
        "".join(f"\\u{ord(letter):04X}" for letter in TOKEN),
    ],
)
async def test_fault_158_an_error_that_echoes_the_token_is_blacked_out(spelled: str):
    body = '{"message": "unknown token T", "errors": [{"message": "T"}], "links": {"x": "T"}}'.replace("T", spelled)
    async with RawServer(http(400, body, X_HubSpot_Correlation_Id=TOKEN)) as server, connect(server) as session:
        with pytest.raises(ResponseError, match=r"unknown token \[token\]") as caught:
            await session.send(STATUS)
    assert_hidden(caught.value)
    assert caught.value.correlation_id == "[token]"


@pytest.mark.asyncio
async def test_fault_158_what_a_server_says_is_cut_and_made_one_line():
    message = "Contact ana@example.com\nexists.\r\n\t" + "and more " * 1000
    async with RawServer(http(400, {"message": message})) as server, connect(server) as session:
        with pytest.raises(ResponseError) as caught:
            await session.send(STATUS)
    assert str(caught.value).startswith("400: Contact ana@example.com exists. and more and")
    assert len(str(caught.value)) < 650
    assert "\n" not in str(caught.value)


@pytest.mark.asyncio
async def test_fault_144_a_signed_url_in_an_error_loses_its_query():
    message = f"cannot fetch https://host.example/logo.png?{SIGNED}&Expires=5 or HTTP://b.example/x#{SIGNED}, sorry"
    async with RawServer(http(400, {"message": message})) as server, connect(server) as session:
        with pytest.raises(ResponseError, match=r"logo\.png\?… or HTTP://b\.example/x\?… sorry") as caught:
            await session.send(STATUS)
    assert_hidden(caught.value)


def signed(server: RawServer) -> bytes:
    return http(200, {"status": "COMPLETE", "result": f"{server.url}/people.csv?{SIGNED}"}, Set_Cookie="api=1; Path=/")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [http(403, b"<Error>no</Error>"), http(302, b"", Location=f"https://x.example/?{SIGNED}"), close_early, silence],
    ids=["403", "redirect", "closed", "silent"],
)
async def test_fault_144_a_failed_download_does_not_show_where_it_came_from(answer: Act, tmp_path: Path):
    async with RawServer(answer) as host, RawServer(signed(host)) as server, connect(server) as session:
        status = await session.send(STATUS)
        assert status.result is not None
        assert_hides(repr(status) + str(status))
        with pytest.raises(HubSpotError) as caught:
            await results.download(session, EXPORT.task("1"), tmp_path / "people.csv")
        assert host.count
        assert_hides(str(caught.value) + repr(caught.value))
        for each in led_to(caught.value):
            assert_hides(repr(each) + str(each) + repr(vars(each)))


@pytest.mark.asyncio
async def test_fault_144_a_url_that_is_refused_is_shown_without_its_query(tmp_path: Path):
    answer = http(200, {"status": "COMPLETE", "result": f"ftp://x.example/y?{SIGNED}"})
    async with RawServer(answer) as server, connect(server) as session:
        with pytest.raises(UnsafeUrlError, match=r"ftp://x\.example/y\?…") as caught:
            await results.download(session, EXPORT.task("1"), tmp_path / "people.csv")
    assert_hides(str(caught.value) + repr(caught.value))


# Who gets what.


@pytest.mark.asyncio
@pytest.mark.parametrize("own_client", [False, True])
async def test_fault_145_146_147_the_download_host_gets_no_token_no_cookie_and_nothing_of_the_callers(
    own_client: bool, tmp_path: Path
):
    csv = http(200, b"email\r\na@example.com\r\n", Set_Cookie="host=1; Path=/")
    mine = {"X-Mine": "1", "Idempotency-Key": "2", "Cookie": "mine=3"}
    async with (
        aiohttp.ClientSession(headers=mine, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
        RawServer(csv) as host,
        RawServer(signed(host)) as server,
        connect(server, client=client if own_client else None) as session,
    ):
        for number in range(2):
            saved = await results.download(session, EXPORT.task("1"), tmp_path / f"{number}.csv")
            assert saved.bytes == 22
        for heard in host.heard:
            assert set(heard.headers) <= {"host", "accept", "accept-encoding", "user-agent"}
            assert_hides(heard.head.decode().replace(SIGNED, ""))
        assert host.heard[0].line == f"GET /people.csv?{SIGNED} HTTP/1.1"
        if own_client:
            assert server.heard[0].headers["x-mine"] == "1"
        else:
            assert "cookie" not in server.heard[-1].headers


@pytest.mark.asyncio
async def test_fault_147_cookies_are_neither_kept_nor_sent():
    answer = http(200, {"status": "PENDING"}, Set_Cookie="__cf_bm=1; Path=/; HttpOnly")
    async with RawServer(answer) as server:
        named = server.url.replace("127.0.0.1", "localhost")  # a jar would take no cookie from a bare address
        async with HubSpotSession(TOKEN, base_url=named, timeouts=SHORT, retry=QUICK) as session:
            for _ in range(3):
                await session.send(STATUS)
            for _ in range(2):
                async with session.fetch(f"{named}/file") as download:
                    assert download.status == 200
        assert [heard.headers.get("cookie") for heard in server.heard] == [None] * 5
        async with aiohttp.ClientSession() as keeping:  # such a cookie would come back
            for _ in range(2):
                async with keeping.get(named):
                    pass
        assert server.heard[-1].headers["cookie"] == "__cf_bm=1"


@pytest.mark.asyncio
async def test_fault_152_proxies_and_netrc_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\ndefault login evil password evil\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with RawServer(http(502)) as proxy, RawServer(PENDING) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        async with connect(server) as session:
            await session.send(STATUS)
            async with session.fetch(f"{server.url}/file") as answer:
                assert answer.status == 200
        assert proxy.connections == 0
        assert server.heard[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert "authorization" not in server.heard[1].headers
        # And the environment would have led there: aiohttp asked to heed it does.
        async with aiohttp.ClientSession(trust_env=True) as heeding, heeding.get(server.url) as answered:
            assert (answered.status, proxy.connections) == (502, 1)


@pytest.mark.asyncio
async def test_fault_153_the_url_of_a_file_import_is_for_hubspot_to_fetch():
    async with RawServer(http(200)) as trap, RawServer(STARTED) as server, connect(server) as session:
        await files.import_from_url(session, ImportFromUrl(f"{trap.url}/logo.png?{SIGNED}", folder_path="/"))
        assert SIGNED.encode() in server.heard[0].body
        assert trap.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host.example/x",
        "javascript:alert(1)",
        "//host.example/x",
        "logo.png",
        "https://",
        "http:///x",
        "https://user:s1gned@host.example/x",
        "https://user@host.example/x",
        "https://[host/x",
        "",
    ],
)
def test_fault_153_a_url_that_hubspot_could_not_fetch_is_refused(url: str):
    with pytest.raises(InputError, match=r"ImportFromUrl\.url") as caught:
        ImportFromUrl(url, folder_path="/")
    assert "s1gned" not in str(caught.value)


def test_fault_144_a_file_import_does_not_show_the_signature():
    file = ImportFromUrl(f"https://host.example/logo.png?{SIGNED}", folder_path="/")
    assert "s1gned" not in repr(file)
    assert "s1gned" in file.url


# Tokens and addresses.

BROKEN_TOKENS = [
    f"{TOKEN}\r\nX-Evil: 1",
    f"{TOKEN}\n",
    f"\n{TOKEN}",
    f"{TOKEN}\x00",
    f"{TOKEN} x",
    f"{TOKEN}é",
    f"{TOKEN}\u2028",
    "",
    " ",
]


@pytest.mark.parametrize("token", BROKEN_TOKENS)
def test_fault_149_a_token_that_could_break_a_header_is_refused(token: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token.replace("\x00", "\x01"))
    constructors: list[Callable[[], object]] = [
        lambda: HubSpotSession(token),
        HubSpotSession.from_env,
        lambda: OAuthToken("id", token, REFRESH_TOKEN),
        lambda: OAuthToken("id", CLIENT_SECRET, token),
    ]
    for construct in constructors:
        with pytest.raises(InputError, match=r"token|HUBSPOT_ACCESS_TOKEN") as caught:
            construct()
        assert_hidden(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("token", [BROKEN_TOKENS[0], "", None, 5])
async def test_fault_149_a_token_that_a_callable_gives_is_refused_before_it_is_sent(token: Any):
    async def vault() -> str:
        return token  # type: ignore[no-any-return]

    async with RawServer(PENDING) as server:
        async with HubSpotSession(vault, base_url=server.url) as session:
            with pytest.raises(InputError, match="token") as caught:
                await session.send(STATUS)
        assert server.connections == 0
    assert_hides(str(caught.value))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://api.hubapi.com", HUBSPOT),
        ("https://api.hubapi.com/", HUBSPOT),
        (" HTTPS://API.HUBAPI.COM// ", HUBSPOT),
        ("https://api.hubapi.com?", HUBSPOT),
        ("https://api.hubapi.com:8443", "https://api.hubapi.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://LOCALHOST:8000", "http://localhost:8000"),
    ],
)
def test_fault_150_and_151_an_address_is_made_an_origin(given: str, read: str):
    assert read_base_url(given) == read
    assert HubSpotSession(TOKEN, base_url=given).base_url == read


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("http://api.hubapi.com", id="fault-150-http"),
        pytest.param("http://localhost.evil.example", id="fault-150-not-local"),
        pytest.param("http://127.0.0.1.evil.example", id="fault-150-not-local-either"),
        pytest.param("http://10.0.0.1", id="fault-150-private"),
        pytest.param("http://0.0.0.0", id="fault-150-any"),
        pytest.param("http://[::ffff:10.0.0.1]", id="fault-150-mapped"),
        pytest.param("https://user:s1gned@api.hubapi.com", id="fault-151-user"),
        pytest.param("ftp://user:s1gned@api.hubapi.com", id="fault-151-user-of-ftp"),
        pytest.param("https://user:s1gned@host:99999", id="fault-151-user-and-port"),
        pytest.param("mailto:s1gned@evil.example", id="fault-151-mail"),
        pytest.param("https://s1gned@evil.example", id="fault-151-user-alone"),
        pytest.param("https://@evil.example", id="fault-151-user-empty"),
        pytest.param("https://api.hubapi.com\\@evil.example", id="fault-151-backslash-user"),
        pytest.param("https://evil.example\\.hubapi.com", id="fault-151-backslash"),
        pytest.param("https://api.hubapi.com/crm", id="fault-151-path"),
        pytest.param("https://api.hubapi.com/?hapikey=s1gned", id="fault-151-query"),
        pytest.param("https://api.hubapi.com#s1gned", id="fault-151-fragment"),
        pytest.param("https://api.hubapi.com:0x50", id="fault-151-port"),
        pytest.param("https://", id="fault-151-no-host"),
        pytest.param("api.hubapi.com", id="fault-151-no-scheme"),
        pytest.param("file:///etc/passwd", id="fault-151-file"),
        pytest.param("https://api.hubapi.com\r\nX-Evil: 1", id="fault-151-cr-lf"),
        pytest.param("https://api hubapi.com", id="fault-151-blank"),
        pytest.param("https://[::1", id="fault-151-bracket"),
        pytest.param("", id="fault-151-empty"),
    ],
)
def test_an_address_that_is_more_or_less_than_an_origin_is_refused(given: str):
    with pytest.raises(InputError, match="base_url") as caught:
        HubSpotSession(TOKEN, base_url=given)
    assert_hides(str(caught.value))
