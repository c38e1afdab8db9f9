"""The recipes for Celery, with a worker and a broker, and for procrastinate, on its database in memory."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.distributed.hubspot import Books, HubSpot
from tests.distributed.processes import running, wait_until
from tests.distributed.redis.conftest import RedisServer
from tests.docs.pages import blocks

PAGE = "docs/how-to/other-engines.md"


def code(engine: str) -> str:
    return "\n\n".join(block.code for block in blocks(PAGE) if block.why_not and engine in block.why_not)


def check(books: Books, path: Path) -> None:
    assert path.read_text(encoding="utf-8-sig").splitlines()[1:], "no rows"
    assert books.count("exports.start") == 1


@pytest.mark.timeout(120)
def test_celery(redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("celery")
    (tmp_path / "page.py").write_text(code("Celery"), encoding="utf-8")
    worker = [sys.executable, "-m", "celery", "-A", "page", "worker", "--pool", "solo", "--loglevel", "info"]
    send = "import page; print(page.job.delay().get(timeout=60))"
    with HubSpot(task_seconds=3.0) as hubspot:
        environment = {
            "REDIS_URL": redis_server.url,
            "HUBSPOT_ACCESS_TOKEN": hubspot.token,
            "HUBSPOT_BASE_URL": hubspot.url,
        }
        monkeypatch.chdir(tmp_path)
        with running(worker, tmp_path / "celery.log", environment):
            with running([sys.executable, "-c", send], tmp_path / "sent.log", environment) as sent:
                wait_until(lambda: not sent.is_running, "the job ends", 90)
            assert (tmp_path / "sent.log").read_text().strip().endswith("people.csv")
        books = hubspot.close()
    check(books, tmp_path / "people.csv")
    assert books.count("exports.status") >= 2, "it was complete at the first look"


@pytest.mark.timeout(60)
def test_procrastinate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    testing = pytest.importorskip("procrastinate.testing")
    names: dict[str, Any] = {"__name__": "page", "connector": testing.InMemoryConnector()}
    exec(compile(code("procrastinate"), PAGE, "exec", dont_inherit=True), names)

    async def main() -> None:
        arguments = {"object_type": "CONTACT", "object_properties": ["email"], "path": str(tmp_path / "people.csv")}
        async with names["app"].open_async():
            await names["start_export"].defer_async(**arguments)
        working = asyncio.create_task(names["work"](fetch_job_polling_interval=0.1))
        while not Path(arguments["path"]).exists():
            await asyncio.sleep(0.1)
        working.cancel()
        await asyncio.wait([working])

    with HubSpot(task_seconds=0.5) as hubspot:
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", hubspot.token)
        monkeypatch.setenv("HUBSPOT_BASE_URL", hubspot.url)
        asyncio.run(main())
        books = hubspot.close()
    check(books, tmp_path / "people.csv")
