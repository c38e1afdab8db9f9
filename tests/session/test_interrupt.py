"""Ctrl-C in the middle of everything: the script ends soon, as itself, and leaves no noise."""

import asyncio
import signal
import sys

import pytest

SCRIPT = """
import asyncio
from hubspot_async import HubSpotSession, TaskGroupWatcher, ViewExport, exports
from hubspot_async.sandbox import Sandbox

async def main():
    async with Sandbox() as sandbox, HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
        sandbox.declare("CONTACT", ["email"])
        tasks = [await exports.start(session, ViewExport("CONTACT", ["email"])) for _ in range(3)]
        sandbox.fail("exports.status", delay=60, times=None)
        async with TaskGroupWatcher(session) as watcher:
            for task in tasks:
                watcher.add(task)
            asyncio.get_running_loop().call_later(0.2, lambda: print("at work", flush=True))
            await asyncio.gather(exports.get_status(session, tasks[0]), watcher.settle(tasks[1]), anext(aiter(watcher)))

asyncio.run(main())
"""


@pytest.mark.asyncio
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
async def test_fault_142_an_interrupt_ends_a_script_at_once_and_without_noise():
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", SCRIPT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"at work\n"
    child.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(child.communicate(), 2)
    lines = errors.decode().splitlines()
    assert lines[-1] == "KeyboardInterrupt"
    assert not [line for line in lines if "Warning" in line or "Exception ignored" in line or "never retrieved" in line]
    assert "pat-" not in errors.decode()
