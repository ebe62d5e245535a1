"""Reads and writes the enterprises that the window knows."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.financing.enterprises.acts import EnterpriseBody
from services.financing.enterprises.domain import CREDIT_GIVEN, KnownEnterprise
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.database.rows import Writes, insert

_LOCK = text("select " + wait_for_name("'enterprise ' || :code"))
_PROFILES = text(
    """
    select credit_code, profile, first_seen_at, version from enterprises
    where credit_code = any(cast(:codes as text[]))
    """
)
_SAVE = text(
    """
    insert into enterprises (credit_code, profile, first_seen_at) values (:code, cast(:profile as jsonb), :at)
    on conflict (credit_code) do update set profile = excluded.profile, version = enterprises.version + 1
    returning version
    """
)
_ADD_NEW = insert(
    "enterprises",
    {"credit_code": "text", "profile": "jsonb"},
    also={"first_seen_at": ":at"},
    ordered=True,
    then="on conflict do nothing",
)
_WITH_CREDIT = text(
    """
    select distinct credit_code from cases, jsonb_array_elements(file->'legs') as leg
    where credit_code = any(cast(:codes as text[])) and leg->>'state' = any(cast(:given as text[]))
    """
)


async def lock(conn: Connection, credit_code: str) -> None:
    """Let one transaction at a time write an enterprise, also one that is not in the table yet."""
    await conn.execute(_LOCK, {"code": credit_code})


async def profile(conn: Connection, credit_code: str) -> Any:
    """The row of an enterprise: `profile`, `first_seen_at` and `version`; None where there is none."""
    return (await conn.execute(_PROFILES, {"codes": [credit_code]})).one_or_none()


async def known(conn: Connection, credit_codes: Collection[str]) -> dict[str, KnownEnterprise]:
    """The enterprises that the window knows by these codes."""
    values = {"codes": sorted(credit_codes), "given": [str(state) for state in CREDIT_GIVEN]}
    with_credit = set((await conn.execute(_WITH_CREDIT, values)).scalars())
    return {
        row.credit_code: KnownEnterprise(
            EnterpriseBody.model_validate(row.profile), row.credit_code in with_credit
        )
        for row in await conn.execute(_PROFILES, values)
    }


async def save(conn: Connection, credit_code: str, body: EnterpriseBody, at: datetime) -> int:
    """Write the profile of an enterprise; returns its version."""
    values = {"code": credit_code, "profile": body.model_dump_json(), "at": at}
    version: int = (await conn.execute(_SAVE, values)).scalar_one()
    return version


def add_new(writes: Writes, profiles: Mapping[str, EnterpriseBody], at: datetime) -> None:
    """Have enterprises kept that the window has not seen before, in order of their credit codes."""
    writes.add(_ADD_NEW, [(code, body.model_dump_json()) for code, body in sorted(profiles.items())], at=at)
