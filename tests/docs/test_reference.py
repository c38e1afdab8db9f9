"""The reference leaves nothing out."""

import inspect
import re

import hubspot_async
from hubspot_async.sandbox import downloads
from hubspot_async.sandbox.routes import FAMILIES, oauth
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"


def read(page):
    return (REFERENCE / page).read_text(encoding="utf-8")


def test_every_public_name_is_listed():
    assert set(re.findall(r"\[`(\w+)`\]", read("index.md"))) == set(hubspot_async.__all__)


def test_every_home_of_a_public_name_has_its_place():
    shown = re.findall(
        r"^\.\. auto(?:module|class):: (\S+)", "".join(read(page) for page in REFERENCE.glob("*.md")), re.MULTILINE
    )
    for name in hubspot_async.__all__:
        value = getattr(hubspot_async, name)
        home = value.__name__ if inspect.ismodule(value) else value.__module__
        assert {home, f"{home}.{name}"} & set(shown), name


def test_every_operation_of_the_sandbox_is_listed():
    operations = {operation.name for family in FAMILIES for operation in family.operations}
    operations |= {name for name, *_ in (*oauth.ROUTES, *downloads.ROUTES)}
    table = read("sandbox.md").partition("| --- |")[2]
    listed = re.findall(r"`(\w+\.\w+)`", table)
    assert sorted(listed) == sorted(operations)
