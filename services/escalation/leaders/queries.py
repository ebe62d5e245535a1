"""What escalation reads and writes of the directories."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text

from services.escalation.leaders.directory import Directory, Unit
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.directory.copies import known_leaders
from shared.events import UnitChanged

_LEADERS = text(
    """
    select code, name, title, coalesce(post, code) as post, holds_from, holds_until, deputy, above, version
    from leaders order by code
    """
)
_LOCK_LEADER = text("select " + wait_for_name("'leader ' || :code"))
_LEADER_VERSION = text("select version from leaders where code = :code")
_SAVE_LEADER = text(
    """
    insert into leaders (code, name, title, post, holds_from, holds_until, deputy, above, said)
    values (:code, :name, :title, :post, :holds_from, :holds_until, :deputy, :above, true)
    on conflict (code) do update
    set name = excluded.name, title = excluded.title, post = excluded.post, holds_from = excluded.holds_from,
      holds_until = excluded.holds_until, deputy = excluded.deputy, above = excluded.above, said = true,
      version = leaders.version + 1
    returning version
    """
)
_TAKE_UNSAID = text(
    """
    update leaders set said = true
    where code in (select code from leaders where not said order by code for update skip locked)
    returning code, coalesce(post, code) as post, holds_from, holds_until, deputy, above
    """
)
_UNITS = text("select code, name, kind, leader from units")
_KEEP_UNIT = text(
    """
    insert into units (code, name, kind, leader) values (:code, :name, :kind, :leader)
    on conflict (code) do update set name = excluded.name, kind = excluded.kind, leader = excluded.leader
    """
)


async def leaders(conn: Connection) -> list[dict[str, Any]]:
    """All leaders, by code."""
    return [dict(row) for row in (await conn.execute(_LEADERS)).mappings()]


async def lock_leader(conn: Connection, code: str) -> int | None:
    """The version of a leader, whom nobody else writes until this transaction ends; None for a new one."""
    await conn.execute(_LOCK_LEADER, {"code": code})
    version: int | None = (await conn.execute(_LEADER_VERSION, {"code": code})).scalar()
    return version


async def save_leader(conn: Connection, leader: Mapping[str, Any]) -> int:
    """Write a leader; returns the version."""
    version: int = (await conn.execute(_SAVE_LEADER, leader)).scalar_one()
    return version


async def take_unsaid(conn: Connection) -> Sequence[Any]:
    """The leaders that no event told of yet, as of a release before there was one; they count as said now."""
    return (await conn.execute(_TAKE_UNSAID)).all()


async def directory(conn: Connection) -> Directory:
    """The directories as they are known here."""
    units = {row.code: Unit(row.code, row.name, row.kind, row.leader) for row in await conn.execute(_UNITS)}
    return Directory(await known_leaders(conn), units)


async def keep_units(conn: Connection, changes: Iterable[UnitChanged]) -> None:
    """Write what dispatch said of units, in this order."""
    for event in changes:
        await conn.execute(_KEEP_UNIT, event.model_dump(include={"code", "name", "kind", "leader"}))
