"""A fifth kind of task, made with nothing that is not open to everyone."""

import pytest

from hubspot_async import HubSpotSession, HubSpotTask, StatusChange, TaskGroupWatcher, ViewExport, exports, source_code
from hubspot_async.endpoints.source_code import EXTRACT, FileExtractRequest
from hubspot_async.errors import InputError, UnknownTaskKindError


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-03", "2026-09"])
async def test_a_zip_is_unpacked_in_every_version(at_sandbox: HubSpotSession, version: str):
    task = await source_code.extract(at_sandbox, FileExtractRequest("/site.zip"))
    assert (task.kind, task.version, task.account) == (EXTRACT, version, "acme")
    assert (await source_code.get_extract_status(at_sandbox, task)).result is None


@pytest.mark.asyncio
async def test_it_is_watched_with_the_others(at_sandbox: HubSpotSession):
    ended = set()
    async with TaskGroupWatcher(at_sandbox) as watcher:
        watcher.add(await source_code.extract(at_sandbox, FileExtractRequest("/site.zip")))
        watcher.add(await exports.start(at_sandbox, ViewExport("CONTACT", ["email"])))
        async for event in watcher:
            assert isinstance(event, StatusChange)
            if event.is_final:
                ended.add((event.task.kind.name, event.succeeded))
    assert ended == {("source-code-extract", True), ("export", True)}


def test_it_is_taken_up_again_by_who_knows_the_kind():
    task = source_code.task("7", account="acme")
    assert HubSpotTask.from_json(task.to_json(), kinds=[EXTRACT]) == task
    with pytest.raises(UnknownTaskKindError, match="'source-code-extract'"):
        HubSpotTask.from_json(task.to_json())


def test_a_path_is_needed():
    with pytest.raises(InputError, match=r"FileExtractRequest\.path must be a non-empty string"):
        FileExtractRequest(" ")
