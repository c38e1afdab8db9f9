"""Imports from their start to the rows that HubSpot did not take."""

import csv
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import (
    ImportedRows,
    ImportFailed,
    ImportRequest,
    Journal,
    StartOutcomeUnknownError,
    imports,
    run_imports,
)
from hubspot_async.errors import InputError, TaskNotSucceededError
from hubspot_async.models.imports import ColumnMapping, ImportFile
from hubspot_async.sandbox import Sandbox
from tests.bulk.boxes import accounts, all_of, asked, begun, hubspot, names, people, read, until, words

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {"rejected": tmp_path / "rejected", "journal": tmp_path / "j.sqlite"}


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def emails(sandbox: Sandbox, account: str = "default") -> set[str]:
    return {record["email"] for record in sandbox.account(account).records("CONTACT")}


async def imported(session: Any, requests: Any = None, **options: Any) -> dict[str, Any]:
    items = await all_of(run_imports(session, requests, **options))
    named = {item.request.name: item for item in items}
    assert len(named) == len(items)
    return named


async def test_each_file_is_imported_and_its_bad_rows_come_back(sources: Path, options: dict[str, Any]):
    wanted = [
        people(sources / "good.csv", "ada@example.com"),
        people(sources / "mixed.csv", "bob@example.com", "nonsense", "cid@example.com", "rubbish"),
    ]
    async with hubspot() as (sandbox, session):
        found = await imported(session, wanted, **options)
        assert {"ada@example.com", "bob@example.com", "cid@example.com"} <= emails(sandbox)
    good, mixed = found["good"], found["mixed"]
    assert isinstance(good, ImportedRows)
    assert isinstance(mixed, ImportedRows)
    assert (good.session, good.request, good.rejected, good.error) == (session, wanted[0][0], (), None)
    assert str(mixed) == f"{mixed.task}: 4 rows, 2 errors"
    (rejected,) = mixed.rejected
    assert (rejected.path, rejected.rows) == (options["rejected"] / "mixed.csv", 2)
    assert [row[0] for row in rows(rejected.path)] == ["Email", "nonsense", "rubbish"]
    assert names(options["rejected"]) == ["mixed.csv"]


async def test_without_a_folder_nothing_is_written(sources: Path, tmp_path: Path):
    async with hubspot() as (_, session):
        found = await imported(session, [people(sources / "mixed.csv", "nonsense")])
    assert (found["mixed"].record.num_errors, found["mixed"].rejected) == (1, ())
    assert names(tmp_path) == ["in/mixed.csv"]


async def test_many_accounts_have_a_folder_each(sources: Path, options: dict[str, Any]):
    async with accounts("acme", "zebra") as (sandbox, acme, zebra):
        wanted = people(sources / "mixed.csv", "nonsense")
        items = await all_of(run_imports({acme: [wanted], zebra: [wanted]}, **options))
    assert {(item.session, item.task.account) for item in items} == {(acme, "acme"), (zebra, "zebra")}
    assert names(options["rejected"]) == ["acme/mixed.csv", "zebra/mixed.csv"]
    assert begun(sandbox) == {"mixed": 2}


async def test_one_bad_import_never_stops_the_others(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / f"{name}.csv", f"{name}@example.com") for name in ("good", "failing", "slow")]
    wanted.append((plan("good.csv", name="refused", kind="2-404"), wanted[0][1]))
    async with (
        hubspot(math.inf) as (sandbox, session),
        run_imports(session, wanted, in_flight=4, timeout=0.8, **options) as run,
    ):
        await until(lambda: sum(job.task is not None for job in run.jobs) == 3)
        sandbox.finish(run.jobs[0].task.id)
        sandbox.finish(run.jobs[1].task.id, "FAILED")
        items = [item async for item in run]
    assert words(items) == {
        "good": "ok",
        "refused": "BadRequestError",
        "failing": "TaskNotSucceededError",
        "slow": "TimedOutError",
    }
    failed = {item.request.name: item for item in items if isinstance(item, ImportFailed)}
    assert failed["refused"].task is None
    assert str(failed["refused"]).startswith("refused: 400")
    assert isinstance(failed["failing"].error, TaskNotSucceededError)
    assert "its status is FAILED" in str(failed["failing"])


