"""Whose token: the environment's, or that of an account in a file that nobody else can read."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hubspot_async.cli.accounts import read, session_for, token_for
from hubspot_async.cli.ending import AccountError
from tests.cli.conftest import Run

TOKEN = "pat-eu1-s3cret"


@pytest.fixture
def accounts(settings: Path) -> Path:
    path = settings / "accounts.toml"
    path.touch(0o600)
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def complaint_of(name: str | None) -> str:
    with pytest.raises(AccountError) as caught:
        session_for(name)
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_environments_token(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    session = session_for(None)
    assert (session.account, session.base_url, token_for(None)) == (None, "https://api.hubapi.com", TOKEN)


def test_a_named_account(accounts: Path) -> None:
    write(accounts, f'[north]\ntoken = "{TOKEN}"\nversions = "v3"\nbase_url = "http://127.0.0.1:1"\n')
    session = session_for("north")
    assert (session.account, session.base_url, token_for("north")) == ("north", "http://127.0.0.1:1", TOKEN)
    assert session.version_of("exports") == "v3"


def test_the_environments_address_is_that_of_accounts_without_one(
    accounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:2")
    write(accounts, f'[north]\ntoken = "{TOKEN}"\n')
    assert session_for("north").base_url == "http://127.0.0.1:2"


def test_an_account_may_name_a_variable(accounts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(accounts, '[north]\ntoken_env = "NORTH"\n')
    assert complaint_of("north") == "the account 'north' takes its token from NORTH, which is not set"
    monkeypatch.setenv("NORTH", TOKEN)
    assert token_for("north") == TOKEN


def test_without_any_token_it_says_where_one_may_be(accounts: Path) -> None:
    assert complaint_of(None) == "there is no token: set HUBSPOT_ACCESS_TOKEN, or name an account with --account"
    write(accounts, f'[north]\ntoken = "{TOKEN}"\n[south]\ntoken_env = "SOUTH"\n')
    assert complaint_of(None).endswith("--account (north, south)")
    assert "has no account 'east'; it has north, south" in complaint_of("east")


def test_without_the_file_it_says_how_to_make_one(settings: Path) -> None:
    assert "there is no " in complaint_of("north")
    assert "chmod 600" in complaint_of("north")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o610])
def test_a_file_that_others_can_read_is_refused(mode: int, accounts: Path) -> None:
    write(accounts, f'[north]\ntoken = "{TOKEN}"\n')
    accounts.chmod(mode)
    assert complaint_of("north") == f"{accounts} can be read by others than you: chmod 600 {accounts}"
    accounts.chmod(0o400)
    assert token_for("north") == TOKEN


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused(accounts: Path) -> None:
    write(accounts, f'[north]\ntoken = "{TOKEN}"\n')
    os.chown(accounts, 4711, -1)
    assert "belongs to somebody else" in complaint_of("north")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f'token = "{TOKEN}"\n', "token stands outside of a table"),
        (f'[north]\ntoken = "{TOKEN}"\ntoken_env = "X"\n', "has token and token_env"),
        ("[north]\n", "needs one of token, token_env, keyring, and has none"),
        ("[north]\nkeyring = false\n", "has none"),
        ('[north]\nkeyring = "yes"\n', "keyring must be true"),
        ("[north]\ntoken = 3\n", "token must be text"),
        (f'[north]\ntoken = "{TOKEN}"\nbase_url = 3\n', "base_url must be text"),
        (f'[north]\ntoken = "{TOKEN}"\nurl = "x"\n', "url is none of token"),
        (f'[north]\ntoken = "{TOKEN}\n', "is no TOML"),
        (f'[north]\ntoken = "{TOKEN} {TOKEN}"\n', "the account 'north' cannot be used: token holds a character"),
        (f'[north]\ntoken = "{TOKEN}"\nbase_url = "http://example.com"\n', "cannot be used: base_url must be https"),
        (f'[north]\ntoken = "{TOKEN}"\nversions = "v9"\n', "cannot be used: versions= names 'v9'"),
    ],
)
def test_an_entry_that_cannot_be_used_says_why_and_shows_nothing(text: str, complaint: str, accounts: Path) -> None:
    write(accounts, text)
    assert complaint in complaint_of("north")


def test_a_file_that_is_no_text(accounts: Path) -> None:
    accounts.write_bytes(b"\xff")
    with pytest.raises(AccountError, match="is no TOML: it is not UTF-8"):
        read(accounts)


def test_an_environment_that_cannot_be_used(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", f"{TOKEN} {TOKEN}")
    assert "cannot be used: token holds" in complaint_of(None)


# A keyring, only if asked for.


def test_without_keyring_it_says_what_to_install(accounts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    write(accounts, "[north]\nkeyring = true\n")
    assert "pip install 'hubspot-async[keyring]'" in complaint_of("north")


def test_a_keyring_that_has_the_token_and_one_that_has_not(accounts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KeyringError(Exception):
        pass

    kept = {("hubspot-async", "north"): TOKEN}

    def get_password(service: str, name: str) -> str | None:
        if name == "broken":
            raise KeyringError("no backend")
        return kept.get((service, name))

    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    keyring.get_password, errors.KeyringError = get_password, KeyringError
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    write(accounts, "[north]\nkeyring = true\n[south]\nkeyring = true\n[broken]\nkeyring = true\n")
    assert token_for("north") == TOKEN
    assert complaint_of("south") == "the keyring has no token for 'south': keyring set hubspot-async south"
    assert complaint_of("broken") == "the keyring gives no token for 'broken': no backend"


# Through the command.


def test_no_token_is_exit_status_3(run: Run) -> None:
    done = run("whoami")
    assert done.status == 3
    assert done.complaint.startswith("hubspot-async: there is no token")


def test_a_token_is_never_an_argument(run: Run) -> None:
    for command in ("whoami", "export", "import", "watch"):
        assert "--token" not in run(command, "--help").out
    assert run("whoami", "--token", TOKEN).status == 2
