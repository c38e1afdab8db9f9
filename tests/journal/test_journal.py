"""What is written down comes back, and what is over for long does not."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_async import HubSpotSession
from hubspot_async.endpoints.source_code import EXTRACT
from hubspot_async.errors import InputError, JournalError, UnknownTaskKindError
from hubspot_async.journal import JobRecord, Journal, Outcome
from hubspot_async.journal.journal import KEPT, LONGEST_WORD
from hubspot_async.tasks import EXPORT, IMPORT, KINDS
from tests.journal.books import JOB, TASK, begin, jobs_of, names, note, read, tamper, write

pytestmark = pytest.mark.asyncio

HALF = "\udcff"
"""What a letter becomes that is none, as in a file's name that the disk holds in another encoding."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exports.sqlite"


# Tasks.


async def test_a_task_comes_back_as_it_was(path: Path):
    began = datetime(2026, 3, 30, 10, 0, 0, 123456, tzinfo=UTC)
    tasks = [kind.task(f"{kind.name}/é ?#%2F", account="acme", started_at=began) for kind in KINDS]
    await write(path, *map(note, tasks), note(EXPORT.task("1", version="v3")))
    before = datetime.now(UTC)
    found = await read(path)
    assert {record.task for record in found} == {*tasks, EXPORT.task("1")}
    assert {record.task.started_at for record in found} == {began, None}
    assert {record.task.version for record in found if record.task.id == "1"} == {"v3"}
    assert all(before - timedelta(seconds=10) < record.added_at < before for record in found)
    assert {(record.status, record.ended, record.ended_at) for record in found} == {(None, None, None)}


async def test_the_status_last_noted_stays_until_there_is_another(path: Path):
    async with Journal.open(path) as journal:
        for became in ({}, {"status": "PENDING"}, {}, {"status": "PROCESSING"}):
            await journal.note([note(**became)])
        (record,) = await journal.tasks()
        assert (record.status, record.ended) == ("PROCESSING", None)
        await journal.note([note(status="COMPLETE", ended="COMPLETE")])
        (record,) = await journal.tasks()
        assert (record.status, record.ended) == ("COMPLETE", "COMPLETE")
        assert record.ended_at is not None
        assert await journal.tasks(only_open=True) == []
        await journal.note([note(ended="VanishedError")])
        (record,) = await journal.tasks()
        assert (record.status, record.ended) == ("COMPLETE", "VanishedError")


async def test_a_task_that_is_added_again_is_not_over(path: Path):
    await write(path, note(status="COMPLETE", ended="COMPLETE"))
    await write(path, note())
    (record,) = await read(path)
    assert (record.ended, record.ended_at) == (None, None)


async def test_the_same_id_may_be_of_many_accounts_and_kinds(path: Path):
    tasks = [kind.task("1", account=account) for kind in (EXPORT, IMPORT) for account in (None, "acme", "other")]
    await write(path, *map(note, tasks))
    assert {record.task for record in await read(path)} == set(tasks)


async def test_a_bare_id_belongs_to_whose_session_looked_at_it(path: Path):
    bare = EXPORT.task("1")
    await write(path, note(bare, account="acme"), note(bare, account="other"))
    assert [(record.task, record.account) for record in await read(path)] == [(bare, "acme"), (bare, "other")]


async def test_ten_thousand_at_once(path: Path):
    await write(path, *(note(EXPORT.task(number)) for number in range(10_000)))
    assert len(await read(path)) == 10_000


async def test_a_kind_of_ones_own_is_read_where_it_is_named(path: Path):
    await write(path, note(EXTRACT.task("1")))
    with pytest.raises(UnknownTaskKindError, match=r"exports\.sqlite: .*source-code-extract.*Journal\.open\(kinds=…\)"):
        await read(path)
    (record,) = await read(path, kinds=[EXTRACT])
    assert record.task.kind is EXTRACT


@pytest.mark.parametrize("word", ["A\0B", "A\r\nB", f"A{HALF}", "\ud83d", "x" * 100_000, "\u2028", ""])
async def test_whatever_word_hubspot_says_the_journal_can_be_read(word: str, path: Path):
    async with Journal.open(path) as journal:
        await journal.note([note(status=word, ended=word)])
        await journal.seen((await begin(journal))[0], word)
    async with Journal.open(path) as journal:
        (record,), (job,) = await journal.tasks(), await jobs_of(journal)
    for said in (record.status, record.ended, job.status):
        assert said is not None
        assert said.isprintable()
        assert len(said) <= LONGEST_WORD


