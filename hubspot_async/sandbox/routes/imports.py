"""CRM imports: start one with its files, look at one or at all, cancel, read the errors of rows."""

from bisect import bisect_left

from aiohttp import web

from hubspot_async.sandbox.answers import Json, Refused, answer, invalid
from hubspot_async.sandbox.fields import Fields, parse_json, unreadable
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation, action, number_id
from hubspot_async.sandbox.routes.paging import page_limit
from hubspot_async.sandbox.uploads import Form, read_form
from hubspot_async.sandbox.work.imports import Import, ImportOrder
from hubspot_async.sandbox.work.rows import Page, read_page

MAX_BYTES = 512 << 20
_DATE_FORMATS = {"MONTH_DAY_YEAR", "DAY_MONTH_YEAR", "YEAR_MONTH_DAY"}


async def start(call: Call) -> web.Response:
    """Take in the files and the request; the rows are read when the import's time has come."""
    form = await read_form(call.request, "files", call.world.disk)
    try:
        order = _read_order(form, call)
    except Refused:
        form.drop(call.world.disk)
        raise
    world, account = call.world, call.account
    task = Import(world.number(), account.name, call.now, world.duration(Import.kind), order, account.crm, world.disk)
    world.launch(account, task)
    return answer(task.record(call.now, world.clock))


async def list_all(call: Call) -> web.Response:
    """List the account's imports, the newest first."""
    limit = page_limit(call.request.query, default=20)
    imports = call.account.imports
    after = call.request.query.get("after")
    stop = len(imports)
    if after is not None:
        stop = bisect_left(imports, int(number_id(after, "after")), key=lambda task: int(task.id))
    page = imports[max(0, stop - limit) : stop]
    body: Json = {"results": [task.record(call.now, call.world.clock) for task in reversed(page)]}
    if stop > limit:
        body["paging"] = _next(call, page[0].id)
    return answer(body)


async def get(call: Call) -> web.Response:
    """Show one import."""
    return answer(_find(call).record(call.now, call.world.clock))


async def cancel(call: Call) -> web.Response:
    """End an import that has not ended yet."""
    task = _find(call)
    if task.is_over(call.now):
        raise invalid(f"Import {task.id} is {task.outcome} and cannot be canceled", context={"importId": [task.id]})
    task.end(call.now, "CANCELED")
    call.account.replan(task)
    return answer(action(task, call))


async def errors(call: Call) -> web.Response:
    """Page through what was wrong with an import's rows."""
    task, query = _find(call), call.request.query
    limit = page_limit(query, default=100)
    offset = int(number_id(query["after"], "after")) if "after" in query else 0
    created_at = call.world.clock.milliseconds(min(task.ended, call.now))
    wants = {name: query.get(name, "false").lower() == "true" for name in ("includeErrorMessage", "includeRowData")}
    page = task.row_errors[offset : offset + limit]
    body: Json = {
        "results": [
            error.as_json(
                str(int(task.id) * 1_000_000 + number),
                created_at,
                message=wants["includeErrorMessage"],
                row_data=wants["includeRowData"],
            )
            for number, error in enumerate(page, start=offset + 1)
        ]
    }
    if offset + limit < len(task.row_errors):
        body["paging"] = _next(call, str(offset + limit))
    return answer(body)


def _find(call: Call) -> Import:
    return call.find(Import, number_id(call.path("importId"), "importId"))


def _next(call: Call, after: str) -> Json:
    return {"next": {"after": after, "link": f"?after={after}"}}


def _read_order(form: Form, call: Call) -> ImportOrder:
    if "importRequest" not in form.texts:
        raise unreadable()
    body = Fields(parse_json(form.texts["importRequest"]), "importRequest")
    body.demand("name", "files")
    body.word("dateFormat", _DATE_FORMATS)
    body.flag("marketableContactImport")
    crm = call.account.crm
    pages = [read_page(item, crm) for item in body.objects("files")]
    files = {file.name: file.blob for file in form.files}
    _check_files(pages, form, call.world.options.import_rows)
    return ImportOrder(
        body.text("name"),
        body.raw,
        pages,
        files,
        {name: int(call.world.number()) for name in files},
        _read_operations(body, call),
        body.flag("createContactListFromImport"),
    )


def _read_operations(body: Fields, call: Call) -> dict[str, str]:
    chosen = body.inner("importOperations")
    operations: dict[str, str] = {}
    for name in chosen.raw:
        kind = call.account.crm.object_type(name)
        if kind is None:
            raise invalid(f"Unknown object type {name!r}", context={"importOperations": [name]})
        operations[kind.type_id] = chosen.word(name, {"CREATE", "UPDATE", "UPSERT"}, "UPSERT")
    return operations


def _check_files(pages: list[Page], form: Form, most_rows: int) -> None:
    expected = sorted(page.file_name for page in pages)
    arrived = sorted(file.name for file in form.files)
    if not pages or expected != arrived:
        raise invalid(
            "The names of the files differ from those in the import request",
            code="FILE_NOT_FOUND",
            context={"expectedFileNames": expected, "fileNames": arrived},
        )
    for file in form.files:
        if file.writer.size > MAX_BYTES:
            raise Refused(429, "RATE_LIMITS", f"File {file.name} is larger than 512 MB", errorType="IMPORT_FILE_SIZE")
        if file.writer.newlines > most_rows + 1:
            raise invalid(
                f"File {file.name} has too many rows",
                code="TOO_MANY_ROWS",
                context={"maximumAllowedRows": [str(most_rows)], "rowsDetected": [str(file.writer.newlines - 1)]},
            )


_SCOPES = ("crm.import",)

IMPORTS = Family(
    {version: "/crm/v3/imports" if version == "v3" else f"/crm/imports/{version}" for version in VERSIONS},
    (
        Operation("imports.start", "POST", "", start, _SCOPES),
        Operation("imports.start", "POST", "/", start, _SCOPES, versions=("v3",)),
        Operation("imports.list", "GET", "", list_all, _SCOPES),
        Operation("imports.list", "GET", "/", list_all, _SCOPES, versions=("v3",)),
        Operation("imports.get", "GET", "/{importId}", get, _SCOPES),
        Operation("imports.cancel", "POST", "/{importId}/cancel", cancel, _SCOPES),
        Operation("imports.errors", "GET", "/{importId}/errors", errors, _SCOPES),
    ),
)
