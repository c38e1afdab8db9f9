"""Going on with exports from the journal alone."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import (
    Filter,
    FilterGroup,
    Journal,
    ListExport,
    PublicCrmSearchRequest,
    Sort,
    ViewExport,
    resume_exports,
    run_exports,
)
from hubspot_async.errors import InputError, JournalError, StartOutcomeUnknownError
from tests.bulk.boxes import WHOLE, accounts, all_of, begun, hubspot, names, of, read, some, words

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("leaves_nothing")]

FILTER = Filter("email", "BETWEEN", "a", high_value="z")

EVERY_FORM = [
    ViewExport("CONTACT", ["email"], export_name="plain"),
    ViewExport(
        "CONTACT",
        ["email"],
        export_name="Zoë's",
        format="XLSX",
        language="DE",
        associated_object_type=["COMPANY"],
        public_crm_search_request=PublicCrmSearchRequest(
            filters=[FILTER, Filter("email", "IN", values=["x", "y"])],
            sorts=["email", Sort("email", "DESC")],
            query="q",
        ),
    ),
    ViewExport(
        "CONTACT",
        ["email"],
        export_name="groups",
        export_internal_values_options=["NAMES", "VALUES"],
        public_crm_search_request=PublicCrmSearchRequest(filter_groups=[FilterGroup([FILTER]), FilterGroup([FILTER])]),
    ),
    ListExport("42", "CONTACT", ["email"], export_name="list"),
]


async def leave(session: Any, requests: Any = None, **options: Any) -> None:
    """Begin a run, and be torn out of it with the first item in hand."""
    with suppress(LookupError):
        async with run_exports(session, requests, **options) as run:
            await anext(run)
            raise LookupError


async def resumed(session: Any, path: Path, **options: Any) -> list[Any]:
    async with Journal.open(path) as journal:
        return await all_of(await resume_exports(session, journal=journal, **options))


async def test_what_was_left_is_brought_to_its_end_without_the_requests(tmp_path: Path):
    path, into = tmp_path / "j.sqlite", tmp_path / "out"
    async with hubspot() as (sandbox, session):
        await leave(session, some("a", "b", "c"), into=into, journal=path)
        items = await resumed(session, path)
    assert words({item.request.export_name: item for item in items}.values()) == dict.fromkeys("abc", "ok")
    assert begun(sandbox) == {"a": 1, "b": 1, "c": 1}
    assert {name: (into / name).read_bytes() for name in names(into)} == dict.fromkeys(
        ["a.csv", "b.csv", "c.csv"], WHOLE
    )
    (run,) = await read(path)
    assert run.closed_at is not None


async def test_what_was_dealt_with_is_not_handed_out_again(tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (sandbox, session):
        async with run_exports(session, some("a", "b"), into=tmp_path, journal=path, in_flight=1) as run:
            await anext(run)
        async with Journal.open(path) as journal, await resume_exports(session, journal=journal) as run:
            assert [job.name for job in run.earlier] == ["a"]
            assert [item.request.export_name async for item in run] == ["b"]
    assert begun(sandbox) == {"a": 1, "b": 1}


async def test_each_account_has_its_own(tmp_path: Path):
    path, into = tmp_path / "j.sqlite", tmp_path / "out"
    async with accounts("north", "south") as (_, north, south):
        await leave({north: some("a"), south: some("a")}, into=into, journal=path)
        with pytest.raises(InputError, match="'south'"):
            await resumed(north, path)
        items = await resumed([south, north], path)
    assert {item.session.account for item in items} == {"north", "south"}
    assert names(into) == ["north/a.csv", "south/a.csv"]


async def test_files_are_written_as_the_first_attempt_was_told(tmp_path: Path):
    path, into = tmp_path / "j.sqlite", tmp_path / "out"
    into.mkdir()
    (into / "b.csv").write_text("mine")
    async with hubspot() as (sandbox, session):
        sandbox.add_records("CONTACT", [{"email": "=1+1"}])
        options = {"overwrite": True, "escape_formulas": True, "in_flight": 1}
        await leave(session, some("a", "b"), into=into, journal=path, **options)
        (into / "b.csv").write_text("mine")
        await resumed(session, path)
    assert b"'=1+1" in (into / "b.csv").read_bytes()


@pytest.mark.parametrize("request_", EVERY_FORM, ids=lambda each: each.export_name)
async def test_every_form_of_request_is_read_again_as_it_was(request_: Any, tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (_, session):
        async with run_exports(session, [request_], into=tmp_path, journal=path):
            pass
        async with Journal.open(path) as journal:
            (job,) = (await resume_exports(session, journal=journal)).jobs
    assert job.request == request_


async def test_nothing_left_is_nothing_to_do(tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (sandbox, session):
        assert await resumed(session, path) == []
        await all_of(run_exports(session, some("a"), into=tmp_path, journal=path))
        assert await resumed(session, path) == []
        assert await resumed([], path) == []
    assert begun(sandbox) == {"a": 1}


async def test_a_start_of_which_nobody_knows_is_made_again_only_if_asked(tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (sandbox, session):
        sandbox.fail("exports.start", disconnect=True)
        await leave(session, some("a"), into=tmp_path, journal=path)
        (item,) = await resumed(session, path, restart_unknown=True)
        assert item.path.read_bytes() == WHOLE
        sandbox.fail("exports.start", disconnect=True)
        await leave(session, some("b"), into=tmp_path, journal=path)
        (item,) = await resumed(session, path)
        assert isinstance(item.error, StartOutcomeUnknownError)


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: "[" * 100_000,
        lambda asked: "nonsense",
        lambda asked: "null",
        lambda asked: json.dumps({**json.loads(asked), "exportType": "OTHER"}),
        lambda asked: json.dumps({**json.loads(asked), "exportType": ["VIEW"]}),
        lambda asked: json.dumps({**json.loads(asked), "objectType": ""}),
        lambda asked: json.dumps({**json.loads(asked), "format": "EXE"}),
        lambda asked: json.dumps({**json.loads(asked), "somethingElse": 1}),
    ],
)
async def test_fault_157_a_request_that_cannot_be_read_is_refused(change: Any, tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (sandbox, session):
        await leave(session, some("a"), into=tmp_path, journal=path)
        async with Journal.open(path) as journal:
            (run,) = await journal.runs()
            await journal._run("UPDATE jobs SET asked = ?", [change(run.jobs[0].asked)])
        with pytest.raises(JournalError, match="'a' in words"):
            await resumed(session, path)
    assert begun(sandbox) == {"a": 1}


async def test_a_session_is_found_by_its_account(tmp_path: Path):
    path = tmp_path / "j.sqlite"
    async with hubspot() as (sandbox, session):
        await leave(session, some("a"), into=tmp_path, journal=path)
        async with of(sandbox, "north") as north:
            with pytest.raises(InputError, match="None"):
                await resumed(north, path)
