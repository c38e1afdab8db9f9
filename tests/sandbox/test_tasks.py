import math

from hubspot_async.sandbox.tasks import Agenda, Lanes, Task


def test_a_task_is_pending_then_processing_then_complete() -> None:
    task = Task("1", "default", 100.0, 10.0)

    assert [task.status(now) for now in (100.0, 100.9, 101.0, 109.9, 110.0)] == [
        "PENDING",
        "PENDING",
        "PROCESSING",
        "PROCESSING",
        "COMPLETE",
    ]


def test_an_endless_task_is_soon_processed_and_never_over() -> None:
    task = Task("1", "default", 0.0, math.inf)

    assert [task.status(now) for now in (4.9, 5.0, 1e9)] == ["PENDING", "PROCESSING", "PROCESSING"]
    assert not task.is_over(1e9)


def test_lanes_give_their_places_in_turn() -> None:
    lanes = Lanes(2)
    tasks = [Task(str(n), "default", 0.0, seconds) for n, seconds in enumerate((5.0, 3.0, 4.0, 1.0))]
    for task in tasks:
        lanes.admit(task, 0.0)

    assert [(task.begins, task.ended) for task in tasks] == [(0.0, 5.0), (0.0, 3.0), (3.0, 7.0), (5.0, 6.0)]


def test_a_place_that_comes_free_early_moves_the_queue_up() -> None:
    lanes = Lanes(1)
    tasks = [Task(str(n), "default", 0.0, 10.0) for n in range(3)]
    for task in tasks:
        lanes.admit(task, 0.0)
    tasks[0].end(4.0, "CANCELED")

    assert lanes.replan(tasks, 4.0) == tasks[1:]
    assert [task.begins for task in tasks] == [0.0, 4.0, 14.0]
    late = Task("late", "default", 4.0, 10.0)
    lanes.admit(late, 4.0)
    assert late.begins == 24.0


def test_the_agenda_follows_tasks_whose_ends_move() -> None:
    agenda = Agenda()
    one, other = Task("1", "default", 0.0, 5.0), Task("2", "default", 0.0, 6.0)
    agenda.note(one)
    agenda.note(other)
    one.end(8.0, "COMPLETE")

    assert agenda.next_due(7.0) is other
    assert agenda.next_due(7.0) is None
    other.end(1.0, "COMPLETE")
    agenda.note(other)
    assert agenda.next_due(8.0) is one
    assert agenda.next_due(99.0) is None
