"""Daily seals: once a day a service signs the head of its hash chain with the city's Ed25519 key.

The key is a PEM file (PKCS 8, mode 600) outside the databases: whoever has only the databases cannot change
sealed events unnoticed.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson
import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import text

from shared.audit import chain
from shared.database.connection import Connection, Database
from shared.database.retry import keep_running
from shared.service.clock import Clock

LOOK_EVERY_S = 60.0
PAGE = 20_000

_NEWEST = text("select day, upto, head from seals order by day desc limit 1")
_LAST = text("select number from links where linked_at < :until order by number desc limit 1")
_LINKS = text(
    "select number, link from links where number > :after and number <= :upto order by number limit :limit"
)
_SEAL = text(
    """
    insert into seals (day, upto, head, key, signature, sealed_at)
    values (:day, :upto, :head, :key, :signature, :at) on conflict (day) do nothing
    """
)


class Head(NamedTuple):
    """The head of a service's chain at its event number `upto`. `day` is None for the head at an export."""

    service: str
    day: date | None
    upto: int
    head: bytes
    sealed_at: datetime

    def content(self) -> dict[str, object]:
        """The document that is signed and exported."""
        return {
            "service": self.service,
            "day": self.day and self.day.isoformat(),
            "upto": self.upto,
            "head": self.head.hex(),
            "sealed_at": self.sealed_at.astimezone(UTC).isoformat(),
        }


def signed_bytes(content: dict[str, object]) -> bytes:
    """The bytes that are signed: JSON with sorted keys, after a first line that no other signature has."""
    return b"huying head 1\n" + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)


def is_signed(key: bytes, signature: bytes, content: dict[str, object]) -> bool:
    """Whether `signature` is that of the public `key` over `content`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed_bytes(content))
    except (InvalidSignature, ValueError):
        return False
    return True


def make_key(file: Path) -> None:
    """Create a key in `file`, unless there is one."""
    if not file.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
        )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)


def read_key(file: Path) -> Ed25519PrivateKey:
    """The key in `file`. ValueError where it is not an Ed25519 key, or others may read it.

    Who reads what is in the folder HUYING_SECRETS is up to the container engine, which mounts it into one
    container alone; its files are open to whatever user that container has.
    """
    mounted = file.parent == Path(os.environ.get("HUYING_SECRETS", ""))
    try:
        if file.stat().st_mode & 0o077 and not mounted:
            raise ValueError(
                f"the key {file} can be read by others: chmod 600 {file} / 签名密钥可被他人读取，请改为 600"
            )
        key = form.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, UnsupportedAlgorithm, TypeError) as error:
        raise ValueError(f"the key {file} cannot be read: {error} / 签名密钥无法读取") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"the key {file} is not an Ed25519 key / 签名密钥不是 Ed25519")
    return key


async def seal(
    conn: Connection, service: str, midnight: datetime, at: datetime, key: Ed25519PrivateKey
) -> Head | None:
    """Seal, at `at`, the events before `midnight` that no seal covers; None where there are none."""
    day = midnight.date() - timedelta(days=1)
    newest = (await conn.execute(_NEWEST)).one_or_none()
    upto = (await conn.execute(_LAST, {"until": midnight})).scalar() or 0
    previous, after = (newest.head, newest.upto) if newest else (chain.START, 0)
    if upto <= after or (newest and newest.day >= day):
        return None
    head = Head(service, day, upto, await head_between(conn, previous, after, upto), at)
    signature = key.sign(signed_bytes(head.content()))
    values = {"day": day, "upto": upto, "head": head.head, "at": at}
    await conn.execute(_SEAL, values | {"key": public_bytes(key), "signature": signature})
    return head


async def head_between(conn: Connection, previous: bytes, after: int, upto: int) -> bytes:
    """The head after `previous` over the links from number `after`, exclusive, to `upto`."""
    digest = chain.RunningDigest(previous)
    while after < upto:
        rows = (await conn.execute(_LINKS, {"after": after, "upto": upto, "limit": PAGE})).all()
        for row in rows:
            digest.add(row.link)
        after = rows[-1].number
    return digest.head()


async def seal_daily(
    service: str,
    database: Database,
    clock: Clock,
    zone: ZoneInfo,
    key: Ed25519PrivateKey,
    log: structlog.typing.FilteringBoundLogger,
) -> None:
    """Seal each day of `zone` within a minute after it ended, until cancelled."""

    async def seal_yesterday() -> None:
        now = clock.now()
        midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
        async with database.begin() as conn:
            if head := await seal(conn, service, midnight, now, key):
                log.info("sealed", day=str(head.day), upto=head.upto, head=head.head.hex())

    await keep_running(seal_yesterday, log, "sealing", rest_s=LOOK_EVERY_S, pause_s=LOOK_EVERY_S)
