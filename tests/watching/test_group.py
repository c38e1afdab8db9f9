"""One account's watches: which is looked at next. Without a loop; times are made up."""

import random

import pytest

from hubspot_async.tasks import EXPORT, IMPORT
from hubspot_async.watching.backoff import Constant
from hubspot_async.watching.exportline import NEXT
from hubspot_async.watching.group import LIST_PAUSE
from hubspot_async.watching.turns import PATIENCE
from hubspot_async.watching.watch import HELD, Entry, Listing, Watch
from tests.watching.loops import gaps
from tests.watching.pure import group, listing, look_at_all, page, picked, watch

# When.


def test_a_first_look_is_due_at_once_however_old_the_task_is():
    looked = group()
    watch(looked, "new", now=50)
    watch(looked, "old", now=50, born=-1e6)
    assert looked.next_time(50) == 50
    assert sorted(look_at_all(looked, 50)) == ["new", "old"]


def test_pauses_grow_with_the_age():
    looked = group()
    watch(looked, "1", now=0)
    times, now = [], 0.0
    while now < 100:
        times.append(now)
        assert look_at_all(looked, now) == ["1"]
        now = looked.next_time(now)
    pauses = gaps(times)
    assert pauses[:5] == [1.0] * 5
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(0.5 * times[-2] ** 0.5)


def test_nothing_is_due_before_its_time_and_nothing_is_never_due():
    looked = group(Constant(5))
    assert looked.next_time(0) == float("inf")
    watch(looked, "1", now=0)
    look_at_all(looked, 0)
    assert looked.next_time(1) == 5
    assert looked.pick(4.99) is None
    assert look_at_all(looked, 5) == ["1"]


def test_tasks_are_looked_at_in_the_order_they_fall_due():
    looked = group(Constant(10))
    for second in range(5):
        watch(looked, str(second), now=second)
        look_at_all(looked, second)
    seen = []
    for now in range(10, 15):
        seen += look_at_all(looked, now)
    assert seen == ["0", "1", "2", "3", "4"]


def test_a_task_is_not_picked_again_while_it_is_looked_at():
    looked = group(Constant(1))
    watch(looked, "1")
    (entry,) = picked(looked, 0)
    assert looked.pick(1_000) is None
    assert looked.next_time(1_000) == float("inf")
    looked.looked(entry, 1_000)
    assert looked.next_time(1_000) == 1_001


# Who first.


def test_among_the_overdue_the_one_of_which_most_lateness_is_expected_goes_first():
    looked = group()
    watch(looked, "old", now=0, born=-10_000)
    watch(looked, "young", now=0)
    look_at_all(looked, 0)
    # Both are overdue for as long, but a young one is likelier to have ended in the meantime.
    assert looked.next_time(0) == 1
    entries = picked(looked, 100)
    assert [entry.task.id for entry in entries if isinstance(entry, Watch)] == ["young", "old"]


def test_what_was_learned_of_a_kind_changes_who_goes_first():
    looked = group(Constant(1))
    for number in range(50):
        taught = watch(looked, f"taught {number}", now=0)
        taught.seen_at = 990
        looked.discard(taught, 1_000, ended_at=1_000)
    assert picked(looked, 0) == []
    young = watch(looked, "young", now=1_100, born=1_000)
    ripe = watch(looked, "ripe", now=1_100, born=150)
    ripe.seen_at = young.seen_at = 1_100
    assert picked(looked, 1_150) == [ripe, young]


def test_many_share_the_number_of_looks_that_is_noted_and_few_have_one_each():
    looked = group(Constant(1_000))
    for many, numbers in ((100, 100), (10_000, 200)):
        watches = [watch(looked, f"{many}: {number}", now=0) for number in range(many)]
        for entry in iter(lambda: looked.pick(0), None):
            looked.looked(entry, 0)
        assert numbers / 2 <= len({entry.count for entry in watches}) <= numbers
        assert 0 <= looked._turns.count - watches[-1].count <= many / 100


def overrun(size: int, looks: int, *, seed: int = 0) -> tuple[int, int]:
    """Make *looks* at *size* tasks of all ages, all of them always overdue; give the longest that one was passed over.

    In looks; and how many were looked at at all.
    """
    looked, dice = group(Constant(0.001)), random.Random(seed)
    for number in range(size):
        watch(looked, number, now=0, born=-(10 ** dice.uniform(0, 6)))
    last = dict.fromkeys(map(str, range(size)), 0)
    seen = set()
    longest, now = 0, 0.0
    for count in range(looks):
        now += 0.1
        entry = looked.pick(now)
        assert isinstance(entry, Watch)
        seen.add(entry.task.id)
        longest = max(longest, count - last[entry.task.id])
        last[entry.task.id] = count
        looked.looked(entry, now)
    return max(longest, *(looks - count for count in last.values())), len(seen)


