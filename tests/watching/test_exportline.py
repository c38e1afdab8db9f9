"""Exports, which HubSpot makes one at a time: who is looked at, and who waits."""

from hubspot_async.tasks import EXPORT
from hubspot_async.watching.exportline import DOUBTFUL, NEXT, ExportLine
from hubspot_async.watching.watch import LOOKING, PARKED, Watch
from tests.watching.pure import group

GROUP = group()


def export(born: float) -> Watch:
    return Watch(EXPORT.task(f"{born:g}"), GROUP, born, now=100.0)


def line_of(*watches: Watch) -> ExportLine:
    line = ExportLine()
    for watch in watches:
        line.add(watch)
    return line


def free(*watches: Watch) -> list[bool]:
    return [not watch.bars & PARKED for watch in watches]


def test_only_the_oldest_two_are_looked_at():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line_of(*watches)
    assert free(a, b, c, d) == [True, True, False, False]


def test_they_stand_by_their_starts_however_they_were_added():
    a, b, c, d = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(d, b, c, a)
    assert free(a, b, c, d) == [True, True, False, False]
    assert line.patience_for(b) == NEXT
    assert line.patience_for(a) != NEXT


def test_exports_of_one_moment_stand_as_they_were_added():
    a, b, c = watches = [export(1), export(1), export(1)]
    line_of(*watches)
    assert free(a, b, c) == [True, True, False]


def test_the_end_of_the_first_is_the_start_of_the_second_and_frees_the_third():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    heir, freed = line_of(*watches).remove(a, ended_at=50.0)
    assert heir is b
    assert freed == [c]
    assert (b.born, b.seen_at, b.started) == (50.0, 50.0, 2)
    assert free(b, c, d) == [True, True, False]


def test_one_that_was_started_after_that_end_is_no_older_for_it():
    a, b = export(1), export(60)
    heir, _ = line_of(a, b).remove(a, ended_at=50.0)
    assert heir is b
    assert b.born == 60


def test_of_one_that_was_given_up_nobody_knows_when_the_next_begins():
    a, b, c = watches = [export(born) for born in (1, 2, 3)]
    heir, freed = line_of(*watches).remove(a, ended_at=None)
    assert heir is b
    assert freed == [c]
    assert b.born == 2


def test_the_second_may_leave_before_the_first():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    heir, freed = line_of(*watches).remove(b, ended_at=50.0)
    assert heir is None
    assert freed == [c]
    assert free(a, c, d) == [True, True, False]


def test_one_who_was_not_in_line_changes_nothing():
    a, b = export(1), export(2)
    line = line_of(a, b)
    assert line.remove(export(3), ended_at=50.0) == (None, [])
    line.remove(a, ended_at=50.0)
    assert line.remove(a, ended_at=50.0) == (None, [])


def test_the_line_keeps_its_order_although_the_first_was_born_again():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(*watches)
    line.remove(a, ended_at=90.0)
    late, between = export(95), export(2.5)
    line.add(late)
    line.add(between)
    assert free(b, between, c, d, late) == [True, True, False, False, False]
    assert line.patience_for(between) == NEXT


def test_an_older_one_that_comes_late_pushes_back_who_was_second():
    a, b = export(5), export(6)
    line = line_of(a, b)
    older = export(1)
    line.add(older)
    assert free(older, a, b) == [True, True, False]


def test_a_second_that_works_before_the_first_is_done_calls_for_a_look_at_the_first():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(*watches)
    assert line.observe(a, "PROCESSING") == []
    assert line.observe(b, "PENDING") == []
    assert line.observe(b, "PROCESSING") == [a]
    assert free(a, b, c, d) == [True, True, False, False]


def test_where_the_first_is_unfinished_then_the_order_is_not_kept_and_nobody_waits():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(*watches)
    line.observe(b, "PROCESSING")
    assert line.observe(a, "PENDING") == [c, d]
    assert free(*watches) == [True] * 4
    assert line.patience_for(b) != NEXT
    later = export(9)
    line.add(later)
    assert free(later) == [True]
    assert line.remove(a, ended_at=50.0) == (None, [])


def test_where_the_first_had_just_ended_the_order_was_kept():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(*watches)
    assert line.observe(b, "PROCESSING") == [a]
    assert line.observe(a, "COMPLETE") == []
    line.remove(a, ended_at=50.0)
    assert line.observe(b, "PROCESSING") == []
    assert free(b, c, d) == [True, True, False]


def test_so_does_a_second_that_is_done_before_the_first():
    a, b, c, d = watches = [export(born) for born in (1, 2, 3, 4)]
    line = line_of(*watches)
    assert line.observe(b, "COMPLETE") == [a]
    assert line.remove(b, ended_at=50.0) == (None, [c])
    assert line.observe(a, "PROCESSING") == [d]


def test_a_look_at_the_first_that_is_under_way_is_waited_for():
    a, b, c = watches = [export(born) for born in (1, 2, 3)]
    line = line_of(*watches)
    a.bars |= LOOKING
    assert line.observe(b, "PROCESSING") == []
    assert free(a, b, c) == [True, True, False]


def test_an_empty_line_is_thought_to_keep_its_order_again():
    a, b, _ = watches = [export(born) for born in (1, 2, 3)]
    line = line_of(*watches)
    line.observe(b, "PROCESSING")
    line.observe(a, "PENDING")
    for watch in watches:
        line.remove(watch, ended_at=50.0)
    d, e, f = others = [export(born) for born in (11, 12, 13)]
    for watch in others:
        line.add(watch)
    assert free(d, e, f) == [True, True, False]


def test_while_the_first_does_not_begin_the_parked_are_looked_at_ever_more_rarely():
    watches = [export(born) for born in (1, 2, 3, 4, 5)]
    line = line_of(*watches)
    doubted_at = [look for look in range(1, 4 * DOUBTFUL + 1) if line.observe(watches[0], "PENDING")]
    assert doubted_at == [DOUBTFUL, 2 * DOUBTFUL, 4 * DOUBTFUL]
    assert not any(watch.bars & PARKED for watch in watches)
    assert line.observe(watches[4], "PENDING") == []
    assert watches[4].bars & PARKED, "it was looked at once, and waits like before"


def test_one_that_began_out_of_turn_is_found_among_the_parked():
    watches = [export(born) for born in (1, 2, 3, 4, 5)]
    line = line_of(*watches)
    for _ in range(DOUBTFUL):
        line.observe(watches[0], "PENDING")
    assert line.observe(watches[4], "PROCESSING") == [watches[0]]
    line.observe(watches[0], "PENDING")
    assert line.patience_for(watches[0]) == 1, "the order is not kept, and each goes by its age"
    assert not any(watch.bars & PARKED for watch in watches)
