"""The sandbox as its users meet it: a HubSpot of one's own on two loopback ports."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hubspot_async.sandbox import downloads
from hubspot_async.sandbox.account import Account
from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.crm import Record
from hubspot_async.sandbox.faults import Fault
from hubspot_async.sandbox.faults import Handler as Answer
from hubspot_async.sandbox.gate import admit, bookkeeper
from hubspot_async.sandbox.ledger import Exchange
from hubspot_async.sandbox.options import Options
from hubspot_async.sandbox.routes import FAMILIES, oauth
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.world import DEFAULT_ACCOUNT, HostedFile, OAuthApp, World

_MAX_JSON = 16 << 20


class Sandbox:
    """A HubSpot of one's own: `async with Sandbox() as sandbox`, then talk to `sandbox.url` with `sandbox.token`.

    Args:
        task_seconds: How long tasks take; a number, `math.inf`, or a function of the kind (`"export"`, `"import"`,
            `"file_import"`, `"folder_update"`, `"extract"`) and a seeded `random.Random`.
        seed: Where ids, tokens and chances come from: the same seed, the same sandbox.
        rate_limit: Requests per account within *interval* seconds; None for no limit.
        interval: The width of the rolling window, in seconds.
        rate_limit_headers: Whether answers tell about the limits.
        retry_after: Whether a 429 says how long to wait.
        daily_limit: Requests per account and day (UTC); None for no limit.
        exports_per_day: Exports per account in 24 hours; HubSpot's own number is 30. What HubSpot answers to one more
            is unknown; the sandbox answers 429 with the policy DAILY.
        host: The address to listen on.
        port: The API's port; 0 takes a free one. The download port is always a free one.
        url_ttl: Seconds that the URL of a finished export lives, from the status call that made it.
        zip_above: Bytes from which on a CSV comes as a zip.
        rows_per_file: Rows from which on an export comes as several files in a zip.
        import_rows: Rows that one imported file may have.
        keep_requests: How many requests `requests` remembers; None for all, 0 for none.
        middlewares: aiohttp middlewares around everything on the API's port, to look at or change what passes.
    """

    def __init__(
        self,
        task_seconds: float | Callable[[str, random.Random], float] = 0.5,
        *,
        seed: int = 0,
        rate_limit: int | None = 100,
        interval: float = 10.0,
        rate_limit_headers: bool = True,
        retry_after: bool = False,
        daily_limit: int | None = 250_000,
        exports_per_day: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        url_ttl: float = 300.0,
        zip_above: int = 2_000_000,
        rows_per_file: int = 1_000_000,
        import_rows: int = 1_048_576,
        keep_requests: int | None = 100_000,
        middlewares: Iterable[Middleware] = (),
    ) -> None:
        options = Options(
            task_seconds=task_seconds,
            seed=seed,
            rate_limit=rate_limit,
            interval=interval,
            rate_limit_headers=rate_limit_headers,
            retry_after=retry_after,
            daily_limit=daily_limit,
            exports_per_day=exports_per_day,
            host=host,
            port=port,
            url_ttl=url_ttl,
            zip_above=zip_above,
            rows_per_file=rows_per_file,
            import_rows=import_rows,
            keep_requests=keep_requests,
        )
        self._world = World(options)
        self._middlewares = tuple(middlewares)
        self._url = ""
        self._stack: AsyncExitStack | None = None
        self.default = self._world.account(DEFAULT_ACCOUNT)

    def __repr__(self) -> str:
        return f"<Sandbox {self._url or 'not entered'}>"

    # Life

    async def __aenter__(self) -> Self:
        if self._world.clock.running:
            raise RuntimeError("a Sandbox can be entered once only")
        self._world.clock.start()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._world.close)
            self._world.signer.base = await self._listen(stack, self._downloads(), 0)
            self._url = await self._listen(stack, self._api(), self._world.options.port)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._stack is not None:
            await self._stack.aclose()

    async def _listen(self, stack: AsyncExitStack, app: web.Application, port: int) -> str:
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        host = self._world.options.host
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        return f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"

    def _api(self) -> web.Application:
        names: dict[tuple[str, str], str] = {}
        books = bookkeeper(self._world, names)
        app = web.Application(middlewares=[*self._middlewares, books], client_max_size=_MAX_JSON)
        for family in FAMILIES:
            for version, prefix in family.prefixes.items():
                for operation in family.operations:
                    if version not in operation.versions:
                        continue
                    handler = admit(operation, version, self._world)
                    self._route(app, names, operation.name, operation.method, prefix + operation.path, handler)
        app.router.add_route("*", "/files/2026-09/folders/update/{rest:.+}", _absent)
        for version in oauth.VERSIONS:
            for name, path, answers in oauth.ROUTES:
                self._route(app, names, name, "POST", f"/oauth/{version}{path}", self._with_world(answers))
        return app

    def _downloads(self) -> web.Application:
        names: dict[tuple[str, str], str] = {}
        app = web.Application(middlewares=[bookkeeper(self._world, names)])
        for name, path, handler in downloads.ROUTES:
            self._route(app, names, name, "GET", path, self._with_world(handler))
        return app

    @staticmethod
    def _route(
        app: web.Application, names: dict[tuple[str, str], str], name: str, method: str, path: str, handler: Handler
    ) -> None:
        route = app.router.add_route(method, path, handler)
        assert route.resource is not None
        names[(method, route.resource.canonical)] = name

    def _with_world(self, handler: Callable[[web.Request, World], Awaitable[web.Response]]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request, self._world)

        return handle

    # Where it is, and for whom

    @property
    def url(self) -> str:
        """The base URL of the API."""
        if not self._url:
            raise RuntimeError("the Sandbox has not been entered: use `async with`")
        return self._url

    @property
    def download_url(self) -> str:
        """The base URL of the second port, where results and files are fetched."""
        return self._world.signer.base

    @property
    def token(self) -> str:
        """The access token of the default account."""
        return self.default.token

    def account(self, name: str, *, scopes: Collection[str] | None = None) -> Account:
        """Find an account by its name, or open one; *scopes* are what its token may do, None for all."""
        account = self._world.account(name)
        if scopes is not None:
            account.scopes = frozenset(scopes)
        return account

    def expire(self, token: str | None = None) -> None:
        """Let a token expire now; the default account's if none is named."""
        self._world.tokens[token or self.token].expires = self._world.clock.now()

    def oauth_app(
        self,
        account: str = DEFAULT_ACCOUNT,
        *,
        client_id: str = "",
        client_secret: str = "",
        refresh_token: str = "",
        redirect_uri: str = "http://localhost/callback",
        expires_in: float = 1800.0,
        rotate: bool = False,
    ) -> OAuthApp:
        """Install an OAuth app in an account; its ids and secrets are made up where not given.

        With *rotate* each access token comes with a new refresh token, and the old one is dead.
        """
        app = OAuthApp(
            client_id or self._world.uuid(),
            client_secret or self._world.uuid(),
            f"code-{self._world.uuid()}",
            redirect_uri,
            refresh_token or f"refresh-sandbox-{self._world.uuid()}",
            self.account(account),
            expires_in,
            rotate,
        )
        self._world.apps.append(app)
        return app

    # What the default account holds

    def declare(self, object_type: str, properties: Iterable[str] | Mapping[str, str]) -> str:
        """Add properties (`["email"]`, or `{"email": "E-mail"}` with labels); say the objectTypeId."""
        return self.default.declare(object_type, properties)

    def add_records(self, object_type: str, records: Iterable[Mapping[str, object]]) -> list[str]:
        """Add records and say their ids."""
        return self.default.add_records(object_type, records)

    def records(self, object_type: str) -> list[Record]:
        """Copy out all records of a type."""
        return self.default.records(object_type)

    def add_list(self, object_type: str, record_ids: Sequence[str], *, list_id: str | None = None) -> str:
        """Make a list of records and say its id."""
        return self.default.add_list(object_type, record_ids, list_id=list_id)

    def host_file(self, name: str, content: bytes, content_type: str = "application/octet-stream") -> str:
        """Offer a file on the download port and say the URL to import it from."""
        self._world.hosted.append(HostedFile(name, content, content_type))
        return f"{self.download_url}/hosted/{len(self._world.hosted) - 1}/{quote(name)}"

    # Tasks and time

    @property
    def tasks(self) -> list[Task]:
        """All tasks ever started, with `requested`, `started` and `ended` in loop time."""
        return list(self._world.tasks.values())

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

    def heal(self) -> None:
        """Take back all scripted faults."""
        self._world.faults.clear()


async def _absent(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound
