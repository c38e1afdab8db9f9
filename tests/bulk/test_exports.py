"""Exports from their start to their files, on one account and on many."""

import asyncio
import csv
import hashlib
import io
import logging
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import ExportedFile, ExportFailed, HubSpotSession, Journal, ViewExport, WatchObserver, run_exports
from hubspot_async.bulk.allowance import DAY
from hubspot_async.errors import (
    BadRequestError,
    DailyLimitError,
    InputError,
    TaskNotSucceededError,
    TimedOutError,
    UnauthorizedError,
)
from hubspot_async.sandbox import Sandbox
from tests.bulk.boxes import (
    WHOLE,
    accounts,
    all_of,
    an_export,
    asked,
    begun,
    exported,
    hubspot,
    names,
    read,
    some,
    until,
    words,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]


async def test_each_export_becomes_a_file(tmp_path: Path):
    async with hubspot() as (sandbox, session):
        found = await exported(session, some("a", "b", "c"), into=tmp_path / "out")
    assert names(tmp_path) == ["out/a.csv", "out/b.csv", "out/c.csv"]
    for name, item in found.items():
        assert isinstance(item, ExportedFile)
        assert item.session is session
        assert item.path == tmp_path / "out" / f"{name}.csv"
        assert item.path.read_bytes() == WHOLE
        assert item.file.sha256 == hashlib.sha256(WHOLE).hexdigest()
        assert (str(item).startswith(str(item.task)), item.remarks) == (True, ())
    assert asked(sandbox) == 3


async def test_its_jobs_can_be_looked_at(tmp_path: Path):
    async with hubspot() as (_, session), run_exports(session, some("a", "b"), into=tmp_path, in_flight=1) as run:
        assert [job.name for job in run.jobs] == ["a", "b"]
        assert [job.state for job in run.jobs] == ["waiting", "waiting"]
        first = await anext(run)
        (job,) = (job for job in run.jobs if job.name == first.request.export_name)
        assert (job.state, job.task) == ("done", first.task)
        assert (job.bytes, job.total) == (len(WHOLE), len(WHOLE))
        assert len([item async for item in run]) == 1
        assert [job.state for job in run.jobs] == ["done", "done"]


async def test_nothing_to_do_is_done_at_once(tmp_path: Path):
    async with hubspot() as (sandbox, session):
        assert await exported(session, [], into=tmp_path) == {}
        assert await exported({}, into=tmp_path, journal=tmp_path / "j.sqlite") == {}
    assert asked(sandbox) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"downloads": 0},
        {"in_flight": 0},
        {"per_day": 0},
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": float("nan")},
    ],
)
async def test_options_that_cannot_work_are_refused(options: dict[str, Any], tmp_path: Path):
    with pytest.raises(InputError, match=next(iter(options))):
        run_exports(HubSpotSession("pat-x"), [an_export()], into=tmp_path, **options)


async def test_formulas_are_escaped_if_asked(tmp_path: Path):
    async with hubspot() as (sandbox, session):
        sandbox.add_records("CONTACT", [{"email": "=1+1"}])
        await exported(session, some("a"), into=tmp_path / "1", escape_formulas=True)
        await exported(session, some("a"), into=tmp_path / "2")
    assert b"'=1+1" in (tmp_path / "1/a.csv").read_bytes()
    assert b'"=1+1"' in (tmp_path / "2/a.csv").read_bytes()


async def test_large_ones_are_joined_and_sheets_are_numbered(tmp_path: Path):
    async with hubspot(rows_per_file=2, zip_above=10) as (_, session):
        wanted = [an_export("a"), an_export("b", format="XLSX")]
        found = await exported(session, wanted, into=tmp_path, journal=tmp_path / "j.sqlite")
    assert len(list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text())))) == 4
    assert names(tmp_path) == ["a.csv", "b-1.xlsx", "b-2.xlsx", "j.sqlite"]
    assert [path.name for path in found["b"].file.paths] == ["b-1.xlsx", "b-2.xlsx"]


# Many accounts.