@pytest.mark.parametrize("size", [2, 10, 150, 700])
def test_nobody_is_passed_over_by_more_than_twice_as_many_looks_as_there_are_tasks(size: int):
    longest, seen = overrun(size, 8 * size)
    assert seen == size
    assert longest <= 2 * size + 2
    if size > 100:  # and yet it is not in turn
        assert longest > 1.2 * size


def test_a_list_goes_before_all_others():
    looked = group(Constant(0.001))
    for number in range(300):
        watch(looked, number, now=0, born=-number)
    for number in range(20):
        watch(looked, f"import {number}", kind=IMPORT)
    pages = 0
    for tick in range(2_000):
        now = tick / 10
        entry = looked.pick(now)
        assert entry is not None
        if isinstance(entry, Listing):
            looked.page_shown(entry, page(entry.members), now)
            pages += 1
        else:
            looked.looked(entry, now)
    assert pages > 60, "every second, or when the few chosen before it have been looked at"


def test_the_bound_leaves_room_for_a_choice():
    assert PATIENCE > 1


# Who not.


def test_a_held_task_is_not_looked_at_until_it_is_released():
    looked = group(Constant(5))
    held = watch(looked, "1")
    other = watch(looked, "2")
    held.bars |= HELD
    assert look_at_all(looked, 0) == ["2"]
    looked.release(held)
    assert look_at_all(looked, 0) == ["1"]
    looked.release(other)
    assert looked.pick(0) is None


def test_a_task_held_while_it_was_looked_at_is_released_to_its_own_time():
    looked = group(Constant(5))
    held = watch(looked, "1")
    (entry,) = picked(looked, 0)
    held.bars |= HELD
    looked.looked(entry, 0)
    assert looked.next_time(100) == float("inf")
    looked.release(held)
    assert looked.next_time(2) == 5
    assert look_at_all(looked, 5) == ["1"]


def test_a_task_is_hastened_to_now_held_or_not():
    looked = group(Constant(60))
    first, second = watch(looked, "1"), watch(looked, "2")
    look_at_all(looked, 0)
    second.bars |= HELD
    looked.hasten(first, 7)
    looked.hasten(second, 7)
    assert sorted(look_at_all(looked, 7)) == ["1", "2"]
    assert looked.next_time(7) == 67


def test_who_is_looked_at_already_needs_no_haste():
    looked = group(Constant(60))
    one = watch(looked, "1")
    (entry,) = picked(looked, 0)
    looked.hasten(one, 1)
    assert looked.pick(1) is None
    looked.looked(entry, 2)
    assert looked.next_time(2) == 62


def test_a_task_that_was_dropped_is_not_looked_at():
    looked = group()
    gone, stays = watch(looked, "1"), watch(looked, "2")
    looked.discard(gone, 0)
    looked.discard(gone, 0)
    assert look_at_all(looked, 0) == ["2"]
    looked.discard(stays, 0)
    assert picked(looked, 1_000) == []


def test_a_task_dropped_while_it_was_looked_at_does_not_come_back():
    looked = group()
    gone = watch(looked, "1")
    (entry,) = picked(looked, 0)
    looked.discard(gone, 0)
    looked.looked(entry, 0)
    assert picked(looked, 1_000) == []
    assert looked.next_time(1_000) == float("inf")


# Exports.


def test_of_many_exports_two_are_looked_at_and_the_second_rarely():
    looked = group(Constant(1))
    for number in range(20):
        watch(looked, number, kind=EXPORT, now=0, born=number / 100)
    seen = []
    for now in range(80):
        for entry in picked(looked, now):
            looked.observe(entry, "PROCESSING" if entry.task.id == "0" else "PENDING", now)
            looked.looked(entry, now)
            seen.append(entry.task.id)
    assert set(seen) == {"0", "1"}
    assert seen.count("0") == 80
    assert seen.count("1") == 80 / NEXT


def test_the_next_export_is_looked_at_as_young_as_if_it_began_at_the_end_of_the_one_before():
    looked = group()
    first, second = (watch(looked, number, kind=EXPORT, now=0) for number in range(2))
    now = 0.0
    while now < 400:
        look_at_all(looked, now, status="PENDING")
        now = looked.next_time(now)
    assert look_at_all(looked, now, status="PENDING") == ["0"]
    looked.discard(first, now, ended_at=now - 0.5)
    assert second.born == now - 0.5
    assert looked.next_time(now) == now + 0.5
    assert look_at_all(looked, now + 0.5) == ["1"]
    assert looked.next_time(now + 0.5) == now + 1.5


