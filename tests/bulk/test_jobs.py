"""Which job of an unfinished run a request is. Pure."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hubspot_async import EXPORT, HubSpotSession, ViewExport
from hubspot_async.bulk.jobs import Job, by_session, match, take_up, write_down
from hubspot_async.errors import InputError
from hubspot_async.journal.books import Books
from hubspot_async.journal.records import JobRecord, Outcome, RunRecord

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def record(asked: str = "a", account: str | None = None, *, told: bool = False, run: int = 0, place: int = 0):
    return JobRecord(
        run=run,
        place=place,
        account=account,
        name=asked,
        asked=asked,
        path=f"/exports/{asked}.csv",
        outcome=Outcome.DONE if told else None,
        told_at=NOON if told else None,
    )


def run(number: int, *jobs: JobRecord) -> RunRecord:
    placed = tuple(evolve(job, run=number, place=place) for place, job in enumerate(jobs))
    return RunRecord(number=number, work="exports", began_at=NOON + timedelta(hours=number), jobs=placed)


def places(found: list[JobRecord | None]) -> list[tuple[int, int] | None]:
    return [each and (each.run, each.place) for each in found]


A, B, C = record("a"), record("b"), record("c")
A_TOLD, B_TOLD = record("a", told=True), record("b", told=True)


@pytest.mark.parametrize(
    ("runs", "wanted", "found"),
    [
        ([], [A], [None]),
        ([run(1, A_TOLD, B_TOLD)], [A, B], [None, None]),  # it is over: all begins anew
        ([run(1, A_TOLD, B)], [A, B], [(1, 0), (1, 1)]),  # it goes on, and what is over of it stays so
        ([run(1, A_TOLD, B)], [B, A], [(1, 1), (1, 0)]),  # in whatever order
        ([run(1, A_TOLD, B)], [A, B, C], [(1, 0), (1, 1), None]),  # with one more
        ([run(1, A_TOLD, B)], [A], [None]),  # nothing unfinished of it is wanted
        ([run(1, A_TOLD, B)], [B], [(1, 1)]),
        ([run(1, A, B), run(2, A_TOLD, B_TOLD)], [A, B], [None, None]),  # the newest that had it counts
        ([run(1, A), run(2, B)], [A, B], [(1, 0), (2, 0)]),
        ([run(1, A, A)], [A, A, A], [(1, 0), (1, 1), None]),  # equals in their order
        ([run(1, A_TOLD, A)], [A, A], [(1, 0), (1, 1)]),
        ([run(1, A_TOLD, A)], [A], [None]),
        ([run(1, A, A), run(2, A)], [A, A], [(2, 0), None]),
        ([run(1, record("a", "x"))], [A, record("a", "y"), record("a", "x")], [None, None, (1, 0)]),
        ([run(1)], [A], [None]),  # killed before its jobs were written down
    ],
)
def test_which_record_a_job_takes_up(runs, wanted, found):
    assert places(match(runs, wanted)) == found


requests = st.builds(record, st.sampled_from("ab"), st.sampled_from([None, "x", "y"]), told=st.booleans())
journals = st.lists(st.lists(requests, max_size=5), max_size=4).map(
    lambda runs: [run(number, *jobs) for number, jobs in enumerate(runs, 1)]
)


@given(journals, st.lists(requests, max_size=5))
def test_what_is_taken_up_is_of_the_same_account_and_content_and_nobody_elses(runs, wanted):
    found = match(runs, wanted)
    assert len(found) == len(wanted)
    taken = [each for each in found if each is not None]
    assert len({(each.run, each.place) for each in taken}) == len(taken)
    for job, each in zip(wanted, found, strict=True):
        assert each is None or (each.account, each.asked) == (job.account, job.asked)
    equals = defaultdict(list)
    for each in taken:
        equals[each.account, each.asked].append((each.run, each.place))
    assert all(places == sorted(places) and len({run for run, _ in places}) == 1 for places in equals.values())


@given(journals, st.lists(requests, max_size=5))
def test_a_run_goes_on_only_for_something_that_is_not_over(runs, wanted):
    found = [each for each in match(runs, wanted) if each is not None]
    assert all(any(other.told_at is None for other in found if other.run == each.run) for each in found)


@given(st.lists(requests, min_size=1, max_size=6))
def test_the_same_requests_go_on_with_a_run_or_begin_anew_as_a_whole(jobs):
    found = match([run(1, *jobs)], jobs)
    if all(job.told_at for job in jobs):
        assert found == [None] * len(jobs)
    else:
        assert {(each.run, each.place) for each in found} == {(1, place) for place in range(len(jobs))}


# The records that jobs get.


SESSION = HubSpotSession("pat-x")


def job(name: str = "a", folder: str = "/exports") -> Job[ViewExport]:
    made = Job.of(
        SESSION,
        ViewExport("CONTACT", ["email"], export_name=name),
        asked={},
        name=name,
        path=Path(folder, f"{name}.csv"),
    )
    made.record = evolve(made.record, asked=name)
    return made


class Noted(Books):
    """Books that tell what was noted."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[JobRecord] = []
        self.moved: list[JobRecord] = []

    async def begin_run(self, work: str, options: object) -> int:
        return 7

    async def add_jobs(self, jobs):
        self.added += jobs

    async def placed(self, job, path):
        self.moved.append(job)
        return await super().placed(job, path)


