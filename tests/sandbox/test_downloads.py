import aiohttp
import pytest
from yarl import URL

from hubspot_async.sandbox import Sandbox
from hubspot_async.sandbox.downloads import parse_range
from tests.sandbox.conftest import EXPORTS, Api, view


@pytest.mark.asyncio
async def test_every_status_call_makes_a_fresh_url_on_another_port(api: Api, sandbox: Sandbox) -> None:
    first = await api.export()
    second = await api.get(f"{EXPORTS}/async/tasks/{sandbox.tasks[0].id}/status")

    assert first["result"] != second.json["result"]
    assert URL(first["result"]).port != URL(sandbox.url).port
    assert first["result"].startswith(sandbox.download_url)
    assert "%2B" in first["result"]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_url_dies_five_minutes_after_its_status_call(api: Api) -> None:
    import asyncio

    done = await api.export()
    await asyncio.sleep(299)
    alive = await api.fetch(done["result"])
    await asyncio.sleep(2)
    dead = await api.fetch(done["result"])

    assert alive.status == 200
    assert dead.status == 403
    assert "<Message>Request has expired</Message>" in dead.text


@pytest.mark.asyncio
async def test_a_token_does_not_belong_on_the_download_port(api: Api, sandbox: Sandbox) -> None:
    done = await api.export()
    answer = await api.fetch(done["result"], Authorization=f"Bearer {sandbox.token}")

    assert answer.status == 400
    assert "Only one auth mechanism allowed" in answer.text


@pytest.mark.asyncio
async def test_a_url_must_be_left_as_it_is(api: Api) -> None:
    url = (await api.export())["result"]

    assert (await api.fetch(url.replace("%2B", "+"))).status == 403
    assert (await api.fetch(url.replace("Expires=1", "Expires=2"))).status == 403
    assert (await api.fetch(url.partition("?")[0])).status == 403


@pytest.mark.asyncio
async def test_a_part_of_a_file_can_be_fetched(api: Api, people: list[str]) -> None:
    url = (await api.export())["result"]
    whole = await api.fetch(url)
    etag = whole.headers["ETag"]

    rest = await api.fetch(url, Range="bytes=10-", If_Range=etag)
    changed = await api.fetch(url, Range="bytes=10-", If_Range='"other"')
    beyond = await api.fetch(url, Range="bytes=100000-")

    size = len(whole.content)
    assert whole.headers["Content-Length"] == str(size)
    assert not etag.startswith("W/")
    assert (rest.status, rest.content) == (206, whole.content[10:])
    assert rest.headers["Content-Range"] == f"bytes 10-{size - 1}/{size}"
    assert (changed.status, changed.content) == (200, whole.content)
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=5-", (5, 10)),
        ("bytes=5-99", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 10)),
        ("bytes=4-3", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("rows=0-3", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges_are_read(header: str, part: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == part


@pytest.mark.asyncio
async def test_the_link_of_a_locator_leads_nowhere(api: Api, sandbox: Sandbox) -> None:
    started = await api.post(f"{EXPORTS}/async", view())
    link = started.json["links"]["status"]
    answer = await api.fetch(link)

    assert URL(link).port != URL(sandbox.url).port
    assert "/v3/" in link
    assert answer.status == 401
    assert answer.json["message"] == "Csrf token is missing"
    assert sandbox.requests[-1].operation == "links.status"


@pytest.mark.asyncio
async def test_a_download_can_be_cut_off(api: Api, sandbox: Sandbox, people: list[str]) -> None:
    url = (await api.export())["result"]
    sandbox.fail("downloads.export", cut=10)

    with pytest.raises(aiohttp.ClientPayloadError):
        await api.fetch(url)
    assert (await api.fetch(url)).status == 200


@pytest.mark.asyncio
async def test_a_name_with_accents_survives(api: Api) -> None:
    answer = await api.fetch((await api.export(exportName="Jürgen & söhne/2026"))["result"])

    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''J%C3%BCrgen%20-%20s%C3%B6hne-2026.csv"
