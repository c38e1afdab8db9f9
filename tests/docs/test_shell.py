"""Every shell session in the documentation runs, and prints what the page says."""

import shutil
from pathlib import Path

import pytest

from hubspot_async.sandbox import Sandbox
from tests.contract import Contract
from tests.docs.pages import ROOT
from tests.docs.shell import pages, run, sessions, write_files

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.mark.slow
@pytest.mark.parametrize("page", pages())
def test_sessions(page: str, account: Sandbox, contract: Contract, tmp_path: Path) -> None:
    for path in ("/account-info/*", "/oauth/v2/*", "/crm/properties/*"):
        contract.expect_unspecified(path)
    write_files(page, tmp_path)
    for session in sessions(page):
        run(page, session, tmp_path)


@pytest.mark.parametrize("page", pages())
def test_no_session_is_overlooked(page: str) -> None:
    assert len(sessions(page)) == (ROOT / page).read_text(encoding="utf-8").count("```console")