# Several files in one plan, and files that are none.


def plan(*files: str, name: str = "both", kind: str = "0-1") -> ImportRequest:
    column = ColumnMapping("Email", "email", column_object_type_id=kind)
    return ImportRequest(name, [ImportFile(file, [column]) for file in files], import_operations={kind: "CREATE"})


async def test_several_files_in_one_plan_have_a_file_of_bad_rows_each(sources: Path, options: dict[str, Any]):
    for name in "ab":
        (sources / f"{name}.csv").write_text(f"Email\n{name}@example.com\nbad {name}\n")
    async with hubspot() as (_, session):
        found = await imported(session, [(plan("a.csv", "b.csv"), [sources / "a.csv", sources / "b.csv"])], **options)
    assert found["both"].error is None
    assert {file.path.name: file.rows for file in found["both"].rejected} == {"both-a.csv": 1, "both-b.csv": 1}
    for name in "ab":
        assert [row[0] for row in rows(options["rejected"] / f"both-{name}.csv")] == ["Email", f"bad {name}"]
    assert names(options["rejected"]) == ["both-a.csv", "both-b.csv"]


async def test_files_of_equal_names_are_told_apart_by_those_of_the_plan(sources: Path, options: dict[str, Any]):
    files = {}
    for name in "ab":
        (sources / name).mkdir()
        files[f"{name}.csv"] = sources / name / "people.csv"
        files[f"{name}.csv"].write_text(f"Email\nbad {name}\n")
    async with hubspot() as (_, session):
        found = await imported(session, [(plan("a.csv", "b.csv"), files)], **options)
    assert found["both"].error is None
    assert [row[0] for row in rows(options["rejected"] / "both-b.csv")] == ["Email", "bad b"]
    assert names(options["rejected"]) == ["both-a.csv", "both-b.csv"]


async def test_bytes_and_streams_have_no_row_to_be_copied(sources: Path, options: dict[str, Any]):
    (sources / "b.csv").write_text("Email\nbad b\n")

    async def stream() -> Any:
        yield b"Email\n"
        yield b"bad c\n"

    wanted = [
        (plan("a.csv", name="bytes"), {"a.csv": b"Email\nbad a\n"}),
        (plan("a.csv", "b.csv"), {"a.csv": b"Email\nbad a\n", "b.csv": sources / "b.csv"}),
        (plan("c.csv", name="stream"), {"c.csv": stream()}),
    ]
    async with hubspot() as (_, session):
        found = await imported(session, wanted, **options)
    assert words(found.values()) == {"bytes": "ok", "both": "ok", "stream": "ok"}
    assert [found[name].record.num_errors for name in ("bytes", "both", "stream")] == [1, 2, 1]
    assert names(options["rejected"]) == ["both.csv"]
    assert [row[0] for row in rows(options["rejected"] / "both.csv")] == ["Email", "bad b"]


# Refused before the first start.


async def test_what_cannot_work_is_refused_before_the_first_start(sources: Path, options: dict[str, Any]):
    good, other = people(sources / "good.csv"), people(sources / "other.csv")
    gone = people(sources / "gone.csv")
    gone[1].unlink()
    (options["rejected"]).mkdir()
    (options["rejected"] / "taken.csv").write_text("mine")
    (sources / "empty.csv").write_text("")
    cases = [
        ([good, (plan("x.csv"), sources / "good.csv")], InputError, "lacks x"),
        ([good, gone], FileNotFoundError, "gone"),
        ([good, (plan("empty.csv"), sources / "empty.csv")], InputError, "empty"),
        ([good, (good[0], other[1])], InputError, "lacks good"),
        ([good, people(sources / "GOOD.csv")], InputError, "name of its own"),
        ([good, people(sources / "taken.csv")], InputError, r"taken\.csv exists"),
        (
            [
                (plan("a.csv", "b.csv", name="p"), {"a.csv": sources / "good.csv", "b.csv": sources / "other.csv"}),
                people(sources / "p-a.csv"),
            ],
            InputError,
            "name of its own",
        ),
    ]
    async with hubspot() as (sandbox, session):
        for wanted, error, match in cases:
            with pytest.raises(error, match=match):
                await imported(session, wanted, **options)
        assert sandbox.requests == []
        assert await read(options["journal"]) == []
        await imported(session, [people(sources / "taken.csv", "nonsense")], overwrite=True, **options)
    assert "nonsense" in (options["rejected"] / "taken.csv").read_text()


