"""Folders at the sandbox: made, found, moved at once, deleted."""

import pytest

from hubspot_async import FileUpload, FolderInput, FolderSearch, HubSpotSession, files, folders
from hubspot_async.errors import InputError, NotFoundError
from hubspot_async.models.folders import Folder
from hubspot_async.sandbox import Sandbox

pytestmark = pytest.mark.asyncio


async def tree(session: HubSpotSession) -> tuple[Folder, Folder, Folder]:
    """A folder, one below it, and one below that."""
    top = await folders.create(session, FolderInput("top"))
    below = await folders.create(session, FolderInput("below", parent_folder_id=top.id))
    return top, below, await folders.create(session, FolderInput("2024", parent_path="/top/below"))


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
async def test_a_folder_is_found_by_id_and_by_path(at_sandbox: HubSpotSession, version: str):
    top, below, deepest = await tree(at_sandbox)
    assert (deepest.path, deepest.parent_folder_id) == ("/top/below/2024", below.id)
    assert await folders.get(at_sandbox, below.id) == below == await folders.get(at_sandbox, int(below.id))
    for path in ("/top/below", "top/below", "top/below/"):
        assert await folders.get(at_sandbox, path) == below
    assert await folders.get(at_sandbox, "top") == top
    assert (await folders.get(at_sandbox, top.id, properties=["name"])).path is None


async def test_a_name_of_digits_is_a_path_if_a_slash_says_so(at_sandbox: HubSpotSession):
    year = await folders.create(at_sandbox, FolderInput("2024"))
    assert await folders.get(at_sandbox, "/2024") == year
    with pytest.raises(NotFoundError):
        await folders.get(at_sandbox, "2024")


async def test_a_folder_is_renamed_and_moved_at_once(at_sandbox: HubSpotSession):
    _, below, deepest = await tree(at_sandbox)
    file = await files.upload(at_sandbox, FileUpload(b"x", folder_id=deepest.id, name="a.txt"))
    other = await folders.create(at_sandbox, FolderInput("other"))
    assert (await folders.rename(at_sandbox, below.id, "new")).path == "/top/new"
    assert (await folders.move(at_sandbox, below.id, other.id)).path == "/other/new"
    assert (await folders.move(at_sandbox, int(below.id), int(other.id), name="newest")).path == "/other/newest"
    assert (await files.get(at_sandbox, file.id)).path == "/other/newest/2024/a.txt"


@pytest.mark.parametrize("by", ["id", "path", "word"])
async def test_a_folder_is_deleted_with_all_in_it(at_sandbox: HubSpotSession, by: str):
    top, below, _ = await tree(at_sandbox)
    await folders.delete(at_sandbox, {"id": top.id, "path": "/top", "word": "top"}[by])
    with pytest.raises(NotFoundError):
        await folders.get(at_sandbox, below.id)


async def test_folders_are_searched(at_sandbox: HubSpotSession, sandbox: Sandbox):
    top, below, deepest = await tree(at_sandbox)

    async def names(search: FolderSearch | None = None) -> list[str | None]:
        return [folder.name async for folder in folders.iter_search(at_sandbox, search)]

    assert await names() == ["top", "below", "2024"]
    assert await names(FolderSearch(name="elo")) == ["below"]
    assert await names(FolderSearch(parent_folder_ids=top.id)) == ["below"]
    assert await names(FolderSearch(ids=[top.id, deepest.id], sort=["-name"])) == ["top", "2024"]
    assert await names(FolderSearch(path="/top/below", id_gte=below.id)) == ["below"]


@pytest.mark.parametrize("folder", ["/", "", "..", "a\nb"])
async def test_a_path_that_is_none_goes_nowhere(at_sandbox: HubSpotSession, sandbox: Sandbox, folder: str):
    with pytest.raises(InputError, match="cannot be part of a path"):
        await folders.get(at_sandbox, folder)
    assert sandbox.requests == []


async def test_the_first_line_of_update_points_to_what_answers_at_once():
    assert folders.update.__doc__
    first_line = folders.update.__doc__.splitlines()[0]
    assert "`rename`" in first_line
    assert "`move`" in first_line
