"""What Airflow's list of providers says of this one."""

from __future__ import annotations

from typing import Any

_HERE = "hubspot_async.integrations.airflow"


def get_provider_info() -> dict[str, Any]:
    """Describe the provider to Airflow, which finds it by the entry point ``apache_airflow_provider``."""
    return {
        "package-name": "hubspot-async",
        "name": "HubSpot",
        "description": "HubSpot's background tasks: exports, imports, files from URLs and folder updates.",
        "integrations": [
            {
                "integration-name": "HubSpot",
                "external-doc-url": "https://developers.hubspot.com/docs",
                "tags": ["service"],
            }
        ],
        "hooks": [{"integration-name": "HubSpot", "python-modules": [f"{_HERE}.hook"]}],
        "operators": [{"integration-name": "HubSpot", "python-modules": [f"{_HERE}.operators"]}],
        "sensors": [{"integration-name": "HubSpot", "python-modules": [f"{_HERE}.sensor"]}],
        "triggers": [{"integration-name": "HubSpot", "python-modules": [f"{_HERE}.trigger"]}],
        "connection-types": [
            {
                "hook-class-name": f"{_HERE}.hook.HubSpotHook",
                "hook-name": "HubSpot",
                "connection-type": "hubspot",
                "conn-fields": {name: _text(label) for name, label in FIELDS.items()},
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port"],
                    "relabeling": {"password": "Access token", "host": "Base URL"},
                    "placeholders": {"password": "pat-eu1-…", "host": "https://api.hubapi.com"},
                },
            }
        ],
    }


FIELDS = {
    "versions": "API version to pin, such as 2026-03",
    "client_id": "OAuth: client id",
    "client_secret": "OAuth: client secret",
    "refresh_token": "OAuth: refresh token",
    "redis": "URL of a Redis in which all hosts share one request budget",
    "share": "Share of the limit that a process keeps to where that Redis is lost",
}
"""What a connection may say beyond token and address."""


def _text(label: str) -> dict[str, Any]:
    return {"label": label, "schema": {"type": ["string", "null"]}}
