"""Leaving a run before its end, in every way there is, and going on by the next call."""

import asyncio
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import ExportedFile, Journal, run_exports
from hubspot_async.errors import HubSpotError, WatcherClosedError
from hubspot_async.sandbox import Sandbox
from tests.bulk.boxes import (
    WHOLE,
    Finished,
    an_export,
    asked,
    begun,
    boxed,
    exported,
    hubspot,
    names,
    of,
    read,
    some,
    until,
    words,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]

ALL = some("a", "b", "c", "d")


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}


def is_over(sandbox: Sandbox, options: dict[str, Any]) -> None:
    """See that each was exported once, and lies there whole, alone."""
    assert begun(sandbox) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert names(options["into"]) == ["a.csv", "b.csv", "c.csv", "d.csv"]
    assert {path.read_bytes() for path in options["into"].iterdir()} == {WHOLE}


async def test_a_break_is_gone_on_from_and_the_item_in_hand_is_done_with(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        seen, finished = [], Finished(sandbox, options["into"])
        for turn in range(5):
            async with run_exports(session, ALL, **options) as run:
                assert len(run.earlier) == turn % 4
                async for item in run:
                    seen.append(item.request.export_name)
                    break
            finished.note()
            if turn == 3:
                is_over(sandbox, options)
                finished = Finished(sandbox, options["into"])
        assert len(set(seen[:4])) == 4
        assert len(seen) == 5  # the fifth is of a new run
    assert len(await read(options["journal"])) == 2


async def test_an_exception_of_the_body_comes_out_as_it_is_and_its_item_again(options: dict[str, Any]):
    boom, seen = LookupError("mine"), []

    async def body() -> None:
        async with run_exports(session, ALL, **options) as run:
            seen.extend([await anext(run), await anext(run)])
            raise boom

    async with hubspot() as (sandbox, session):
        with pytest.raises(LookupError) as caught:
            await body()
        finished = Finished(sandbox, options["into"])
        finished.note()
        assert caught.value is boom
        first, second = seen
        async with run_exports(session, ALL, **options) as run:
            assert [job.name for job in run.earlier] == [first.request.export_name]
            rest = {item.request.export_name: item async for item in run}
        assert set(rest) == {"a", "b", "c", "d"} - {first.request.export_name}
        assert rest[second.request.export_name] == second
        is_over(sandbox, options)
        finished.check()


async def test_leaving_without_a_look_at_it(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        async with run_exports(session, ALL, **options):
            pass
        async with run_exports(session, ALL, **options):
            await asyncio.sleep(0.1)
        finished = Finished(sandbox, options["into"])
        finished.note()
        assert words((await exported(session, ALL, **options)).values()) == dict.fromkeys("abcd", "ok")
        is_over(sandbox, options)
        finished.check()


async def test_a_timeout_around_it_is_one_timeout(options: dict[str, Any]):
    async def body() -> None:
        async with asyncio.timeout(0.2), run_exports(session, ALL, **options) as run:
            async for _ in run:
                await asyncio.sleep(60)

    async with hubspot() as (sandbox, session):
        with pytest.raises(TimeoutError):
            await body()
        assert len(await exported(session, ALL, **options)) == 4
        is_over(sandbox, options)


@pytest.mark.slow
async def test_fault_119_a_cancel_at_any_moment_loses_nothing(tmp_path: Path):
    dice = random.Random(1)
    async with hubspot(0.01) as (sandbox, session):
        for story in range(6):
            options: dict[str, Any] = {"into": tmp_path / f"{story}", "journal": tmp_path / f"{story}.sqlite"}
            seen: Counter[str] = Counter()

            async def take(options: dict[str, Any], seen: Counter[str]) -> None:
                async with run_exports(session, ALL[:3], **options) as run:
                    within: list[str] = []
                    async for item in run:
                        within.append(item.request.export_name)
                        seen[item.request.export_name] += isinstance(item, ExportedFile)
                    assert len(within) == len(set(within))

            for _ in range(3):
                taking = asyncio.create_task(take(options, seen))
                await asyncio.sleep(dice.uniform(0, 0.12))
                taking.cancel()
                with suppress(asyncio.CancelledError):
                    await taking
            await take(options, seen)
            assert seen.keys() == {"a", "b", "c"}
            assert names(options["into"]) == ["a.csv", "b.csv", "c.csv"]
            runs = [run for run in await read(options["journal"]) if run.jobs]
            assert all(run.closed_at for run in runs)
            assert begun(sandbox) == dict.fromkeys("abc", len(runs))
            sandbox._world.tasks.clear()


async def test_a_file_that_has_its_name_but_no_word_of_it_is_known_again(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    async with hubspot() as (sandbox, session):
        async with Journal.open(options["journal"]) as journal:
            named = asyncio.Event()

            async def stop(*_: object) -> Any:
                named.set()
                await asyncio.sleep(60)

            monkeypatch.setattr(journal, "ended", stop)
            async with run_exports(session, some("a"), into=options["into"], journal=journal):
                await named.wait()
            ((job,),) = [run.jobs for run in await journal.runs()]
            assert (job.outcome, job.said["bytes"]) == (None, len(WHOLE))
        before = len(sandbox.requests)
        found = await exported(session, some("a"), **options)
        assert words(found.values()) == {"a": "ok"}
        assert len(sandbox.requests) == before
        assert (await read(options["journal"]))[0].closed_at is not None


async def test_what_is_found_again_is_equal_to_what_was_made(options: dict[str, Any]):
    async with hubspot(rows_per_file=2) as (sandbox, session):
        wanted = [an_export("a"), an_export("b", format="XLSX")]
        made = {}
        with suppress(LookupError):
            async with run_exports(session, wanted, **options) as run:
                async for item in run:
                    made[item.request.export_name] = item
                    if len(made) == 2:
                        raise LookupError
        (again,) = (await exported(session, wanted, **options)).values()
        assert again == made[again.request.export_name]
        assert asked(sandbox, "downloads.export") == 2


@pytest.mark.parametrize("damage", ["gone", "changed", "moved", "elsewhere"])
async def test_a_file_that_is_not_what_it_was_is_fetched_again(damage: str, options: dict[str, Any], tmp_path: Path):
    async with hubspot() as (sandbox, session):
        with suppress(LookupError):
            async with run_exports(session, some("a"), **options) as run:
                (item,) = [await anext(run)]
                raise LookupError
        match damage:
            case "gone":
                item.path.unlink()
            case "changed":
                item.path.write_bytes(WHOLE + b"!")
            case "moved":
                item.path.rename(item.path.with_name("b.csv"))
            case _:
                options["into"] = tmp_path / "elsewhere"
        (again,) = (await exported(session, some("a"), **options)).values()
        assert again.path == options["into"] / "a.csv"
        assert again.path.read_bytes() == WHOLE
        assert begun(sandbox) == {"a": 1}
        assert asked(sandbox, "downloads.export") == 2


async def test_requests_may_come_in_another_order_and_more_of_them(options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        async with run_exports(session, ALL[:2], **options) as run:
            first = (await anext(run)).request.export_name
        finished = Finished(sandbox, options["into"])
        finished.note()
        found = await exported(session, ALL[::-1], **options)
        assert set(found) == {"a", "b", "c", "d"} - {first}
        is_over(sandbox, options)
        finished.check()
    assert len(await read(options["journal"])) == 1


# Outside of its block, and with two who want the next item.


async def test_outside_of_its_block_it_says_so(options: dict[str, Any]):
    async with hubspot() as (_, session):
        run = run_exports(session, ALL, **options)
        with pytest.raises(WatcherClosedError, match="async with"):
            await anext(run)
        async with run:
            assert await anext(run)
        with pytest.raises(WatcherClosedError, match="async with"):
            await anext(run)
        with pytest.raises(WatcherClosedError, match="once"):
            async with run:
                pass


async def test_who_waits_for_an_item_hears_that_the_run_is_left(options: dict[str, Any]):
    async with hubspot(60) as (_, session):
        async with run_exports(session, ALL, **options) as run:
            waiting = asyncio.create_task(anext(run))
            await asyncio.sleep(0.05)
            with pytest.raises(HubSpotError, match="already"):
                await anext(run)
        with pytest.raises(WatcherClosedError):
            await waiting


async def test_what_was_refused_can_be_entered_by_nobody(options: dict[str, Any], tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.csv").write_text("mine")
    async with hubspot() as (_, session):
        run = run_exports(session, ALL, **options)
        with pytest.raises(HubSpotError, match="exists"):
            await run.__aenter__()
        with pytest.raises(WatcherClosedError):
            await anext(run)


# A process of its own, interrupted.


CHILD = """
import asyncio, sys
from functools import partial
from hubspot_async import HubSpotSession, ViewExport, run_exports
from hubspot_async.bulk import run as running
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.watcher import TaskGroupWatcher

running.TaskGroupWatcher = partial(TaskGroupWatcher, backoff=Constant(0.02))
token, url, folder = sys.argv[1:]

async def main():
    wanted = [ViewExport("CONTACT", ["email"], export_name=name) for name in "abcd"]
    async with HubSpotSession(token, base_url=url) as session:
        async with run_exports(session, wanted, into=folder + "/out", journal=folder + "/j.sqlite", in_flight=1) as run:
            async for item in run:
                print(item.request.export_name, flush=True)

asyncio.run(main())
"""


async def interrupted(sandbox: Sandbox, folder: Path, at_work: Any) -> tuple[float, list[str], str]:
    """Run a child until it is at work, interrupt it, and tell how long it took to end and what it said."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-c", CHILD, sandbox.token, sandbox.url, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await until(at_work, 20)
    child.send_signal(signal.SIGINT)
    began = asyncio.get_running_loop().time()
    output, errors = await asyncio.wait_for(child.communicate(), 5)
    return asyncio.get_running_loop().time() - began, output.decode().split(), errors.decode()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
@pytest.mark.parametrize("moment", ["starting", "watching", "fetching"])
async def test_fault_133_and_142_an_interrupt_ends_it_within_two_seconds(
    moment: str, options: dict[str, Any], tmp_path: Path
):
    async with boxed() as sandbox, of(sandbox) as session:
        match moment:
            case "starting":
                sandbox.fail("exports.start", delay=0.5, after=1)
                at_work = lambda: len(sandbox.tasks) == 2  # noqa: E731
            case "watching":
                sandbox.fail("exports.status", delay=60, times=None, after=3)
                at_work = lambda: asked(sandbox, "exports.status") > 3  # noqa: E731
            case _:
                sandbox.fail("downloads.export", delay=60, after=1)
                at_work = lambda: asked(sandbox, "downloads.export") == 2  # noqa: E731
        took, told, errors = await interrupted(sandbox, tmp_path, at_work)
        assert took < 2
        assert errors.splitlines()[-1] == "KeyboardInterrupt"
        assert "Warning" not in errors
        assert sandbox.token not in errors
        finished = Finished(sandbox, options["into"])
        finished.note()
        (run,) = await read(options["journal"])
        known = {job.task.id for job in run.jobs if job.task}
        assert known == {task.id for task in sandbox.tasks}
        assert not any(job.is_unknown for job in run.jobs)
        sandbox.heal()
        rest = await exported(session, ALL, **options)
        assert words(rest.values()).items() <= dict.fromkeys("abcd", "ok").items()
        assert {*told, *rest} == {"a", "b", "c", "d"}
        is_over(sandbox, options)
        finished.check()
