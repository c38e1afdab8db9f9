import asyncio
from datetime import UTC, datetime

import pytest

from examples.web.board import Board, Export, State

pytestmark = pytest.mark.asyncio


def export(number: int) -> Export:
    return Export(number=number, object_type="CONTACT", properties=["email"], started=datetime.now(UTC))


async def test_whoever_comes_new_sees_everything_at_once() -> None:
    board = Board()
    assert await board.news() == ([], 0)
    board.show(first := export(1))
    board.show(second := export(2))
    assert await board.news() == ([first, second], 2)


async def test_whoever_comes_back_sees_what_has_changed() -> None:
    board = Board()
    board.show(first := export(1))
    board.show(export(2))
    _, seen = await board.news()
    waiting = asyncio.ensure_future(board.news(seen))
    await asyncio.sleep(0)
    board.show(first)  # nothing new
    await asyncio.sleep(0)
    assert not waiting.done()

    board.show(first.now(State.WORKING))
    assert await waiting == ([first.now(State.WORKING)], 3)


async def test_a_slow_reader_gets_the_newest() -> None:
    board = Board()
    _, seen = await board.news()
    board.show(first := export(1))
    for state in (State.WORKING, State.FETCHING, State.DONE):
        board.show(first.now(state))
    assert await board.news(seen) == ([first.now(State.DONE)], 4)


async def test_nobody_waits_longer_than_the_server() -> None:
    board = Board()
    ending = asyncio.ensure_future(board.see_to_the_end())
    waiting = asyncio.ensure_future(board.news(0))
    await asyncio.sleep(0)
    board.stopping.set()
    assert await waiting == ([], 0)
    await ending
