"""Opening, closing and forgetting to; the wrong loop or thread; a client of one's own. By the numbers of the faults."""

import asyncio
import gc
import subprocess
import sys
import textwrap
import warnings
from typing import Any

import aiohttp
import pytest

from hubspot_async.errors import InputError, SessionClosedError, StartOutcomeUnknownError
from hubspot_async.session.addresses import HUBSPOT
from hubspot_async.session.auth import OAuthToken
from hubspot_async.session.session import HubSpotSession
from tests.session.rawserver import PENDING, QUICK, SHORT, START, STARTED, STATUS, TOKEN, Line, RawServer, connect, http

# A client of one's own.


@pytest.mark.asyncio
async def test_fault_127_a_client_of_the_users_is_used_as_it_is_and_left_open():
    client = aiohttp.ClientSession(headers={"X-Mine": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with client:
        before = (
            {name: getattr(client, name, None) for name in client.__slots__} if hasattr(client, "__slots__") else {}
        )
        before |= dict(vars(client))
        async with RawServer(PENDING) as server:
            for _ in range(2):
                async with connect(server, client=client) as session:
                    await session.send(STATUS)
                assert not client.closed
            assert server.connections == 1, "the second session did not use the first one's connection"
            assert server.heard[0].headers["x-mine"] == "1"
            assert server.heard[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert dict(vars(client)) == before
        assert list(client.cookie_jar) == []


@pytest.mark.asyncio
async def test_fault_127_a_client_with_habits_of_its_own_does_not_change_what_comes_out():
    redirected = http(302, b"", Location="/elsewhere")
    packed = http(200, b'{"status": "PENDING"}')
    async with (
        aiohttp.ClientSession(
            raise_for_status=True, auto_decompress=False, read_bufsize=2**30, max_headers=10**6
        ) as client,
        RawServer(http(403, {"message": "no"}), redirected, packed) as server,
        connect(server, client=client) as session,
    ):
        with pytest.raises(Exception, match="403: no"):
            await session.send(STATUS)
        with pytest.raises(Exception, match="redirect"):
            await session.send(STATUS)
        assert (await session.send(STATUS)).status == "PENDING"
        assert server.count == 3


@pytest.mark.asyncio
async def test_fault_127_a_client_that_unpacks_nothing_is_told_to():
    import gzip

    packed = http(200, gzip.compress(b'{"status": "PENDING"}'), Content_Encoding="gzip")
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        RawServer(packed) as server,
        connect(server, client=client) as session,
    ):
        assert (await session.send(STATUS)).status == "PENDING"


@pytest.mark.asyncio
@pytest.mark.parametrize("request_", [STATUS, START], ids=["get", "start"])
async def test_fault_127_a_client_closed_under_the_session_is_said_so(request_: Any):
    async with RawServer(PENDING) as server, aiohttp.ClientSession() as client:
        async with connect(server, client=client) as session:
            await session.send(STATUS)
            await client.close()
            with pytest.raises(SessionClosedError, match="aiohttp session under this one has been closed"):
                await session.send(request_)
            assert session.unanswered_starts == ()
            assert session.budget.stats.granted == 1
        assert server.count == 1


@pytest.mark.asyncio
async def test_fault_127_a_client_closed_just_before_a_start_is_sent_leaves_no_doubt():
    async def vault() -> str:
        await client.close()
        return TOKEN

    async with RawServer(STARTED) as server, aiohttp.ClientSession() as client:
        async with HubSpotSession(vault, base_url=server.url, client=client) as session:
            with pytest.raises(SessionClosedError):
                await session.send(START)
            assert session.unanswered_starts == ()
        assert server.connections == 0


@pytest.mark.asyncio
async def test_fault_127_a_client_closed_while_calls_are_on_their_way():
    async def silence(line: Line) -> None:
        await line.hear()
        await line.left()

    async with (
        RawServer(silence) as server,
        aiohttp.ClientSession() as client,
        connect(server, client=client) as session,
    ):
        calls = [asyncio.create_task(session.send(request)) for request in (STATUS, START)]
        await server.until(2)
        await client.close()
        read, start = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(read, SessionClosedError)
        assert isinstance(start, StartOutcomeUnknownError)
        assert session.unanswered_starts == (start.start,)


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_fault_127_a_client_with_a_login_of_its_own_is_refused():
    async with aiohttp.ClientSession(auth=aiohttp.BasicAuth("a", "b")) as client:
        with pytest.raises(InputError, match="auth="):
            HubSpotSession(TOKEN, client=client)


# Forgetting to close.


@pytest.mark.parametrize("loop_is_closed", [False, True])
def test_fault_128_a_session_that_nobody_closed_is_one_warning(loop_is_closed: bool, caplog: pytest.LogCaptureFixture):
    async def opened() -> HubSpotSession:
        return await HubSpotSession(TOKEN).__aenter__()

    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(opened())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if loop_is_closed:
            loop.close()
        del session
        gc.collect()
    loop.close()
    (warning,) = caught
    assert warning.category is ResourceWarning
    assert str(warning.message) == f"HubSpotSession(base_url='{HUBSPOT}') was not closed: use it in `async with`"
    assert caplog.records == []


@pytest.mark.asyncio
async def test_fault_128_its_connections_are_closed_with_it(caplog: pytest.LogCaptureFixture):
    async with RawServer(PENDING) as server:
        session = await connect(server).__aenter__()
        await session.send(STATUS)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del session
            gc.collect()
            async with asyncio.timeout(1):
                while not server.ended:
                    await asyncio.sleep(0.005)
            gc.collect()
    assert ["was not closed" in str(warning.message) for warning in caught] == [True]
    assert caplog.records == []


@pytest.mark.parametrize("ending", ["loop.close()", "loop.run_until_complete(asyncio.sleep(0))", ""])
def test_fault_128_nothing_but_a_warning_is_said_at_the_exit(ending: str):
    program = f"""
        import asyncio
        from hubspot_async.session.session import HubSpotSession
        from tests.session.rawserver import PENDING, STATUS, RawServer

        async def forget():
            server = await RawServer(PENDING).__aenter__()
            session = await HubSpotSession("{TOKEN}", base_url=server.url).__aenter__()
            await session.send(STATUS)
            await server.stop()
            await asyncio.sleep(0.01)
            return session

        loop = asyncio.new_event_loop()
        session = loop.run_until_complete(forget())
        {ending}
    """
    command = [sys.executable, "-W", "always", "-c", textwrap.dedent(program)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "Traceback" not in ended.stderr
    assert "Unclosed" not in ended.stderr
    assert ended.stderr.count("was not closed") == 1
    assert TOKEN not in ended.stderr


def test_fault_128_a_session_that_was_closed_or_never_opened_is_no_warning():
    async def use() -> None:
        async with HubSpotSession(TOKEN):
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(use())
        HubSpotSession(TOKEN)
        with pytest.raises(InputError):
            HubSpotSession("")
        gc.collect()


# The wrong place.


@pytest.mark.asyncio
async def test_fault_129_another_thread_or_loop_is_told_so():
    async with RawServer(PENDING) as server, connect(server) as session:
        for request in (STATUS, START):

            def elsewhere(request: Any = request) -> None:
                asyncio.run(session.send(request))

            with pytest.raises(SessionClosedError, match="another event loop"):
                await asyncio.to_thread(elsewhere)
        assert (await session.send(STATUS)).status == "PENDING"
        assert session.budget.stats.granted == server.count == 1
        assert session.unanswered_starts == ()


def test_fault_129_a_session_opened_in_a_loop_that_is_gone():
    async def opened() -> HubSpotSession:
        return await HubSpotSession(TOKEN).__aenter__()

    session = asyncio.run(opened())
    with pytest.raises(SessionClosedError, match="another event loop"):
        asyncio.run(session.send(STATUS))
    with pytest.warns(ResourceWarning, match="was not closed"):
        session.__del__()


@pytest.mark.asyncio
async def test_fault_129_a_client_of_another_loop():
    made: list[aiohttp.ClientSession] = []

    async def make() -> None:
        made.append(aiohttp.ClientSession())

    loop = asyncio.new_event_loop()
    await asyncio.to_thread(loop.run_until_complete, make())
    async with HubSpotSession(TOKEN, client=made[0]) as session:
        with pytest.raises(SessionClosedError, match="another event loop"):
            await session.send(STATUS)
    await asyncio.to_thread(loop.run_until_complete, made[0].close())
    loop.close()


# Not entered.


@pytest.mark.asyncio
@pytest.mark.parametrize("request_", [STATUS, START], ids=["get", "start"])
async def test_fault_130_a_session_is_used_inside_async_with(request_: Any):
    async def vault() -> str:
        raise AssertionError("the vault was asked for a token that cannot be used")

    tokens = (TOKEN, vault, OAuthToken("id", "secret", "refresh"))
    async with RawServer(STARTED) as server:
        for token in tokens:
            session = HubSpotSession(token, base_url=server.url, timeouts=SHORT, retry=QUICK)
            for _ in range(2):  # before it was entered, and after it was left
                with pytest.raises(SessionClosedError, match="use it inside `async with`"):
                    await session.send(request_)
                with pytest.raises(SessionClosedError, match="use it inside `async with`"):
                    async with session.open(STATUS):
                        pass  # pragma: no cover
                with pytest.raises(SessionClosedError, match="use it inside `async with`"):
                    async with session.fetch(f"{server.url}/file"):
                        pass  # pragma: no cover
                assert session.unanswered_starts == ()
                assert session.budget.stats.granted == 0
                async with session:
                    pass
        assert server.connections == 0


@pytest.mark.asyncio
async def test_fault_130_a_session_may_be_entered_again_but_not_twice_at_once():
    async with RawServer(PENDING) as server:
        session = connect(server)
        for _ in range(2):
            async with session:
                await session.send(STATUS)
                with pytest.raises(SessionClosedError, match="open already"):
                    async with session:
                        pass  # pragma: no cover
                await session.send(STATUS)
        assert server.connections == 2


@pytest.mark.asyncio
async def test_leaving_the_block_closes_every_connection_even_if_a_token_cannot_be_let_go():
    async with RawServer(PENDING) as server:
        session = connect(server)

        async def stuck() -> None:
            raise RuntimeError("stuck")

        session._auth.close = stuck
        with pytest.raises(RuntimeError, match="stuck"):  # noqa: PT012 - leaving is what raises
            async with session:
                await session.send(STATUS)
                async with session.fetch(f"{server.url}/file"):
                    pass
        async with asyncio.timeout(1):
            while server.ended < 2:
                await asyncio.sleep(0.005)
