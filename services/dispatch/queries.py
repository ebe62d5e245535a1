"""What dispatch reads for its routes, and the directory of units."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from services.dispatch import stored_acts
from services.dispatch.acts.past import PastAct
from services.dispatch.document import AppealDocument, JudgedDeadline, Unit
from services.dispatch.domain.answers import ANSWERING, StoredAct, public_answers
from shared.appeals.answers import PublicAnswer
from shared.appeals.work import FILE
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.judging.sight import SEEN, Sight
from shared.service.errors import Conflict, Invalid

AGAINST_WORD = "jsonb_path_exists(file, '$.closures[*].against_word ? (@ == true)')"
"""The SQL condition of an appeal that was closed against the enterprise's word. An index holds these."""
_APPEALS = text(
    f"""
    select appeal_id, file from appeals
    where registration_number > :after
      and (cast(:state as text) is null or state = :state)
      and (cast(:units as text[]) is null or units && cast(:units as text[]))
      and {SEEN}
      and (not cast(:against_word as boolean) or {AGAINST_WORD})
    order by registration_number limit :limit
    """
)
_APPEAL_WITH_ACTS = text(
    """
    select file, (
      select coalesce(
        json_agg(json_build_object('occurred_at', occurred_at, 'by', by, 'act', act) order by id), '[]'
      ) from acts where acts.appeal_id = appeals.appeal_id
    ) as acts, (
      select coalesce(
        json_agg(
          json_build_object(
            'appeal_id', other.appeal_id, 'registration_number', other.registration_number,
            'title', other.file->>'title', 'enterprise', other.file->>'enterprise', 'state', other.state
          ) order by other.registration_number
        ), '[]'
      ) from followers join appeals as other on other.appeal_id = followers.follower
      where followers.lead = appeals.appeal_id and exists (
        select 1 from jsonb_array_elements(other.file->'merges') as merge
        where merge->>'lead' = cast(followers.lead as text) and merge->>'unmerged_at' is null
      )
    ) as followers
    from appeals where appeal_id = :id
    """
)
_ANSWERS = text(
    """
    select a.file, c.occurred_at, c.act from appeals a left join lateral (
      select id, occurred_at, act from acts
      where appeal_id = a.appeal_id and act->>'act' = any(cast(:kinds as text[]))
      order by id desc limit :most
    ) as c on true
    where a.appeal_id = :id order by c.id
    """
)
_ARREARS = text(
    f"""
    select appeal_id, file, (
      select coalesce(json_object_agg(code, unit->>'kind'), '{{}}') from units where code = any(appeals.units)
    ) as kinds
    from appeals
    where registration_number > :after and file->>'kind' = 'arrears' and {SEEN}
      and (cast(:state as text) is null or state = :state)
      and (cast(:units as text[]) is null or units && cast(:units as text[]))
    order by registration_number limit :limit
    """
)
_JUDGED = text("select deadlines from judged where appeal_id = :id")
_UNITS = text("select code, unit, version from units where code > :after order by code limit :limit")
_ACTS_DONE = text(
    """
    select distinct acts.appeal_id from acts
    join unnest(cast(:ids as uuid[]), cast(:moments as timestamptz[]), cast(:kinds as text[]))
      as past (appeal_id, occurred_at, kind)
      on acts.appeal_id = past.appeal_id and acts.occurred_at = past.occurred_at
        and acts.act->>'act' = past.kind
    """
)
_UNITS_NAMED = text(
    """
    select unit from units where code = any(
      cast(:codes as text[])
      || array(select unnest(units) from appeals where appeal_id = any(cast(:appeals as uuid[])))
    )
    """
)
_LOCK_DIRECTORY = text("select " + wait_for_name("'directory of units'"))
_UNIT_VERSION = text("select version from units where code = :code")
_IS_ABOVE = text(
    """
    with recursive above (code, parent) as (
      select code, parent from units where code = :unit
      union select units.code, units.parent from units join above on units.code = above.parent
    )
    select count(*) from above where code = :code
    """
)
_AND_BELOW = text(
    """
    with recursive below (code) as (
      select cast(:code as text)
      union select units.code from units join below on units.parent = below.code
    )
    select code from below order by code
    """
)
_SAVE_UNIT = text(
    """
    insert into units (code, parent, unit, said) values (:code, :parent, cast(:unit as jsonb), true)
    on conflict (code) do update
    set parent = excluded.parent, unit = excluded.unit, said = true, version = units.version + 1
    returning version
    """
)
_COUNT_UNITS = text("select count(*) from units")
_TAKE_UNSAID = text(
    """
    update units set said = true
    where code in (select code from units where not said order by code for update skip locked)
    returning unit
    """
)


async def appeals(
    conn: Connection,
    sight: Sight,
    *,
    after: str,
    limit: int,
    state: str | None,
    units: Collection[str] | None,
    against_word: bool,
) -> list[dict[str, Any]]:
    """Documents in `sight` after the number `after`, in order; of one state or of some units where given.

    `against_word`: those alone that were closed against the enterprise's word.
    """
    wanted = {"state": state, "units": units, "against_word": against_word}
    values = {**sight.values, **wanted, "after": after, "limit": limit}
    return [_file(conn, row.appeal_id, row.file) for row in await conn.execute(_APPEALS, values)]


def _file(conn: Connection, appeal_id: UUID, file: Any) -> Any:
    """A document with its personal fields decrypted."""
    return conn.cell(FILE, appeal_id).decrypted(file)