async def test_many_accounts_have_a_folder_each(tmp_path: Path):
    async with accounts("acme", "Zebra/2") as (sandbox, acme, zebra):
        sandbox.account("acme").add_records("CONTACT", [{"email": "only@acme.example"}])
        items = await all_of(
            run_exports({acme: some("a", "b"), zebra: some("a")}, into=tmp_path, journal=tmp_path / "j.sqlite")
        )
        again = run_exports({zebra: some("a"), acme: some("a", "b")}, into=tmp_path, journal=tmp_path / "j.sqlite")
        assert len(await all_of(again)) == 3
    assert names(tmp_path) == ["Zebra-2/a.csv", "acme/a.csv", "acme/b.csv", "j.sqlite"]
    assert b"only@acme" in (tmp_path / "acme/a.csv").read_bytes()
    assert (tmp_path / "Zebra-2/a.csv").read_bytes() == WHOLE
    assert {(item.session, item.path.parent.name) for item in items} == {(acme, "acme"), (zebra, "Zebra-2")}
    assert {item.task.account for item in items} == {"acme", "Zebra/2"}


async def test_one_account_in_a_mapping_needs_no_name(tmp_path: Path):
    async with hubspot() as (_, session):
        await exported({session: some("a")}, into=tmp_path)
    assert names(tmp_path) == ["a.csv"]


async def test_accounts_that_cannot_be_told_apart_are_refused(tmp_path: Path):
    sessions = {HubSpotSession("pat-x"): some("a"), HubSpotSession("pat-y", account="y"): some("a")}
    with pytest.raises(InputError, match="account="):
        run_exports(sessions, into=tmp_path)


# So many at a time.


def most_at_once(sandbox: Sandbox, account: str) -> int:
    """The most tasks of an account that had been asked for and had not ended at any moment."""
    tasks = [task for task in sandbox.tasks if task.account == account]
    return max(sum(task.requested <= at < task.ended for task in tasks) for at in (task.requested for task in tasks))


@pytest.mark.parametrize("in_flight", [1, 2, 5])
async def test_each_account_has_so_many_in_flight(in_flight: int, tmp_path: Path):
    async with accounts("a", "b", task_seconds=math.inf) as (sandbox, one, other):
        wanted = [an_export(f"{number}") for number in range(6)]
        async with run_exports({one: wanted, other: wanted[:4]}, into=tmp_path, in_flight=in_flight) as run:
            await until(lambda: len(sandbox.tasks) == in_flight + min(in_flight, 4))
            await asyncio.sleep(0.05)
            for left in range(10, 0, -1):
                sandbox.finish(sandbox.tasks[10 - left].id)
                assert isinstance(await anext(run), ExportedFile)
    assert len(sandbox.tasks) == 10
    assert most_at_once(sandbox, "a") == in_flight
    assert most_at_once(sandbox, "b") == min(in_flight, 4)


async def test_those_under_way_from_before_count(tmp_path: Path):
    async with hubspot(math.inf) as (sandbox, session):
        async with run_exports(session, some("a", "b"), into=tmp_path, journal=tmp_path / "j") as run:
            await until(lambda: all(job.task for job in run.jobs))
        wanted = some("c", "d", "b", "a")
        async with run_exports(session, wanted, into=tmp_path, journal=tmp_path / "j", in_flight=2) as run:
            await asyncio.sleep(0.1)
            assert [job.state for job in run.jobs] == ["waiting", "waiting", "PENDING", "PENDING"]
            for number in range(4):
                sandbox.finish(sandbox.tasks[number].id)
                assert isinstance(await anext(run), ExportedFile)


async def test_so_many_downloads_come_at_once(tmp_path: Path):
    at_work, most = 0, 0

    async def slow(request: Any) -> Any:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.05)
        at_work -= 1
        return await truth(request)

    async with accounts("a", "b", task_seconds=0) as (sandbox, one, other):
        truth = _answered_by(sandbox)
        sandbox.fail("downloads.export", answer=slow, times=None)
        wanted = some("1", "2", "3", "4")
        items = await all_of(run_exports({one: wanted, other: wanted}, into=tmp_path, downloads=3, in_flight=8))
    assert set(words(items).values()) == {"ok"}
    assert most == 3


