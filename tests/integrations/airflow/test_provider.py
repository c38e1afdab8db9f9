"""What Airflow finds of the provider, and what a connection says."""

import json
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

pytest.importorskip("airflow", reason="the extra `airflow` is not installed")

from airflow.sdk import Connection
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from hubspot_async.errors import InputError
from hubspot_async.integrations import airflow as door
from hubspot_async.integrations.airflow import HubSpotHook, get_provider_info
from hubspot_async.integrations.airflow.hook import open_session
from hubspot_async.wire.versions import Family


def test_the_description_is_as_airflow_wants_it():
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text("utf-8"))
    jsonschema.validate(get_provider_info(), schema)
    [found] = [each for each in entry_points(group="apache_airflow_provider") if each.value.startswith("hubspot_async")]
    assert found.load() is get_provider_info


def test_airflow_knows_the_connection_type():
    hook = ProvidersManagerTaskRuntime().hooks["hubspot"]
    assert hook is not None
    assert (hook.hook_name, hook.connection_id_attribute_name) == ("HubSpot", "hubspot_conn_id")
    assert hook.hook_class_name == f"{HubSpotHook.__module__}.HubSpotHook"


def test_every_name_of_the_door_is_there():
    assert {name: getattr(door, name).__name__ for name in door.__all__} == {name: name for name in door.__all__}
    with pytest.raises(AttributeError):
        door.HubSpotLunchOperator  # type: ignore[attr-defined]  # noqa: B018


def connection(**fields: Any) -> Connection:
    extra = fields.pop("extra", None)
    return Connection(
        conn_id="acme", conn_type="hubspot", **{"password": "pat-x", **fields}, extra=json.dumps(extra or {})
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "https://api.hubapi.com"),
        ({"host": "api.hubapi.com"}, "https://api.hubapi.com"),
        ({"host": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({"host": "http://127.0.0.1", "port": 8080}, "http://127.0.0.1:8080"),
    ],
)
async def test_where_a_connection_leads(fields: Any, url: str):
    async with open_session(connection(**fields)) as session:
        assert (session.base_url.rstrip("/"), session.account) == (url, "acme")
        assert "pat-x" not in repr(session)


@pytest.mark.asyncio
async def test_an_app_and_a_version_of_ones_own():
    app = {"client_id": "1", "client_secret": "2", "refresh_token": "3", "versions": "v3"}
    async with open_session(connection(password=None, extra=app)) as session:
        assert session.version_of(Family.EXPORTS) == "v3"
    with pytest.raises(InputError, match="lacks client_id, client_secret"):
        async with open_session(connection(extra={"refresh_token": "3"})):
            pass
    with pytest.raises(InputError, match="password"):
        async with open_session(connection(password=None)):
            pass
