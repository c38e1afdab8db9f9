"""Airflow as it runs in earnest, on loopback: its own database, every component a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.distributed.hubspot import HubSpot
from tests.distributed.processes import ROOT, Process, free_port, is_listening, wait_until

DAGS = Path(__file__).parent / "dags"
SLOTS = 2


class Airflow:
    """The components, each started and stopped by the test."""

    def __init__(self, folder: Path, hubspot: HubSpot, **environment: str) -> None:
        self.folder = folder
        self._port = free_port()
        self._processes: list[Process] = []
        connection = {"conn_type": "hubspot", "password": hubspot.token, "host": hubspot.url}
        self._environment = {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW_CONN_HUBSPOT_DEFAULT": json.dumps(connection),
            "AIRFLOW__API__PORT": str(self._port),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of this test only, and as long as its algorithm wants it",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self._port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": str(SLOTS),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **environment,
        }

    def run(self, *arguments: str) -> str:
        """Run a command of Airflow's to its end."""
        return self.run_python("-m", "airflow", *arguments)

    def run_python(self, *arguments: str) -> str:
        """Run Python in Airflow's environment."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self._environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        """Start everything but the triggerers, and wait until the DAGs are known."""
        self.run("db", "migrate")
        for component in ("api-server", "scheduler", "dag-processor"):
            self._start(component)
        wait_until(lambda: is_listening(self._port), "the API server listens", 180)
        wait_until(lambda: self.ask("select 1 from serialized_dag"), "the DAGs are read", 180)

    def start_triggerer(self, name: str) -> "Triggerer":
        """Start one more triggerer."""
        return Triggerer(self._start("triggerer", log=name), self.folder / f"{name}.log")

    def stop(self) -> None:
        """End whatever runs."""
        for process in reversed(self._processes):
            process.stop()

    def trigger(self, dag_id: str) -> None:
        """Let a DAG run."""
        self.run("dags", "unpause", dag_id)
        self.run("dags", "trigger", dag_id)

    def states(self, dag_id: str) -> Counter[str]:
        """Count its task instances by state."""
        found = self.ask(
            "select coalesce(state, 'none'), count(*) from task_instance where dag_id = ? group by 1", dag_id
        )
        return Counter(dict(found))

    def tries(self, dag_id: str) -> int:
        """Count the tries of its one task."""
        [[tries]] = self.ask("select max(try_number) from task_instance where dag_id = ?", dag_id)
        return int(tries)

    def remembered(self) -> int:
        """Count the tasks at HubSpot that the tries of tasks here leave to each other."""
        [[number]] = self.ask("select count(*) from task_state_store where key = 'hubspot_task'")
        return int(number)

    def ask(self, query: str, *arguments: Any) -> list[Any]:
        """Ask Airflow's own database."""
        with closing(sqlite3.connect(f"file:{self.folder}/airflow.db?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query, arguments).fetchall()

    def _start(self, component: str, log: str | None = None) -> Process:
        path = self.folder / f"{log or component}.log"
        process = Process(self._command(component), path, self._environment)
        self._processes.append(process)
        return process

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "airflow", *arguments]


class Triggerer:
    """A triggerer, and what it has written."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log

    def kill(self) -> None:
        """End it without a word, its child with it."""
        self._process.kill()

    def count(self, words: str) -> int:
        """Count how often its log says something."""
        return self._log.read_text(errors="replace").count(words)


@pytest.fixture
def airflow_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "airflow"
    folder.mkdir()
    return folder
