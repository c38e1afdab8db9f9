"""Waiting for the day's allowance: whoever has to knows until when."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import anyio

from hubspot_async import facts
from hubspot_async.bulk.allowance import Allowance
from hubspot_async.bulk.jobs import Job

log = logging.getLogger("hubspot_async.bulk")

LONGEST_SLEEP = 300.0
"""Seconds after which whoever waits looks at the clock again, for it may have been set."""


class Day:
    """The starts of an account, one after the other, and so many in any 24 hours; *now* is the time by the wall."""

    def __init__(self, allowance: Allowance, now: Callable[[], datetime]) -> None:
        self._allowance = allowance
        self._now = now
        self._turn = anyio.Lock()
        self._refused = anyio.Event()

    def foresee(self, jobs: Sequence[Job[Any]], what: str) -> None:
        """Tell how long those of *jobs* have to wait for whom there is no room."""
        now = self._now()
        for job, at in zip(jobs, self._allowance.foresee(len(jobs), now), strict=True):
            job.starts_at = at if at > now else None
        late = [job.starts_at for job in jobs if job.starts_at is not None]
        if late:
            account = jobs[0].session.account
            log.warning(
                "%s%d of %d %s have to wait, since %s are started in 24 hours: the first until %s, the last until %s",
                f"{account}: " if account else "",
                len(late),
                len(jobs),
                what,
                self._allowance.most,
                f"{late[0]:%Y-%m-%d %H:%M} UTC",
                f"{late[-1]:%Y-%m-%d %H:%M} UTC",
                extra=facts.known({"account": account}),
            )

    async def turn(self, job: Job[Any]) -> None:
        """Wait until a start is allowed, and count it."""
        async with self._turn:
            while (at := self._allowance.free_at(now := self._now())) > now:
                job.starts_at = at
                with anyio.move_on_after(min(LONGEST_SLEEP, (at - now).total_seconds())):
                    await self._refused.wait()
            job.starts_at = None
            self._allowance.take(now)

    def give_back(self) -> None:
        """Count the last start no more, since it was refused, and have whoever waits look again."""
        self._allowance.give_back()
        self._refused.set()
        self._refused = anyio.Event()
