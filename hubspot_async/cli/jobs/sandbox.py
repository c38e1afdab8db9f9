"""`hubspot-async sandbox`: a HubSpot of one's own, alone."""

from __future__ import annotations

import asyncio

from hubspot_async.sandbox import Sandbox


def run(port: int, task_seconds: float) -> int:
    """Serve until Ctrl-C, which is the way to end it."""
    try:
        asyncio.run(_serve(port, task_seconds))
    except KeyboardInterrupt:
        print()
    return 0


async def _serve(port: int, task_seconds: float) -> None:
    async with Sandbox(task_seconds, port=port, keep_requests=0) as sandbox:
        print(greeting(sandbox.url, sandbox.token), flush=True)
        await asyncio.Event().wait()


def greeting(url: str, token: str) -> str:
    """Say where it is and how a program finds it."""
    return f"""\
The sandbox listens on {url} until Ctrl-C. Where these are set,
HubSpotSession.from_env() talks to it:

  export HUBSPOT_BASE_URL={url}
  export HUBSPOT_ACCESS_TOKEN={token}
"""
