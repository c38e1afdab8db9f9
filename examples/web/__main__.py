"""`python -m examples.web`: serve the app on this machine until Ctrl-C."""

import argparse
import os

import uvicorn

from examples.web import sandbox
from examples.web.app import Connect, create_app
from hubspot_async import HubSpotSession


def main() -> None:
    """Choose between the account of HUBSPOT_ACCESS_TOKEN and a sandbox, and serve."""
    parser = argparse.ArgumentParser(prog="python -m examples.web", description="Exports in a web app.")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    options = parser.parse_args()
    connect: Connect = HubSpotSession.from_env
    if not os.environ.get("HUBSPOT_ACCESS_TOKEN"):
        print("HUBSPOT_ACCESS_TOKEN is not set: these exports come from a sandbox.")
        connect = sandbox.connect
    uvicorn.run(create_app(connect), host="127.0.0.1", port=options.port, timeout_graceful_shutdown=5)


main()
