"""All that the parts of one sandbox share: clock, dice, accounts, tasks, books."""

import asyncio
import base64
import random
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp

from hubspot_async.sandbox.account import Account
from hubspot_async.sandbox.blobs import Disk
from hubspot_async.sandbox.clock import Clock
from hubspot_async.sandbox.faults import Faults
from hubspot_async.sandbox.home import Home
from hubspot_async.sandbox.ledger import Ledger
from hubspot_async.sandbox.options import Options
from hubspot_async.sandbox.plans import Plan
from hubspot_async.sandbox.signing import Signer
from hubspot_async.sandbox.tasks import Task

DEFAULT_ACCOUNT = "default"


@dataclass(slots=True, eq=False)
class Token:
    """What stands behind an access token; *expires* is in loop time."""

    account: Account
    expires: float | None = None
    app: "OAuthApp | None" = None


@dataclass(slots=True, eq=False)
class OAuthApp:
    """An app that a user of an account has installed; its secrets are for a client to present."""

    client_id: str
    client_secret: str
    code: str
    redirect_uri: str
    refresh_token: str
    account: Account
    expires_in: float
    rotate: bool


@dataclass(frozen=True, slots=True)
class HostedFile:
    """A file that the download port offers to be imported from."""

    name: str
    content: bytes
    content_type: str


class World:
    """One sandbox from the inside."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.home = Home()
        self.clock = Clock()
        self.rng = random.Random(options.seed)
        self.faults = Faults(random.Random(options.seed + 1))
        self.plans: list[Plan] = []
        self.ledger = Ledger(options.keep_requests)
        self.disk = Disk()
        self.signer = Signer(self.rng, self.clock)
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.apps: list[OAuthApp] = []
        self.tasks: dict[str, Task] = {}
        self.hosted: list[HostedFile] = []
        self._number = self.rng.randrange(10_000_000, 90_000_000)
        self._background: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[object]] = set()
        self._client: aiohttp.ClientSession | None = None

    def account(self, name: str) -> Account:
        """Find an account, or open one."""
        account = self.accounts.get(name)
        if account is None:
            token = f"pat-sandbox-{self.uuid()}"
            hub_id = 140_000_000 + len(self.accounts)
            account = self.accounts[name] = Account(name, hub_id, token, self.options, self.clock, self.disk, self.home)
            self.tokens[token] = Token(account)
        return account

    def uuid(self) -> str:
        """Throw the dice for a UUID."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def number(self) -> str:
        """Number a task whose kind counts."""
        self._number += 1
        return str(self._number)

    def opaque(self) -> str:
        """Name a task whose kind has opaque ids: eleven letters that hide a number."""
        return base64.urlsafe_b64encode(int(self.number()).to_bytes(8, "big")).decode().rstrip("=")

    def duration(self, kind: str) -> float:
        """How long the next task of *kind* is to take."""
        seconds = self.options.task_seconds
        return seconds(kind, self.rng) if callable(seconds) else seconds

    def launch(self, account: Account, task: Task) -> None:
        """Set a new task going, as planned."""
        plan = next((plan for plan in self.plans if plan.concerns(task)), None)
        if plan is not None:
            plan.apply(task)
        self.tasks[task.id] = task
        account.launch(task)

    @property
    def client(self) -> aiohttp.ClientSession:
        """What files are fetched with."""
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self._client

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Run *work* until it is done, or the sandbox is left."""
        running = asyncio.get_running_loop().create_task(work)
        self._background.add(running)
        running.add_done_callback(self._background.discard)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Own the request being answered, whose client may be gone before its answer is.

        aiohttp forgets such a request, and would leave it running when the sandbox closes.
        """
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            yield
        finally:
            self._serving.discard(task)

    async def close(self) -> None:
        """End whatever still runs and give back whatever is held."""
        running = [*self._background, *self._serving]
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None
        self.disk.close()
