"""HubSpot in a process of its own: a sandbox that outlives whatever is killed around it, and keeps books.

``python -m tests.distributed.hubspot OPTIONS`` prints its URL and its token, and its books when its input ends. A line
of input before that ends the tasks of the kind it names.
"""

import asyncio
import json
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from typing import Any, NamedTuple, Self

from hubspot_async.sandbox import Sandbox
from tests.distributed.processes import ROOT, python


class Entry(NamedTuple):
    """One request as it arrived; *at* is in seconds, by a clock that nobody sets."""

    at: float
    status: int
    operation: str
    path: str
    agent: str


class HubSpot:
    """The server's process; *options* are those of `Sandbox`."""

    def __init__(self, **options: Any) -> None:
        self._options = json.dumps(options)

    def __enter__(self) -> Self:
        command = python("tests.distributed.hubspot", self._options)
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        self.url, self.token, download_url = json.loads(self._process.stdout.readline())
        self.file_url = f"{download_url}/hosted/0/logo.png"
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.communicate()

    def finish(self, kind: str) -> None:
        """End all tasks of a kind."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind}\n")
        self._process.stdin.flush()

    def close(self) -> "Books":
        """Stop it, and give its books."""
        told, _ = self._process.communicate()
        return Books([Entry(*entry) for entry in json.loads(told)])


class Books:
    """What has arrived, oldest first."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    def count(self, operation: str) -> int:
        """Count the requests for one operation."""
        return sum(entry.operation == operation for entry in self.entries)

    @property
    def refused(self) -> int:
        """How many were answered with 429."""
        return sum(entry.status == 429 for entry in self.entries)

    def busiest(self, seconds: float = 10.0) -> int:
        """Count the most within any so many seconds."""
        times = [entry.at for entry in self.entries]
        return max((index + 1 - bisect_right(times, at - seconds) for index, at in enumerate(times)), default=0)

    def used(self, limit: int, seconds: float, after: float = 0.0) -> float:
        """Tell what share of a limit for ten seconds was used in so many seconds, from the first request on."""
        first = self.entries[0].at + after
        return sum(first <= entry.at < first + seconds for entry in self.entries) / (limit * seconds / 10)

    def by_agent(self) -> Counter[str]:
        """Count the requests of each process that has a name."""
        return Counter(entry.agent for entry in self.entries)


async def serve(options: dict[str, Any]) -> None:
    """Be HubSpot until the input ends."""
    seconds = options.pop("task_seconds", 0.5)
    lasts = (lambda kind, _dice: seconds[kind]) if isinstance(seconds, dict) else seconds
    async with Sandbox(lasts, **options) as sandbox:
        sandbox.add_records("CONTACT", [{"email": f"{number}@example.com"} for number in range(3)])
        sandbox.host_file("logo.png", b"not really a picture")
        print(json.dumps([sandbox.url, sandbox.token, sandbox.download_url]), flush=True)
        while kind := (await asyncio.to_thread(sys.stdin.readline)).strip():
            for task in sandbox.tasks:
                if task.kind == kind:
                    sandbox.finish(task.id)
        entries = [
            Entry(each.at, each.status, each.operation, each.path, each.headers.get("User-Agent", ""))
            for each in sandbox.requests
        ]
    print(json.dumps(entries))


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
