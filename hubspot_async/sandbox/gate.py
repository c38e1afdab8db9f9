"""What every request passes: the books, the scripted faults, the token, the limits, the scopes."""

import math
import warnings
from collections.abc import Awaitable, Callable, Collection, Mapping

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from hubspot_async.sandbox.answers import CORRELATION_ID, Refused, html
from hubspot_async.sandbox.faults import DroppedError
from hubspot_async.sandbox.ledger import KEEP_BODY, Exchange
from hubspot_async.sandbox.routes.operations import Call, Operation
from hubspot_async.sandbox.world import Token, World

Names = Mapping[tuple[str, str], str]


def bookkeeper(world: World, names: Names) -> Middleware:
    """Make the middleware that writes requests down and plays faults; *names* are those of (method, route)."""

    @web.middleware
    async def books(request: web.Request, handler: Handler) -> web.StreamResponse:
        with world.serving():
            name = _operation(request, names)
            token = _token(request, world)
            account = token.account.name if token else None
            exchange = world.ledger.enter(request, name, account, world.clock.now())
            if world.ledger.wants_bodies and _is_short(request):
                exchange.body = await request.read()
            fault = world.faults.take(name, account)
            truth = _truth(request, handler, world)
            if fault is None:
                return _note(exchange, await truth(), world)
            _mark(request)
            try:
                return _note(exchange, await fault.play(request, truth), world)
            except DroppedError:
                return _drop(request)

    return books


def _mark(request: web.Request) -> None:
    """Tell middlewares that the answer is a fault: under a plain name, so that they need nothing of ours to look."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", web.NotAppKeyWarning)
        request["scripted_fault"] = True


def _operation(request: web.Request, names: Names) -> str:
    resource = request.match_info.route.resource
    return "unknown" if resource is None else names.get((request.method, resource.canonical), "unknown")


def _is_short(request: web.Request) -> bool:
    if request.content_length is None:
        return not request.content_type.startswith("multipart/")
    return request.content_length <= KEEP_BODY


def _truth(request: web.Request, handler: Handler, world: World) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def truth() -> web.StreamResponse:
        correlation_id = world.uuid()
        try:
            response = await handler(request)
        except Refused as refusal:
            response = refusal.answer(correlation_id)
        except web.HTTPMethodNotAllowed as error:
            response = html(405, "Method Not Allowed")
            response.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
        except web.HTTPNotFound:
            response = html(404, "Page not found")
        if not response.prepared:
            response.headers[CORRELATION_ID] = correlation_id
        return response

    return truth


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


def _note(exchange: Exchange, response: web.StreamResponse, world: World) -> web.StreamResponse:
    world.ledger.answer(exchange, response.status)
    if not response.prepared:
        response.headers[hdrs.DATE] = world.clock.http_date()
    return response


def admit(operation: Operation, version: str, world: World) -> Handler:
    """Make the handler of one route: who asks, is it within the limits, may it, and then the answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token = _authenticate(request, world)
        account, now = token.account, world.clock.now()
        try:
            account.limits.take(now, world.clock.epoch(now))
            _check_scopes(operation, account.scopes)
            await account.catch_up()
            response = await operation.handler(Call(request, world, account, version))
        except Refused as refusal:
            refusal.headers.update(_limit_headers(token, world))
            if refusal.status == 429 and world.options.retry_after:
                refusal.headers["Retry-After"] = str(max(1, math.ceil(account.limits.wait(now))))
            raise
        response.headers.update(_limit_headers(token, world))
        return response

    return handle


def _limit_headers(token: Token, world: World) -> dict[str, str]:
    return token.account.limits.headers(daily=token.app is None) if world.options.rate_limit_headers else {}


def _token(request: web.Request, world: World) -> Token | None:
    scheme, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return world.tokens.get(secret.strip()) if scheme.lower() == "bearer" else None


def _authenticate(request: web.Request, world: World) -> Token:
    scheme, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found")
    clock, now = world.clock, world.clock.now()
    token = world.tokens.get(secret.strip())
    if token is None:
        days = int(clock.epoch(now) // 86_400)
        raise _expired(f"{days} day(s)", "1970-01-01T00:00:00Z")
    if token.expires is not None and token.expires <= now:
        raise _expired(f"{int(now - token.expires)} second(s)", clock.iso(token.expires))
    return token


def _expired(ago: str, moment: str) -> Refused:
    message = f"The access token of this call expired {ago} ago."
    return Refused(401, "EXPIRED_AUTHENTICATION", message, context={"expire time": [moment]})


def _check_scopes(operation: Operation, granted: Collection[str] | None) -> None:
    if granted is None or not operation.scopes or any(scope in granted for scope in operation.scopes):
        return
    required = list(operation.scopes)
    message = "This app hasn't been granted all required scopes to make this call."
    raise Refused(
        403,
        "MISSING_SCOPES",
        message,
        errors=[{"message": message, "context": {"requiredGranularScopes": required}}],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )
