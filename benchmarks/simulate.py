"""The schedule in simulated time: how late it learns of an end, and how many looks that takes.

``python -m benchmarks.simulate`` prints the rows, each for seeds 1 to 3.
"""

from __future__ import annotations

import math
import random
from collections import deque
from heapq import heappop, heappush
from itertools import count
from statistics import mean
from typing import Any

from attrs import frozen

from hubspot_async.tasks import EXPORT, FILE_IMPORT, HubSpotTask
from hubspot_async.watching.group import Group
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.watch import Watch

LATENCY = 0.05
"""Seconds from a look to its answer; HubSpot's part of it lies in the middle."""


class Account:
    """Stands in for a session."""

    account = None


@frozen
class Work:
    """A task, when it is started, when HubSpot begins it and when it ends."""

    task: HubSpotTask[Any]
    start: float
    begin: float
    end: float


@frozen
class Row:
    """What one simulated run came to."""

    mean: float
    p95: float
    looks: float


def simulate(works: list[Work], rate: float) -> Row:
    """Look at tasks, *rate* times a second at the most, until all ends are known."""
    schedule, group_of = Schedule(), Account()
    group = schedule.group(group_of)  # type: ignore[arg-type]
    by_task = {work.task: work for work in works}
    coming = deque(sorted(works, key=lambda work: work.start))
    answers: list[tuple[float, int, Watch]] = []
    numbers = count()
    late: list[float] = []
    now = next_place = 0.0
    looks = 0
    while len(late) < len(works):
        while coming and coming[0].start <= now:
            work = coming.popleft()
            schedule.add(work.task, group_of, work.start, now)  # type: ignore[arg-type]
        while answers and answers[0][0] <= now:
            at, _, watch = heappop(answers)
            work = by_task[watch.task]
            if work.end <= at - LATENCY / 2:
                late.append(at - work.end)
                group.discard(watch, at, work.end)
                schedule.forget(watch)
            else:
                group.observe(watch, "PROCESSING" if work.begin <= at - LATENCY / 2 else "PENDING", at)
                group.looked(watch, at)
            schedule.wake(group)
        choice = schedule.next(now)
        if isinstance(choice, Group) and next_place <= now:
            entry = group.pick(now)
            schedule.wake(group)
            if isinstance(entry, Watch):
                looks += 1
                next_place = now + 1 / rate
                heappush(answers, (now + LATENCY, next(numbers), entry))
            continue
        times = [answers[0][0] if answers else math.inf, coming[0].start if coming else math.inf]
        times.append(next_place if isinstance(choice, Group) else choice)
        now = max(now, min(times))
    late.sort()
    return Row(mean(late), late[math.ceil(len(late) * 0.95) - 1], looks / len(works))


def exports_one_at_a_time(seed: int) -> Row:
    """30 exports, one at a time, log-normal, median 20 s, σ 1.45, 10 looks a second."""
    source = random.Random(seed)
    end, works = 0.0, []
    for number in range(30):
        begin, end = end, end + 20 * source.lognormvariate(0, 1.45)
        works.append(Work(EXPORT.task(number), 0.0, begin, end))
    return simulate(works, 10)


def mixed(seed: int) -> Row:
    """3,000 tasks, 80 % around 8 s and 20 % around 5 min (σ 0.5), started and looked at 9.5 times a second each."""
    source = random.Random(seed)
    works = []
    for number in range(3000):
        start = number / 9.5
        lasts = (8 if source.random() < 0.8 else 300) * source.lognormvariate(0, 0.5)
        works.append(Work(FILE_IMPORT.task(number), start, start, start + lasts))
    return simulate(works, 9.5)


def burst(seed: int) -> Row:
    """300 tasks at once, log-normal, median 12 s, σ 1.1, none longer than 60 s, 18.6 looks a second."""
    source = random.Random(seed)
    lasts = [min(60.0, 12 * source.lognormvariate(0, 1.1)) for _ in range(300)]
    works = [Work(FILE_IMPORT.task(number), 0.0, 0.0, end) for number, end in enumerate(lasts)]
    return simulate(works, 18.6)


def main() -> None:
    """Print the table."""
    print(f"{'':32} {'mean s':>8} {'p95 s':>8} {'looks a task':>13}   seeds 1 to 3")
    rows = {"30 exports, one at a time": exports_one_at_a_time, "3,000 mixed tasks": mixed, "300 tasks at once": burst}
    for name, row in rows.items():
        runs = [row(seed) for seed in (1, 2, 3)]
        means = [mean(getattr(run, figure) for run in runs) for figure in ("mean", "p95", "looks")]
        print("{:32} {:8.2f} {:8.2f} {:13.2f}".format(name, *means))
        for run in runs:
            print(f"{'':32} {run.mean:8.2f} {run.p95:8.2f} {run.looks:13.2f}")


if __name__ == "__main__":
    main()
