"""What tasks are to become, settled before they are started."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_async.sandbox.answers import Json
from hubspot_async.sandbox.tasks import Task

KINDS = ("export", "import", "file_import", "folder_update", "extract")


@dataclass(slots=True, eq=False)
class Plan:
    """How the next tasks of a kind go; *times* of None is for ever."""

    kind: str
    seconds: float | None
    outcome: str | None
    errors: Sequence[Json]
    times: int | None
    account: str | None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a task's kind is one of {', '.join(KINDS)}, not {self.kind!r}")

    def concerns(self, task: Task) -> bool:
        """Whether this is for *task*."""
        return self.times != 0 and task.kind == self.kind and self.account in {None, task.account}

    def apply(self, task: Task) -> None:
        """Let *task* go as planned."""
        if self.times is not None:
            self.times -= 1
        if self.seconds is not None:
            task.duration = self.seconds
        task.turn_out(self.outcome or task.outcome, self.errors)
