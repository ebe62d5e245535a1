"""Reads and writes the secrets by which banks sign their reports over HTTP."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.financing.stored import REPORT_SECRET, secrets_of
from shared.database.connection import Connection

_VALID = text(
    """
    select array_remove(array[secret, case when old_until > :at then old_secret end], null)
    from bank_report_secrets where bank = :bank
    """
)
_SIGNING = text("select secret_at, old_until from bank_report_secrets where bank = :bank")
_RENEW = text(
    """
    insert into bank_report_secrets as s (bank, secret, secret_at) values (:bank, :secret, :at)
    on conflict (bank) do update set old_secret = s.secret, old_until = :until, secret = excluded.secret,
      secret_at = excluded.secret_at
    returning old_until
    """
)
_END = text("delete from bank_report_secrets where bank = :bank returning bank")


async def valid_secrets(conn: Connection, bank: str, at: datetime) -> list[str]:
    """The secrets that sign a bank's reports at `at`; none where it signs nothing."""
    secrets: list[str] | None = (await conn.execute(_VALID, {"bank": bank, "at": at})).scalar()
    return secrets_of(conn, REPORT_SECRET, bank, secrets)


async def signing(conn: Connection, bank: str) -> Any:
    """Since when a bank has its secret, and until when the one before; None where it signs nothing."""
    return (await conn.execute(_SIGNING, {"bank": bank})).one_or_none()


async def renew_secret(
    conn: Connection, bank: str, secret: str, at: datetime, until: datetime
) -> datetime | None:
    """Have the bank sign by `secret`; the one before, if any, is valid `until` then, which is returned."""
    encrypted = conn.cell(REPORT_SECRET, bank).encrypt(secret)
    values = {"bank": bank, "secret": encrypted, "at": at, "until": until}
    old_until: datetime | None = (await conn.execute(_RENEW, values)).scalar()
    return old_until


async def end_signing(conn: Connection, bank: str) -> bool:
    """Have the bank sign nothing any more. False where it signed nothing."""
    return (await conn.execute(_END, {"bank": bank})).one_or_none() is not None
