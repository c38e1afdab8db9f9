"""OpenTelemetry (extra ``otel``): a span for each watched task, linked to its looks; lateness and budget as metrics.

::

    async with TaskGroupWatcher(session, observer=OpenTelemetryObserver()) as watcher:
        ...

Only the API is needed here; where spans and metrics go, the application's SDK says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakSet

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider

from hubspot_async import facts
from hubspot_async.errors import HubSpotError
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask, Snapshot
from hubspot_async.watching.observer import WatchObserver
from hubspot_async.wire.request import Sender

_SCOPE = "hubspot_async"
_COUNTERS = {"granted": "requests sent", "waited": "requests that had to wait", "refused": "429 answers"}


class OpenTelemetryObserver(WatchObserver):
    """Makes spans and metrics of what a watcher does; one observer may hear several watchers.

    A task is a span ``hubspot export`` (``import``, ``file-import``, ``folder-update``), from its start to its end as
    far as both are known, with the attributes ``hubspot.task.id``, ``.kind``, ``.status`` and ``.lateness`` and
    ``hubspot.account``. A look is a span of its own, ``hubspot look``, since one may show a hundred tasks: the task's
    span links to each. A task that has not ended well, or was given up, has the status ERROR.

    The metrics: ``hubspot.task.lateness`` (a histogram, in seconds) and ``hubspot.task.ended`` by kind, account and
    status; ``hubspot.looks`` by account and error; ``hubspot.budget.granted``, ``.waited``, ``.refused`` and
    ``.daily_remaining`` by account, of the sessions whose tasks are or were watched.

    Without providers of your own it takes the global ones.
    """

    def __init__(
        self, *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        self._spans: dict[HubSpotTask[Any], Span] = {}
        self._accounts: dict[HubSpotTask[Any], str] = {}
        self._sessions: WeakSet[HubSpotSession] = WeakSet()
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._lateness = meter.create_histogram(
            "hubspot.task.lateness", "s", "from the end of a task's work to the look that found out"
        )
        self._ended = meter.create_counter("hubspot.task.ended", "{task}", "watched tasks that have ended")
        self._looks = meter.create_counter("hubspot.looks", "{look}", "looks at tasks, or at lists of them")
        for name, what in (
            ("granted", "requests sent"),
            ("waited", "requests that waited"),
            ("refused", "429 answers"),
        ):
            meter.create_observable_counter(f"hubspot.budget.{name}", [self._budget(name)], "{request}", what)
        meter.create_observable_gauge(
            "hubspot.budget.daily_remaining", [self._budget("daily_remaining")], "{request}", "requests left today"
        )

    def added(self, task: HubSpotTask[Any], session: Sender) -> None:
        """Begin the span of a task, at the task's own start where that is known."""
        began = int(task.started_at.timestamp() * 1e9) if task.started_at else time.time_ns()
        account = self._accounts[task] = session.account or ""
        attributes = {"hubspot.task.kind": task.kind.name, "hubspot.task.id": task.id, "hubspot.account": account}
        self._spans[task] = self._tracer.start_span(
            f"hubspot {task.kind.name}", kind=SpanKind.INTERNAL, attributes=attributes, start_time=began
        )
        if isinstance(session, HubSpotSession):
            self._sessions.add(session)

    def looked(self, tasks: Sequence[HubSpotTask[Any]], took: float, error: HubSpotError | None) -> None:
        """Make the span of a look, and link those of the tasks it showed to it."""
        ended = time.time_ns()
        account = next((self._accounts[task] for task in tasks if task in self._accounts), "")
        told: dict[str, Any] = {"hubspot.account": account, "hubspot.look.tasks": len(tasks)}
        span = self._tracer.start_span(
            "hubspot look",
            context=Context(),  # a trace of its own
            kind=SpanKind.CLIENT,
            attributes=told | _attributes(error),
            start_time=ended - int(took * 1e9),
        )
        _mark(span, error)
        span.end(ended)
        for task in tasks:
            if task in self._spans:
                self._spans[task].add_link(span.get_span_context())
        self._looks.add(1, {"hubspot.account": account, "error.type": _name(error)})

    def ended(self, task: HubSpotTask[Any], outcome: Snapshot | HubSpotError, lateness: float | None) -> None:
        """End the span of a task, and count it."""
        span = self._spans.pop(task, None)
        about = {"hubspot.task.kind": task.kind.name, "hubspot.account": self._accounts.pop(task, "")}
        error = outcome if isinstance(outcome, HubSpotError) else None
        status = "lost" if isinstance(outcome, HubSpotError) else str(outcome.status)
        self._ended.add(1, about | {"hubspot.task.status": status})
        if lateness is not None:
            self._lateness.record(lateness, about)
        if span is None:
            return
        span.set_attribute("hubspot.task.status", status)
        span.set_attributes(_attributes(error))
        if lateness is not None:
            span.set_attribute("hubspot.task.lateness", lateness)
        if error is None and not getattr(outcome, "succeeded", False):
            span.set_status(Status(StatusCode.ERROR, f"ended as {status}"))
        _mark(span, error)
        span.end(time.time_ns() - int((lateness or 0.0) * 1e9))

    def dropped(self, task: HubSpotTask[Any]) -> None:
        """End the span of a task that nobody watches any more; how it ends is not known."""
        self._accounts.pop(task, None)
        span = self._spans.pop(task, None)
        if span is not None:
            span.set_attribute("hubspot.task.status", "unknown")
            span.end()

    def _budget(self, figure: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            for session in list(self._sessions):
                value = getattr(session.budget.stats, figure)
                if value is not None:
                    yield Observation(value, {"hubspot.account": session.account or ""})

        return observe


def _attributes(error: HubSpotError | None) -> dict[str, Any]:
    """Give what is known of an error, under the names that a log record has for it."""
    if error is None:
        return {}
    told: dict[str, Any] = facts.of_error(error)
    return {"error.type": told.pop("error"), **{f"hubspot.{name}": value for name, value in told.items()}}


def _name(error: HubSpotError | None) -> str:
    return type(error).__name__ if error is not None else ""


def _mark(span: Span, error: HubSpotError | None) -> None:
    if error is not None:
        span.set_status(Status(StatusCode.ERROR, str(error)))
