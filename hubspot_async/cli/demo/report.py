"""What came of the demo: its figures, and whatever is not as it should be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import define, field
from rich.console import Console

from hubspot_async import StatusChange, WatchFailed
from hubspot_async.cli.demo.compare import differences
from hubspot_async.cli.demo.sheet import Row, Sheet
from hubspot_async.cli.screen.line import Event
from hubspot_async.cli.screen.words import counted, say
from hubspot_async.results import SavedFile
from hubspot_async.watching.stats import WatchStats


@define(eq=False)
class Report:
    """The figures of one demo, and what differed."""

    sheet: Sheet
    ends: list[Event] = field(factory=list)
    files: list[tuple[SavedFile, int]] = field(factory=list)
    """Every file on the disk, and its rows."""
    checks: int = 0
    problems: list[str] = field(factory=list)
    stats: WatchStats | None = None
    began: float = field(factory=time.monotonic)

    def take(self, event: Event) -> None:
        """Count the end of a task."""
        self.ends.append(event)
        match event:
            case WatchFailed(error=error):
                self.fail(f"{event.task}: {error}")
            case StatusChange(current=current) if not event.succeeded:
                reasons = [error.message for error in current.errors]
                self.fail(": ".join([f"{event.task} ended as {current.status}", *reasons]))
            case StatusChange():
                pass

    def fail(self, problem: str) -> None:
        """Note what is not as it should be, in one line."""
        self.problems.append(" ".join(problem.split()))

    def check(self, what: str, came: object, expected: object) -> None:
        """Hold something that came back against what it has to be."""
        self.checks += 1
        if came != expected:
            self.fail(f"{what}: {came!r} instead of {expected!r}")

    def compare(self, saved: SavedFile, sent: Sequence[Row], back: Sequence[Row]) -> None:
        """Hold the rows of an export against those that went in."""
        self.files.append((saved, len(back)))
        self.checks += len(sent) * len(self.sheet.header)
        for difference in differences(self.sheet.header, sent, back, key=self.sheet.key):
            self.fail(f"{saved.path}: {difference}")

    def print(self, console: Console) -> None:
        """Say how it went."""
        if not console.is_terminal:  # where the table leaves a line
            say(console, "")
        for name, figure in self._figures():
            say(console, f"{name:<10}{figure}")
        for problem in self.problems:
            say(console, f"{'differs':<10}{problem}", style="red")

    def _figures(self) -> Iterator[tuple[str, str]]:
        kinds = Counter(event.task.kind.name for event in self.ends)
        listed = ", ".join(counted(count, kind) for kind, count in kinds.items())
        yield "tasks", f"{len(self.ends)} in {time.monotonic() - self.began:.1f} s: {listed}"
        if self.stats is not None:
            yield "polls", str(self.stats.polls)
            if self.stats.lateness_mean is not None:
                yield "lateness", f"mean {self.stats.lateness_mean:.2f} s, p95 {self.stats.lateness_p95:.2f} s"
        for number, (saved, rows) in enumerate(self.files):
            yield "" if number else "files", f"{saved.path}  {counted(rows, 'row')}  {counted(saved.bytes, 'byte')}"
        if not self.problems:
            yield "checked", f"{self.checks:,} values, all as they went in"
