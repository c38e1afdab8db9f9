"""OpenTelemetry: a span a task, links to its looks, lateness and budget as metrics."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from hubspot_async import HubSpotSession, ImportRequest, TaskGroupWatcher, ViewExport, exports, imports
from hubspot_async.integrations.otel import OpenTelemetryObserver
from hubspot_async.sandbox import Sandbox

pytestmark = pytest.mark.asyncio


class Telemetry:
    """Keeps what an observer makes."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._providers = tracers, MeterProvider([self._reader])
        self.observer = OpenTelemetryObserver(tracer_provider=tracers, meter_provider=self._providers[1])

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if span.name == name]

    def metrics(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        found = [metric for each in data.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
        return {metric.name: list(metric.data.data_points) for metric in found}

    def close(self) -> None:
        for provider in self._providers:
            provider.shutdown()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    yield telemetry
    telemetry.close()


def ids(spans: list[ReadableSpan]) -> set[int]:
    return {span.context.span_id for span in spans if span.context}


async def test_a_task_is_a_span_that_links_to_its_looks(sandbox: Sandbox, telemetry: Telemetry) -> None:
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url, account="north") as session,
        TaskGroupWatcher(session, observer=telemetry.observer) as watcher,
    ):
        task = await exports.start(session, ViewExport("CONTACT", ["email"]))
        done = await watcher.settle(task)
        (span,) = telemetry.spans("hubspot export")
        looks = telemetry.spans("hubspot look")
        figures = telemetry.metrics()
    assert span.attributes is not None
    assert span.attributes["hubspot.task.id"] == task.id
    assert span.attributes["hubspot.account"] == "north"
    assert span.attributes["hubspot.task.status"] == "COMPLETE"
    assert span.attributes["hubspot.task.lateness"] == done.lateness
    assert span.status.status_code is StatusCode.UNSET
    assert looks
    assert {link.context.span_id for link in span.links} == ids(looks)
    assert all(look.parent is None for look in looks)
    assert figures["hubspot.task.lateness"][0].count == 1
    assert figures["hubspot.task.lateness"][0].sum == pytest.approx(done.lateness)
    assert figures["hubspot.looks"][0].value == len(looks)
    assert figures["hubspot.budget.granted"][0].value == session.budget.stats.granted
    assert figures["hubspot.budget.daily_remaining"][0].attributes == {"hubspot.account": "north"}


async def test_a_look_at_a_list_is_linked_from_all_it_shows(
    sandbox: Sandbox, telemetry: Telemetry, tmp_path: Any
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Email\nana@example.com\n")
    plan = ImportRequest.for_csv(path, "0-1", {"Email": "email"}, key="Email")
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session, observer=telemetry.observer) as watcher,
    ):
        for _ in range(3):
            watcher.add(await imports.start(session, plan, path))
        assert [event.is_final async for event in watcher if event.is_final] == [True] * 3
    spans = telemetry.spans("hubspot import")
    assert len(spans) == 3
    shared = set.intersection(*({link.context.span_id for link in span.links} for span in spans))
    assert shared & ids(telemetry.spans("hubspot look"))


async def test_a_task_that_ends_badly_is_an_error_and_says_why(sandbox: Sandbox, telemetry: Telemetry) -> None:
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session, observer=telemetry.observer) as watcher,
    ):
        canceled = await exports.start(session, ViewExport("CONTACT", ["email"]))
        sandbox.cancel(canceled.id)
        await watcher.settle(canceled)
        foreign = exports.task("999")
        sandbox.fail("exports.status", status=403, body={"category": "MISSING_SCOPES", "correlationId": "abc"})
        watcher.add(foreign)
        assert [type(event).__name__ async for event in watcher] == ["WatchFailed"]
    spans = {span.attributes["hubspot.task.id"]: span for span in telemetry.spans("hubspot export") if span.attributes}
    assert spans[canceled.id].status.description == "ended as CANCELED"
    lost = spans["999"]
    assert lost.status.status_code is StatusCode.ERROR
    assert lost.attributes is not None
    assert lost.attributes["error.type"] == "ForbiddenError"
    assert lost.attributes["hubspot.correlation_id"] == "abc"
    ended = {
        point.attributes["hubspot.task.status"]: point.value for point in telemetry.metrics()["hubspot.task.ended"]
    }
    assert ended == {"CANCELED": 1, "lost": 1}


async def test_who_leaves_ends_the_spans_of_what_goes_on(sandbox: Sandbox, telemetry: Telemetry) -> None:
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session, observer=telemetry.observer) as watcher,
    ):
        task = await exports.start(session, ViewExport("CONTACT", ["email"]))
        sandbox.hold(task.id)
        watcher.add(task)
        assert await anext(aiter(watcher))
    (span,) = telemetry.spans("hubspot export")
    assert span.attributes is not None
    assert span.attributes["hubspot.task.status"] == "unknown"


async def test_without_providers_it_takes_the_global_ones_which_do_nothing(sandbox: Sandbox) -> None:
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session, observer=OpenTelemetryObserver()) as watcher,
    ):
        task = await exports.start(session, ViewExport("CONTACT", ["email"]))
        assert (await watcher.settle(task)).succeeded


async def test_no_token_and_no_url_of_a_file_is_told(sandbox: Sandbox, telemetry: Telemetry) -> None:
    async with (
        HubSpotSession(sandbox.token, base_url=sandbox.url) as session,
        TaskGroupWatcher(session, observer=telemetry.observer) as watcher,
    ):
        await watcher.settle(await exports.start(session, ViewExport("CONTACT", ["email"])))
    written = "".join(span.to_json() for name in ("export", "look") for span in telemetry.spans(f"hubspot {name}"))
    assert sandbox.token not in written
    assert "Signature" not in written
