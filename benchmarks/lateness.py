"""What a pause costs and what it brings: mean lateness against looks a task, for three ways to let pauses grow.

``python -m benchmarks.lateness`` prints the table, ``python -m benchmarks.lateness FILE.svg`` draws it (matplotlib).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from statistics import mean

from hubspot_async import Backoff, Constant, Exponential, SquareRoot

TASKS, MEDIAN, SPREAD = 4_000, 60.0, 2.0
"""Of a log-normal: two thirds of the tasks last between 8 s and 7.5 min, and two in a hundred more than an hour."""

NO_END = 1e9

WAYS: dict[str, tuple[Callable[[float], Backoff], list[float]]] = {
    "the same pause": (Constant, [2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0]),
    "doubling and the like": (
        lambda factor: Exponential(first=1.0, factor=factor, ceiling=NO_END, jitter=0.0),
        [1.03, 1.06, 1.1, 1.2, 1.4, 2.0],
    ),
    "the square root of the age": (
        lambda factor: SquareRoot(factor=factor, floor=1.0, ceiling=NO_END),
        [0.2, 0.35, 0.5, 0.8, 1.2, 2.0, 3.0],
    ),
}


def watch(lasts: float, backoff: Backoff) -> tuple[float, int]:
    """Look at one task until it is over; give the lateness and the looks."""
    age, looks = 0.0, 0
    while age < lasts or not looks:
        age += backoff.pause(age)
        looks += 1
    return age - lasts, looks


def rows() -> Iterator[tuple[str, float, float, float]]:
    """Give the way, its parameter, looks a task and mean lateness."""
    source = random.Random(1)
    durations = [MEDIAN * source.lognormvariate(0, SPREAD) for _ in range(TASKS)]
    for name, (make, parameters) in WAYS.items():
        for parameter in parameters:
            backoff = make(parameter)
            ends = [watch(lasts, backoff) for lasts in durations]
            yield name, parameter, mean(looks for _, looks in ends), mean(late for late, _ in ends)


def draw(path: str) -> None:
    """Draw the table as a picture that fits a light page and a dark one."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    ink = "#7f8693"
    plt.rcParams |= {"svg.hashsalt": "1", "font.size": 10, "text.color": ink, "axes.labelcolor": ink}
    plt.rcParams |= {"axes.edgecolor": ink, "xtick.color": ink, "ytick.color": ink, "legend.frameon": False}
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    found = list(rows())
    for (name, _), colour, mark in zip(WAYS.items(), ("#e0823d", "#c2557a", "#2f8f83"), "s^o", strict=True):
        points = [(looks, late) for way, _, looks, late in found if way == name]
        axes.plot(*zip(*points, strict=True), color=colour, marker=mark, markersize=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel="looks a task", ylabel="mean lateness, seconds")
    for axis, ticks in ((axes.xaxis, (5, 10, 20, 50, 100, 200)), (axes.yaxis, (1, 2, 5, 10, 20, 50, 100, 200))):
        axis.set_major_locator(mpl.ticker.FixedLocator(ticks))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(mpl.ticker.NullLocator())
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend()
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Print the table, or draw it."""
    if sys.argv[1:]:
        draw(sys.argv[1])
        return
    print(f"{'':30} {'parameter':>10} {'looks a task':>13} {'lateness, s':>12}")
    for name, parameter, looks, late in rows():
        print(f"{name:30} {parameter:10.2f} {looks:13.1f} {late:12.2f}")


if __name__ == "__main__":
    main()
