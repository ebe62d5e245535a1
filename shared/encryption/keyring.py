"""The key ring of one service: the keys under which personal data are encrypted at rest.

A file of the deployment, outside the databases and their backups:

    encrypts: 2026-11-30-3f2a9c
    index: "…64 hex digits…"
    keys:
      2026-11-30-3f2a9c: "…64 hex digits…"

Each key is one of AES-256-GCM (NIST SP 800-38D). The key that `encrypts` names encrypts, the others decrypt
what was encrypted before. Without `encrypts` values are written in plain, for replicas of the version before
encryption (decision 0069). A value is bound to its service, column and row as associated data: whoever moves
it to another row makes it unreadable. `index` makes the blind index: HMAC-SHA-256 (RFC 2104), by which equal
values are found without being read.
"""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, Field

from shared.files import strict_yaml
from shared.files.watched import WatchedFile
from shared.files.yaml_mistakes import Place

MARK = "\x1eenc:"
"""What an encrypted value begins with. Nothing that people send does: control characters are refused."""
INDEX = "index"
_NONCE_BYTES = 12
_TOKEN = re.compile(f"{MARK}([A-Za-z0-9.-]{{1,40}}):([A-Za-z0-9_=-]+)")

Secret = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,40}$")]


class NotDecrypted(ValueError):
    """An encrypted value that cannot be read: its key is missing, or it was altered or moved."""


class RingFile(BaseModel):
    """A key ring as its file has it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    encrypts: KeyId | None = None
    index: Secret
    keys: dict[KeyId, Secret]


class _Ring(NamedTuple):
    current: str | None
    ciphers: dict[str, AESGCM]
    index_key: bytes


class KeyRing:
    """The keys of `service`. A changed file counts within a second."""

    def __init__(self, service: str, file: Path) -> None:
        self.file = file
        self._service = service
        self._ring = WatchedFile(file, _ring_in)

    @classmethod
    def load(cls, service: str, file: Path | None) -> Self | None:
        """The key ring in `file`; None where none is named. ValueError where it cannot be used."""
        return None if file is None else cls(service, file)

    @property
    def current(self) -> str | None:
        """The id of the key that encrypts; None while values are still written in plain."""
        return self._ring.content().current

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._ring.content().ciphers)

    def encrypt(self, plain: bytes, column: str, row: str) -> str:
        """`plain` under the current key, bound to a column (`appeals.file`) and the id of its row."""
        ring, nonce = self._ring.content(), os.urandom(_NONCE_BYTES)
        if ring.current is None:
            raise ValueError(f"the key ring {self.file} encrypts nothing yet / 密钥环尚未启用加密")
        secret = ring.ciphers[ring.current].encrypt(nonce, plain, self._bound(column, row))
        return f"{MARK}{ring.current}:{base64.urlsafe_b64encode(nonce + secret).decode()}"

    def decrypt(self, token: str, column: str, row: str) -> bytes:
        """What `encrypt` made `token` of. `NotDecrypted` where this ring, column and row do not fit."""
        if (parts := _TOKEN.fullmatch(token)) is None:
            raise NotDecrypted(f"{column} of {row}: what is encrypted is cut off or altered / 密文已损坏")
        if (cipher := self._ring.content().ciphers.get(parts[1])) is None:
            raise NotDecrypted(
                f"{column} of {row} is encrypted by the key {parts[1]}, which {self.file} lacks: put it back"
                " / 密钥环中缺少该密钥"
            )
        try:
            secret = base64.urlsafe_b64decode(parts[2])
            return cipher.decrypt(secret[:_NONCE_BYTES], secret[_NONCE_BYTES:], self._bound(column, row))
        except (InvalidTag, ValueError):
            raise NotDecrypted(
                f"{column} of {row} is not what was encrypted there under {parts[1]}: the value was altered"
                " or moved, or the key is another one of the same id / 密文与所在行不符或密钥不同"
            ) from None

    def index(self, kind: str, value: str) -> str:
        """The blind index of a value: equal for equal values of one kind, and no help to find the value."""
        content = f"{kind}\x1f{value}".encode()
        return hmac.new(self._ring.content().index_key, content, sha256).hexdigest()[:32]

    def _bound(self, column: str, row: str) -> bytes:
        return f"{self._service}\x1f{column}\x1f{row}".encode()


def key_of(token: str) -> str | None:
    """The id of the key that encrypted a value; None for one that is not encrypted."""
    parts = _TOKEN.match(token)
    return parts[1] if parts else None


def read(file: Path) -> RingFile:
    """The key ring in `file`. ValueError where it cannot be read or has mistakes."""
    if not os.access(file, os.R_OK):
        raise ValueError(
            f"the key ring {file} cannot be read: put back the ring of this database; for a new city"
            " `huying keys make` makes one / 密钥环无法读取，请恢复原密钥环；新建城市请用 huying keys make"
        )
    return strict_yaml.read(file, RingFile, _contradictions)


def write(file: Path, ring: RingFile) -> None:
    """Write a key ring, readable by its owner alone; a reader finds the old one or the new one, whole."""
    lines = [f"encrypts: {ring.encrypts}"] if ring.encrypts else []
    lines += [f'index: "{ring.index}"', "keys:"]
    lines += [f'  {key}: "{secret}"' for key, secret in ring.keys.items()]
    new = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write("\n".join([*lines, ""]))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def make(file: Path, key: str, *, later: bool = False) -> None:
    """Make a key ring with one new key of this id, unless there is one. `later`: it encrypts nothing yet."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        encrypts = None if later else key
        write(file, RingFile(encrypts=encrypts, index=new_secret(), keys={key: new_secret()}))


def new_secret() -> str:
    """256 random bits, as hex digits."""
    return secrets.token_hex(32)


def new_id(day: str) -> str:
    """An id for a key that is made on `day`; random at its end, so that no two rings share one by chance."""
    return f"{day}-{secrets.token_hex(3)}"


def _contradictions(ring: RingFile) -> Iterator[tuple[Place, str]]:
    if not ring.keys:
        yield ("keys",), "has no key"
    elif ring.encrypts and ring.encrypts not in ring.keys:
        yield ("encrypts",), f"names {ring.encrypts}, which is not among the keys"
    secrets_of_ring = [ring.index, *ring.keys.values()]
    if len(set(secrets_of_ring)) < len(secrets_of_ring):
        yield ("keys",), "has one secret twice: each key, and the index, needs one of its own"
    if INDEX in ring.keys:
        yield ("keys",), f"has a key of the id {INDEX}, which stands for the blind index"


def _ring_in(file: Path) -> _Ring:
    ring = read(file)
    ciphers = {key: AESGCM(bytes.fromhex(secret)) for key, secret in ring.keys.items()}
    return _Ring(ring.encrypts, ciphers, bytes.fromhex(ring.index))
