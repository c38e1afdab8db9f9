"""Who reads what: a person at a terminal, a program behind a pipe, a mail of cron's, a log of CI's."""

import pytest

from hubspot_async.cli.screen.screen import Manner, choose


@pytest.mark.parametrize(
    ("where", "options", "manner"),
    [
        ("a terminal", {}, Manner(results="text", progress="table")),
        ("a terminal", {"json": True}, Manner(results="json", progress="json")),
        ("a terminal", {"quiet": True}, Manner(results="text", progress="none")),
        ("a pipe", {}, Manner(results="json", progress="table")),
        ("a pipe", {"json": True}, Manner(results="json", progress="json")),
        ("a pipe", {"json": True, "quiet": True}, Manner(results="json", progress="none")),
        ("cron or CI", {}, Manner(results="json", progress="lines")),
        ("cron or CI", {"quiet": True}, Manner(results="json", progress="none")),
        ("2> log", {}, Manner(results="text", progress="lines")),
    ],
)
def test_what_is_shown_where(where: str, options: dict[str, bool], manner: Manner) -> None:
    out, err = {
        "a terminal": (True, True),
        "a pipe": (False, True),
        "cron or CI": (False, False),
        "2> log": (True, False),
    }[where]
    given = {"json": False, "quiet": False} | options
    assert choose(**given, out_is_terminal=out, err_is_terminal=err) == manner
