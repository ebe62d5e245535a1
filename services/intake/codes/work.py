"""Proofs in the database. Their codes are stored as hashes alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.intake.search.indexed import of_enterprise, of_mail
from shared.appeals.work import FILE
from shared.database.connection import Connection
from shared.finding.hashes import Hashes

MOST_TRIES = 5
"""Wrong codes that one proof bears."""
MOST_APPEALS = 500
"""Of one contact, the newest."""

_FORGET_PROOFS = text("delete from proofs where expires_at < :at")
_ADD_PROOF = text(
    """
    insert into proofs (proof_id, code_hash, appeals, expires_at)
    values (:id, :hash, cast(:appeals as uuid[]), :expires_at)
    """
)
_TRY = text(
    """
    update proofs set tries = tries + 1
    where proof_id = :id and expires_at > :at and tries < :most returning code_hash, appeals
    """
)
_RIGHT = text("update proofs set tries = 0 where proof_id = :id")
_OF_CONTACT = {
    part: text(
        f"""
        select a.appeal_id, a.registration_number, a.file->'enterprise'->'{part}' as value,
          coalesce(a.file->'enterprise'->>'language', 'zh-CN') as language
        from search_keys k join appeals a on a.appeal_id = k.appeal_id
        where k.{column} @> array[cast(:hash as bigint)]
        order by a.received_at desc limit :most
        """
    )
    for part, column in (("phone", "tails"), ("email", "wholes"))
}
_OF_ENTERPRISE = text(
    """
    select a.appeal_id from search_keys k join appeals a on a.appeal_id = k.appeal_id
    where k.wholes && cast(:hashes as bigint[]) and a.file->'enterprise'->>'credit_code' = :credit_code
    order by a.received_at desc limit :most
    """
)
_OWN = text(
    """
    select registration_number, state, received_at, file->>'title' as title, file->>'kind' as kind,
      file->>'pack' as pack, file->'rating'->>'rating' as rating
    from appeals where appeal_id = any(cast(:ids as uuid[]))
    order by received_at desc, registration_number desc
    """
)


async def appeals_of_contact(conn: Connection, hashes: Hashes, part: str, value: str) -> Sequence[Any]:
    """The appeals registered with this phone or e-mail address, the newest first.

    The hash of a phone is also that of the end of a longer one: so the value itself is compared.
    """
    hash_ = hashes.tail(value) if part == "phone" else of_mail(hashes, value)
    rows = await conn.execute(_OF_CONTACT[part], {"hash": hash_, "most": MOST_APPEALS})
    return [row for row in rows if conn.cell(FILE, row.appeal_id).decrypted(row.value) == value]


async def appeals_of_enterprise(conn: Connection, hashes: Hashes, credit_code: str) -> list[UUID]:
    """The appeals registered with this credit code, the newest first."""
    values = {"hashes": of_enterprise(hashes, None, credit_code), "credit_code": credit_code}
    return list((await conn.execute(_OF_ENTERPRISE, {**values, "most": MOST_APPEALS})).scalars())


async def add_proof(
    conn: Connection, at: datetime, proof_id: UUID, code_hash: str, appeals: Sequence[UUID], span: timedelta
) -> None:
    """Keep a proof until it expires, also one of a contact that has no appeals."""
    await conn.execute(_FORGET_PROOFS, {"at": at})
    values = {"id": proof_id, "hash": code_hash, "appeals": list(appeals), "expires_at": at + span}
    await conn.execute(_ADD_PROOF, values)


async def tried_proof(conn: Connection, at: datetime, proof_id: UUID) -> Any:
    """Count a try of a proof: its code's hash and its appeals; None where it is no longer valid."""
    return (await conn.execute(_TRY, {"id": proof_id, "at": at, "most": MOST_TRIES})).one_or_none()


async def was_right(conn: Connection, proof_id: UUID) -> None:
    """A right code costs no try."""
    await conn.execute(_RIGHT, {"id": proof_id})


async def own_appeals(conn: Connection, ids: Sequence[UUID]) -> Sequence[Any]:
    """These appeals for the list of their enterprise, the newest first."""
    return (await conn.execute(_OWN, {"ids": list(ids)})).all()
