"""CRM exports: start one, ask how far it is, read its details."""

from aiohttp import web

from hubspot_async.sandbox.answers import Refused, answer, invalid
from hubspot_async.sandbox.crm import ObjectType
from hubspot_async.sandbox.fields import Fields
from hubspot_async.sandbox.limits import daily_refusal
from hubspot_async.sandbox.routes.operations import VERSIONS, Call, Family, Operation, action, number_id
from hubspot_async.sandbox.words import words
from hubspot_async.sandbox.work import tables
from hubspot_async.sandbox.work.criteria import Search, read_search
from hubspot_async.sandbox.work.exports import Export, ExportOrder

LANGUAGES = words(
    "AF_ZA AR_EG BG BN CA_ES CS DA_DK DE EL_GR EN EN_GB ES ES_MX ET_EE FI FR FR_CA HE_IL HI_IN HR HU ID IT JA "
    "KO_KR LT_LT MS NL NO PL PT PT_BR PT_PT RO RU SK_SK SL SV TH TL TR UK VI_VN ZH_CN ZH_HK ZH_TW"
)
_MOST_ASSOCIATED = 4


async def start(call: Call) -> web.Response:
    """Accept an export and put it in the account's queue."""
    order = _read_order(await call.fields(), call)
    if not call.account.count_export(call.world.options.exports_per_day):
        raise daily_refusal("You have reached the limit of exports in 24 hours.")
    crm = call.account.crm
    export = Export(call.world.number(), call.account.name, call.now, call.world.duration(Export.kind), order, crm)
    call.world.launch(call.account, export)
    links = call.links(f"/crm/v3/exports/export/async/tasks/{export.id}/status")
    return answer({"id": export.id, "links": links}, status=202)


async def status(call: Call) -> web.Response:
    """Say how far an export is; when it is complete, with a fresh URL of its file."""
    export = _find(call, "taskId")
    body = action(export, call)
    if body["status"] == "COMPLETE":
        path = f"/exports/{call.account.hub_id}/{export.id}"
        name = f"{export.file_stem}.{export.order.file_format.lower()}"
        body["result"] = call.world.signer.url(f"{path}/{name}", name, call.world.options.url_ttl)
    return answer(body)


async def get(call: Call) -> web.Response:
    """Show what was ordered, and the state in the exports' own words."""
    return answer(_find(call, "exportId").details(call.now, call.world.clock))


def _find(call: Call, name: str) -> Export:
    export_id = number_id(call.path(name), name)
    export = call.world.tasks.get(export_id)
    if not isinstance(export, Export) or export.account != call.account.name:
        message = f"Permission to get export file cannot be granted for exportId {export_id}"
        raise Refused(403, "FORBIDDEN", message, context={"exportId": [export_id]})
    return export


def _read_order(body: Fields, call: Call) -> ExportOrder:
    body.demand("exportType", "exportName", "format", "objectType", "objectProperties")
    export_type = body.word("exportType", {"VIEW", "LIST"})
    body.word("language", LANGUAGES)
    for name in (
        "includeLabeledAssociations",
        "includePrimaryDisplayPropertyForAssociatedObjects",
        "overrideAssociatedObjectsPerDefinitionPerRowLimit",
    ):
        body.flag(name)
    kind = _object_type(body.text("objectType"), call)
    return ExportOrder(
        export_type,
        body.text("exportName"),
        _read_format(body),
        kind,
        _read_properties(body, kind),
        "NAMES" in _read_internal_values(body),
        read_search(body.inner("publicCrmSearchRequest"), kind) if export_type == "VIEW" else Search(),
        _read_list(body, kind, call) if export_type == "LIST" else None,
        _read_associated(body, call),
    )


def _read_format(body: Fields) -> str:
    file_format = body.word("format", {"CSV", "XLS", "XLSX"})
    if file_format == "XLS":
        raise invalid("The sandbox writes no XLS files: ask for CSV or XLSX", context={"format": ["XLS"]})
    if file_format == "XLSX" and not tables.can_write_xlsx():
        raise invalid(
            "The sandbox needs xlsxwriter for XLSX: pip install 'hubspot-async[sandbox]'", context={"format": ["XLSX"]}
        )
    return file_format


def _read_properties(body: Fields, kind: ObjectType) -> list[str]:
    properties = body.texts("objectProperties")
    unknown = [name for name in properties if name not in kind.labels]
    if not properties:
        raise invalid("objectProperties must not be empty", context={"objectProperties": []})
    if unknown:
        raise invalid(
            f"Properties {unknown} do not exist on {kind.name}",
            code="PROPERTY_DOESNT_EXIST",
            context={"propertyName": unknown},
        )
    return properties


def _read_internal_values(body: Fields) -> list[str]:
    options = body.texts("exportInternalValuesOptions")
    if not {"NAMES", "VALUES"}.issuperset(options):
        raise invalid("exportInternalValuesOptions takes NAMES and VALUES", context={"value": options})
    return options


def _read_list(body: Fields, kind: ObjectType, call: Call) -> str:
    body.demand("listId")
    list_id = body.text("listId")
    type_id, _ = call.account.crm.lists.get(list_id, ("", []))
    if type_id != kind.type_id:
        raise invalid(f"No {kind.name} list has the id {list_id}", context={"listId": [list_id]})
    return list_id


def _read_associated(body: Fields, call: Call) -> list[ObjectType]:
    names = body.texts("associatedObjectType")
    if len(names) > _MOST_ASSOCIATED:
        raise invalid(f"At most {_MOST_ASSOCIATED} associated object types", context={"associatedObjectType": names})
    return [_object_type(name, call) for name in names]


def _object_type(name: str, call: Call) -> ObjectType:
    kind = call.account.crm.object_type(name)
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name}", context={"objectType": [name]})
    return kind


_SCOPES = ("crm.export",)

EXPORTS = Family(
    {version: "/crm/v3/exports" if version == "v3" else f"/crm/exports/{version}" for version in VERSIONS},
    (
        Operation("exports.start", "POST", "/export/async", start, _SCOPES),
        Operation("exports.status", "GET", "/export/async/tasks/{taskId}/status", status, _SCOPES),
        Operation("exports.get", "GET", "/export/{exportId}", get, _SCOPES),
    ),
)
