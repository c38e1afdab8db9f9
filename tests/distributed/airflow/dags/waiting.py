"""Forty that wait at once: half have started exports themselves, half wait for what something else has started."""

import json
import os
from datetime import timedelta

from airflow.sdk import DAG, task

from hubspot_async import ViewExport
from hubspot_async.integrations.airflow import HubSpotExportOperator, HubSpotTaskSensor

STARTED_ELSEWHERE = json.loads(os.environ["TASKS_OF_THE_TEST"])
FOLDER = os.environ["FOLDER_OF_THE_TEST"]

with DAG("waiting", schedule=None, catchup=False):
    for number in range(20):
        HubSpotExportOperator(
            task_id=f"export_{number}",
            request=ViewExport("CONTACT", ["email"], export_name=f"people {number}"),
            path=f"{FOLDER}/{{{{ dag.dag_id }}}}/{number}.csv",
            retries=1,
        )
    for number, started in enumerate(STARTED_ELSEWHERE):
        HubSpotTaskSensor(task_id=f"sensor_{number}", hubspot_task=started)


with DAG("retried", schedule=None, catchup=False):
    HubSpotExportOperator(
        task_id="export",
        request=ViewExport("CONTACT", ["email"], export_name="people again"),
        path=f"{FOLDER}/blocked/people.csv",
        retries=10,
        retry_delay=timedelta(seconds=1),
    )


with DAG("passing", schedule=None, catchup=False):

    @task
    def pass_by() -> str:
        return "a worker was free"

    pass_by()
