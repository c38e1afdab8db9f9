"""Whose token: that of the environment, or of an account named in a file that only its owner can read.

An argument never holds one, for every user of a machine may list the arguments of all processes.
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubspot_async.cli.ending import AccountError
from hubspot_async.errors import InputError
from hubspot_async.session.auth import Secret
from hubspot_async.session.session import HubSpotSession

TOKEN = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
BASE_URL = "HUBSPOT_BASE_URL"

_SOURCES = ("token", "token_env", "keyring")
_KEYS = (*_SOURCES, "base_url", "versions")


def config_file() -> Path:
    """Tell where the accounts are kept: ``hubspot-async/accounts.toml`` in the user's own folder of settings."""
    from platformdirs import user_config_path

    return user_config_path("hubspot-async", appauthor=False) / "accounts.toml"


def session_for(name: str | None) -> HubSpotSession:
    """Make the session of a named account, or that of the environment's token.

    Raises AccountError where there is no token to be had, and InputError where one cannot be right.
    """
    return _named(name) if name is not None else _from_environment()


def token_for(name: str | None) -> Secret:
    """Give the token itself, for the one command that asks HubSpot about it."""
    if name is None:
        return Secret(os.environ.get(TOKEN, ""))
    return _token(name, _entry(name, read(config_file())))


def _from_environment() -> HubSpotSession:
    if not os.environ.get(TOKEN, "").strip():
        raise AccountError(f"there is no token: set {TOKEN}, or name an account with --account{_known()}")
    try:
        return HubSpotSession.from_env()
    except InputError as error:
        raise AccountError(f"{TOKEN} or {BASE_URL} cannot be used: {error}") from None


def _known() -> str:
    """Name the accounts that there are, for someone who named none."""
    path = config_file()
    try:
        names = ", ".join(read(path)) if path.exists() else ""
    except (AccountError, OSError):
        return ""
    return f" ({names})" if names else ""


def _named(name: str) -> HubSpotSession:
    entry = _entry(name, read(config_file()))
    base_url = entry.get("base_url") or os.environ.get(BASE_URL)
    options: dict[str, Any] = {"base_url": base_url} if base_url else {}
    token = _token(name, entry)
    try:
        return HubSpotSession(token, account=name, versions=entry.get("versions"), **options)
    except InputError as error:
        raise AccountError(f"the account {name!r} cannot be used: {error}") from None


def read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the accounts. Raises AccountError where others can read the file, or where it is none of accounts."""
    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            accounts = tomllib.load(file)
    except FileNotFoundError:
        raise AccountError(f'there is no {path}: put [NAME] and token = "…" into it, and chmod 600 it') from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8"
        raise AccountError(f"{path} is no TOML: {reason}") from None
    for name, entry in accounts.items():
        _check_entry(path, name, entry)
    return accounts


def _check_private(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    if found.st_uid not in (os.getuid(), 0):
        raise AccountError(f"{path} belongs to somebody else: chown {os.getuid()} {path}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise AccountError(f"{path} can be read by others than you: chmod 600 {path}")


def _check_entry(path: Path, name: str, entry: object) -> None:
    """Refuse an entry that says too little, too much or something else, without showing what it holds."""
    if not isinstance(entry, dict):
        raise AccountError(f"{path}: {name} stands outside of a table; begin with [NAME]")
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        raise AccountError(f"{path}, [{name}]: {', '.join(unknown)} is none of {', '.join(_KEYS)}")
    given = [key for key in _SOURCES if entry.get(key)]
    if len(given) != 1:
        raise AccountError(
            f"{path}, [{name}] needs one of {', '.join(_SOURCES)}, and has {' and '.join(given) or 'none'}"
        )
    for key, kind in {"token": str, "token_env": str, "keyring": bool, "base_url": str}.items():
        if key in entry and not isinstance(entry[key], kind):
            raise AccountError(f"{path}, [{name}]: {key} must be {'true' if kind is bool else 'text'}")


def _entry(name: str, accounts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if name not in accounts:
        known = ", ".join(accounts) or "none"
        raise AccountError(f"{config_file()} has no account {name!r}; it has {known}")
    return accounts[name]


def _token(name: str, entry: Mapping[str, Any]) -> Secret:
    if "token" in entry:
        return Secret(entry["token"])
    if "token_env" in entry:
        token = Secret(os.environ.get(entry["token_env"], ""))
        if not token.strip():
            raise AccountError(f"the account {name!r} takes its token from {entry['token_env']}, which is not set")
        return token
    return _from_keyring(name)


def _from_keyring(name: str) -> Secret:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise AccountError(
            f"the account {name!r} keeps its token in a keyring: pip install 'hubspot-async[keyring]'"
        ) from None
    try:
        token = Secret(keyring.get_password("hubspot-async", name) or "")
    except KeyringError as error:
        raise AccountError(f"the keyring gives no token for {name!r}: {error}") from None
    if not token:
        raise AccountError(f"the keyring has no token for {name!r}: keyring set hubspot-async {name}")
    return token
