"""Forty that wait at once, a triggerer that is killed, and what HubSpot's own books say of it."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hubspot_async import HubSpotSession, ImportFromUrl, files
from hubspot_async.integrations.plain import Plain, write_task
from tests.distributed.airflow.conftest import Airflow
from tests.distributed.hubspot import HubSpot
from tests.distributed.processes import wait_until

JOINED = "one watcher looks for all who wait"
FOR_EVER = 1e6


async def start_file_imports(hubspot: HubSpot, number: int) -> list[Plain]:
    async with HubSpotSession(hubspot.token, base_url=hubspot.url) as session:
        requests = [
            ImportFromUrl(hubspot.file_url, folder_path="/logos", name=f"logo {each}") for each in range(number)
        ]
        return [write_task(await files.import_from_url(session, request)) for request in requests]


@pytest.mark.timeout(1200)
def test_forty_that_wait_and_a_triggerer_that_is_killed(
    airflow_folder: Path, tmp_path: Path, figure: Callable[[str], None]
):
    exports = tmp_path / "exports"
    with HubSpot(task_seconds={"export": FOR_EVER, "file_import": FOR_EVER}, daily_limit=None) as hubspot:
        tasks = asyncio.run(start_file_imports(hubspot, 20))
        airflow = Airflow(airflow_folder, hubspot, TASKS_OF_THE_TEST=json.dumps(tasks), FOLDER_OF_THE_TEST=str(exports))
        try:
            airflow.start()
            first = airflow.start_triggerer("first")
            airflow.trigger("waiting")
            wait_until(lambda: airflow.states("waiting") == {"deferred": 40}, "all forty are deferred", 300)

            # No worker is held: another DAG runs, and nothing of the forty is anything but deferred.
            airflow.trigger("passing")
            wait_until(lambda: airflow.states("passing") == {"success": 1}, "a worker is free", 120)
            assert airflow.states("waiting") == {"deferred": 40}
            assert first.count(JOINED) == 1, "forty triggers have more than one watcher"
            assert airflow.remembered() == 20, "what was started is not noted"

            second = airflow.start_triggerer("second")
            time.sleep(5)
            assert second.count(JOINED) == 0
            first.kill()
            killed = time.monotonic()
            wait_until(lambda: second.count(JOINED), "the second triggerer goes on", 180)
            taken_over = time.monotonic() - killed
            hubspot.finish("export")
            hubspot.finish("file_import")
            wait_until(lambda: airflow.states("waiting") == {"success": 40}, "all forty succeed", 400)
            assert len(list(exports.rglob("*.csv"))) == 20

            # A try that fails after its export was started, and the next one.
            (exports / "blocked").write_text("no folder can be made here")
            airflow.trigger("retried")
            wait_until(lambda: airflow.states("retried") == {"deferred": 1}, "one more is deferred", 120)
            hubspot.finish("export")
            wait_until(lambda: airflow.tries("retried") > 1, "it is tried again", 120)
            (exports / "blocked").unlink()
            wait_until(lambda: airflow.states("retried") == {"success": 1}, "a later try succeeds", 240)
            assert airflow.remembered() == 0, "the next run would not begin anew"
        finally:
            airflow.stop()
        books = hubspot.close()
    figure(
        f"40 deferred, 1 watcher; taken over after {taken_over:.0f} s; {books.count('exports.start')} exports started,"
        f" {books.refused} refused"
    )
    assert books.count("exports.start") == 20 + 1, "an export was started twice"
    assert books.refused == 0
    written = airflow.ask("select value from xcom") + airflow.ask("select kwargs from trigger")
    assert not any(hubspot.token in str(row) for row in written)
