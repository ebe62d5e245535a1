"""The directory of units: reading and writing it."""

from collections.abc import Collection
from uuid import UUID

import orjson
from sqlalchemy import text

from services.dispatch.file import Unit
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.service.errors import Conflict, Invalid

_UNITS = text(
    """
    select unit from units where code = any(
      cast(:codes as text[])
      || array(select unnest(units) from appeals where appeal_id = any(cast(:appeals as uuid[])))
    )
    """
)
_ONE_AT_A_TIME = text("select " + wait_for_name("'directory of units'"))
_VERSION = text("select version from units where code = :code")
_ABOVE = text(
    """
    with recursive above (code, parent) as (
      select code, parent from units where code = :unit
      union select units.code, units.parent from units join above on units.code = above.parent
    )
    select count(*) from above where code = :code
    """
)
_SAVE = text(
    """
    insert into units (code, parent, unit) values (:code, :parent, cast(:unit as jsonb))
    on conflict (code) do update
    set parent = excluded.parent, unit = excluded.unit, version = units.version + 1
    returning version
    """
)


async def units(
    conn: Connection, codes: Collection[str], appeals: Collection[UUID] = (), field: str = "legs.unit"
) -> dict[str, Unit]:
    """The units with these codes, and those that `appeals` were dispatched to.

    Raises `Invalid`, about `field`, for a code that the directory lacks.
    """
    rows = await conn.execute(_UNITS, {"codes": list(codes), "appeals": list(appeals)})
    found = {unit.code: unit for unit in map(Unit.model_validate, rows.scalars())}
    if missing := sorted(set(codes) - found.keys()):
        raise Invalid(f"没有这个承办单位：{'、'.join(missing)}", f"no such unit: {', '.join(missing)}", field)
    return found


async def version(conn: Connection, code: str) -> int | None:
    """The version of a unit, None for a new one. Until the transaction ends nobody else writes a unit."""
    await conn.execute(_ONE_AT_A_TIME)
    found: int | None = (await conn.execute(_VERSION, {"code": code})).scalar()
    return found


async def check_parent(conn: Connection, unit: Unit) -> None:
    """Raises `Conflict` for a parent that is the unit itself or below it, `Invalid` for an unknown one."""
    if unit.parent is None:
        return
    found = (await conn.execute(_ABOVE, {"code": unit.code, "unit": unit.parent})).scalar()
    if unit.parent == unit.code or found:
        raise Conflict(
            f"{unit.parent} 就是 {unit.code} 或其下级，不能作为上级",
            f"{unit.parent} is {unit.code} or stands below it: choose another parent",
            "parent",
        )
    await units(conn, [unit.parent], field="parent")


async def save(conn: Connection, unit: Unit) -> int:
    """Write a unit; returns its new version."""
    given = orjson.dumps(unit.model_dump()).decode()
    row = await conn.execute(_SAVE, {"code": unit.code, "parent": unit.parent, "unit": given})
    return int(row.scalar_one())
