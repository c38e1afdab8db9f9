"""The web side: routes, the stream of changes, and what lives as long as the app."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.middleware.trustedhost import TrustedHostMiddleware

from examples.web.board import Board, Export
from examples.web.desk import Desk, Order
from examples.web.explain import explain
from hubspot_async import HubSpotError, HubSpotSession, TaskGroupWatcher
from hubspot_async.errors import BadRequestError, InputError

PAGE = Path(__file__).parent / "static"
MISTAKES = (InputError, BadRequestError)
EXPORTS = TypeAdapter(list[Export])

Connect = Callable[[], AbstractAsyncContextManager[HubSpotSession]]

router = APIRouter()


def create_app(connect: Connect = HubSpotSession.from_env) -> FastAPI:
    """Make the app; *connect* opens its session at HubSpot when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Desk]]:
        """Own one session and one watcher, and leave nothing behind."""
        with TemporaryDirectory(prefix="hubspot-exports-") as folder:
            async with (
                connect() as session,
                TaskGroupWatcher(session) as watcher,
                anyio.create_task_group() as group,
            ):
                desk = Desk(session, watcher, group, Path(folder))
                group.start_soon(desk.board.see_to_the_end)
                yield {"desk": desk}
                group.cancel_scope.cancel()

    app = FastAPI(title="Exports", lifespan=lifespan)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])
    app.add_exception_handler(HubSpotError, answer_error)
    app.include_router(router)
    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def desk_of(request: Request) -> Desk:
    """Find what the lifespan has made."""
    desk: Desk = request.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


@router.get("/account")
async def account(desk: AtDesk) -> dict[str, bool]:
    """Say whose exports these are."""
    return {"is_sandbox": desk.session.is_local}


@router.post("/exports", status_code=202)
async def start(order: Order, desk: AtDesk) -> Export:
    """Start an export."""
    return await desk.start(order)


@router.get("/exports/changes")
async def changes(desk: AtDesk) -> EventSourceResponse:
    """Give all exports as they are, and then those that change, for as long as the browser stays."""
    stopping = desk.board.stopping
    return EventSourceResponse(as_events(desk.board), shutdown_event=stopping, shutdown_grace_period=1)


async def as_events(board: Board) -> AsyncIterator[ServerSentEvent]:
    """Tell the news of the board."""
    name, seen = "all", None
    while True:
        exports, seen = await board.news(seen)
        if board.stopping.is_set():
            return
        yield ServerSentEvent(EXPORTS.dump_json(exports).decode(), event=name)
        name = "some"


@router.get("/exports/{number}/file")
async def file(number: int, request: Request, desk: AtDesk) -> FileResponse:
    """Give the file of an export; whoever asks before it is there waits for it."""
    if number not in desk.jobs:
        raise HTTPException(404, f"There is no export {number}.")
    async with while_wanted(request, desk.board.stopping):
        path = await desk.file(desk.jobs[number])
        return FileResponse(path, filename=path.name)
    raise HTTPException(503, "The server is stopping.")  # or the browser has left, and nobody hears it


@asynccontextmanager
async def while_wanted(request: Request, stopping: anyio.Event) -> AsyncIterator[None]:
    """Break the block off if the browser leaves or the server stops; a server does neither by itself."""
    with anyio.CancelScope() as block:
        endings = [asyncio.create_task(each) for each in (at_leaving(request, block), at_the_end(stopping, block))]
        try:
            yield
        finally:
            for each in endings:
                each.cancel()


async def at_leaving(request: Request, block: anyio.CancelScope) -> None:
    """Break the block off when the browser has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    block.cancel()


async def at_the_end(stopping: anyio.Event, block: anyio.CancelScope) -> None:
    """Break the block off when the server is about to stop."""
    await stopping.wait()
    block.cancel()


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Put what HubSpot, or the package, says of a request into words."""
    return JSONResponse({"detail": explain(error)}, status_code=422 if isinstance(error, MISTAKES) else 502)
