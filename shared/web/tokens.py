"""Tokens of people: what acts for a person calls the services with one, in place of an API key.

A token is a JWT (RFC 7519) that desks signs with Ed25519 (RFC 8037, by its name of RFC 9864). It holds for a
minute, at one service, for one purpose. Machines' clocks are compared here, never a service's own clock,
which a driver may have moved.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID, uuid4

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
    model_validator,
)

from shared.files.watched import WatchedFile
from shared.named import Named
from shared.roles import AccountRole
from shared.service.accounts import READ, Caller, wrong_key
from shared.service.clock import epoch_s

ALGORITHM = "Ed25519"
TYPE = "huying+jwt"
ISSUER = "huying-desks"
LONGEST_S = 60
"""How long a token holds at most."""
SKEW_S = 5
"""How far the clocks of who signs and who checks may be apart."""
LONGEST = 4096
"""Characters of a token."""
_PUBLIC = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN ([A-Z ]+)-----")
_FORM = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")


class Purpose(Named):
    """What a token is for."""

    ACT = "act", "办理"  # all that the person may do
    READ = "read", "查阅"  # what the person may read, nothing that changes


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a token speaks for. `name` is what stands in the record of authors."""

    id: UUID
    name: str
    role: AccountRole
    code: str | None = None


class _Claims(BaseModel):
    """The claims of a token. Each must be there; there are no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: Literal["huying-desks"]
    aud: str
    sub: UUID
    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    role: AccountRole
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None
    purpose: Purpose
    iat: StrictInt
    exp: StrictInt
    jti: Annotated[str, Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def speaks_for_somebody(self) -> Self:
        """ValueError where the role speaks for a unit, leader or bank, and none is named."""
        if self.role.needs_code and not self.code:
            raise ValueError("this role needs a code")
        return self

    def holds(self, service: str, now_s: int) -> bool:
        """Whether the token is for `service` and holds now."""
        return (
            self.aud == service
            and 0 < self.exp - self.iat <= LONGEST_S
            and self.iat <= now_s + SKEW_S
            and now_s - SKEW_S < self.exp
        )


class Tokens:
    """Checks the tokens that a service is shown, by the public keys of a file.

    A changed file counts within a second, so that a new key can be used beside an old one. Without a file
    every token is refused.
    """

    def __init__(
        self,
        service: str,
        keys: WatchedFile[Mapping[str, OKPKey]] | None,
        now_s: Callable[[], int] = epoch_s,
    ) -> None:
        self._service = service
        self._keys = keys
        self._now_s = now_s

    @classmethod
    def load(cls, service: str, file: Path | None) -> "Tokens":
        """Read the public keys. ValueError for a file without a key, or with one of another kind."""
        return cls(service, None if file is None else WatchedFile(file, read_public_keys))

    def caller(self, token: str | None) -> Caller:
        """The person that a token speaks for. Raises `Unauthorized`, with the words for a wrong key."""
        if token is None or self._keys is None or len(token) > LONGEST:
            raise wrong_key()
        try:
            claims = _verified(token, self._keys.content())
        except (JoseError, ValueError):
            raise wrong_key() from None
        if not claims.holds(self._service, self._now_s()):
            raise wrong_key()
        scopes = None if claims.purpose is Purpose.ACT else frozenset({READ})
        return Caller.of(claims.name, claims.role, claims.code, scopes)


def is_token(key: str | None) -> bool:
    """Whether what a caller shows has the form of a token, and not that of an API key."""
    return key is not None and _FORM.fullmatch(key) is not None


def sign(key: OKPKey, person: Person, service: str, purpose: Purpose, now_s: int) -> str:
    """A token with which `service` takes the bearer for `person`, for a minute from `now_s`."""
    claims = _Claims(
        iss=ISSUER,
        aud=service,
        sub=person.id,
        name=person.name,
        role=person.role,
        code=person.code,
        purpose=purpose,
        iat=now_s,
        exp=now_s + LONGEST_S,
        jti=uuid4().hex,
    )
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}
    return jws.serialize_compact(header, claims.model_dump_json(), key, algorithms=[ALGORITHM])


def _verified(token: str, keys: Mapping[str, OKPKey]) -> _Claims:
    """The claims of a token that one of `keys` signed. JoseError or ValueError for any other."""
    signed = jws.extract_compact(token.encode())
    header = signed.headers()
    key = keys.get(str(header.get("kid")))
    if key is None or header.keys() != {"alg", "typ", "kid"} or header["typ"] != TYPE:
        raise ValueError("this is no token of people")
    if not jws.validate_compact(signed, key, algorithms=[ALGORITHM]):
        raise ValueError("another key signed it")
    return _Claims.model_validate_json(signed.payload)


def read_public_keys(file: Path) -> dict[str, OKPKey]:
    """The Ed25519 public keys of a PEM file by their ids. ValueError for none, or anything else."""
    content = file.read_bytes()
    if any(kind != b"PUBLIC KEY" for kind in _KEY.findall(content)):
        raise ValueError(f"{file} holds more than public keys / 文件中只应有公钥")
    keys = [_public_key(file, pem) for pem in _PUBLIC.findall(content)]
    if not keys:
        raise ValueError(f"{file} holds no public key in PEM / 文件中没有公钥")
    return {key.thumbprint(): key for key in keys}


def _public_key(file: Path, pem: bytes) -> OKPKey:
    try:
        is_ed25519 = isinstance(form.load_pem_public_key(pem), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"a key of {file} cannot be read: {error} / 公钥无法读取") from error
    if not is_ed25519:
        raise ValueError(f"a key of {file} is not an Ed25519 key / 公钥不是 Ed25519")
    return OKPKey.import_key(pem)


def read_signing_key(file: Path) -> OKPKey:
    """The Ed25519 key by which tokens are signed. ValueError where the file holds none.

    Who may read the file is not checked: containers read secrets that are mounted for another account.
    """
    pem = file.read_bytes()
    try:
        key = form.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"the key {file} cannot be read: {error} / 令牌签名密钥无法读取") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"the key {file} is not an Ed25519 key / 令牌签名密钥不是 Ed25519")
    return OKPKey.import_key(pem)


def public_pem(file: Path) -> bytes:
    """The public half of a signing key, as the file of public keys has it."""
    return read_signing_key(file).as_pem(private=False)
