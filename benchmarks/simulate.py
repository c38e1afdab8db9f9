"""The schedule in simulated time: how late it learns of an end, and how many requests that takes."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from attrs import frozen

from hubspot_async.tasks import EXPORT, FILE_IMPORT, HubSpotTask
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.watch import Watch


class Account:
    """Stands in for a session."""

    account = None


@frozen
class Row:
    """What one simulated run came to."""

    tasks: int
    mean: float
    p95: float
    requests: float

    def __str__(self) -> str:
        return f"{self.tasks} tasks: mean lateness {self.mean:.2f} s, p95 {self.p95:.2f} s, {self.requests:.2f} requests a task"


def log_normal(source: random.Random, median: float, sigma: float) -> float:
    """Draw a duration."""
    return median * source.lognormvariate(0, sigma)


def run(
    starts: list[tuple[float, HubSpotTask, Callable[[float], float]]], rate: float, latency: float = 0.05, on_rate=None
) -> Row:
    """Poll tasks, each given by its start and by when it ends, at *rate* looks a second at the most."""
    schedule, account = Schedule(), Account()
    ends: dict[HubSpotTask, float] = {task: end for _, task, end in starts}
    waiting = sorted(starts, key=lambda each: each[0])
    now, next_place, polls, place = 0.0, 0.0, 0, 0
    late: list[float] = []
    group = schedule.group(account)
    inflight, numbers = [], count()
    while waiting or group.watches or inflight:
        while waiting and waiting[0][0] <= now:
            begin, task, _ = waiting.pop(0)
            schedule.add(task, account, begin, now)
        while inflight and inflight[0][0] <= now:
            at, _, watch = heappop(inflight)
            sampled = at - latency / 2
            if ends[watch.task] <= sampled:
                late.append(at - ends[watch.task])
                group.discard(watch, at, ends[watch.task])
            else:
                group.observe(
                    watch, "PENDING" if False else "PROCESSING" if watch is first_of(group) else "PENDING", at
                )
                group.looked(watch, at)
            schedule.wake(group, at)
        choice = schedule.next(now)
        if choice is group and next_place <= now:
            watch = group.pick(now)
            schedule.wake(group, now)
            if isinstance(watch, Watch):
                polls += 1
                next_place = max(next_place, now - 1e-9) + 1 / (on_rate(now) if on_rate else rate)
                heappush(inflight, (now + latency, next(numbers), watch))
            continue
        times = [inflight[0][0]] if inflight else []
        times += [waiting[0][0]] if waiting else []
        times += [max(now, next_place)] if choice is group else [choice]
        now = max(now, min(times))
    late.sort()
    return Row(len(late), sum(late) / len(late), late[int(len(late) * 0.95)], polls / len(late))


def first_of(group):
    line = group._exports._line
    return line[0] if line else None


def exports_one_at_a_time(seed: int) -> Row:
    """30 exports, one at a time, log-normal, median 20 s, σ 1.45, 10 looks a second."""
    source = random.Random(seed)
    end, starts = 0.0, []
    for number in range(30):
        end += log_normal(source, 20, 1.45)
        starts.append((0.0, EXPORT.task(number), end))
    return run(starts, 10)


def mixed(seed: int, n=3000) -> Row:
    """3,000 tasks of two speeds on one account of 19 requests a second, half of them looks; starts are paced."""
    source = random.Random(seed)
    starts = []
    for number in range(n):
        begin = number / 9.5
        lasts = log_normal(source, 8, 0.8) if source.random() < 0.8 else log_normal(source, 300, 0.8)
        starts.append((begin, FILE_IMPORT.task(number), begin + lasts))
    over = n / 9.5
    return run(starts, 9.5)


def burst(seed: int) -> Row:
    """300 tasks at once, log-normal, median 12 s, σ 1.1, cap 60 s, 19 looks a second."""
    source = random.Random(seed)
    return run([(0.0, FILE_IMPORT.task(n), min(60.0, log_normal(source, 12, 1.1))) for n in range(300)], 18.6)


if __name__ == "__main__":
    for seed in (1, 2, 3):
        print("exports", exports_one_at_a_time(seed))
    for seed in (1, 2, 3):
        print("burst", burst(seed))
    for seed in (1, 2, 3):
        print("mixed", mixed(seed))
