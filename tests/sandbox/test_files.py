import asyncio
import hashlib

import aiohttp
import pytest

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.sandbox.conftest import FILES, Api, from_url, upload

pytestmark = pytest.mark.asyncio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (16).to_bytes(4, "big") + (32).to_bytes(4, "big")


async def bring(api: Api, body: dict[str, object], path: str = FILES) -> dict[str, object]:
    started = await api.post(f"{path}/import-from-url/async", body)
    assert started.status == 202, started.text
    done = await api.settle(f"{path}/import-from-url/async/tasks/{started.json['id']}/status")
    assert isinstance(done, dict)
    return done


async def test_a_file_is_really_fetched(api: Api, sandbox: Sandbox) -> None:
    url = sandbox.host_file("logo big.png", PNG, "image/png")

    done = await bring(api, from_url(url))

    file = done["result"]
    assert isinstance(file, dict)
    assert done["status"] == "COMPLETE"
    assert (file["name"], file["extension"], file["path"]) == ("logo big", "png", "/logos/logo big.png")
    assert (file["size"], file["fileMd5"]) == (len(PNG), hashlib.md5(PNG).hexdigest())
    assert (file["type"], file["width"], file["height"]) == ("IMG", 16, 32)
    assert "downloads.hosted" in {exchange.operation for exchange in sandbox.requests}


@pytest.mark.parametrize("url", ["https://example.com/a.png", "ftp://127.0.0.1/a", "nonsense", "http://127.0.0.1:1/a"])
async def test_what_cannot_be_fetched_is_cancelled_with_a_reason(api: Api, url: str) -> None:
    done = await bring(api, from_url(url))

    assert done["status"] == "CANCELED"
    assert done["numErrors"] == 1
    assert "result" not in done


async def test_a_dead_url_is_cancelled(api: Api, sandbox: Sandbox) -> None:
    done = await bring(api, from_url(f"{sandbox.download_url}/hosted/99/a.png"))

    assert done["status"] == "CANCELED"


async def test_a_task_cannot_end_before_its_file_is_there(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail("downloads.hosted", delay=0.3)

    done = await bring(api, from_url(sandbox.host_file("a.png", PNG)))

    [task] = sandbox.tasks
    assert done["status"] == "COMPLETE"
    assert task.ended - task.requested >= 0.3


@pytest.mark.no_contract
@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
async def test_dated_versions_ask_for_more_fields(api: Api, sandbox: Sandbox, version: str) -> None:
    body = {"url": sandbox.host_file("a.png", PNG), "access": "PRIVATE", "folderPath": "/a"}

    assert (await api.post("/files/v3/files/import-from-url/async", body)).status == 202
    refused = await api.post(f"/files/{version}/files/import-from-url/async", body)
    assert refused.status == 400
    assert refused.json["errors"][0]["context"]["missingFields"] == [
        "overwrite",
        "duplicateValidationStrategy",
        "duplicateValidationScope",
    ]


@pytest.mark.no_contract
@pytest.mark.parametrize(
    "change",
    [{"folderId": "1"}, {"folderPath": None}, {"access": "SECRET"}, {"url": None}, {"ttl": "P9Y"}, {"expiresAt": "x"}],
)
async def test_bad_orders_are_refused(api: Api, change: dict[str, object]) -> None:
    answer = await api.post(f"{FILES}/import-from-url/async", from_url("http://127.0.0.1/a.png", **change))

    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(("task_id", "status"), [("nonsense!", 400), ("12", 400), ("AAAAEZ6whGI", 404)])
async def test_task_ids_are_checked(api: Api, task_id: str, status: int) -> None:
    assert (await api.get(f"{FILES}/import-from-url/async/tasks/{task_id}/status")).status == status


async def test_an_upload_is_shown_and_read_back(api: Api, sandbox: Sandbox, contract: Contract) -> None:
    made = await api("POST", FILES, data=upload(PNG, "my cät.png"))
    file = made.json
    shown = await api.get(f"{FILES}/{file['id']}")
    signed = (await api.get(f"{FILES}/{file['id']}/signed-url")).json
    stat = await api.get("/files/v3/files/stat/pets%2Fmy%20c%C3%A4t.png")

    assert made.status == 201
    assert (file["name"], file["path"], file["access"]) == ("my cät", "/pets/my cät.png", "PRIVATE")
    assert shown.json == file == stat.json["file"]
    assert (await api.fetch(signed["url"])).content == PNG
    assert (await api.fetch(file["url"].replace(" ", "%20").replace("ä", "%C3%A4"))).status == 404
    assert (await api.get(f"/files/v3/files/{file['id']}/download")).content == PNG
    contract.expect_unspecified(f"{FILES}/*/download")
    assert (await api.get(f"{FILES}/{file['id']}/download")).content.startswith(b"<!DOCTYPE html>")


async def test_a_public_file_is_there_for_everyone(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(PNG, access="PUBLIC_INDEXABLE"))).json

    assert (await api.fetch(file["url"])).content == PNG


async def test_names_that_collide_are_changed_or_overwritten(api: Api) -> None:
    first = (await api("POST", FILES, data=upload(b"1"))).json
    second = (await api("POST", FILES, data=upload(b"2"))).json
    third = (await api("POST", FILES, data=upload(b"3", overwrite=True))).json

    assert [file["path"] for file in (first, second, third)] == ["/pets/cat.png", "/pets/cat-1.png", "/pets/cat.png"]
    assert third["id"] not in {first["id"], second["id"]}
    assert (await api.get(f"{FILES}/{first['id']}")).status == 404


