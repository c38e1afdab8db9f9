"""CMS source code: a zip of the developer file system, unpacked in the background.

HubSpot does more work in the background than the four kinds that this package began with. This is one of them, added
with nothing that is not open to everyone: a kind of your own is made the same way, and can be watched with the others.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.models import checks
from hubspot_async.models.tasks import ActionResponse, TaskLocator
from hubspot_async.tasks import HubSpotTask, TaskKind
from hubspot_async.wire.request import Request, Sender
from hubspot_async.wire.versions import Family

ExtractStatus: TypeAlias = ActionResponse[None]
"""One look at an extraction, which has no result."""


@frozen
class FileExtractRequest:
    """The zip to unpack, by its *path* in the developer file system; what is in it comes to lie beside it."""

    path: str = field(validator=checks.filled)


EXTRACT: TaskKind[ExtractStatus] = TaskKind(
    "source-code-extract",
    Family.SOURCE_CODE,
    "/extract/async/tasks/{id}/status",
    ExtractStatus,
    has_result=False,
)
"""A zip that is unpacked; pass it to `HubSpotTask.from_json` as one of ``kinds``."""

task = EXTRACT.task
"""Name an extraction by its bare id."""


async def extract(session: Sender, zip: FileExtractRequest) -> HubSpotTask[ExtractStatus]:
    """Ask HubSpot to unpack a zip of the developer file system.

    Raises StartOutcomeUnknownError where the answer is lost: it may have begun, and is not asked for again.
    """
    version = session.version_of(Family.SOURCE_CODE)
    request = Request("POST", Family.SOURCE_CODE, version, "/extract/async", TaskLocator, body=zip, is_start=True)
    answer = await session.send(request)
    return EXTRACT.started(answer.id, request, session)


async def get_extract_status(session: Sender, task: HubSpotTask[ExtractStatus]) -> ExtractStatus:
    """Look once at how far an extraction has come."""
    return await session.send(EXTRACT.status_request(task))