def _answered_by(sandbox: Sandbox) -> Any:
    """What the sandbox would have answered to a download."""
    from hubspot_async.sandbox.downloads import export_file

    return lambda request: export_file(request, sandbox._world)


# So many a day.


async def test_what_the_day_has_no_room_for_waits_and_says_how_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    now = datetime.now(UTC)
    async with hubspot(0) as (sandbox, session), Journal.open(tmp_path / "j.sqlite") as journal:
        journal._wall = lambda: now.timestamp()  # noqa: PLW0108 - the time goes on
        monkeypatch.setattr("hubspot_async.bulk.day.LONGEST_SLEEP", 0.05)  # clocks may be set
        await exported(session, some("x"), into=tmp_path, journal=journal)
        now += timedelta(hours=20)
        with caplog.at_level(logging.WARNING, "hubspot_async.bulk"):
            run = run_exports(session, some("a", "b", "c"), into=tmp_path, journal=journal, per_day=2)
            async with run:
                assert (await anext(run)).request.export_name == "a"
                waits = [job.starts_at and job.starts_at - now for job in run.jobs]
                assert waits == [None, timedelta(hours=4), DAY]
                assert "2 of 3 exports have to wait, since 2 are started in 24 hours" in caplog.text
                first, last = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (now + timedelta(hours=4), now + DAY))
                assert f"the first until {first}, the last until {last}" in caplog.text
                await asyncio.sleep(0.1)
                assert asked(sandbox) == 2
                assert [job.state for job in run.jobs] == ["done", "waiting", "waiting"]
                now += timedelta(hours=4)
                assert (await anext(run)).request.export_name == "b"
                assert [job.starts_at for job in run.jobs[:2]] == [None, None]
                await asyncio.sleep(0.1)
                assert asked(sandbox) == 3
                now += timedelta(hours=20)
                assert (await anext(run)).request.export_name == "c"


async def test_starts_of_other_accounts_and_refused_ones_do_not_count(tmp_path: Path):
    async with accounts("a", "b", task_seconds=0) as (sandbox, one, other):
        sandbox.fail("exports.start", status=400, account="a", times=2)
        wanted = some("1", "2", "3", "4")
        options: dict[str, Any] = {"into": tmp_path, "journal": tmp_path / "j.sqlite", "per_day": 2}
        assert len(await all_of(run_exports({one: wanted, other: wanted[:2]}, **options))) == 6
        assert len((await read(tmp_path / "j.sqlite"))[0].jobs) == 6
        async with run_exports({one: some("5"), other: []}, **options) as run:
            await asyncio.sleep(0.05)
            assert run.jobs[0].starts_at is not None
    assert [task.account for task in sandbox.tasks] == ["a", "b", "a", "b"] or len(sandbox.tasks) == 4


async def test_the_default_is_what_hubspot_allows(tmp_path: Path):
    async with hubspot(0, exports_per_day=30) as (sandbox, session):
        wanted = [an_export(f"{number}") for number in range(32)]
        async with run_exports(session, wanted, into=tmp_path) as run:
            for _ in range(30):
                assert isinstance(await anext(run), ExportedFile)
            assert [job.starts_at is not None for job in run.jobs] == [False] * 30 + [True] * 2
        found = await exported(session, some("another"), into=tmp_path, per_day=None)
    assert asked(sandbox) == 31
    assert isinstance(found["another"].error, DailyLimitError)  # fault 83: told, and not tried again


# One bad export never stops the others.


BAD = ViewExport("CONTACT", ["no_such_property"], export_name="bad")


async def test_a_refused_one(tmp_path: Path):
    async with hubspot() as (_, session):
        found = await exported(session, [BAD, *some("a", "b")], into=tmp_path, in_flight=1)
    bad = found.pop("bad")
    assert isinstance(bad, ExportFailed)
    assert isinstance(bad.error, BadRequestError)
    assert (bad.task, bad.session, bad.request) == (None, session, BAD)
    assert str(bad).startswith("bad: 400")
    assert words(found.values()) == {"a": "ok", "b": "ok"}