@pytest.mark.parametrize(
    ("strategy", "scope", "folder", "outcome"),
    [
        ("NONE", "ENTIRE_PORTAL", "/pets", "new"),
        ("REJECT", "ENTIRE_PORTAL", "/others", "refused"),
        ("REJECT", "EXACT_FOLDER", "/others", "new"),
        ("REJECT", "EXACT_FOLDER", "/pets", "refused"),
        ("RETURN_EXISTING", "ENTIRE_PORTAL", "/others", "same"),
        ("RETURN_EXISTING", "EXACT_FOLDER", "/others", "new"),
    ],
)
async def test_duplicates_are_dealt_with_as_asked(
    api: Api, sandbox: Sandbox, strategy: str, scope: str, folder: str, outcome: str
) -> None:
    options = {"duplicateValidationStrategy": strategy, "duplicateValidationScope": scope}
    first = (await api("POST", FILES, data=upload(PNG))).json
    brought = await bring(api, from_url(sandbox.host_file("x.png", PNG), folderPath=folder, **options))
    if outcome == "new":
        assert brought["result"]["id"] != first["id"]  # type: ignore[index]
        return
    uploaded = await api("POST", FILES, data=upload(PNG, "other.png", folder=folder, **options))

    if outcome == "refused":
        assert (brought["status"], uploaded.status) == ("CANCELED", 400)
    else:
        assert uploaded.json["id"] == first["id"] == brought["result"]["id"]  # type: ignore[index]


async def test_a_file_is_changed_replaced_and_deleted(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(PNG))).json
    path = f"{FILES}/{file['id']}"

    body = {"name": "dog", "parentFolderPath": "/dogs", "access": "PUBLIC_INDEXABLE", "clearExpires": False}
    changed = (await api("PATCH", path, json=body)).json
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("file", b"text", filename="new.txt")
    replaced = (await api("PUT", path, data=form)).json
    deleted = await api("DELETE", path)

    assert (changed["path"], changed["access"]) == ("/dogs/dog.png", "PUBLIC_INDEXABLE")
    assert (replaced["id"], replaced["size"], replaced["extension"]) == (file["id"], 4, "txt")
    assert (deleted.status, deleted.content) == (204, b"")
    assert (await api.get(path)).status == 404


async def test_gdpr_delete_leaves_nothing(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(PNG))).json

    assert (await api("DELETE", f"{FILES}/{file['id']}/gdpr-delete")).status == 204
    assert (await api.get(f"{FILES}/{file['id']}")).status == 404


@pytest.mark.no_contract
async def test_a_change_says_whether_expiry_goes_from_2026_03_on(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(PNG))).json

    assert (await api("PATCH", f"{FILES}/{file['id']}", json={"name": "dog"})).status == 400
    assert (await api("PATCH", f"/files/v3/files/{file['id']}", json={"name": "dog"})).status == 200


@pytest.mark.looptime
async def test_files_expire(session: aiohttp.ClientSession, contract: Contract) -> None:
    async with Sandbox(middlewares=contract.middlewares) as sandbox:
        api = Api(sandbox, session, sandbox.token)
        file = (await api("POST", FILES, data=upload(PNG, ttl="P2D"))).json
        await asyncio.sleep(86_400)
        alive = await api.get(f"{FILES}/{file['id']}")
        await asyncio.sleep(86_400)
        gone = await api.get(f"{FILES}/{file['id']}")

    assert isinstance(file["expiresAt"], int)
    assert (alive.status, gone.status) == (200, 404)


async def test_searches_filter_sort_and_page(api: Api) -> None:
    for number in range(12):
        await api("POST", FILES, data=upload(b"x" * number, f"cat-{number:02}.{'png' if number % 2 else 'txt'}"))
    await api("POST", FILES, data=upload(b"", "cat-hidden.png", access="HIDDEN_PRIVATE"))

    async def names(query: str) -> list[str]:
        return [item["name"] for item in (await api.get(f"{FILES}/search?{query}")).json["results"]]

    everything = (await api.get(f"{FILES}/search")).json
    ids = "&".join(f"ids={item['id']}" for item in everything["results"][:2])
    assert len(everything["results"]) == 10
    assert everything["paging"]["next"]["after"] == "10"
    assert await names("after=10") == ["cat-10", "cat-11"]
    assert await names("sort=-name&limit=2") == ["cat-11", "cat-10"]
    assert await names("extension=png&limit=100") == [f"cat-{n:02}" for n in range(1, 12, 2)]
    assert await names("sizeGte=3&sizeLte=5") == ["cat-03", "cat-04", "cat-05"]
    assert await names("name=CAT-07") == ["cat-07"]
    assert await names("path=/pets/cat-03.png") == ["cat-03"]
    assert await names(ids) == ["cat-00", "cat-01"]
    assert await names("createdAtGte=2099-01-01T00:00:00Z") == []
    assert "before" in (await api.get(f"{FILES}/search?after=5")).json["paging"]["prev"]
    only = (await api.get(f"{FILES}/search?properties=name&limit=1")).json["results"][0]
    assert sorted(only) == ["access", "archived", "createdAt", "id", "name", "updatedAt"]


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "after=10001"])
async def test_searches_have_limits(api: Api, query: str) -> None:
    assert (await api.get(f"{FILES}/search?{query}")).status == 400


async def test_hidden_files_are_missing_without_the_scope(api: Api, sandbox: Sandbox) -> None:
    file = (await api("POST", FILES, data=upload(PNG, access="HIDDEN_PRIVATE"))).json
    sandbox.account("default", scopes=["files"])
    poor = await api.get(f"{FILES}/{file['id']}")
    sandbox.account("default", scopes=["files.ui_hidden.read"])
    rich = await api.get(f"{FILES}/{file['id']}")

    assert (poor.status, rich.status) == (404, 200)
