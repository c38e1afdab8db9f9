"""The two ports: what listens on each, under which names."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from difflib import get_close_matches
from fnmatch import filter as matching

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hubspot_async.sandbox import downloads
from hubspot_async.sandbox.gate import admit, bookkeeper
from hubspot_async.sandbox.routes import FAMILIES, oauth
from hubspot_async.sandbox.world import World

_MAX_JSON = 16 << 20

NAMES = frozenset(
    {operation.name for family in FAMILIES for operation in family.operations}
    | {name for name, *_ in (*oauth.ROUTES, *downloads.ROUTES)}
    | {"unknown"}
)
"""What an operation can be called."""


def check_name(pattern: str) -> None:
    """Refuse a name that no operation has, and a pattern that fits none."""
    if not matching(NAMES, pattern):
        close = get_close_matches(pattern, NAMES, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"no operation is called {pattern!r}{hint}")


async def listen(stack: AsyncExitStack, app: web.Application, host: str, port: int) -> str:
    """Serve *app* for as long as *stack* lasts, and say its base URL."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port).start()
    bound = runner.addresses[0][1]
    return f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"


def api(world: World, middlewares: Iterable[Middleware]) -> web.Application:
    """Make the first port's application: the API in all its versions, and OAuth."""
    names: dict[tuple[str, str], str] = {}
    app = web.Application(middlewares=[*middlewares, bookkeeper(world, names)], client_max_size=_MAX_JSON)
    for family in FAMILIES:
        for version, prefix in family.prefixes.items():
            for operation in family.operations:
                if version not in operation.versions:
                    continue
                handler = admit(operation, version, world)
                _route(app, names, operation.name, operation.method, prefix + operation.path, handler)
    app.router.add_route("*", "/files/2026-09/folders/update/{rest:.+}", _absent)
    for version in oauth.VERSIONS:
        for name, path, answers in oauth.ROUTES:
            _route(app, names, name, "POST", f"/oauth/{version}{path}", _with(world, answers))
    return app


def files(world: World) -> web.Application:
    """Make the second port's application: whatever is fetched by a URL."""
    names: dict[tuple[str, str], str] = {}
    app = web.Application(middlewares=[bookkeeper(world, names)])
    for name, path, handler in downloads.ROUTES:
        _route(app, names, name, "GET", path, _with(world, handler))
    return app


def _route(
    app: web.Application, names: dict[tuple[str, str], str], name: str, method: str, path: str, handler: Handler
) -> None:
    route = app.router.add_route(method, path, handler)
    assert route.resource is not None
    names[(method, route.resource.canonical)] = name


def _with(world: World, handler: Callable[[web.Request, World], Awaitable[web.Response]]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request, world)

    return handle


async def _absent(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound
