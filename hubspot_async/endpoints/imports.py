"""CRM imports: files to records."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Container
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from hubspot_async import models
from hubspot_async.endpoints.naming import as_task
from hubspot_async.endpoints.paging import LIMIT, iter_pages
from hubspot_async.endpoints.sources import Files, find_sources
from hubspot_async.errors import AlreadyFinishedError, BadRequestError
from hubspot_async.models.imports import Import, ImportRequest
from hubspot_async.models.tasks import ActionResponse
from hubspot_async.models.values import Page
from hubspot_async.tasks import IMPORT, HubSpotTask
from hubspot_async.wire.request import FilePart, Form, Request, Sender, segment
from hubspot_async.wire.versions import Family

CancelStatus: TypeAlias = ActionResponse[None]
"""What HubSpot answers to a cancellation: a status in the words of other tasks, and no result."""

task = IMPORT.task
"""Name an import by its bare id."""

_CLOCKS_DIFFER = timedelta(minutes=1)

_CONTENT_TYPES = {".csv": "text/csv", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


async def start(session: Sender, plan: ImportRequest, files: Files) -> HubSpotTask[Import]:
    """Upload files and ask HubSpot to make records of their rows.

    Each file goes under the name that *plan* gives it. Raises InputError where files and plan do not match, and OSError
    where one cannot be read; nothing is sent then. Raises StartOutcomeUnknownError where the answer is lost: it may
    have begun, and is not asked for again; `find` looks for it.
    """
    parts = [FilePart("files", name, source, _content_type(name)) for name, source in find_sources(plan, files).items()]
    version = session.version_of(Family.IMPORTS)
    form = Form({"importRequest": plan}, tuple(parts))
    path = "/" if version == "v3" else ""
    request = Request("POST", Family.IMPORTS, version, path, Import, body=form, is_start=True)
    answer = await session.send(request)
    return IMPORT.started(answer.id, request, session)


async def get(session: Sender, task: HubSpotTask[Import] | str | int) -> Import:
    """Look once at how far an import has come, and what it has counted."""
    return await session.send(IMPORT.status_request(as_task(session, IMPORT, task)))


def iter_all(session: Sender) -> AsyncGenerator[Import, None]:
    """Give all imports that this app has made, the newest first, page by page."""
    version = session.version_of(Family.IMPORTS)
    query = {"limit": LIMIT}
    return iter_pages(session, Request("GET", Family.IMPORTS, version, "", Page[Import], query=query))


async def find(
    session: Sender, name: str, *, since: datetime | None = None, besides: Container[HubSpotTask[Import]] = ()
) -> HubSpotTask[Import] | None:
    """Look for the newest import of this name, begun after *since*; None if HubSpot lists none.

    So a start whose answer was lost is found again. A minute before *since* counts too, for clocks differ. *besides*
    are imports that it is not, since you know of them.
    """
    version = session.version_of(Family.IMPORTS)
    earliest = since and _with_zone(since) - _CLOCKS_DIFFER
    async with aclosing(iter_all(session)) as newest_first:
        async for record in newest_first:
            began = record.created_at if isinstance(record.created_at, datetime) else None
            if earliest and began and began < earliest:
                return None
            task = HubSpotTask(IMPORT, record.id, version, started_at=began, account=session.account)
            if name in _names(record) and task not in besides:
                return task
    return None


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _names(record: Import) -> tuple[object, ...]:
    """Give the name that HubSpot tells, and the one that was asked for."""
    return (record.import_name, (record.import_request_json or {}).get("name"))


async def cancel(session: Sender, task: HubSpotTask[Import] | str | int) -> CancelStatus:
    """Ask HubSpot to stop an import; rows that went in stay, and the import itself is soon CANCELED.

    Raises AlreadyFinishedError for one that is over.
    """
    task = as_task(session, IMPORT, task)
    path = f"/{segment(task.id)}/cancel"
    try:
        return await session.send(Request("POST", Family.IMPORTS, task.version, path, CancelStatus))
    except BadRequestError as error:
        record = await get(session, task)
        if record.is_terminal:
            raise AlreadyFinishedError(
                f"it is already finished ({record.state}), and cannot be canceled", task
            ) from error
        raise


def iter_errors(
    session: Sender,
    task: HubSpotTask[Import] | str | int,
    *,
    with_row_data: bool = False,
    with_messages: bool = False,
) -> AsyncGenerator[models.ImportRowError, None]:
    """Give what was wrong with the rows of an import, page by page, with the rows themselves or in words if wanted."""
    task = as_task(session, IMPORT, task)
    query = {
        "limit": LIMIT,
        "includeRowData": with_row_data or None,
        "includeErrorMessage": with_messages or None,
    }
    path = f"/{segment(task.id)}/errors"
    return iter_pages(
        session, Request("GET", Family.IMPORTS, task.version, path, Page[models.ImportRowError], query=query)
    )


def _content_type(name: str) -> str:
    return _CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