def test_where_exports_run_side_by_side_all_are_looked_at():
    looked = group(Constant(1))
    for number in range(5):
        watch(looked, number, kind=EXPORT, now=0)
    seen = [name for now in range(40) for name in look_at_all(looked, now, status="PROCESSING")]
    assert set(seen[-5:]) == {"0", "1", "2", "3", "4"}
    assert all(seen.count(str(number)) > 20 for number in range(5))


def test_exports_of_which_each_has_ended_long_ago_are_found_out_in_one_go():
    looked = group()
    watches = [watch(looked, number, kind=EXPORT, now=0) for number in range(30)]
    ended = []
    while len(ended) < 30:
        now = looked.next_time(1.0 if ended else 0.0)
        assert now <= 1.0
        for entry in picked(looked, now):
            assert isinstance(entry, Watch)
            ended.append(entry)
            looked.discard(entry, now, ended_at=-1_000)
    assert set(ended) == set(watches)


# Imports.


def test_one_import_is_asked_about_by_itself_and_two_by_the_list():
    looked = group()
    watch(looked, "1", kind=IMPORT)
    assert look_at_all(looked, 0) == ["1"]
    watch(looked, "2", kind=IMPORT, now=0.2)
    assert look_at_all(looked, 0.2) == ["list"]
    assert look_at_all(looked, 0.2 + LIST_PAUSE) == ["list"]


def test_a_hundred_imports_cost_a_look_a_second():
    looked = group()
    for number in range(100):
        watch(looked, number, kind=IMPORT)
    assert sum(len(look_at_all(looked, now)) for now in range(60)) == 60


def test_imports_of_another_version_are_in_another_list():
    looked = group()
    for version in ("v3", "2026-03"):
        for number in range(2):
            task = IMPORT.task(number if version == "v3" else number + 2, version=version)
            looked.add(Watch(task, looked, 0, 0), 0)
    entries = picked(looked, 0)
    assert [type(entry) for entry in entries] == [Listing, Listing]
    assert {entry.version for entry in entries if isinstance(entry, Listing)} == {"v3", "2026-03"}


def test_a_page_gives_the_watches_it_shows_and_no_others():
    looked = group()
    watches = [watch(looked, number, kind=IMPORT) for number in range(3)]
    shown = looked.page_shown(listing(looked, 0), page([7, 2, 0, 8, 1]), 0.5)
    assert [(found.task.id, snapshot.id) for found, snapshot in shown] == [("2", "2"), ("0", "0"), ("1", "1")]
    assert {found.seen_at for found, _ in shown} == {0.5}
    assert set(watches) == {found for found, _ in shown}


def test_further_pages_are_read_while_they_save_looks():
    looked = group()
    for number in range(150):
        watch(looked, number, kind=IMPORT)
    first = listing(looked, 0)
    assert first.after is None
    assert len(looked.page_shown(first, page(range(100), after="100"), 0)) == 100
    assert listing(looked, 0) is first
    assert first.after == "100"
    assert len(looked.page_shown(first, page(range(100, 200), after="200"), 0)) == 50
    assert looked.next_time(0) == LIST_PAUSE
    assert listing(looked, LIST_PAUSE).after is None


@pytest.mark.parametrize("after", [None, "", "0"])
def test_whom_the_pages_do_not_show_is_asked_about_alone(after: str | None):
    looked = group()
    watches = [watch(looked, number, kind=IMPORT) for number in (1, 2, "deep")]
    looked.page_shown(listing(looked, 0), page([1, 2], after=after), 0)
    assert look_at_all(looked, 0) == ["deep"]
    assert watches[2].listing is None
    assert sorted(look_at_all(looked, 1)) == ["deep", "list"]


def test_a_mark_that_does_not_move_ends_the_round():
    looked = group()
    for number in range(250):
        watch(looked, number, kind=IMPORT)
    found = listing(looked, 0)
    looked.page_shown(found, page(range(100), after="x"), 0)
    assert listing(looked, 0) is found
    looked.page_shown(found, page(range(100), after="x"), 0)
    assert sorted(look_at_all(looked, 0)) == sorted(map(str, range(100, 250)))


def test_when_the_last_but_one_import_is_over_the_last_is_asked_about_alone_in_its_own_time():
    looked = group()
    first, second = (watch(looked, number, kind=IMPORT) for number in (1, 2))
    looked.page_shown(listing(looked, 0), page([1, 2]), 0)
    looked.discard(first, 0, ended_at=0)
    assert looked.next_time(0) == 1
    assert look_at_all(looked, 1) == ["2"]
    assert look_at_all(looked, 2) == ["2"]
    third = watch(looked, 3, kind=IMPORT, now=2.5)
    assert look_at_all(looked, 2.5) == ["list"]
    looked.discard(third, 2.5)
    looked.discard(second, 2.5)
    assert picked(looked, 100) == []