async def test_equal_names_are_no_clash_where_nothing_is_written(sources: Path, tmp_path: Path):
    one, other = people(sources / "a.csv", name="people"), people(sources / "b.csv", name="people")
    async with hubspot() as (sandbox, session):
        items = await all_of(run_imports(session, [one, other, one], journal=tmp_path / "j.sqlite"))
    assert [item.error for item in items] == [None, None, None]
    assert len({item.task for item in items}) == 3
    assert begun(sandbox) == {"people": 3}


async def test_a_file_that_goes_between_check_and_upload_fails_its_import_only(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / "a.csv"), people(sources / "b.csv")]
    async with hubspot() as (sandbox, session):
        async with run_imports(session, wanted, **options) as run:
            wanted[0][1].unlink()
            items = [item async for item in run]
        assert words(items) == {"a": "InputError", "b": "ok"}
        (failed,) = (item for item in items if isinstance(item, ImportFailed))
        assert "cannot be read" in str(failed.error)
        assert not any(job.is_unknown for job in (await read(options["journal"]))[0].jobs)
    assert begun(sandbox) == {"b": 1}


# What was imported stays imported, whatever becomes of its bad rows.


async def test_a_source_that_is_gone_by_then_fails_nothing(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / "a.csv", "nonsense")]
    async with hubspot() as (sandbox, session):
        async with run_imports(session, wanted, **options) as run:
            await until(lambda: sandbox.tasks)
            wanted[0][1].unlink()
            (item,) = [item async for item in run]
        assert isinstance(item, ImportedRows)
        assert (item.record.num_errors, item.rejected) == (1, ())
        assert isinstance(item.error, InputError)
        assert "a.csv is gone" in str(item.error)
        (run_record,) = await read(options["journal"])
        assert run_record.jobs[0].outcome == "done"


async def test_bad_rows_that_cannot_be_read_fail_nothing(sources: Path, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("imports.errors", status=400, times=None)
        found = await imported(session, [people(sources / "a.csv", "nonsense"), people(sources / "b.csv")], **options)
    assert isinstance(found["a"], ImportedRows)
    assert words(found.values()) == {"a": "BadRequestError", "b": "ok"}


async def test_a_file_that_comes_in_the_way_fails_nothing(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / "a.csv", "nonsense")]
    async with hubspot() as (_, session), run_imports(session, wanted, **options) as run:
        (options["rejected"] / "a.csv").write_text("mine")
        (item,) = [item async for item in run]
    assert isinstance(item, ImportedRows)
    assert isinstance(item.error, InputError)
    assert (options["rejected"] / "a.csv").read_text() == "mine"


# The journal.


async def test_it_is_gone_on_with(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / f"{name}.csv", f"{name}@example.com", f"bad {name}") for name in "abcd"]
    async with hubspot() as (sandbox, session):
        async with run_imports(session, wanted, in_flight=2, **options) as run:
            first = (await anext(run)).request.name
        wanted[ord(first) - ord("a")][1].unlink()  # whoever is done with a file may put it away
        found = await imported(session, wanted, **options)
        assert set(found) == {"a", "b", "c", "d"} - {first}
        assert set(words(found.values()).values()) == {"ok"}
        assert begun(sandbox) == dict.fromkeys("abcd", 1)
    assert names(options["rejected"]) == ["a.csv", "b.csv", "c.csv", "d.csv"]
    (record,) = await read(options["journal"])
    assert record.closed_at is not None


async def test_what_was_made_but_not_dealt_with_is_made_again(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / "a.csv", "bad a")]
    async with hubspot() as (sandbox, session):
        with suppress(LookupError):
            async with run_imports(session, wanted, **options) as run:
                made = await anext(run)
                raise LookupError
        found = await imported(session, wanted, **options)
    assert found["a"] == made
    assert begun(sandbox) == {"a": 1}
    assert names(options["rejected"]) == ["a.csv"]