async def taken_up(runs, jobs, **options) -> Noted:
    books = Noted()
    take_up(runs, jobs, **{"restart_unknown": False} | options)
    await write_down(books, "exports", {}, runs, jobs)
    return books


@pytest.mark.asyncio
async def test_new_jobs_are_written_down_as_one_run():
    jobs = [job("a"), job("b")]
    books = await taken_up([run(1, A_TOLD)], jobs)
    assert places(books.added) == places([each.record for each in jobs]) == [(7, 0), (7, 1)]


@pytest.mark.asyncio
async def test_a_job_that_is_new_joins_the_run_that_goes_on():
    jobs = [job("c"), job("a"), job("b")]
    books = await taken_up([run(1, A, B_TOLD, record("other"))], jobs)
    assert places([each.record for each in jobs]) == [(1, 3), (1, 0), (1, 1)]
    assert [each.asked for each in books.added] == ["c"]
    assert books.moved == []


@pytest.mark.asyncio
async def test_a_file_that_is_wanted_elsewhere_is_noted_but_for_one_that_is_done_with():
    jobs = [job("a", "/new"), job("b", "/new")]
    books = await taken_up([run(1, A, B_TOLD)], jobs)
    assert [each.name for each in books.moved] == ["a"]
    assert [str(each.path) for each in jobs] == ["/new/a.csv", "/exports/b.csv"]


LOST = evolve(A, asked_at=NOON, outcome=Outcome.FAILED, said={"error": "StartOutcomeUnknownError"}, told_at=NOON)
INTENT = evolve(A, asked_at=NOON)
FAILED = evolve(LOST, task=EXPORT.task("1"))
REFUSED = evolve(LOST, asked_at=None)


@pytest.mark.parametrize(
    ("before", "again"), [(LOST, True), (evolve(LOST, told_at=None), True), (FAILED, False), (REFUSED, False)]
)
def test_a_start_that_was_reported_unknown_is_so_no_more_if_it_is_asked_for_again(before, again):
    for restart in (False, True):
        jobs = [job("a"), job("b")]
        take_up([run(1, before, B)], jobs, restart_unknown=restart)
        assert jobs[0].record.is_unknown is (restart and again)
        assert (jobs[0].record.told_at is None) is (before.told_at is None or (restart and again))


def test_how_far_a_job_has_come():
    each = job()
    states = [each.state]
    for changes in (
        {"asked_at": NOON},
        {"task": EXPORT.task("1")},
        {"status": "PROCESSING"},
        {"said": {"files": 1}},
        {"outcome": Outcome.DONE},
    ):
        each.record = evolve(each.record, **changes)
        states.append(each.state)
    assert states == ["waiting", "starting", "PENDING", "PROCESSING", "PROCESSING", "done"]


# Whose requests they are.


def session(account: str | None) -> HubSpotSession:
    return HubSpotSession("pat-x", account=account)


def test_requests_of_one_session_or_of_many():
    one, other = session("one"), session("other")
    assert by_session(one, iter("ab")) == {one: ["a", "b"]}
    assert by_session({one: iter("a"), other: "b"}, None) == {one: ["a"], other: ["b"]}
    nameless = session(None)
    assert by_session({nameless: "a"}, None) == {nameless: ["a"]}
    assert by_session({}, None) == {}


@pytest.mark.parametrize("labels", [("one", None), ("one", "one"), ("one", ""), (None, None)])
def test_accounts_that_cannot_be_told_apart_are_refused(labels):
    with pytest.raises(InputError, match="account= each"):
        by_session({session(label): "a" for label in labels}, None)


def test_requests_are_given_in_one_place():
    with pytest.raises(InputError, match="requests is missing"):
        by_session(session("one"), None)
    with pytest.raises(InputError, match="given twice"):
        by_session({session("one"): "a"}, "b")
