"""What to look at next over all accounts, and whose time is up. Without a loop; times are made up."""

import math

import pytest

from hubspot_async.tasks import FILE_IMPORT, IMPORT, HubSpotTask
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.group import Group
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.watch import Watch
from tests.fakes import ScriptedSender
from tests.watching.loops import gaps

NORTH, SOUTH = ScriptedSender(account="north"), ScriptedSender(account="south")


def add(schedule: Schedule, session: ScriptedSender, id: str | int, now: float = 0.0) -> Watch:
    return schedule.add(FILE_IMPORT.task(id), session, now, now)


def look_once(schedule: Schedule, now: float) -> HubSpotTask[object] | None:
    """Do what a worker does for one look, which takes no time."""
    group = schedule.next(now)
    if not isinstance(group, Group):
        return None
    entry = group.pick(now)
    schedule.wake(group)
    if entry is None:
        return None
    assert isinstance(entry, Watch)
    group.looked(entry, now)
    schedule.wake(group)
    return entry.task


def test_with_nothing_to_do_there_is_no_next_time():
    assert Schedule().next(0) == math.inf


def test_each_session_has_one_group():
    schedule = Schedule()
    assert schedule.group(NORTH) is schedule.group(NORTH) is not schedule.group(SOUTH)
    assert schedule.groups == (schedule.group(NORTH), schedule.group(SOUTH))


def test_a_task_is_found_by_its_session_until_it_is_forgotten():
    schedule = Schedule()
    watch = add(schedule, NORTH, "1")
    assert schedule.find(FILE_IMPORT.task("1"), NORTH) is watch
    assert schedule.find(FILE_IMPORT.task("1"), SOUTH) is None
    assert schedule.find(IMPORT.task("1"), NORTH) is None
    watch.group.discard(watch, 0)
    assert schedule.find(FILE_IMPORT.task("1"), NORTH) is watch
    schedule.forget(watch)
    assert schedule.find(FILE_IMPORT.task("1"), NORTH) is None


def test_who_was_forgotten_is_not_forgotten_in_the_place_of_another():
    schedule = Schedule()
    first = add(schedule, NORTH, "1")
    schedule.forget(first)
    second = add(schedule, NORTH, "1")
    schedule.forget(first)
    assert schedule.find(FILE_IMPORT.task("1"), NORTH) is second


def test_the_next_time_is_the_earliest_of_all_accounts():
    schedule = Schedule(Constant(10))
    add(schedule, NORTH, "1", now=0)
    add(schedule, SOUTH, "2", now=3)
    assert [look_once(schedule, 3) for _ in range(3)] == [FILE_IMPORT.task("1"), FILE_IMPORT.task("2"), None]
    assert schedule.next(4) == 13
    add(schedule, SOUTH, "3", now=5)
    assert isinstance(schedule.next(5), Group)


def test_accounts_with_much_to_do_take_turns():
    schedule = Schedule()
    for number in range(50):
        add(schedule, NORTH, f"north {number}")
    for number in range(10):
        add(schedule, SOUTH, f"south {number}")
    seen = [look_once(schedule, tick / 1_000) for tick in range(20)]
    assert 9 <= sum(task.id.startswith("south") for task in seen if task) <= 11


def test_an_account_that_is_blocked_holds_nobody_up():
    schedule = Schedule()
    add(schedule, NORTH, "1")
    north = schedule.group(NORTH)
    schedule.block(north)
    assert schedule.next(0) == math.inf
    add(schedule, NORTH, "2")
    add(schedule, SOUTH, "3")
    assert look_once(schedule, 0) == FILE_IMPORT.task("3")
    assert look_once(schedule, 0) is None
    schedule.unblock(north)
    assert {look_once(schedule, 0), look_once(schedule, 0)} == {FILE_IMPORT.task("1"), FILE_IMPORT.task("2")}


def test_a_watch_whose_time_is_up_is_given_once():
    schedule = Schedule()
    watch = add(schedule, NORTH, "1")
    schedule.limit(watch, 10)
    assert schedule.expired(9.99) is None
    assert schedule.expired(10) is watch
    assert schedule.expired(10) is None


def test_the_newest_limit_counts_whether_earlier_or_later():
    schedule = Schedule()
    earlier, later = add(schedule, NORTH, "1"), add(schedule, NORTH, "2")
    for watch in (earlier, later):
        schedule.limit(watch, 10)
    schedule.limit(earlier, 5)
    schedule.limit(later, 20)
    assert [schedule.expired(now) for now in (5, 10, 19, 20)] == [earlier, None, None, later]


def test_a_watch_that_has_ended_does_not_expire():
    schedule = Schedule()
    watch = add(schedule, NORTH, "1")
    schedule.limit(watch, 10)
    watch.group.discard(watch, 3)
    assert schedule.expired(10) is None


def test_the_next_deadline_is_the_earliest():
    schedule = Schedule()
    assert schedule.next_deadline == math.inf
    for number, deadline in enumerate((9, 7, 8)):
        schedule.limit(add(schedule, NORTH, number), deadline)
    assert schedule.next_deadline == 7
    schedule.expired(7)
    assert schedule.next_deadline == 8


def test_limits_of_watches_that_ended_do_not_pile_up():
    schedule = Schedule()
    kept = add(schedule, NORTH, "kept")
    schedule.limit(kept, 500)
    for number in range(5_000):
        watch = add(schedule, NORTH, number)
        schedule.limit(watch, 86_400)
        watch.group.discard(watch, 0)
        schedule.forget(watch)
    assert len(schedule._deadlines) < 300
    assert schedule.expired(500) is kept


def test_entries_of_groups_do_not_pile_up():
    schedule = Schedule(Constant(1))
    for number in range(50):
        add(schedule, NORTH, number)
    for second in range(200):
        while look_once(schedule, second) is not None:
            pass
    assert len(schedule._heap) < 10


@pytest.mark.parametrize("failures", [1, 3, 7])
def test_a_few_looks_that_nobody_answers_change_nothing(failures: int):
    schedule = Schedule(Constant(1))
    group = add(schedule, NORTH, "1").group
    for now in range(failures):
        assert look_once(schedule, now)
        group.unanswered(now)
    assert look_once(schedule, failures) == FILE_IMPORT.task("1")


def test_fault_47_in_an_outage_one_look_is_made_now_and_then_and_the_first_answer_ends_it():
    schedule = Schedule(Constant(1))
    for number in range(100):
        add(schedule, NORTH, number)
    group, times = schedule.group(NORTH), []
    for tick in range(3_000):
        now = tick / 10
        while look_once(schedule, now):
            times.append(now)
            group.unanswered(now)
            schedule.wake(group)
    assert len([now for now in times if now < 1]) == 8
    pauses = gaps(times[7:])
    assert [round(pause) for pause in pauses[:5]] == [1, 2, 4, 8, 10]
    assert max(pauses) == pytest.approx(10, abs=0.11)
    assert len(times) < 50
    now = times[-1] + 10
    assert look_once(schedule, now)
    assert look_once(schedule, now) is None
    group.answered()
    schedule.wake(group)
    assert len(list(iter(lambda: look_once(schedule, now), None))) == 99
