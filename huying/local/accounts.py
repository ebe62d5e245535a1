"""The sample accounts of an embedded start: keys made at the first start and kept in the state folder."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import yaml

from shared.files import strict_yaml
from shared.roles import AccountRole
from shared.service.accounts import hash_key

KEYS = "keys.yaml"
ACCOUNTS = "accounts.yaml"


def accounts(
    state: Path, people: Sequence[tuple[str, AccountRole, str | None]]
) -> tuple[Path, dict[str, str]]:
    """The accounts file for the services, and the keys by account name.

    `people` holds name, role and the code of the unit or leader. A key once made stays; the file with the
    keys themselves can be read by its owner alone.
    """
    keys_file, accounts_file = state / KEYS, state / ACCOUNTS
    keys: dict[str, str] = strict_yaml.values(keys_file) if keys_file.exists() else {}
    for name, _, _ in people:
        keys.setdefault(name, secrets.token_urlsafe(24))
    keys_file.touch(0o600)
    keys_file.write_text(yaml.safe_dump(keys, allow_unicode=True), "utf-8")
    listed = [
        {"name": name, "role": role.value, "key_sha256": hash_key(keys[name])}
        | ({} if code is None else {"code": code})
        for name, role, code in people
    ]
    accounts_file.write_text(yaml.safe_dump(listed, allow_unicode=True), "utf-8")
    return accounts_file, keys
