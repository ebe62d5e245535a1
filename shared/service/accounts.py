"""Accounts and the API keys by which they are known."""

import hashlib
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, RootModel, model_validator

from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes
from shared.roles import AccountRole
from shared.service.errors import Unauthorized

LOOK_S = 1.0
"""How often a call looks whether the accounts file has changed, in seconds."""

_NO_CODE = ("", "null", "Null", "NULL", "~")
"""How YAML writes that a value is absent."""


class Account(BaseModel):
    """One account. `key_sha256` is the SHA-256 of its API key; `code` names whom the account speaks for.

    `key_made_on`: the day on which the key was made, where that is noted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: AccountRole
    key_sha256: str
    code: Annotated[str | None, BeforeValidator(lambda code: None if code in _NO_CODE else code)] = None
    key_made_on: date | None = None

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
    """All accounts of the system, found by API key.

    A changed file counts within `look_s` seconds. One with a mistake does not: all stays as it was.
    """

    def __init__(self, accounts: list[Account], path: Path | None = None, look_s: float = LOOK_S) -> None:
        self._accounts = accounts
        self._callers = _by_key(accounts)
        self._path = path
        self._version = _version(path)
        self._look_s = look_s
        self._next_look = time.monotonic() + look_s

    @classmethod
    def load(cls, path: Path | None) -> "Accounts":
        """Read an accounts file (YAML list). Mistakes that name file and line."""
        return cls(read(path) if path else [], path)

    def caller(self, key: str | None) -> Caller:
        """The account with this key, or `ANYONE` without a key. Raises `Unauthorized` for an unknown key."""
        if key is None:
            return ANYONE
        self._look()
        caller = self._callers.get(hash_key(key))
        if caller is None:
            raise Unauthorized(
                "API 密钥无效：没有这个密钥，或已停用", "this API key is not known", "Authorization"
            )
        return caller

    def of(self, role: AccountRole, code: str) -> list[Account]:
        """The accounts of this role that speak for `code`, by name."""
        self._look()
        own = (account for account in self._accounts if (account.role, account.code) == (role, code))
        return sorted(own, key=lambda account: account.name)

    def _look(self) -> None:
        """Read the file again where it has changed."""
        if self._path is None or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + self._look_s
        version = _version(self._path)
        if version == self._version:
            return
        self._version = version
        try:
            self._accounts = read(self._path)
            self._callers = _by_key(self._accounts)
        except (Mistakes, OSError) as error:
            _LOG.error("accounts stay as they were", file=str(self._path), reason=str(error))


_LOG = structlog.get_logger()


def read(path: Path) -> list[Account]:
    """The accounts of a file (YAML list). Mistakes that name file and line."""
    return strict_yaml.read(path, _File, lambda _: ()).root


def _by_key(accounts: list[Account]) -> dict[str, Caller]:
    return {account.key_sha256: Caller(account.name, account.role, account.code) for account in accounts}


def _version(path: Path | None) -> tuple[int, ...] | None:
    """What changes with a file; None where there is none."""
    if path is None or not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


def hash_key(key: str) -> str:
    """The form in which an accounts file stores a key: SHA-256, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()
