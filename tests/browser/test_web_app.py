"""The web app of the examples, as people meet it: in two browsers at once."""

import asyncio
import csv
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image
from selenium.webdriver.common.keys import Keys

from examples.web.sandbox import fill
from hubspot_async.sandbox import Sandbox
from tests.browser.window import Window
from tests.web.serving import left_behind, serving, until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180), pytest.mark.hubspot_sandbox(task_seconds=math.inf)]

Keep = Callable[[str, Image.Image], None]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seeded(sandbox: Sandbox, object_type: str, properties: list[str]) -> list[dict[str, str]]:
    return [{name: record.get(name, "") for name in properties} for record in sandbox.records(object_type)]


async def windows(open_window: Callable[[], Window], count: int) -> list[Window]:
    return list(await asyncio.gather(*(asyncio.to_thread(open_window) for _ in range(count))))


async def test_three_exports_in_two_windows(
    open_window: Callable[[], Window], hubspot_sandbox: Sandbox, keep: Keep
) -> None:
    fill(hubspot_sandbox)

    def start(one: Window, other: Window, url: str) -> None:
        one.look(1200, 640)
        one.open(url)
        assert one.exports() == {}
        assert "Nothing yet" in one.text("#empty")
        one.start("Contacts", "Company")
        one.start("Companies", "Domain")  # which takes it away
        one.start("Deals")
        other.look(1200, 640, dark=True)
        other.open(url)
        other.wait(lambda: [title for title, *_ in other.exports().values()] == ["Deals", "Companies", "Contacts"])

    def see_the_first_one_finish(one: Window, other: Window) -> None:
        hubspot_sandbox.finish(hubspot_sandbox.tasks[0].id)
        hubspot_sandbox.advance(6)  # so that the next one is begun
        for window in (one, other):
            window.sees("Ready", "Being made", "In line")
            assert window.exports()[1] == ("Contacts", "Ready", "400 records, 23.3 kB")
        keep("web-app", one.shoot())
        keep("web-app-dark", other.shoot())
        other.look(390, 760)
        assert other.run("scrollTo(0, 10_000); return document.documentElement.scrollWidth") == 390
        keep("web-app-narrow", other.shoot())

    def reload_and_see_the_rest_finish(one: Window, other: Window) -> None:
        one.reload()
        one.sees("Ready", "Being made", "In line")
        hubspot_sandbox.finish(outcome="DONE")
        for window in (one, other):
            window.sees("Ready", "Ready", "Ready")
            window.says("#news", "Deals: Ready")

    def download(one: Window, other: Window) -> None:
        contacts, companies, deals = one.download(1), one.download(2), other.download(3)
        assert rows_of(contacts) == seeded(hubspot_sandbox, "CONTACT", ["email", "firstname", "lastname", "company"])
        assert rows_of(companies) == seeded(hubspot_sandbox, "COMPANY", ["name", "city"])
        assert rows_of(deals) == seeded(hubspot_sandbox, "DEAL", ["dealname", "amount", "dealstage"])
        assert [path.name for path in (contacts, companies, deals)] == ["contact-1.csv", "company-2.csv", "deal-3.csv"]

    before = asyncio.all_tasks()
    one, other = await windows(open_window, 2)
    async with serving() as url:  # which sees, at its end, that nothing is left
        await asyncio.to_thread(start, one, other, url)
        await asyncio.to_thread(see_the_first_one_finish, one, other)
        await asyncio.to_thread(reload_and_see_the_rest_finish, one, other)
        await asyncio.to_thread(download, one, other)
        assert (one.complaints(), other.complaints()) == ([], [])
        with_both = len(left_behind(before))
        await asyncio.to_thread(other.driver.quit)
        await until(lambda: len(left_behind(before)) < with_both)
    await asyncio.to_thread(one.wait, lambda: "does not answer" in one.text("#connection"))


