"""The city's identity provider, by a file that people write: who it is, and what its claims mean here."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.desks.people.domain import OF_PEOPLE
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.roles import AccountRole

_NO_CODE = ("", "null", "Null", "NULL", "~")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Claim = Annotated[str, StringConstraints(min_length=1, max_length=100)]


def _address(url: str) -> str:
    """ValueError for an address that is not https; on this machine http will do."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(f"{url} is not an https address / 须为 https 地址")
    if not parts.hostname or parts.username or parts.fragment or parts.query:
        raise ValueError(f"{url} is more than scheme, host and path / 只应有协议、主机和路径")
    return url


Address = Annotated[str, StringConstraints(max_length=500), BeforeValidator(_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GivenByClaim(_Strict):
    """The role of whoever has `value` among the values of the claim, and its term."""

    value: Short
    role: AccountRole
    code: Annotated[str | None, BeforeValidator(lambda code: None if code in _NO_CODE else code)] = None
    starts_on: date | None = None
    ends_on: date | None = None

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        """ValueError for a role that no person has, or that lacks its code."""
        if self.role not in OF_PEOPLE:
            raise ValueError(f"no person has the role {self.role} / 这一角色不授予个人")
        if self.role.needs_code and self.code is None:
            raise ValueError(f"the role {self.role} names whom it speaks for in `code` / 须写明代码")
        return self


class Roles(_Strict):
    """Which claim says the roles, and what each of its values means. `until`: a claim with their last day."""

    claim: Claim
    until: Claim | None = None
    given: tuple[GivenByClaim, ...]


class Enterprises(_Strict):
    """The claims by which an enterprise proves its credit code, and how it is called."""

    credit_code: Claim
    name: Claim


class ProviderSettings(_Strict):
    """An identity provider (OpenID Connect Core 1.0), as it knows this system.

    `second_factor`: the values of the claim `amr` (RFC 8176) that count as a second factor. Who comes with
    none of them shows a one-time code here, where the role needs one.
    """

    name: Short
    issuer: Address
    client_id: Short
    client_secret_file: Path | None = None
    redirect_uri: Address
    after: Annotated[str, StringConstraints(pattern=r"^/[^/\\].*$|^/$", max_length=200)] = "/home"
    after_sign_out: Address | None = None
    scopes: tuple[Short, ...] = ("openid", "profile")
    login: Claim = "preferred_username"
    display_name: Claim = "name"
    second_factor: frozenset[Short] = frozenset()
    roles: Roles
    enterprises: Enterprises | None = None
    client_secret: Annotated[str | None, Field(exclude=True, repr=False)] = None


def read(path: Path) -> ProviderSettings:
    """The settings of a file, with the secret that it names. `Mistakes` by line, OSError for the secret."""
    settings = strict_yaml.read(path, ProviderSettings, _contradictions)
    if settings.client_secret_file is None:
        return settings
    secret = (path.parent / settings.client_secret_file).read_text("utf-8").strip()
    return settings.model_copy(update={"client_secret": secret})


def _contradictions(settings: ProviderSettings) -> Iterator[tuple[Place, str]]:
    if settings.client_secret is not None:
        yield ("client_secret",), "a secret stands in a file of its own: name it in `client_secret_file`"
    if "openid" not in settings.scopes:
        yield ("scopes",), "`openid` is not among the scopes / 范围中缺少 openid"
