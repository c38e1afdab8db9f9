"""CRM exports: records to a file."""

from __future__ import annotations

from hubspot_async.endpoints.naming import as_task
from hubspot_async.errors import InputError
from hubspot_async.models.exports import LANGUAGES_OF_2025_09, Export, ExportStatus, ListExport, ViewExport
from hubspot_async.models.tasks import TaskLocator
from hubspot_async.tasks import EXPORT, HubSpotTask
from hubspot_async.wire.request import Request, Sender, segment
from hubspot_async.wire.versions import Family

task = EXPORT.task
"""Name an export by its bare id."""


async def start(session: Sender, export: ViewExport | ListExport) -> HubSpotTask[ExportStatus]:
    """Ask HubSpot to build an export; its result is the URL of a file.

    HubSpot queues exports beyond one at a time for an account, and allows 30 in 24 hours (HubSpot's guide to exports).
    Raises StartOutcomeUnknownError where the answer is lost: it may have begun, and is not asked for again.
    """
    version = session.version_of(Family.EXPORTS)
    if version == "2025-09" and export.language not in LANGUAGES_OF_2025_09:
        known = ", ".join(LANGUAGES_OF_2025_09)
        raise InputError(
            f"language {export.language} is none that version 2025-09 knows, which versions= pins: {known}"
        )
    request = Request("POST", Family.EXPORTS, version, "/export/async", TaskLocator, body=export, is_start=True)
    answer = await session.send(request)
    return EXPORT.started(answer.id, request, session)


async def get_status(session: Sender, task: HubSpotTask[ExportStatus]) -> ExportStatus:
    """Look once at how far an export has come; each look at a complete one makes a fresh URL, good for five minutes."""
    return await session.send(EXPORT.status_request(task))


async def get(session: Sender, task: HubSpotTask[ExportStatus] | str | int) -> Export:
    """Read HubSpot's record of an export, whose state says more than its status: FAILED, PENDING_APPROVAL and so on."""
    task = as_task(session, EXPORT, task)
    return await session.send(Request("GET", Family.EXPORTS, task.version, f"/export/{segment(task.id)}", Export))
