"""Where files are to be, and what must not be there."""

import os
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async import HubSpotSession, ViewExport
from hubspot_async.bulk.exports import check_numbered
from hubspot_async.bulk.finished import files_of
from hubspot_async.bulk.jobs import Job
from hubspot_async.bulk.places import allow_own, check_clashes, make_room, place
from hubspot_async.disk.scratch import Scratch
from hubspot_async.errors import InputError
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord
from tests.bulk.boxes import names
from tests.bulk.test_jobs import NOON

INTO = Path("/exports").absolute()


@pytest.mark.parametrize(
    ("account", "name", "path"),
    [
        (None, "people", "people.csv"),
        ("acme", "people", "acme/people.csv"),
        ("../acme", "../people", "acme/people.csv"),
        ("a/b", "2026/05", "a-b/2026-05.csv"),
        ("..", "..", "account/file.csv"),
        ("con", "nul", "_con/_nul.csv"),
        (None, "people.csv", "people.csv.csv"),
        (None, ".hidden", "hidden.csv"),
    ],
)
def test_a_file_is_called_after_its_export_in_the_folder_of_its_account(account, name, path):
    assert place(INTO, account, name, ".csv") == INTO / path


@given(st.none() | st.text(max_size=30), st.text(max_size=30))
def test_no_name_leads_elsewhere(account, name):
    path = place(INTO, account, name, ".csv")
    assert path.parents[1 if account else 0] == INTO
    assert ".." not in path.parts


def a_job(name: str, *, format: str = "CSV", folder: Path = INTO) -> Job[ViewExport]:
    request = ViewExport("CONTACT", ["email"], export_name=name, format=format)
    path = place(folder, None, name, f".{format.lower()}")
    return Job.of(HubSpotSession("pat-x"), request, asked=request, name=name, path=path)


def refused(*jobs: Job[ViewExport]) -> bool:
    try:
        check_clashes((job, job.path) for job in jobs)
        check_numbered(jobs)
    except InputError:
        return True
    return False


def test_clashes_are_refused():
    people = a_job("people")
    assert refused(people, a_job("people"))
    assert refused(people, a_job("PEOPLE"))
    assert refused(a_job("straße"), a_job("STRASSE"))
    assert refused(a_job("a/b"), a_job("a-b"))
    assert not refused(people, a_job("people", format="XLSX"), a_job("peoples"))


def test_the_parts_of_a_spreadsheet_may_need_a_name():
    sheet = a_job("people", format="XLSX")
    assert refused(sheet, a_job("people-2", format="XLSX"))
    assert refused(a_job("PEOPLE-12", format="XLSX"), sheet)
    assert not refused(sheet, a_job("people-2"), a_job("people-x", format="XLSX"), a_job("people-", format="XLSX"))
    assert not refused(a_job("people"), a_job("people-2"))


# What earlier runs have made may be replaced.


def made(job: Job[ViewExport], files: object = 1, **changes: object) -> RunRecord:
    record = evolve(job.record, outcome=Outcome.DONE, said={"files": files})
    return RunRecord(number=1, work="exports", began_at=NOON, jobs=(evolve(record, **changes),))


@pytest.mark.parametrize(
    ("changes", "own"),
    [
        ({}, {"people.csv"}),
        ({"files": 3}, {"people-1.csv", "people-2.csv", "people-3.csv"}),
        ({"outcome": None}, {"people.csv"}),  # about to get its name when the process was killed
        ({"outcome": None, "said": {}}, set()),
        ({"outcome": Outcome.FAILED}, set()),
        ({"path": str(INTO / "other.csv")}, set()),
        ({"path": None}, set()),
        ({"files": "many"}, set()),
        ({"files": 10**9}, set()),
        ({"files": -1}, set()),
    ],
)
def test_what_is_a_jobs_own(changes, own):
    job = a_job("people")
    allow_own([job], [made(job, **changes)], files_of)
    assert {path.name for path in job.own} == own


def test_files_of_no_run_are_refused_and_those_of_an_earlier_one_are_not(tmp_path: Path):
    job = a_job("people", folder=tmp_path / "new")
    make_room([(job, job.path)], overwrite=False)
    job.path.write_text("mine")
    with pytest.raises(InputError, match="overwrite=True"):
        make_room([(job, job.path)], overwrite=False)
    make_room([(job, job.path)], overwrite=True)
    job.own = frozenset({job.path})
    make_room([(job, job.path)], overwrite=False)
    job.path.unlink()
    job.path.mkdir()
    with pytest.raises(InputError, match="directory"):
        make_room([(job, job.path)], overwrite=True)


def test_what_is_done_with_is_in_nobodys_way(tmp_path: Path):
    job = a_job("people", folder=tmp_path)
    job.path.write_text("corrected by hand since")
    job.record = evolve(job.record, told_at=NOON)
    make_room([(job, job.path)], overwrite=False)


def test_what_a_killed_process_has_left_is_removed_and_what_others_write_is_not(tmp_path: Path):
    job = a_job("people", folder=tmp_path)
    (tmp_path / ".hubspot-000000000000-000000000000.part").write_text("half")
    other = Scratch(tmp_path / "other.csv", overwrite=False)
    other.sink()
    make_room([(job, job.path)], overwrite=False)
    assert len(names(tmp_path)) == 1
    other.close()
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_or_written_to_is_an_os_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    below = a_job("people", folder=tmp_path / "file")
    with pytest.raises(OSError, match="file"):
        make_room([(below, below.path)], overwrite=False)
    job = a_job("people", folder=tmp_path)

    def no_open(path: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", no_open)  # for root, no folder is read-only
    with pytest.raises(PermissionError):
        make_room([(job, job.path)], overwrite=False)


def test_a_record_says_which_files_there_are():
    record = JobRecord(run=1, place=0, account=None, name="people", asked="", path="/exports/people.xlsx")
    assert files_of(record) == []
    assert files_of(evolve(record, said={"files": 2})) == [
        Path("/exports/people-1.xlsx"),
        Path("/exports/people-2.xlsx"),
    ]
