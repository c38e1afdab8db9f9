"""Kill runs of bulk exports some two hundred times, and print what was found: ``python -m tests.crash [seed]``."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from tests.crash.child import STEPS, WANTED
from tests.crash.kills import REMOTE, Forks, Kill
from tests.crash.promises import deeds, tell
from tests.crash.story import Found, Story

FILE_STEPS = ("a temporary file is made", "bytes are written", "a file gets its name")
POINTS = [
    *(
        f"{when} {step}"
        for step in ("the journal is made", "the journal gets its name")
        for when in ("before", "after")
    ),
    *(f"{when} {step}" for step in STEPS.values() for when in ("before", "after")),
    *(f"{when} {step}" for step in FILE_STEPS for when in ("before", "after")),
    "after a file has both of its names",
    *REMOTE,
]
ONCE = ("the journal", "the run", "its exports", "a refusal")
"""What happens but once in a run."""

FIRST = {"a temporary file is made": len(WANTED), "a file has both of its names": 1}
"""What is done so often before it is done for an export: for each folder, and for the journal."""

AT_A_POINT, IN_A_ROW, ROWS, KILLS = 3, 4, 12, 220
"""Kills at each point, and in a row, and how many such rows; kills at any moment fill up the number of them all."""

Kills = tuple[Kill, ...]

WORKERS = 2


@frozen
class Told:
    """What is kept of a story."""

    found: list[Found]
    deeds: dict[str, str]


def plan(dice: random.Random, length: float, told: list[Told]) -> Iterator[tuple[Kills, bool]]:
    """Give the kills of each story, and whether its last run starts again what is unknown."""

    def at_any_moment() -> Kill:
        return Kill(delay=dice.uniform(0.1, 1.0) * length)

    for point in POINTS:
        for turn in range(AT_A_POINT):
            nth = 1 if any(each in point for each in ONCE) else 1 + turn
            nth += next((count for step, count in FIRST.items() if step in point), 0)
            yield (Kill(point=point, nth=nth),), False
    for turn in range(ROWS):
        row = [at_any_moment() if dice.random() < 0.5 else Kill(point=dice.choice(POINTS)) for _ in range(IN_A_ROW)]
        yield tuple(row), turn % 2 == 0
    while sum(len(story.found) for story in told) < KILLS:
        yield (at_any_moment(),), False


async def tell_all(seed: int, folder: Path) -> list[Told]:
    """Tell all stories, a few at a time."""
    dice = random.Random(seed)
    told: list[Told] = []

    async def work(stories: Iterator[tuple[int, tuple[Kills, bool]]]) -> None:
        async with Forks.open() as forks:
            for number, (kills, restart) in stories:
                async with Story.open(forks, folder / f"{number}", restart_unknown=restart) as story:
                    try:
                        await tell(story, *kills)
                    except AssertionError:
                        print(f"story {number}: {kills}")
                        raise
                    told.append(Told(story.found, deeds(story)))

    length = await measured(folder)
    print(f"An uninterrupted run takes {length:.2f} s.")
    stories = enumerate(plan(dice, length, told))
    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(work(stories))
    return told


async def measured(folder: Path) -> float:
    """Tell how long a run takes that nobody kills."""
    took = []
    async with Forks.open() as forks:
        for number in range(3):
            async with Story.open(forks, folder / f"whole {number}") as story:
                began = time.perf_counter()
                await story.run()
                took.append(time.perf_counter() - began)
                await tell(story)
    return statistics.median(took)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def counted(words: Iterable[str]) -> str:
    found = Counter(words).most_common()
    return "; ".join(f"{word} ({count})" if len(found) > 1 else word for word, count in found)


def by_point(stories: list[Told]) -> str:
    """Say of each point how often a run was killed there, what was found, and what the next run did."""
    states, did = defaultdict(list), defaultdict(list)
    for story in stories:
        for found in story.found:
            states[found.kill.name].append(of_the_job(found, found.states))
        if story.deeds:
            did[story.found[-1].kill.name].append(of_the_job(story.found[-1], story.deeds))
    return table(
        ("killed", "times", "what the journal had of that export", "what the next run did about it"),
        ((point, len(states[point]), counted(states[point]), counted(did[point])) for point in POINTS),
    )


def of_the_job(found: Found, words: dict[str, str]) -> str:
    """Pick what is said of the export that a kill was about; of all where it was about none."""
    return words[found.job or "one/small"]


def by_state(stories: list[Told]) -> str:
    """Say of each state in which an export was found what the next run did."""
    found = defaultdict(list)
    for story in stories:
        for job, deed in story.deeds.items():
            found[story.found[-1].states[job]].append(deed)
    return table(
        ("found in the journal", "times", "what the next run did"),
        ((state, len(did), counted(did)) for state, did in sorted(found.items(), key=lambda each: -len(each[1]))),
    )


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    print(f"seed {seed}")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        stories = asyncio.run(tell_all(seed, Path(folder)))
    kills = sum(len(story.found) for story in stories)
    print(f"{kills} kills in {len(stories)} stories, {time.perf_counter() - began:.0f} s; every promise was kept.\n")
    print(by_point(stories), by_state(stories), sep="\n\n")


if __name__ == "__main__":
    main()