@pytest.mark.parametrize("account", ["a\0b", "a\nb", f"a{HALF}", "x" * 501, 7])
async def test_no_account_is_named_what_no_file_can_hold(account: Any):
    with pytest.raises(InputError, match="account must be a name of one line"):
        HubSpotSession("pat-1", account=account)
    with pytest.raises(InputError, match="account must be"):
        EXPORT.task("1", account=account)


# Runs.


async def test_a_job_comes_back_as_far_as_it_has_come(path: Path):
    async with Journal.open(path) as journal:
        (job,) = await begin(journal)
        steps = [
            lambda job: journal.placed(job, "/y/people.csv"),
            journal.asking,
            journal.unasked,
            journal.asking,
            lambda job: journal.started(job, TASK),
            lambda job: journal.seen(job, "PROCESSING"),
            lambda job: journal.ended(job, Outcome.DONE, {"bytes": 3, "remarks": ["é", HALF]}),
            journal.told,
        ]
        for step in steps:
            assert await jobs_of(journal) == [job]
            job = await step(job)
        assert await jobs_of(journal) == [job]
    assert (job.path, job.task, job.status, job.outcome) == ("/y/people.csv", TASK, "PROCESSING", Outcome.DONE)
    assert job.asked_at is not None
    assert job.told_at is not None
    async with Journal.open(path, read_only=True) as journal:
        assert await jobs_of(journal) == [job]


async def test_a_job_that_is_asked_for_anew_has_nothing_of_before(path: Path):
    async with Journal.open(path) as journal:
        (job,) = await begin(journal)
        before = await journal.started(await journal.asking(job), TASK)
        before = await journal.ended(await journal.seen(before, "CANCELED"), Outcome.FAILED, {"error": "x"})
        again = await journal.asking(before)
        assert await jobs_of(journal) == [again]
        assert evolve(again, asked_at=None) == job
        assert again.is_unknown
        assert not before.is_unknown


async def test_runs_have_their_own_jobs_in_their_order(path: Path):
    async with Journal.open(path) as journal:
        first = await begin(journal, *(evolve(JOB, name=str(number)) for number in range(12)))
        second = await begin(journal, evolve(JOB, account=None, path=None), work="imports")
        empty = await journal.begin_run("exports", {})
        runs = await journal.runs()
    assert [list(run.jobs) for run in runs] == [first, second, []]
    assert [run.work for run in runs] == ["exports", "imports", "exports"]
    assert [run.number for run in runs] == [first[0].run, second[0].run, empty]


async def test_a_run_is_closed_when_each_of_its_items_was_dealt_with(path: Path):
    async with Journal.open(path) as journal:
        one, two = await begin(journal, JOB, JOB)
        await journal.told(one)
        assert [run.closed_at for run in await journal.runs()] == [None]
        told = await journal.told(two)
        assert [run.closed_at for run in await journal.runs()] == [told.told_at]


async def test_many_runs_of_many_jobs_are_read_in_no_time(path: Path):
    """A file that somebody else has made is not to keep a machine busy for hours."""
    async with Journal.open(path) as journal:
        await begin(journal)
        number = "WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        await journal._run(f"{number} INSERT INTO runs SELECT i, 'exports', 1.0, '{{}}' FROM n")
        await journal._run(
            f"{number} INSERT INTO jobs (run, place, account, name, asked) SELECT i, 0, '', '', '' FROM n"
        )
        runs = await asyncio.wait_for(journal.runs(), 20)
    assert len(runs) == 20_000
    assert all(len(run.jobs) == 1 for run in runs)


letters = st.text(max_size=20) | st.text("aé\0\n\ud83d\udcff", max_size=5)


@settings(max_examples=30, deadline=None)
@given(name=letters, asked=letters, place=letters, said=st.dictionaries(letters, letters, max_size=3), word=letters)
async def test_what_is_written_can_be_read_and_what_cannot_is_refused_before(
    tmp_path_factory: pytest.TempPathFactory, name: str, asked: str, place: str, said: dict[str, str], word: str
):
    path = tmp_path_factory.mktemp("journal") / "exports.sqlite"
    job = JobRecord(run=0, place=0, account="acme", name=name, asked=asked, path=place)
    async with Journal.open(path) as journal:
        if any("\ud800" <= letter <= "\udfff" for letter in name + asked + place):
            with pytest.raises(InputError, match="is no character"):
                await begin(journal, job)
            assert await jobs_of(journal) == []
            return
        (job,) = await begin(journal, job)
        await journal.seen(await journal.ended(job, Outcome.FAILED, said), word)
        (found,) = await jobs_of(journal)
    assert found.said == json.loads(json.dumps(said)), "where two halves become one letter"
    if "\0" not in name + asked + place:
        assert (found.name, found.asked, found.path) == (name, asked, place)


