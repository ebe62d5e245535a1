"""Accounts and the API keys by which they are known."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    RootModel,
    StringConstraints,
    model_validator,
)

from shared.files import strict_yaml
from shared.files.watched import LOOK_S, WatchedFile
from shared.files.yaml_mistakes import Place
from shared.roles import AccountRole
from shared.service.clock import epoch_s
from shared.service.errors import Unauthorized

_NO_CODE = ("", "null", "Null", "NULL", "~")
"""How YAML writes that a value is absent."""

READ = "read"
"""The scope of a key or token that may call what is read (GET), and nothing that changes."""
Scope = Annotated[str, StringConstraints(pattern=r"^(read|(GET|POST|PUT|PATCH|DELETE) /[a-z]+/\S+)$")]
"""`read`, or a route as `docs/access.md` writes it, such as `POST /intake/appeals`."""
Scopes = frozenset[str]


class ApiKey(BaseModel):
    """One key of an account: its SHA-256, when it was made, until when it holds, and what it may be used for.

    `scopes` narrow what the role of the account may call; None leaves all of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    made_on: date | None = None
    expires: AwareDatetime | None = None
    scopes: frozenset[Scope] | None = None


class Account(BaseModel):
    """One account. `code` names whom the account speaks for.

    `keys` are its API keys: two while one takes the place of the other. `key_sha256` is the short form of one
    key that holds for ever and for everything, and `key_made_on` the day on which that key was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: AccountRole
    key_sha256: str | None = None
    code: Annotated[str | None, BeforeValidator(lambda code: None if code in _NO_CODE else code)] = None
    key_made_on: date | None = None
    keys: tuple[ApiKey, ...] = ()

    @model_validator(mode="after")
    def speaks_for_somebody(self) -> Self:
        """ValueError for an account without `code` whose role needs one, and for one without a key."""
        if self.role.needs_code and not self.code:
            raise ValueError(f"account {self.name}: a {self.role} account names its `code`")
        if self.key_sha256 is None and not self.keys:
            raise ValueError(f"account {self.name}: an account has a `key_sha256`, or `keys`")
        return self

    def all_keys(self) -> Iterator[ApiKey]:
        """Its keys; that of the short form is the first."""
        if self.key_sha256 is not None:
            yield ApiKey.model_construct(sha256=self.key_sha256, made_on=self.key_made_on)
        yield from self.keys


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. A caller without an account has the role None and proves itself by a receipt code.

    `role` is the body for which the caller acts. `duty` is the account's own role where that is narrower than
    the body's. `scopes` narrow what the caller may call; None leaves all that its role may.
    """

    name: str
    role: AccountRole | None
    code: str | None = None
    scopes: Scopes | None = None
    duty: AccountRole | None = None

    @classmethod
    def of(cls, name: str, role: AccountRole, code: str | None, scopes: Scopes | None) -> Self:
        """The caller that an account of this role is."""
        body = role.acts_as
        return cls(name, body, code, scopes, None if body is role else role)

    @property
    def may(self) -> AccountRole | None:
        """The role by which tables of access say what the caller may call."""
        return self.duty or self.role


ANYONE = Caller("anyone", None)


@dataclass(frozen=True, slots=True)
class _KeyHolder:
    """Whom a key makes its bearer, until it expires (seconds since 1970; None for never)."""

    caller: Caller
    expires_s: float | None


class _File(RootModel[list[Account]]):
    """An accounts file."""


class Accounts:
    """All accounts of the system, found by API key.

    A changed file counts within `look_s` seconds. One with a mistake does not: all stays as it was.
    """

    def __init__(
        self,
        accounts: list[Account],
        path: Path | None = None,
        look_s: float = LOOK_S,
        now_s: Callable[[], int] = epoch_s,
    ) -> None:
        self._fixed = _Known(accounts)
        self._file = None if path is None else WatchedFile(path, lambda path: _Known(read(path)), look_s)
        self._now_s = now_s

    @classmethod
    def load(cls, path: Path | None) -> "Accounts":
        """Read an accounts file (YAML list). Mistakes that name file and line."""
        return cls([], path)

    def caller(self, key: str | None) -> Caller:
        """The account with this key, or `ANYONE` without a key.

        Raises `Unauthorized` for an unknown key, and for one that has expired.
        """
        if key is None:
            return ANYONE
        holder = self._known().holders.get(hash_key(key))
        if holder is None or (holder.expires_s is not None and holder.expires_s <= self._now_s()):
            raise wrong_key()
        return holder.caller

    def of(self, role: AccountRole, code: str) -> list[Account]:
        """The accounts of this role that speak for `code`, by name."""
        listed = self._known().accounts
        own = (account for account in listed if (account.role, account.code) == (role, code))
        return sorted(own, key=lambda account: account.name)

    def _known(self) -> "_Known":
        return self._fixed if self._file is None else self._file.content()


class _Known:
    """Accounts, and who holds which key, by the key's hash."""

    def __init__(self, accounts: list[Account]) -> None:
        self.accounts = accounts
        self.holders: Mapping[str, _KeyHolder] = {
            key.sha256: _KeyHolder(
                Caller.of(account.name, account.role, account.code, key.scopes),
                None if key.expires is None else key.expires.timestamp(),
            )
            for account in accounts
            for key in account.all_keys()
        }


def wrong_key() -> Unauthorized:
    """The refusal of every key and every token that does not hold. It does not say why."""
    return Unauthorized(
        "API 密钥或令牌无效：没有这个密钥，或已停用、已过期",
        "this API key or token is not known, or holds no more",
        "Authorization",
    )


def read(path: Path) -> list[Account]:
    """The accounts of a file (YAML list). Mistakes that name file and line."""
    return strict_yaml.read(path, _File, _contradictions).root


def _contradictions(file: _File) -> Iterator[tuple[Place, str]]:
    """One key can make its bearer one account alone."""
    seen: dict[str, str] = {}
    for index, account in enumerate(file.root):
        for key in account.all_keys():
            if key.sha256 in seen:
                yield (index,), f"account {account.name} has a key of account {seen[key.sha256]}"
            seen[key.sha256] = account.name


def hash_key(key: str) -> str:
    """The form in which an accounts file stores a key: SHA-256, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()
