import asyncio

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from hubspot_async.sandbox.answers import Refused
from hubspot_async.sandbox.limits import Limits
from tests.sandbox.conftest import FILES, Api

PATH = f"{FILES}/search"


def test_the_window_rolls() -> None:
    limits = Limits(2, 10.0, None)
    limits.take(0.0, 0.0)
    limits.take(9.0, 9.0)
    with pytest.raises(Refused):
        limits.take(9.9, 9.9)
    limits.take(10.0, 10.0)
    assert limits.wait(10.0) == 9.0
    assert limits.headers(daily=True)["X-HubSpot-RateLimit-Remaining"] == "0"


def test_the_day_ends_at_midnight() -> None:
    limits = Limits(None, 10.0, 1)
    limits.take(0.0, 86_399.0)
    with pytest.raises(Refused) as refused:
        limits.take(0.5, 86_399.5)
    assert refused.value.body["policyName"] == "DAILY"
    limits.take(1.0, 86_400.0)


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_one_more_than_the_limit_is_refused_in_hubspots_words(session: aiohttp.ClientSession) -> None:
    async with Sandbox(rate_limit=3, retry_after=True) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        answers = [await api.get(PATH) for _ in range(4)]
        other = await api.of(sandbox.account("other").token).get(PATH)
        await asyncio.sleep(10)
        later = await api.get(PATH)

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-HubSpot-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[3]
    assert refused.json["errorType"] == "RATE_LIMIT"
    assert refused.json["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused.headers["Retry-After"] == "10"
    assert refused.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert (other.status, later.status) == (200, 200)


@pytest.mark.asyncio
@pytest.mark.parametrize(("options", "found"), [({"rate_limit": None}, False), ({"rate_limit_headers": False}, False)])
async def test_limits_and_their_headers_can_be_switched_off(
    session: aiohttp.ClientSession, options: dict[str, None], found: bool
) -> None:
    async with Sandbox(**options) as sandbox:
        answer = await Api(sandbox, session, sandbox.token).get(PATH)

    assert ("X-HubSpot-RateLimit-Max" in answer.headers) is found
