"""`hubspot-async whoami`."""

import pytest

from hubspot_async.cli.jobs.whoami import kind_of
from hubspot_async.sandbox import Sandbox
from tests.cli.conftest import Run


def test_it_tells_whose_the_token_is_what_it_may_and_what_is_left(run: Run, served: Sandbox) -> None:
    served.account("default", scopes=["crm.export", "files"])
    (told,) = run("whoami").results
    assert told["hub_id"] == served.default.hub_id
    assert told["token_kind"] == "private app"
    assert told["scopes"] == ["crm.export", "files"]
    assert (told["daily_limit"], told["daily_remaining"]) == (250_000, 249_998)
    assert told["requests_per_second"] == pytest.approx(9.9)


def test_the_token_goes_into_a_body_and_into_no_path(run: Run, served: Sandbox) -> None:
    run("whoami")
    assert all(served.token not in each.path for each in served.requests)


def test_of_another_kind_of_token_the_scopes_are_not_known(run: Run, served: Sandbox) -> None:
    served.fail("accounts.token_info", status=400, times=None)
    done = run("whoami")
    assert (done.status, done.results[0]["scopes"]) == (0, None)


@pytest.mark.parametrize(("token", "kind"), [("pat-eu1-x", "private app"), ("CMrx…", "OAuth, or of another kind")])
def test_kinds_of_tokens(token: str, kind: str) -> None:
    assert kind_of(token) == kind
