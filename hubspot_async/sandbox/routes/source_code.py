"""CMS source code: a zip of the developer file system unpacked in the background."""

from aiohttp import web

from hubspot_async.sandbox.answers import answer, invalid
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation, action, number_id
from hubspot_async.sandbox.work.extracts import Extract


async def start(call: Call) -> web.Response:
    """Accept the path of a zip."""
    body = await call.fields()
    body.demand("path")
    if not body.text("path").lower().endswith(".zip"):
        raise invalid("path must be that of a zip file", context={"path": [body.text("path")]})
    task = Extract(call.world.number(), call.account.name, call.now, call.world.duration(Extract.kind))
    call.world.launch(call.account, task)
    links = call.links(f"/cms/v3/source-code/extract/async/tasks/{task.id}/status")
    return answer({"id": task.id, "links": links}, status=202)


async def status(call: Call) -> web.Response:
    """Say how far the work is."""
    return answer(action(call.find(Extract, number_id(call.path("taskId"), "taskId")), call))


SOURCE_CODE = Family(
    {version: "/cms/v3/source-code" if version == "v3" else f"/cms/source-code/{version}" for version in VERSIONS},
    (
        Operation("source_code.extract", "POST", "/extract/async", start, ("content",)),
        Operation("source_code.extract_status", "GET", "/extract/async/tasks/{taskId}/status", status, ("content",)),
    ),
)