@pytest.mark.parametrize(("outcome", "said"), [("CANCELED", "CANCELED"), ("FAILED", "its state FAILED")])
async def test_one_that_ends_badly(outcome: str, said: str, tmp_path: Path):
    async with hubspot(math.inf) as (sandbox, session), run_exports(session, some("bad", "a"), into=tmp_path) as run:
        await until(lambda: run.jobs[0].task and run.jobs[1].task)
        sandbox.finish(run.jobs[0].task.id, outcome)
        sandbox.finish(run.jobs[1].task.id)
        items = [item async for item in run]
    assert words(items) == {"bad": "TaskNotSucceededError", "a": "ok"}
    (bad,) = (item for item in items if isinstance(item, ExportFailed))
    assert isinstance(bad.error, TaskNotSucceededError)
    assert said in str(bad.error)
    assert bad.task is not None
    assert str(bad.task) in str(bad)


async def test_one_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hubspot_async.watching.rules.GRACE", 0.05)
    async with hubspot(math.inf) as (sandbox, session), run_exports(session, some("bad", "a"), into=tmp_path) as run:
        await until(lambda: run.jobs[0].task and run.jobs[1].task)
        del sandbox._world.tasks[run.jobs[0].task.id]
        sandbox.finish()
        items = [item async for item in run]
    assert words(items) == {"bad": "ForbiddenError", "a": "ok"}  # HubSpot's word for an export that it does not know


async def test_one_that_takes_too_long(tmp_path: Path):
    async with (
        hubspot(math.inf) as (sandbox, session),
        run_exports(session, some("bad", "a"), into=tmp_path, timeout=0.8) as run,
    ):
        await until(lambda: run.jobs[1].task)
        sandbox.finish(run.jobs[1].task.id)
        items = [item async for item in run]
    assert words(items) == {"bad": "TimedOutError", "a": "ok"}
    (bad,) = (item for item in items if isinstance(item, ExportFailed))
    assert isinstance(bad.error, TimedOutError)
    assert "0.8 s" in str(bad.error)


async def test_an_account_whose_token_is_dead(tmp_path: Path):
    async with accounts("good", "dead") as (sandbox, good, dead):
        sandbox.expire(sandbox.account("dead").token)
        items = await all_of(run_exports({dead: some("a", "b"), good: some("a", "b")}, into=tmp_path))
    failed = [item for item in items if isinstance(item, ExportFailed)]
    assert {item.session for item in failed} == {dead}
    assert len(failed) == 2
    assert all(isinstance(item.error, UnauthorizedError) for item in failed)
    assert names(tmp_path) == ["good/a.csv", "good/b.csv"]


async def test_an_account_whose_token_dies_meanwhile(tmp_path: Path):
    async with (
        accounts("good", "dead", task_seconds=math.inf) as (sandbox, good, dead),
        run_exports({dead: some("a"), good: some("a")}, into=tmp_path) as run,
    ):
        await until(lambda: all(job.task for job in run.jobs))
        sandbox.expire(sandbox.account("dead").token)
        sandbox.finish()
        items = [item async for item in run]
    assert {(item.session, type(item)) for item in items} == {(good, ExportedFile), (dead, ExportFailed)}


async def test_one_whose_file_cannot_be_had(tmp_path: Path):
    async with hubspot() as (sandbox, session):
        sandbox.fail("downloads.export", status=404, times=2)
        items = await all_of(run_exports(session, some("bad", "a"), into=tmp_path, in_flight=1, downloads=1))
    assert words(items) == {"bad": "DownloadError", "a": "ok"}
    assert names(tmp_path) == ["a.csv"]


async def test_one_that_is_complete_with_errors_says_so(tmp_path: Path):
    async with hubspot(math.inf) as (sandbox, session), run_exports(session, some("a"), into=tmp_path) as run:
        await until(lambda: run.jobs[0].task)
        empty: dict[str, Any] = {"subCategory": {}, "context": {}, "links": {}, "errors": []}
        problem = {"status": "error", "id": "7", "category": "X", "message": "3 cells could not be read", **empty}
        sandbox.finish(errors=[problem])
        (item,) = [item async for item in run]
    assert item.remarks == ("3 cells could not be read",)


# Names and what is in the way.


