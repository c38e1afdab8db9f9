"""What a test makes happen in a sandbox, and what it sees of it: tasks, time, faults and books."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from hubspot_async.sandbox import ports
from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.faults import Fault
from hubspot_async.sandbox.faults import Handler as Answer
from hubspot_async.sandbox.home import Home, at_home
from hubspot_async.sandbox.ledger import Exchange
from hubspot_async.sandbox.plans import Plan
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.world import World


class Control:
    """The hands on a world, and the eyes."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def home(self) -> Home:
        """Where it lives."""
        return self._world.home

    # Tasks and time

    @property
    def now(self) -> float:
        """The time on its clock, in seconds, of which those of tasks and requests are too."""
        return self._world.clock.now()

    @at_home
    def advance(self, seconds: float) -> None:
        """Put its clock forward: tasks end, URLs and tokens expire, limits are lifted as if so much time had passed.

        Nobody waits for it, and whoever asks has still to look to notice.
        """
        self._world.clock.advance(seconds)

    @property
    def tasks(self) -> list[Task]:
        """All tasks ever started, with `requested`, `started` and `ended` on its clock."""
        return list(self._world.tasks.values())

    @at_home
    def plan(
        self,
        kind: str,
        *,
        seconds: float | None = None,
        outcome: str | None = None,
        errors: Sequence[Json] = (),
        times: int | None = 1,
        account: str | None = None,
    ) -> None:
        """Settle how the next task of a kind goes, before anyone has started it.

        Args:
            kind: `"export"`, `"import"`, `"file_import"`, `"folder_update"` or `"extract"`.
            seconds: How long it takes; `math.inf` is until `finish`.
            outcome: How it ends, in the words that `finish` takes.
            errors: What it says to have gone wrong.
            times: For how many tasks this holds; None for all to come.
            account: Only for tasks of this account.
        """
        self._world.plans.append(Plan(kind, seconds, outcome, errors, times, account))

    @at_home
    def finish(self, task_id: str | None = None, outcome: str | None = None, *, errors: Sequence[Json] = ()) -> None:
        """End a task now, or all that have not ended.

        The outcome is a word of the task's own: for exports one of `exportState` (`"FAILED"`), for imports one of
        `state`, else a task status.
        """
        now = self._world.clock.now()
        chosen = self.tasks if task_id is None else [self._world.tasks[task_id]]
        running = [task for task in chosen if not task.is_over(now)]
        for task in running:
            task.end(now, outcome or task.outcome, errors)
        for account in self._world.accounts.values():
            account.replan(*(task for task in running if task.account == account.name))

    def cancel(self, task_id: str) -> None:
        """Let HubSpot cancel a task."""
        self.finish(task_id, "CANCELED")

    @at_home
    def hold(self, task_id: str, state: str | None = None) -> None:
        """Keep a task from ending until `finish`; *state* is the word to show meanwhile (`"PENDING_APPROVAL"`)."""
        task = self._world.tasks[task_id]
        task.hold(state)
        self._world.accounts[task.account].replan(task)

    # Faults and books

    @property
    def requests(self) -> list[Exchange]:
        """Every request that arrived on either port, oldest first."""
        return self._world.ledger.exchanges

    def asked(self, operation: str) -> list[Exchange]:
        """Find the requests for an operation (`"exports.start"`) or for those that fit a pattern, oldest first."""
        ports.check_name(operation)
        return self._world.ledger.asked(operation)

    async def wait_for(self, operation: str, *, times: int = 1, timeout: float = 10.0) -> list[Exchange]:
        """Wait until requests for an operation have been answered so many times, and give all of them.

        Raises TimeoutError after *timeout* seconds.
        """
        ports.check_name(operation)
        ledger = self._world.ledger

        def answered() -> list[Exchange]:
            return [exchange for exchange in ledger.asked(operation) if exchange.status]

        try:
            async with asyncio.timeout(timeout):
                await self.home.wait(partial(ledger.until, lambda: len(answered()) >= times))
        except TimeoutError:
            message = f"{operation} was answered {len(answered())} times within {timeout} s, not {times}"
            raise TimeoutError(message) from None
        return answered()

    @at_home
    def fail(
        self,
        operation: str,
        *,
        status: int | None = None,
        times: int | None = 1,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        after: int = 0,
        delay: float = 0.0,
        disconnect: bool = False,
        performed: bool = False,
        cut: int | None = None,
        chance: float = 1.0,
        account: str | None = None,
        answer: Answer | None = None,
    ) -> Fault:
        """Script a fault for an operation (`"exports.status"`, `"files.*"`, `"*"`).

        Args:
            operation: The operation's name, or a pattern of names.
            status: The status to answer with; from 400 on in place of the true answer, below as a new label on it.
            times: How often; None for ever.
            body: What to answer with: JSON, or text or bytes sent as they are. Without it an error has HubSpot's shape.
            headers: Headers to add to the answer, true or not.
            after: How many requests to let pass first.
            delay: Seconds by which the answer comes late; what was asked has been done by then.
            disconnect: Close the connection without an answer.
            performed: Do what was asked even though the answer is replaced or lost.
            cut: Drop the connection after so many bytes of the answer's body.
            chance: The share of the requests it befalls, by seeded dice.
            account: Only requests of this account.
            answer: A handler of your own that answers instead.
        """
        ports.check_name(operation)
        if all(x in (None, 0.0, False) for x in (status, body, headers, delay, disconnect, cut, answer)):
            status = 500
        return self._world.faults.add(
            Fault(
                operation,
                status,
                times,
                body,
                headers or {},
                after,
                delay,
                disconnect,
                performed,
                cut,
                chance,
                account,
                answer,
            )
        )

    @at_home
    def heal(self) -> None:
        """Take back all scripted faults."""
        self._world.faults.clear()
