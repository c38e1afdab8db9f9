"""What a watcher tells whoever wants to measure it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from hubspot_async.errors import HubSpotError
from hubspot_async.tasks import HubSpotTask, Snapshot
from hubspot_async.wire.request import Sender

log = logging.getLogger("hubspot_async.watcher")


class WatchObserver:
    """Hears what a watcher does, while it does it; subclass it and override what you want to hear.

    The watcher calls from the event loop and waits for it, so return at once. What is raised here is logged, and
    harms no watch.
    """

    def added(self, task: HubSpotTask[Any], session: Sender) -> None:
        """Hear that *task* of *session* is watched from now on."""

    def looked(self, tasks: Sequence[HubSpotTask[Any]], took: float, error: HubSpotError | None) -> None:
        """Hear that a look was made which took so many seconds: at a task, or at a list that showed any number."""

    def ended(self, task: HubSpotTask[Any], outcome: Snapshot | HubSpotError, lateness: float | None) -> None:
        """Hear how a watch has ended: with the last look, seconds after the end of the work, or with an error."""

    def dropped(self, task: HubSpotTask[Any]) -> None:
        """Hear that *task* is watched no more, and its end was not seen."""


class Guarded(WatchObserver):
    """Another observer, whose mistakes are logged and go no further."""

    def __init__(self, observer: WatchObserver) -> None:
        self._observer = observer

    def added(self, task: HubSpotTask[Any], session: Sender) -> None:
        """Pass it on."""
        self._tell("added", task, session)

    def looked(self, tasks: Sequence[HubSpotTask[Any]], took: float, error: HubSpotError | None) -> None:
        """Pass it on."""
        self._tell("looked", tasks, took, error)

    def ended(self, task: HubSpotTask[Any], outcome: Snapshot | HubSpotError, lateness: float | None) -> None:
        """Pass it on."""
        self._tell("ended", task, outcome, lateness)

    def dropped(self, task: HubSpotTask[Any]) -> None:
        """Pass it on."""
        self._tell("dropped", task)

    def _tell(self, what: str, *about: object) -> None:
        try:
            getattr(self._observer, what)(*about)
        except Exception:
            log.exception("the observer failed in %s", what)