def test_of_two_imports_the_one_that_a_page_showed_is_not_looked_at_again_at_once():
    looked = group()
    for id in ("shown", "deep"):
        watch(looked, id, kind=IMPORT)
    looked.page_shown(listing(looked, 0), page(["shown"]), 0)
    assert look_at_all(looked, 0) == ["deep"]
    assert sorted(look_at_all(looked, 1)) == ["deep", "shown"]


def test_an_import_added_while_a_page_was_under_way_stays_in_the_list():
    looked = group()
    for number in (1, 2):
        watch(looked, number, kind=IMPORT)
    found = listing(looked, 0)
    late = watch(looked, 3, kind=IMPORT, now=0.3)
    looked.page_shown(found, page([1, 2]), 0.5)
    assert late.listing is found
    assert look_at_all(looked, 0.5 + LIST_PAUSE) == ["list"]


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "failed"])
def test_the_last_import_waits_for_the_page_that_is_under_way(is_read: bool):
    looked = group()
    first, second = (watch(looked, number, kind=IMPORT) for number in (1, 2))
    found = listing(looked, 0)
    looked.discard(first, 0.1)
    looked.hasten(second, 0.1)
    assert looked.pick(0.1) is None
    if is_read:
        assert [shown for shown, _ in looked.page_shown(found, page([1, 2]), 0.5)] == [second]
        assert looked.next_time(0.5) == 1.5
    else:
        looked.end_round(found, 0.5)
    assert look_at_all(looked, 1.5) == ["2"]


def test_a_list_that_was_left_half_read_is_begun_anew():
    looked = group()
    first, second, third = (watch(looked, number, kind=IMPORT) for number in (1, 2, 3))
    looked.page_shown(listing(looked, 0), page([1], after="100"), 0)
    looked.discard(first, 0)
    looked.discard(second, 0)
    assert look_at_all(looked, 0) == ["3"]
    watch(looked, 4, kind=IMPORT, now=10)
    found = listing(looked, 10)
    assert found.after is None
    assert {watch for watch, _ in looked.page_shown(found, page([4, 3]), 10)} >= {third}


def test_a_list_that_failed_is_read_again_from_its_beginning():
    looked = group()
    for number in range(200):
        watch(looked, number, kind=IMPORT)
    looked.page_shown(listing(looked, 0), page(range(100), after="100"), 0)
    looked.end_round(listing(looked, 0), 0.5)
    assert looked.next_time(0.5) == 0.5 + LIST_PAUSE
    assert listing(looked, 0.5 + LIST_PAUSE).after is None


def test_a_list_that_is_switched_off_leaves_each_to_itself():
    looked = group()
    for number in range(3):
        watch(looked, number, kind=IMPORT)
    looked.switch_off(listing(looked, 0))
    assert sorted(look_at_all(looked, 0)) == ["0", "1", "2"]
    watch(looked, 3, kind=IMPORT, now=0)
    assert look_at_all(looked, 0) == ["3"]
    assert sorted(look_at_all(looked, 1)) == ["0", "1", "2", "3"]


def test_a_list_waits_only_when_all_of_it_is_held():
    looked = group()
    first, second = (watch(looked, number, kind=IMPORT) for number in (1, 2))
    look_at_all(looked, 0)
    first.bars |= HELD
    found = listing(looked, 10)
    assert [found.task.id for found, _ in looked.page_shown(found, page([1, 2]), 10)] == ["2"]
    second.bars |= HELD
    assert picked(looked, 20) == []
    looked.release(second)
    assert look_at_all(looked, 20) == ["list"]


def test_haste_for_an_import_of_a_list_is_haste_for_the_list():
    looked = group()
    first, _ = (watch(looked, number, kind=IMPORT) for number in (1, 2))
    look_at_all(looked, 0)
    looked.hasten(first, 0.25)
    assert look_at_all(looked, 0.25) == ["list"]


def test_one_import_under_two_names_is_asked_about_under_both():
    looked = group()
    entries: list[Entry] = []
    for account in (None, "acme"):
        looked.add(Watch(IMPORT.task("1", account=account), looked, 0, 0), 0)
    looked.add(Watch(IMPORT.task("2"), looked, 0, 0), 0)
    for now in range(3):
        for entry in picked(looked, now):
            entries.append(entry)
            if isinstance(entry, Listing):
                entries += [watch for watch, _ in looked.page_shown(entry, page([1, 2]), now)]
            else:
                looked.looked(entry, now)
    assert {entry.task for entry in entries if isinstance(entry, Watch)} == set(looked.watches)
