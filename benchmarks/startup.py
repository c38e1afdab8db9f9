"""How long `--help` takes, beside importing what it is made with: whole processes, that take turns.

``python -m benchmarks.startup [ROUNDS]`` prints the table. ``cyclopts, rich`` is the target's measure, in which rich
does next to nothing, for it loads its parts when they are used; the line below it is what cyclopts needs of rich to
print a help of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 21
TARGET = 1.5

RUNS = {
    "python": ["-c", "pass"],
    "import cyclopts, rich": ["-c", "import cyclopts, rich"],
    "… and rich.console, rich.table": ["-c", "import cyclopts, rich.console, rich.table"],
    "hubspot-async --help": ["-m", "hubspot_async", "--help"],
    "hubspot-async export --help": ["-m", "hubspot_async", "export", "--help"],
}
BASE = "import cyclopts, rich"


def once(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(rounds: int) -> None:
    took: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(rounds):
        for name, arguments in RUNS.items():
            took[name].append(once(arguments))
    print(f"{'median of ' + str(rounds):<34}{'ms':>6}{'ratio':>8}")
    for name, seconds in took.items():
        ratios = [one / base for one, base in zip(seconds, took[BASE], strict=True)]
        print(f"{name:<34}{statistics.median(seconds) * 1000:>6.0f}{statistics.median(ratios):>8.2f}")
    print(f"target: at most {TARGET} for --help")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
