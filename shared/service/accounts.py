"""Accounts and the API keys by which they are known."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, RootModel, model_validator

from shared.files import strict_yaml
from shared.roles import AccountRole
from shared.service.errors import Unauthorized

_NO_CODE = ("", "null", "Null", "NULL", "~")
"""How YAML writes that a value is absent."""


class Account(BaseModel):
    """One account. `key_sha256` is the SHA-256 of its API key; `code` names whom the account speaks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: AccountRole
    key_sha256: str
    code: Annotated[str | None, BeforeValidator(lambda code: None if code in _NO_CODE else code)] = None

    @model_validator(mode="after")
    def speaks_for_somebody(self) -> Self:
        """ValueError for an account without `code` whose role needs one."""
        if self.role.needs_code and not self.code:
            raise ValueError(f"account {self.name}: a {self.role} account names its `code`")
        return self


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. A caller without an account has the role None and proves itself by a receipt code."""

    name: str
    role: AccountRole | None
    code: str | None = None


ANYONE = Caller("anyone", None)


class _File(RootModel[list[Account]]):
    """An accounts file."""


class Accounts:
    """All accounts of the system, found by API key."""

    def __init__(self, accounts: list[Account]) -> None:
        self._callers = {
            account.key_sha256: Caller(account.name, account.role, account.code) for account in accounts
        }

    @classmethod
    def load(cls, path: Path | None) -> "Accounts":
        """Read an accounts file (YAML list). Mistakes that name file and line."""
        return cls(strict_yaml.read(path, _File, lambda _: ()).root if path else [])

    def caller(self, key: str | None) -> Caller:
        """The account with this key, or `ANYONE` without a key. Raises `Unauthorized` for an unknown key."""
        if key is None:
            return ANYONE
        caller = self._callers.get(hash_key(key))
        if caller is None:
            raise Unauthorized("API 密钥无效", "this API key is not known", "Authorization")
        return caller


def hash_key(key: str) -> str:
    """The form in which an accounts file stores a key: SHA-256, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()