async def appeal_with_acts(conn: Connection, appeal_id: UUID) -> dict[str, Any] | None:
    """One document with its acts in order, who did each, and its followers; None for an unknown appeal."""
    row = (await conn.execute(_APPEAL_WITH_ACTS, {"id": appeal_id})).one_or_none()
    if row is None:
        return None
    acts = stored_acts.read_all(conn, appeal_id, row.acts)
    return {**_file(conn, appeal_id, row.file), "acts": acts, "followers": row.followers}


async def answers(conn: Connection, appeal_id: UUID, most: int) -> list[PublicAnswer] | None:
    """The texts that the enterprise may read, of the last `most` acts; None for an unknown appeal."""
    values = {"id": appeal_id, "kinds": list(ANSWERING), "most": most}
    rows = (await conn.execute(_ANSWERS, values)).all()
    if not rows:
        return None
    acts = [
        StoredAct(row.occurred_at, stored_acts.read(conn, appeal_id, row.act))
        for row in rows
        if row.act is not None
    ]
    return public_answers(AppealDocument.model_validate(_file(conn, appeal_id, rows[0].file)), acts)


async def arrears(
    conn: Connection,
    sight: Sight,
    *,
    after: str,
    limit: int,
    state: str | None,
    units: Collection[str] | None,
) -> list[tuple[AppealDocument, dict[str, str]]]:
    """Claims in `sight` after the number `after`, each with the kinds of its debtors, by code."""
    values = {**sight.values, "after": after, "state": state, "units": units, "limit": limit}
    rows = await conn.execute(_ARREARS, values)
    files = [(_file(conn, row.appeal_id, row.file), row.kinds) for row in rows]
    return [(AppealDocument.model_validate(file), kinds) for file, kinds in files]


async def judged_deadlines(conn: Connection, appeal_id: UUID) -> tuple[JudgedDeadline, ...]:
    """The deadlines of an appeal's legs as last judged."""
    deadlines = (await conn.execute(_JUDGED, {"id": appeal_id})).scalar()
    return tuple(JudgedDeadline.model_validate(deadline) for deadline in deadlines or ())


async def units(conn: Connection, *, after: str, limit: int) -> list[dict[str, Any]]:
    """Units after the code `after`, in order, each with its version."""
    rows = await conn.execute(_UNITS, {"after": after, "limit": limit})
    return [{**row.unit, "version": row.version} for row in rows]


async def units_named(
    conn: Connection, codes: Collection[str], appeals: Collection[UUID] = (), field: str = "legs.unit"
) -> dict[str, Unit]:
    """By code, the units with these codes and those that `appeals` were dispatched to.

    Raises `Invalid`, about `field`, for a code that the directory lacks.
    """
    rows = await conn.execute(_UNITS_NAMED, {"codes": list(codes), "appeals": list(appeals)})
    named = {unit.code: unit for unit in map(Unit.model_validate, rows.scalars())}
    if missing := sorted(set(codes) - named.keys()):
        raise Invalid(f"没有这个承办单位：{'、'.join(missing)}", f"no such unit: {', '.join(missing)}", field)
    return named


async def acts_done(conn: Connection, past: Collection[tuple[UUID, PastAct]]) -> frozenset[UUID]:
    """Of these appeals, those whose act was brought in or done before: an act of its kind at its time."""
    ids, acts = [appeal_id for appeal_id, _ in past], [act for _, act in past]
    values = {
        "ids": ids,
        "moments": [act.occurred_at for act in acts],
        "kinds": [act.act.act for act in acts],
    }
    return frozenset((await conn.execute(_ACTS_DONE, values)).scalars())


async def locked_unit_version(conn: Connection, code: str) -> int | None:
    """The version of a unit, None for a new one. Until the transaction ends nobody else writes a unit."""
    await conn.execute(_LOCK_DIRECTORY)
    version: int | None = (await conn.execute(_UNIT_VERSION, {"code": code})).scalar()
    return version


async def check_parent(conn: Connection, unit: Unit) -> None:
    """Raises `Conflict` for a parent that is the unit itself or below it, `Invalid` for an unknown one."""
    if unit.parent is None:
        return
    is_above = (await conn.execute(_IS_ABOVE, {"code": unit.code, "unit": unit.parent})).scalar()
    if unit.parent == unit.code or is_above:
        raise Conflict(
            f"{unit.parent} 就是 {unit.code} 或其下级，不能作为上级",
            f"{unit.parent} is {unit.code} or stands below it: choose another parent",
            "parent",
        )
    await units_named(conn, [unit.parent], field="parent")


async def unit_and_below(conn: Connection, code: str) -> list[str]:
    """The codes of a unit and of all units below it."""
    return list((await conn.execute(_AND_BELOW, {"code": code})).scalars())


async def save_unit(conn: Connection, unit: Unit) -> int:
    """Write a unit; returns its new version."""
    document = orjson.dumps(unit.model_dump()).decode()
    row = await conn.execute(_SAVE_UNIT, {"code": unit.code, "parent": unit.parent, "unit": document})
    return int(row.scalar_one())


async def take_unsaid_units(conn: Connection) -> list[Unit]:
    """The units that no event told of yet; they count as said now."""
    return [Unit.model_validate(unit) for unit in (await conn.execute(_TAKE_UNSAID)).scalars()]


async def count_units(conn: Connection) -> int:
    """How many units the directory has."""
    return int((await conn.execute(_COUNT_UNITS)).scalar_one())