async def test_a_place_that_is_no_text_is_refused_before_anything_is_asked(path: Path):
    async with Journal.open(path) as journal:
        (job,) = await begin(journal)
        with pytest.raises(InputError, match=r"udcff.* cannot be written to .*exports\.sqlite"):
            await journal.placed(job, f"/x/{HALF}.csv")
        assert await jobs_of(journal) == [job]


# What is forgotten.


async def test_what_is_over_for_long_is_forgotten_and_what_is_not_over_never(path: Path):
    over = {"status": "COMPLETE", "ended": "COMPLETE"}
    tasks = [EXPORT.task(name) for name in ("open", "old", "new")]
    await write(path, note(tasks[0]), note(tasks[1], **over), note(tasks[2], **over))
    tamper(path, f"UPDATE tasks SET added_at = added_at - {2 * KEPT}")
    tamper(path, f"UPDATE tasks SET ended_at = ended_at - {KEPT + 60} WHERE id = 'old'")
    tamper(path, f"UPDATE tasks SET ended_at = ended_at - {KEPT - 60} WHERE id = 'new'")
    assert {record.task.id for record in await read(path)} == {"open", "old", "new"}
    async with Journal.open(path) as journal:
        assert {record.task.id for record in await journal.tasks()} == {"open", "new"}


async def test_runs_that_are_over_for_long_are_forgotten_but_for_the_last_of_each_work(path: Path):
    async with Journal.open(path) as journal:
        runs = [await begin(journal, JOB, JOB, work=work) for work in ("exports", "imports", "exports", "exports")]
        untold, *told = [job for run in runs for job in run]
        unfinished = (await begin(journal))[0].run
        for job in told:
            await journal.told(job)
        await begin(journal)
        await begin(journal, work="imports")
    tamper(path, f"UPDATE runs SET began_at = began_at - {2 * KEPT}")
    tamper(path, f"UPDATE jobs SET told_at = told_at - {KEPT + 60}")
    tamper(path, f"UPDATE jobs SET told_at = told_at + {KEPT} WHERE run = {runs[3][0].run} AND place = 1")
    async with Journal.open(path) as journal:
        kept = [run.number for run in await journal.runs()]
        assert kept == [untold.run, runs[3][0].run, unfinished, unfinished + 1, unfinished + 2]
        assert all(run.jobs for run in await journal.runs())


async def test_the_last_run_stays_however_old(path: Path):
    async with Journal.open(path) as journal:
        (job,) = await begin(journal)
        await journal.told(job)
    tamper(path, "UPDATE runs SET began_at = 1", "UPDATE jobs SET told_at = 2")
    async with Journal.open(path) as journal:
        assert [run.closed_at for run in await journal.runs()] == [datetime.fromtimestamp(2, UTC)]


# The journal as an object.


async def test_a_journal_that_was_closed_says_so(path: Path):
    async with Journal.open(path) as journal:
        pass
    for use in (journal.tasks(), journal.runs(), journal.note([note()]), journal.begin_run("exports", {})):
        with pytest.raises(JournalError, match="was closed"):
            await use


async def test_it_says_where_it_is_and_stays_there(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(path.parent)
    async with Journal.open("exports.sqlite") as journal:
        assert journal.path == path
        assert repr(journal) == f"Journal({str(path)!r})"
        monkeypatch.chdir("/")
        await journal.note([note()])
    assert names(path.parent) == ["exports.sqlite"]


async def test_a_name_may_have_in_it_what_means_something_in_an_address(tmp_path: Path):
    path = tmp_path / "50% of #1? é&mode=memory.sqlite"
    await write(path, note())
    assert names(tmp_path) == [path.name]
    assert len(await read(path)) == 1


async def test_without_the_extra_it_says_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hubspot_async.journal.journal.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'hubspot-async\[journal\]'"):
        async with Journal.open(path):
            pass


async def test_many_write_at_once_and_nothing_is_lost(path: Path):
    async with Journal.open(path) as journal:
        await asyncio.gather(*(journal.note([note(EXPORT.task(number))]) for number in range(100)))
        assert len(await journal.tasks()) == 100


async def test_who_only_looks_cannot_write(path: Path):
    await write(path)
    async with Journal.open(path, read_only=True) as journal:
        with pytest.raises(OSError, match="readonly"):
            await journal.note([note()])
