"""Lists that come in pages: all of them, one at a time, and an end even where HubSpot's marks have none."""

import weakref
from collections.abc import Callable
from contextlib import aclosing
from itertools import count
from typing import Any

import pytest

from hubspot_async import imports
from hubspot_async.errors import InvalidResponseError
from hubspot_async.models.rowerrors import ImportRowError
from hubspot_async.models.values import NextPage, Page, Paging
from hubspot_async.wire import codec
from hubspot_async.wire.request import Request
from tests.fakes import ScriptedSender

PATH = "/crm/imports/2026-03/1/errors"


def page(*ids: int, paging: object = None) -> Page[ImportRowError]:
    body = {"results": [{"id": id, "sourceData": {"lineNumber": id}} for id in ids], "paging": paging}
    return codec.structure(body, Page[ImportRowError])


def leading_to(after: object) -> dict[str, object]:
    return {"next": {"after": after}}


def sender(script: Any) -> ScriptedSender:
    return ScriptedSender({PATH: script})


@pytest.mark.asyncio
async def test_pages_follow_each_other_to_the_last():
    session = sender([page(1, 2, paging=leading_to("a")), page(paging=leading_to("b")), page(3)])
    assert [error.id async for error in imports.iter_errors(session, "1")] == ["1", "2", "3"]
    assert [request.query.get("after") for request in session.requests] == [None, "a", "b"]
    assert {request.query["limit"] for request in session.requests} == {100}


@pytest.mark.asyncio
@pytest.mark.parametrize("paging", [None, {}, {"next": None}, {"prev": {"before": "0"}}, "next", []])
async def test_a_page_that_leads_nowhere_is_the_last(paging: object):
    session = sender([page(1, paging=paging)])
    assert [error.id async for error in imports.iter_errors(session, "1")] == ["1"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("marks", "pages"),
    [
        (lambda number: "100", 2),  # it never moves
        (lambda number: "ab"[number % 2], 3),  # it goes round
        (lambda number: "", 1),
        (lambda number: None, 1),
    ],
)
async def test_fault_79_a_mark_that_leads_back_is_an_error_after_one_repeat(marks: Callable[[int], object], pages: int):
    numbers = count()

    def answer(_request: Request[Any]) -> Page[ImportRowError]:
        number = next(numbers)
        return page(number, paging=leading_to(marks(number)))

    async def read_all() -> None:
        async for error in imports.iter_errors(session, "1"):
            read.append(error.id)

    session, read = sender(answer), list[str]()
    with pytest.raises(InvalidResponseError, match=r"GET /crm/imports/2026-03/1/errors: .* leads back to after="):
        await read_all()
    assert len(session.requests) == pages
    assert read == [str(number) for number in range(pages)]


@pytest.mark.asyncio
async def test_fault_80_two_hundred_thousand_errors_come_page_by_page():
    rows = page(*range(100)).results
    given: list[weakref.ref[Page[ImportRowError]]] = []

    def answer(_request: Request[Any]) -> Page[ImportRowError]:
        mark = NextPage(after=str(len(given) + 1)) if len(given) < 1_999 else None
        answer = Page(results=rows, paging=Paging(next=mark))
        given.append(weakref.ref(answer))
        return answer

    session, read = sender(answer), 0
    async for _ in imports.iter_errors(session, "1"):
        assert len(session.requests) == read // 100 + 1, "a page was asked for before it was due"
        read += 1
        if read % 10_000 == 0:
            assert sum(each() is not None for each in given) == 1, "a page was kept after it was read"
    assert read == 200_000


@pytest.mark.asyncio
async def test_who_stops_reading_asks_for_no_more():
    session = sender([page(1, 2, paging=leading_to("a"))])
    async with aclosing(imports.iter_errors(session, "1")) as errors:
        async for _ in errors:
            break
    assert len(session.requests) == 1