async def test_what_goes_wrong_is_said(open_window: Callable[[], Window], hubspot_sandbox: Sandbox) -> None:
    fill(hubspot_sandbox)

    def go_wrong(page: Window, url: str) -> None:
        page.look(1200, 640)
        page.open(url)
        for name in ("Email", "First name", "Last name"):
            page.pick(name)
        page.type_others("", Keys.ENTER)
        page.says("#problem", "Pick at least one property.")
        page.type_others("shoe_size", Keys.ENTER)
        page.says("#problem", "HubSpot says: Properties ['shoe_size'] do not exist on CONTACT")

        page.type_others("")
        hubspot_sandbox.plan("export", seconds=0, outcome="FAILED")
        page.start("Tickets", "Content")
        page.sees("Failed")
        assert page.exports()[1] == ("Tickets", "Failed", "HubSpot gave this export up.")
        assert page.text("#problem") == ""

    [page] = await windows(open_window, 1)
    async with serving() as url:
        await asyncio.to_thread(go_wrong, page, url)


async def test_a_server_that_comes_back_finds_its_page(
    open_window: Callable[[], Window], hubspot_sandbox: Sandbox
) -> None:
    [page] = await windows(open_window, 1)
    async with serving() as url:
        await asyncio.to_thread(page.open, url)
        await asyncio.to_thread(page.start, "Contacts")
    await asyncio.to_thread(page.wait, lambda: "does not answer" in page.text("#connection"))
    async with serving(port=int(url.rpartition(":")[2])):
        await asyncio.to_thread(page.says, "#connection", "")
        await asyncio.to_thread(page.sees)


async def test_a_page_that_was_refused_tries_again(open_window: Callable[[], Window], hubspot_sandbox: Sandbox) -> None:
    async def refuse(request: web.Request) -> web.Response:
        refused.set()
        return web.Response(status=503)

    refused = asyncio.Event()
    app = web.Application()
    app.router.add_get("/exports/changes", refuse)
    [page] = await windows(open_window, 1)
    async with serving() as url:
        await asyncio.to_thread(page.open, url)
    port = int(url.rpartition(":")[2])
    between = web.AppRunner(app)
    await between.setup()
    await web.TCPSite(between, "127.0.0.1", port).start()
    await refused.wait()
    await between.cleanup()
    async with serving(port=port):
        await asyncio.to_thread(page.says, "#connection", "")


async def test_what_is_picked_shows_where_colours_are_forced(
    open_window: Callable[[], Window], hubspot_sandbox: Sandbox
) -> None:
    colour = (
        "return getComputedStyle(document.querySelector(`#properties input${arguments[0]} + span`)).backgroundColor"
    )
    [page] = await windows(open_window, 1)
    async with serving() as url:
        await asyncio.to_thread(page.look, 1200, 640, forced=True)
        await asyncio.to_thread(page.open, url)
        picked, other = [page.run(colour, which) for which in (":checked", ":not(:checked)")]
    assert re.findall(r"\d+", picked)[:3] != re.findall(r"\d+", other)[:3]


async def test_it_can_be_used_without_a_mouse_and_without_eyes(
    open_window: Callable[[], Window], hubspot_sandbox: Sandbox
) -> None:
    fill(hubspot_sandbox)

    def use(page: Window, url: str) -> None:
        page.open(url)
        page.press(Keys.TAB)
        assert page.focused() == "CONTACT"
        page.press(Keys.ARROW_RIGHT)
        assert page.focused() == "COMPANY"
        for name in ("name", "domain", "city"):
            page.press(Keys.TAB)
            assert page.focused() == name
        page.press(Keys.SPACE)  # city is not wanted
        for _ in range(4):
            page.press(Keys.TAB)
        page.press(Keys.TAB)
        assert page.focused() == "Start export"
        page.press(Keys.ENTER)
        page.wait(page.exports)
        assert page.focused() == "Start export"
        assert page.text("#export-1 .properties") == "Name, Domain"
        hubspot_sandbox.finish()
        page.sees("Ready")
        page.says("#news", "Companies: Ready")
        assert page.heard() >= {
            ("heading", "Exports"),
            ("group", "Records"),
            ("radio", "Companies"),
            ("group", "Properties"),
            ("checkbox", "City"),
            ("textbox", "Others, by their internal names"),
            ("button", "Start export"),
            ("heading", "Companies"),
            ("link", "Download Companies, export 1"),
        }

    [page] = await windows(open_window, 1)
    async with serving() as url:
        await asyncio.to_thread(use, page, url)
