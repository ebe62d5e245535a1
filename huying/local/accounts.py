"""The sample accounts of an embedded start: keys made at the first start and kept in the state folder."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from shared.files import strict_yaml
from shared.roles import AccountRole
from shared.service.accounts import Account, hash_key, read
from shared.service.clock import WallClock

KEYS = "keys.yaml"
ACCOUNTS = "accounts.yaml"


def accounts(
    state: Path, people: Sequence[tuple[str, AccountRole, str | None]]
) -> tuple[Path, dict[str, str]]:
    """The accounts file for the services, and the keys by account name.

    `people` holds name, role and the code of the unit or leader. A key once made stays, and so do
    the accounts of banks that were added; the file with the keys can be read by its owner alone.
    """
    keys = _keys(state)
    for name, _, _ in people:
        keys.setdefault(name, secrets.token_urlsafe(24))
    _write_keys(state, keys)
    named = {name for name, _, _ in people}
    added = [
        account
        for account in _listed(state)
        if account.role is AccountRole.BANK and account.name not in named
    ]
    _write_accounts(state, [*(_account(*person, keys) for person in people), *added])
    return state / ACCOUNTS, keys


def add_bank(state: Path, code: str) -> str:
    """Give a bank an account, beside those there are. Returns its key; one that was made before stays."""
    keys, listed = _keys(state), _listed(state)
    before = next((account for account in listed if account.name == code), None)
    made_on = WallClock().now().date() if code not in keys else before and before.key_made_on
    key = keys.setdefault(code, secrets.token_urlsafe(24))
    account = _account(code, AccountRole.BANK, code, keys).model_copy(update={"key_made_on": made_on})
    _write_keys(state, keys)
    _write_accounts(state, [*(other for other in listed if other.name != code), account])
    return key


def _account(name: str, role: AccountRole, code: str | None, keys: Mapping[str, str]) -> Account:
    return Account(name=name, role=role, key_sha256=hash_key(keys[name]), code=code)


def _keys(state: Path) -> dict[str, str]:
    return strict_yaml.values(state / KEYS) if (state / KEYS).exists() else {}


def _listed(state: Path) -> list[Account]:
    return read(state / ACCOUNTS) if (state / ACCOUNTS).exists() else []


def _write_keys(state: Path, keys: Mapping[str, str]) -> None:
    (state / KEYS).touch(0o600)
    (state / KEYS).write_text(yaml.safe_dump(dict(keys), allow_unicode=True), "utf-8")


def _write_accounts(state: Path, listed: Sequence[Account]) -> None:
    """Services that run read the file at any time: it changes at once."""
    content = [account.model_dump(mode="json", exclude_defaults=True) for account in listed]
    fresh = state / f"{ACCOUNTS}.new"
    fresh.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    fresh.replace(state / ACCOUNTS)