@pytest.mark.parametrize(
    "wanted",
    [
        some("people", "people"),
        some("people", "PEOPLE"),
        some("a/b", "a-b"),
        [ViewExport("CONTACT", ["email"]), ViewExport("CONTACT", ["email"])],  # two with the name they get by default
        [an_export("p", format="XLSX"), an_export("p-2", format="XLSX")],
    ],
)
async def test_names_that_clash_are_refused_before_the_first_start(wanted: list[ViewExport], tmp_path: Path):
    async with hubspot() as (sandbox, session):
        for journal in (None, tmp_path / "j.sqlite"):
            with pytest.raises(InputError, match=r"another name|name of its own"):
                await exported(session, wanted, into=tmp_path / "out", journal=journal)
    assert asked(sandbox, "*") == 0
    assert sandbox.requests == []
    assert await read(tmp_path / "j.sqlite") == []
    assert not (tmp_path / "out").exists()


async def test_a_file_in_the_way_is_refused_before_the_first_start_unless_it_may_go(tmp_path: Path):
    (tmp_path / "b.csv").write_text("mine")
    async with hubspot() as (sandbox, session):
        for journal in (None, tmp_path / "j.sqlite"):
            with pytest.raises(InputError, match=r"b\.csv exists"):
                await exported(session, some("a", "b"), into=tmp_path, journal=journal)
        assert sandbox.requests == []
        assert (tmp_path / "b.csv").read_text() == "mine"
        await exported(session, some("a", "b"), into=tmp_path, overwrite=True)
    assert (tmp_path / "b.csv").read_bytes() == WHOLE


@pytest.mark.parametrize("format", ["CSV", "XLSX"])
async def test_a_file_that_comes_in_between_fails_its_export_only(format: str, tmp_path: Path):
    async with hubspot(rows_per_file=2) as (_sandbox, session):
        wanted = [an_export("a", format=format), an_export("b")]
        async with run_exports(session, wanted, into=tmp_path, journal=tmp_path / "j.sqlite") as run:
            name = "a.csv" if format == "CSV" else "a-2.xlsx"
            (tmp_path / name).write_text("mine")
            items = [item async for item in run]
    assert words(items) == {"a": "InputError", "b": "ok"}
    assert names(tmp_path) == sorted([name, "b.csv", "j.sqlite"])
    assert (tmp_path / name).read_text() == "mine"


async def test_a_file_that_comes_at_the_last_moment_fails_its_export_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with hubspot() as (_, session), Journal.open(tmp_path / "j.sqlite") as journal:
        finishing = journal.finishing

        async def and_then(job: Any, said: Any) -> Any:
            if job.name == "a":
                (tmp_path / "a.csv").write_text("mine")
            return await finishing(job, said)

        monkeypatch.setattr(journal, "finishing", and_then)
        found = await exported(session, some("a", "b"), into=tmp_path, journal=journal)
    assert words(found.values()) == {"a": "InputError", "b": "ok"}
    assert (tmp_path / "a.csv").read_text() == "mine"


# One journal, night after night.


async def test_a_nightly_job_exports_every_night_and_replaces_its_own_files(tmp_path: Path):
    async with hubspot() as (sandbox, session):
        options: dict[str, Any] = {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}
        for night in (1, 2, 3):
            sandbox.add_records("CONTACT", [{"email": f"night{night}@example.com"}])
            run = run_exports(session, some("a", "b"), **options)
            assert words(await all_of(run)) == {"a": "ok", "b": "ok"}
            assert run.earlier == ()
            assert begun(sandbox) == {"a": night, "b": night}
            assert f"night{night}".encode() in (tmp_path / "out/a.csv").read_bytes()
        assert names(tmp_path / "out") == ["a.csv", "b.csv"]
        (tmp_path / "out/c.csv").write_text("mine")
        with pytest.raises(InputError, match=r"c\.csv exists"):
            await exported(session, some("a", "b", "c"), **options)
    assert [len(run.jobs) for run in await read(tmp_path / "j.sqlite")] == [2, 2, 2]


async def test_what_a_run_never_made_is_not_replaced(tmp_path: Path):
    async with hubspot() as (_, session):
        options: dict[str, Any] = {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}
        await exported(session, [BAD], **options)
        (tmp_path / "out/bad.csv").write_text("mine")
        with pytest.raises(InputError, match=r"bad\.csv exists"):
            await exported(session, [BAD], **options)


