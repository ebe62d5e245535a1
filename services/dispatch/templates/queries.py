"""The table of answer templates: those of the city, whose owner is empty, and those of units."""

from typing import Any

import orjson
from sqlalchemy import text

from shared.database.connection import Connection
from shared.database.locks import wait_for_name

CITY = ""
_LOCK = text("select " + wait_for_name("'answer templates'"))
_COUNT = text("select count(*) from answer_templates where owner = :owner")
_VERSION = text("select version from answer_templates where owner = :owner and code = :code")
_SAVE = text(
    """
    insert into answer_templates (owner, code, template)
    values (:owner, :code, cast(:template as jsonb))
    on conflict (owner, code) do update
    set template = excluded.template, version = answer_templates.version + 1
    returning version
    """
)
_DELETE = text("delete from answer_templates where owner = :owner and code = :code")
_LIST = text(
    """
    select owner, code, template, version from answer_templates
    where owner = any(array['', :unit]) and (code, owner) > (:code, :owner)
      and (cast(:act as text) is null or template->>'act' is null or template->>'act' = :act)
    order by code, owner limit :limit
    """
)
_FIND = text(
    """
    select template from answer_templates where code = :code and owner = any(array['', :unit])
    order by owner desc limit 1
    """
)


async def locked_version(conn: Connection, owner: str, code: str) -> int | None:
    """A template's version, None for a new one. Until the transaction ends nobody else writes one."""
    await conn.execute(_LOCK)
    version: int | None = (await conn.execute(_VERSION, {"owner": owner, "code": code})).scalar()
    return version


async def number_of(conn: Connection, owner: str) -> int:
    """How many templates an owner has."""
    return int((await conn.execute(_COUNT, {"owner": owner})).scalar_one())


async def save(conn: Connection, owner: str, code: str, template: dict[str, Any]) -> int:
    """Write a template; returns its new version."""
    values = {"owner": owner, "code": code, "template": orjson.dumps(template).decode()}
    return int((await conn.execute(_SAVE, values)).scalar_one())


async def delete(conn: Connection, owner: str, code: str) -> None:
    """Delete a template."""
    await conn.execute(_DELETE, {"owner": owner, "code": code})


async def templates(
    conn: Connection, unit: str, *, after: tuple[str, str], limit: int, act: str | None
) -> list[dict[str, Any]]:
    """The city's templates and those of `unit`, by code; for one act where given."""
    code, owner = after
    values = {"unit": unit, "code": code, "owner": owner, "act": act, "limit": limit}
    rows = await conn.execute(_LIST, values)
    return [
        {
            **row.template,
            "code": row.code,
            "unit": row.owner or None,
            "version": row.version,
            "owner": row.owner,
        }
        for row in rows
    ]


async def template(conn: Connection, unit: str, code: str) -> dict[str, Any] | None:
    """The template of `unit` with this code, else the city's; None where there is neither."""
    row: dict[str, Any] | None = (await conn.execute(_FIND, {"unit": unit, "code": code})).scalar()
    return row
