"""What must be true of a story, and what the run after a kill has done."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hubspot_async import EXPORT, HubSpotSession, RequestBudget, results
from hubspot_async.journal.records import RunRecord
from tests.crash.kills import Kill
from tests.crash.story import FILES, JOBS, Found, Story

Item = dict[str, Any]


async def tell(story: Story, *kills: Kill) -> None:
    """Run and be killed, until the run is over; see that every promise was kept."""
    for kill in kills:
        if not await story.is_over():
            await story.run(kill)
    if not await story.is_over():
        await story.run(restart_unknown=story.restart_unknown)
    story.requests = len(story.sandbox.requests)
    await check(story)


async def check(story: Story) -> None:
    left = left_over(story)
    assert not left, f"left over: {left}"
    run = await story.newest_run()
    assert run is not None
    assert run.closed_at is not None
    assert sorted(f"{job.account}/{job.name}" for job in run.jobs) == sorted(JOBS)
    items = story.items()
    check_starts(story, run, items)
    check_items(story, items)
    check_fetched(story)
    await check_files(story, {item["job"]: item for item in items})


def check_starts(story: Story, run: RunRecord, items: Iterable[Item]) -> None:
    """Every start that HubSpot accepted is a task in the journal, or told as unknown; none was made again unasked."""
    known = {job.task.id for job in run.jobs if job.task}
    unknown = unknown_of(items)
    intents = {job for found in story.found for job, state in found.states.items() if state.startswith("an intent")}
    again = intents if story.restart_unknown else set()
    for job, id in story.accepted():
        assert id in known or job in unknown | again, "a start was forgotten"
    for job, count in Counter(job for job, _ in story.accepted()).items():
        assert count <= 1 + (job in again), "a start was made twice"
    assert unknown <= intents


def check_items(story: Story, items: list[Item]) -> None:
    """Each export has its item, none twice in one process, and none again after it was dealt with."""
    assert {item["job"] for item in items} == set(JOBS), "an item is missing"
    within = Counter((item["process"], item["job"]) for item in items)
    assert set(within.values()) == {1}, "an item was told twice by one process"
    restarted = unknown_of(items) if story.restart_unknown else set()
    for found in story.found:
        later = {item["job"] for item in items[found.items :]}
        told = {job for job, state in found.states.items() if state == "dealt with"}
        assert not later & told - restarted, "an item was told again after it had been dealt with"


def check_fetched(story: Story) -> None:
    """No file that was there after a kill was fetched again."""
    fetched = story.fetched()
    for found in story.found:
        assert {job: fetched[job] for job in found.finished} == found.finished, "a finished file was fetched again"


async def check_files(story: Story, last: dict[str, Item]) -> None:
    """Every file is whole, as HubSpot has it, and there are no others."""
    made = {job: item for job, item in last.items() if "paths" in item}
    there = sorted(str(path.relative_to(story.into)) for path in story.into.rglob("*") if path.is_file())
    assert there == sorted(path for job in made for path in FILES[job]), "files are missing, or too many"
    for job, item in made.items():
        account, _ = job.split("/")
        truth = story.folder / f"truth{Path(FILES[job][0]).suffix}"
        token, url = story.sandbox.account(account).token, story.sandbox.url
        async with HubSpotSession(token, account=account, base_url=url, budget=RequestBudget(1000)) as session:
            saved = await results.download(session, EXPORT.task(item["task"], account=account), truth)
        assert item["sha256"] == saved.sha256
        for one, other in zip(saved.paths, FILES[job], strict=True):
            assert one.read_bytes() == (story.into / other).read_bytes(), f"{job} is not what HubSpot has"
            one.unlink()


def left_over(story: Story) -> list[str]:
    """Name what should have been taken away."""
    kept = {"exports.sqlite", "log", "out"}
    if not story.ended_by_itself:  # killed after its last word: these go with the next use of the journal
        kept |= {f"exports.sqlite-{suffix}" for suffix in ("lock", "shm", "wal")}
    return [
        path.name
        for path in story.folder.rglob("*")
        if path.name.endswith(".part") or (path.parent == story.folder and path.name not in kept)
    ]


def unknown_of(items: Iterable[Item]) -> set[str]:
    return {item["job"] for item in items if item.get("error") == "StartOutcomeUnknownError"}


def deeds(story: Story) -> dict[str, str]:
    """Say what the run after the last kill did about each export, if there was one that went to the end."""
    if not story.found or not story.ended_by_itself or story.restart_unknown:
        return {}
    return {job: _deed(story, story.found[-1], job) for job in JOBS}


def _deed(story: Story, found: Found, job: str) -> str:
    items = [item for item in story.items()[found.items :] if item["job"] == job]
    if not items:
        return "nothing more"
    if unknown_of(items):
        return "told that nobody knows"
    did = []
    if _was_started(story, found, job):
        did.append("started")
    elif _was_watched(story, found, job):
        did.append("watched on")
    if "error" in items[-1]:
        did.append("told its error")
    else:
        did.append("fetched" if story.fetched(found.requests)[job] else "known again by its hash")
    return ", ".join(did)


def _was_started(story: Story, found: Found, job: str) -> bool:
    account, name = job.split("/")
    return any(
        each.operation == "exports.start" and each.account == account and json.loads(each.body)["exportName"] == name
        for each in story.sandbox.requests[found.requests : story.requests]
    )


def _was_watched(story: Story, found: Found, job: str) -> bool:
    ids = [f"/{id}/" for each, id in story.accepted() if each == job]
    looks = story.sandbox.requests[found.requests : story.requests]
    return any(each.operation == "exports.status" and any(id in each.path for id in ids) for each in looks)
