"""Several processes, one limit: what HubSpot's own books say of them."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.distributed.hubspot import HubSpot
from tests.distributed.processes import program, python
from tests.distributed.redis.conftest import RedisServer

PROCESSES = 4


class Callers:
    """Processes that call HubSpot as fast as the budget lets them."""

    def __init__(self, hubspot: HubSpot, redis: RedisServer, seconds: float, **budget: Any) -> None:
        options = {"redis": redis.url, "url": hubspot.url, "token": hubspot.token, "seconds": seconds}
        self._command = python("tests.distributed.redis.caller", json.dumps({**options, "budget": budget}))
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, number: int = 1, *, wrong_by: str | None = None) -> None:
        command = self._command
        if wrong_by is not None:
            command = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", program("faketime"), "-f", wrong_by, *command]
        for _ in range(number):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self._processes.append(process)

    def end(self) -> list[dict[str, Any]]:
        """Wait for them all; gives what each has to say, its log among it."""
        told = []
        for process in self._processes:
            figures, log = process.communicate(timeout=90)
            assert process.returncode == 0, log
            told.append({**json.loads(figures), "log": log.splitlines()})
        return told


@pytest.mark.timeout(120)
def test_four_processes_one_of_them_with_a_wrong_clock(redis_server: RedisServer, figure: Callable[[str], None]):
    with HubSpot(rate_limit=100, daily_limit=None) as hubspot:
        callers = Callers(hubspot, redis_server, seconds=35)
        callers.start(wrong_by="+3s")
        callers.start(PROCESSES - 1)
        told = callers.end()
        books = hubspot.close()
    clocks = [each["clock"] for each in told]
    assert clocks[0] - max(clocks[1:]) > 2, "its clock was right"
    shares = [each["granted"] for each in told]
    used = books.used(100, 30)
    figure(f"worst window {books.busiest()}, {used:.1%} used, {books.refused} refused, {shares} by process")
    assert books.refused == 0
    assert books.busiest() <= 100
    assert used >= 0.95
    assert max(shares) <= 1.2 * min(shares), "processes that want the same do not get the same"
    assert not [line for each in told for line in each["log"] + each["errors"]]


@pytest.mark.timeout(180)
def test_redis_is_killed_and_comes_back_empty(redis_server: RedisServer, figure: Callable[[str], None]):
    with HubSpot(rate_limit=100, daily_limit=None) as hubspot:
        callers = Callers(hubspot, redis_server, seconds=75, share=1 / PROCESSES)
        callers.start(PROCESSES)
        time.sleep(15)
        redis_server.kill()
        time.sleep(30)
        redis_server.start()
        told = callers.end()
        books = hubspot.close()
    without, again = books.used(100, 20, after=26), books.used(100, 20, after=54)
    figure(
        f"worst window {books.busiest()}, {without:.0%} used without Redis, {again:.0%} after, {books.refused} refused"
    )
    assert books.refused == 0
    assert books.busiest() <= 100
    assert without >= 0.8, "each process may use its share"
    assert again >= 0.9
    for each in told:
        lost, back = each["log"]
        assert "Redis is lost, so this process keeps to 24 requests" in lost
        assert "Redis is back" in back
        assert not each["errors"]


@pytest.mark.timeout(120)
def test_processes_that_come_and_go_leave_their_places_to_the_others(
    redis_server: RedisServer, figure: Callable[[str], None]
):
    with HubSpot(rate_limit=100, daily_limit=None) as hubspot:
        passing = Callers(hubspot, redis_server, seconds=12)
        passing.start(2)
        staying = Callers(hubspot, redis_server, seconds=32)
        staying.start()
        passing.end()
        staying.end()
        books = hubspot.close()
    used = books.used(100, 28)
    figure(f"worst window {books.busiest()}, {used:.1%} used, {books.refused} refused")
    assert (books.refused, books.busiest() <= 100) == (0, True)
    assert used >= 0.95
