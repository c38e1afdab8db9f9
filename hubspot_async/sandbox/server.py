"""The sandbox as its users meet it: a HubSpot of one's own on two loopback ports."""

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import quote

from aiohttp.typedefs import Middleware

from hubspot_async.sandbox import ports
from hubspot_async.sandbox.account import Account
from hubspot_async.sandbox.control import Control
from hubspot_async.sandbox.crm import Record
from hubspot_async.sandbox.home import at_home
from hubspot_async.sandbox.options import Options
from hubspot_async.sandbox.world import DEFAULT_ACCOUNT, HostedFile, OAuthApp, World


class Sandbox(Control):
    """A HubSpot of one's own: `async with Sandbox() as sandbox`, then talk to `sandbox.url` with `sandbox.token`.

    `with Sandbox() as sandbox` runs it in a thread with an event loop of its own, for whoever has no loop, or several
    of them. What a sandbox can do may then be asked from any thread.

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
        super().__init__(World(options))
        self._middlewares = tuple(middlewares)
        self._url = ""
        self._stack: AsyncExitStack | None = None
        self._thread: ExitStack | None = None
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
            host = self._world.options.host
            self._world.signer.base = await ports.listen(stack, ports.files(self._world), host, 0)
            api = ports.api(self._world, self._middlewares)
            self._url = await ports.listen(stack, api, host, self._world.options.port)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._stack is not None:
            await self._stack.aclose()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.home.in_thread(self))
            self._thread = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.close()

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

    @at_home
    def account(self, name: str, *, scopes: Collection[str] | None = None) -> Account:
        """Find an account by its name, or open one; *scopes* are what its token may do, None for all."""
        account = self._world.account(name)
        if scopes is not None:
            account.scopes = frozenset(scopes)
        return account

    @at_home
    def expire(self, token: str | None = None) -> None:
        """Let a token expire now; the default account's if none is named."""
        self._world.tokens[token or self.token].expires = self._world.clock.now()

    @at_home
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
        """Add records, declaring whatever properties they have; say their ids.

        Values become texts as HubSpot has them: None an empty one, True and False `true` and `false`.
        """
        return self.default.add_records(object_type, records)

    def records(self, object_type: str) -> list[Record]:
        """Copy out all records of a type, each with its `hs_object_id`."""
        return self.default.records(object_type)

    def add_list(self, object_type: str, record_ids: Sequence[str], *, list_id: str | None = None) -> str:
        """Make a list of records and say its id."""
        return self.default.add_list(object_type, record_ids, list_id=list_id)

    def add_folder(self, path: str) -> str:
        """Make a folder (`/logos`), and those above it that are missing; say its id."""
        return self.default.add_folder(path)

    def add_file(self, path: str, content: bytes, *, access: str = "PRIVATE") -> str:
        """Put a file into the account (`/logos/cat.png`), in place of one that is there; say its id."""
        return self.default.add_file(path, content, access=access)

    def files(self) -> dict[str, bytes]:
        """Copy out all files, by their paths."""
        return self.default.files()

    @at_home
    def host_file(self, name: str, content: bytes, content_type: str = "application/octet-stream") -> str:
        """Offer a file on the download port and say the URL to import it from."""
        self._world.hosted.append(HostedFile(name, content, content_type))
        return f"{self.download_url}/hosted/{len(self._world.hosted) - 1}/{quote(name)}"
