"""The code of the page about Airflow, as a DAG that is run to its end."""

from pathlib import Path

import pytest

from tests.distributed.airflow.conftest import Airflow
from tests.distributed.hubspot import HubSpot
from tests.docs.pages import blocks

RUN = """
if __name__ == "__main__":
    run = dag.test()
    print("the run is a", run.state)
"""


@pytest.mark.timeout(600)
def test_the_page(airflow_folder: Path):
    page = airflow_folder / "page.py"
    code = "\n\n".join(block.code for block in blocks("docs/how-to/airflow.md"))
    page.write_text(code + RUN, encoding="utf-8")
    with HubSpot(task_seconds=0.2) as hubspot:
        airflow = Airflow(airflow_folder, hubspot, AIRFLOW__CORE__DAGS_FOLDER=str(airflow_folder))
        airflow.run("db", "migrate")
        told = airflow.run_python(str(page))
        books = hubspot.close()
    assert "the run is a success" in told
    assert len(list(airflow_folder.glob("exports/*/people.csv"))) == 1
    assert books.count("exports.start") == 1
