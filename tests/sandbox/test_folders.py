import pytest

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.sandbox.conftest import FILES, FOLDERS, Api, upload

pytestmark = pytest.mark.asyncio


async def make(api: Api, name: str, **fields: object) -> dict[str, str]:
    made = await api.post(FOLDERS, {"name": name} | fields)
    assert made.status == 201, made.text
    folder = made.json
    assert isinstance(folder, dict)
    return folder


async def update(api: Api, **fields: object) -> dict[str, object]:
    started = await api.post(f"{FOLDERS}/update/async", fields)
    assert started.status == 202, started.text
    done = await api.settle(f"{FOLDERS}/update/async/tasks/{started.json['id']}/status")
    assert isinstance(done, dict)
    return done


async def test_folders_form_a_tree(api: Api) -> None:
    top = await make(api, "top")
    below = await make(api, "below", parentFolderId=top["id"])
    deeper = await make(api, "deeper", parentPath="/top/below")

    assert deeper["path"] == "/top/below/deeper"
    assert deeper["parentFolderId"] == below["id"]
    assert "parentFolderId" not in top
    assert (await api.get(f"{FOLDERS}/{below['id']}")).json == below
    assert (await api.get(f"{FOLDERS}/top%2Fbelow")).json == below
    assert (await api.get(f"{FOLDERS}/top%2Fnothing")).status == 404


async def test_an_update_moves_the_whole_tree(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(b"x", folder="/a/b/c"))).json
    other = await make(api, "other")
    folder = (await api.get(f"{FOLDERS}/a%2Fb")).json

    done = await update(api, id=folder["id"], name="new", parentFolderId=int(other["id"]))

    result = done["result"]
    assert isinstance(result, dict)
    assert done["status"] == "COMPLETE"
    assert (result["path"], result["name"]) == ("/other/new", "new")
    assert (await api.get(f"{FILES}/{file['id']}")).json["path"] == "/other/new/c/cat.png"
    assert (await api.get(f"{FOLDERS}/a%2Fb")).status == 404


async def test_nothing_moves_before_the_task_has_ended(api: Api, sandbox: Sandbox) -> None:
    folder = await make(api, "old")
    started = (await api.post(f"{FOLDERS}/update/async", {"id": folder["id"], "name": "new"})).json
    sandbox.hold(started["id"])
    before = (await api.get(f"{FOLDERS}/{folder['id']}")).json["name"]
    sandbox.finish(started["id"])

    assert before == "old"
    assert (await api.get(f"{FOLDERS}/{folder['id']}")).json["name"] == "new"


async def test_an_update_that_cannot_be_is_cancelled_with_a_reason(api: Api) -> None:
    top = await make(api, "top")
    below = await make(api, "below", parentFolderId=top["id"])
    await make(api, "taken")

    into_itself = await update(api, id=top["id"], parentFolderId=int(below["id"]))
    onto_another = await update(api, id=top["id"], name="taken")

    for done in (into_itself, onto_another):
        assert done["status"] == "CANCELED"
        assert done["numErrors"] == 1


async def test_a_patch_moves_at_once(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(b"x", folder="/a"))).json
    folder = (await api.get(f"{FOLDERS}/search")).json["results"][0]

    patched = await api("PATCH", f"{FOLDERS}/{folder['id']}", json={"name": "z"})

    assert (patched.status, patched.json["path"]) == (200, "/z")
    assert (await api.get(f"{FILES}/{file['id']}")).json["path"] == "/z/cat.png"


async def test_deleting_takes_everything_below(api: Api) -> None:
    file = (await api("POST", FILES, data=upload(b"x", folder="/a/b"))).json

    assert (await api("DELETE", f"{FOLDERS}/a")).status == 204
    assert (await api.get(f"{FOLDERS}/a%2Fb")).status == 404
    assert (await api.get(f"{FILES}/{file['id']}")).status == 404
    assert (await api.get(f"{FOLDERS}/search")).json == {"results": []}
    await make(api, "a")


async def test_searches(api: Api) -> None:
    top = await make(api, "top")
    for name in ("one", "two"):
        await make(api, name, parentFolderId=top["id"])

    async def names(query: str) -> list[str]:
        return [item["name"] for item in (await api.get(f"{FOLDERS}/search?{query}")).json["results"]]

    assert await names(f"parentFolderIds={top['id']}&sort=-name") == ["two", "one"]
    assert await names("name=on") == ["one"]
    assert await names("path=/top/two") == ["two"]


async def test_a_name_is_taken_once(api: Api) -> None:
    await make(api, "Top")

    assert (await api.post(FOLDERS, {"name": "top"})).status == 409


async def test_zero_is_no_folder(api: Api) -> None:
    answer = await api.get(f"{FOLDERS}/0")

    assert (answer.status, answer.json["message"], answer.json["category"]) == (
        400,
        "id must be > 0",
        "VALIDATION_ERROR",
    )


async def test_ids_are_checked(api: Api) -> None:
    assert "could not be decoded" in (await api.post(f"{FOLDERS}/update/async", {"id": "abc"})).json["message"]
    assert "could not be decoded" in (await api.get(f"{FOLDERS}/update/async/tasks/abc/status")).json["message"]
    assert (await api.get(f"{FOLDERS}/update/async/tasks/AAAAEZ6whGI/status")).status == 404
    assert (await api.post(f"{FOLDERS}/update/async", {"id": "4711"})).status == 404


async def test_2026_09_has_no_background_update(api: Api, contract: Contract) -> None:
    contract.expect_unspecified("/files/2026-09/folders/update/*")
    for method, path in (("POST", "async"), ("GET", "async/tasks/AAAAEZ6whGI/status")):
        answer = await api(method, f"/files/2026-09/folders/update/{path}")
        assert answer.status == 404
        assert answer.headers["Content-Type"].startswith("text/html")