async def test_a_nightly_import_is_made_every_night_and_replaces_its_own_files(sources: Path, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        for night in (1, 2, 3):
            await imported(session, [people(sources / "a.csv", f"bad {night}")], **options)
            assert [row[0] for row in rows(options["rejected"] / "a.csv")] == ["Email", f"bad {night}"]
            assert begun(sandbox) == {"a": night}
        (options["rejected"] / "b.csv").write_text("mine")
        with pytest.raises(InputError, match=r"b\.csv exists"):
            await imported(session, [people(sources / "a.csv"), people(sources / "b.csv")], **options)


# Starts whose answer was lost.


async def test_a_lost_answer_is_found_in_the_list(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / f"{name}.csv", f"{name}@example.com") for name in "ab"]
    async with hubspot() as (sandbox, session):
        sandbox.fail("imports.start", disconnect=True, performed=True)
        found = await imported(session, wanted, in_flight=1, **options)
    assert words(found.values()) == {"a": "ok", "b": "ok"}
    assert begun(sandbox) == {"a": 1, "b": 1}


@pytest.mark.parametrize("restart", [False, True])
async def test_one_that_is_not_there_is_told_or_made_again(restart: bool, sources: Path, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("imports.start", disconnect=True)
        found = await imported(session, [people(sources / "a.csv")], restart_unknown=restart, **options)
    assert words(found.values()) == {"a": "ok" if restart else "StartOutcomeUnknownError"}
    assert begun(sandbox) == ({"a": 1} if restart else {})
    if not restart:
        assert isinstance(found["a"].error, StartOutcomeUnknownError)
        assert "imports.find" in str(found["a"].error)


async def test_one_that_cannot_be_looked_for_is_unknown(sources: Path, options: dict[str, Any]):
    async with hubspot() as (sandbox, session):
        sandbox.fail("imports.start", disconnect=True, performed=True)
        sandbox.fail("imports.list", status=403, times=None)
        found = await imported(session, [people(sources / "a.csv")], **options)
    assert words(found.values()) == {"a": "StartOutcomeUnknownError"}


async def test_one_of_the_same_name_is_not_taken_for_it(sources: Path, options: dict[str, Any]):
    del options["rejected"]
    one, other = people(sources / "a.csv", name="people"), people(sources / "b.csv", name="people")
    async with hubspot() as (sandbox, session):
        await imported(session, [one], **options)  # by an earlier run
        sandbox.fail("imports.start", disconnect=True, after=1)
        items = await all_of(run_imports(session, [one, other], in_flight=1, **options))
    assert [isinstance(item.error, StartOutcomeUnknownError) for item in items if item.error] == [True]
    assert begun(sandbox) == {"people": 2}


async def test_the_older_of_two_of_a_name_is_found_too(sources: Path, options: dict[str, Any]):
    del options["rejected"]
    one, other = people(sources / "a.csv", name="people"), people(sources / "b.csv", name="people")
    async with hubspot() as (sandbox, session):
        sandbox.fail("imports.start", disconnect=True, performed=True)
        sandbox.fail("imports.list", delay=0.2)  # so that the second begins before the first is looked for
        items = await all_of(run_imports(session, [one, other], **options))
    assert [item.error for item in items] == [None, None]
    assert {item.task.id for item in items} == {task.id for task in sandbox.tasks}


async def test_an_intent_that_a_kill_has_left_is_found_in_the_list(sources: Path, options: dict[str, Any]):
    wanted = [people(sources / "a.csv"), people(sources / "b.csv")]
    async with hubspot() as (sandbox, session):
        async with run_imports(session, wanted, **options):
            pass
        async with Journal.open(options["journal"]) as journal:
            (run,) = await journal.runs()
            for job in run.jobs:
                await journal.asking(job)
        task = await imports.start(session, *wanted[0])  # which the killed process has sent
        found = await imported(session, wanted, **options)
    assert words(found.values()) == {"a": "ok", "b": "StartOutcomeUnknownError"}
    assert found["a"].task == task
    assert asked(sandbox, "imports.start") == 1