async def test_sheets_of_the_night_before_do_not_stay_beside_those_of_this_one(tmp_path: Path):
    async with hubspot(rows_per_file=2) as (sandbox, session):
        wanted = [an_export("a", format="XLSX")]
        options: dict[str, Any] = {"into": tmp_path / "out", "journal": tmp_path / "j.sqlite"}
        (tmp_path / "out").mkdir()
        (tmp_path / "out/a-9.xlsx").write_text("mine")
        await exported(session, wanted, **options)
        assert names(tmp_path / "out") == ["a-1.xlsx", "a-2.xlsx", "a-9.xlsx"]
        sandbox.add_records("CONTACT", [{"email": f"{number}@example.com"} for number in range(2)])
        await exported(session, wanted, **options)
        assert names(tmp_path / "out") == ["a-1.xlsx", "a-2.xlsx", "a-3.xlsx", "a-9.xlsx"]
        sandbox._world.options = replace(sandbox._world.options, rows_per_file=100)
        await exported(session, wanted, **options)
    assert names(tmp_path / "out") == ["a-9.xlsx", "a.xlsx"]


async def test_runs_without_a_journal_know_nothing_of_one_another(tmp_path: Path):
    async with hubspot() as (_, session):
        await exported(session, some("a"), into=tmp_path)
        with pytest.raises(InputError, match="overwrite"):
            await exported(session, some("a"), into=tmp_path)


async def test_two_runs_of_one_open_journal_do_not_mix(tmp_path: Path):
    async with hubspot() as (_, session), Journal.open(tmp_path / "j.sqlite") as journal:
        found = await asyncio.gather(
            *(exported(session, some(name), into=tmp_path, journal=journal) for name in "abcdef")
        )
        runs = await journal.runs()
    assert [list(each) for each in found] == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
    assert sorted(job.name for run in runs for job in run.jobs) == list("abcdef")
    assert len(runs) == 6


async def test_each_step_of_a_job_is_told(tmp_path: Path):
    told: list[tuple[str, str]] = []
    async with hubspot() as (_, session):
        await all_of(
            run_exports(session, some("a"), into=tmp_path, progress=lambda job: told.append((job.name, job.state)))
        )
    states = [state for name, state in dict.fromkeys(told)]
    assert {name for name, _ in told} == {"a"}
    assert states[0] == "starting"
    assert states[-2:] == ["COMPLETE", "done"]


async def test_the_bytes_of_a_file_are_told(tmp_path: Path):
    told: list[tuple[int, int | None]] = []
    async with hubspot() as (_, session):
        await all_of(
            run_exports(session, some("a"), into=tmp_path, progress=lambda job: told.append((job.bytes, job.total)))
        )
    assert told[0] == (0, None)
    assert told[-1] == (len(WHOLE), len(WHOLE))


async def test_a_mistake_in_progress_harms_no_job(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def progress(_job: Any) -> None:
        raise KeyError("mine")

    async with hubspot() as (_, session):
        found = await exported(session, some("a"), into=tmp_path, progress=progress)
    assert words(found.values()) == {"a": "ok"}
    assert "progress= failed for a" in caplog.text


async def test_an_observer_hears_of_the_looks_and_a_screen_can_count_down(tmp_path: Path):
    class Heard(WatchObserver):
        def __init__(self) -> None:
            self.names: list[str] = []

        def looked(self, *_: Any) -> None:
            self.names.append("looked")

        def ended(self, *_: Any) -> None:
            self.names.append("ended")

    heard = Heard()
    async with hubspot() as (_, session):
        async with run_exports(session, some("a"), into=tmp_path, observer=heard) as run:
            assert run.next_look(run.jobs[0]) is None
            await until(lambda: run.jobs[0].task)
            await until(lambda: run.next_look(run.jobs[0]) is not None)
            await anext(run)
            assert run.next_look(run.jobs[0]) is None
        assert run.next_look(run.jobs[0]) is None
    assert heard.names[-1] == "ended"
    assert "looked" in heard.names
