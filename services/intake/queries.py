"""What intake reads for its routes."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.document import ENDED, AppealDocument
from shared.appeals.work import FILE
from shared.database.connection import Connection
from shared.judging.sight import SEEN, Sight

_BY_NUMBER = text(
    """
    select a.appeal_id, a.file, l.state as lead_state
    from appeals a left join appeals l on l.appeal_id = a.lead where a.registration_number = :number
    """
)
_LEADS_OF = text("select lead from appeals where appeal_id = any(cast(:ids as uuid[])) and lead is not null")
_BY_ID_OR_NUMBER = text(
    """
    select appeal_id, registration_number, lead from appeals
    where appeal_id = any(cast(:ids as uuid[])) or registration_number = :number
    """
)
_FILTERS = {
    "state": "state = :state",
    "channel": "file->>'channel' = :channel",
    "unit": "units @> array[cast(:unit as text)]",
    "lead": "lead = cast(:lead as uuid)",
    "unheard": "state = 'completed' and file->>'heard_at' is null and file->>'rating' is null",
    "complained": "jsonb_path_exists(file, '$.complaints[last] ? (@.answer == null)')",
    "reopening_asked": "jsonb_path_exists(file, '$.reopening_requests[last] ? (@.decision == null)')",
    "lead_ended": "lead in (select appeal_id from appeals where state = any(cast(:ended as text[])))",
}
_NOT_LISTED = (
    "array['text', 'enterprise', 'receipt_hash', 'renewed', 'timeline', 'deadlines', 'follow_ups',"
    " 'complaints', 'referral_objections', 'additions', 'reopening_requests', 'attachments',"
    " 'removed_attachments', 'contacts', 'formerly', 'remarks', 'corrections', 'spot_answer']"
)
_PERSONS = (
    "jsonb_build_object('enterprise', a.file->'enterprise', 'contacts', a.file->'contacts',"
    " 'formerly', a.file->'formerly')"
)
_BY_ID = text(
    f"""
    select a.appeal_id, a.units,
      a.file - array['receipt_hash', 'renewed', 'removed_attachments', 'formerly'] as file,
      {_PERSONS} as persons,
      coalesce(l.state = any(cast(:ended as text[])), false) as lead_ended
    from appeals a left join appeals l on l.appeal_id = a.lead where a.appeal_id = :id
    """
)
_FOLLOWERS = text(
    """
    select appeal_id, registration_number, state from appeals
    where lead = :id order by registration_number limit :most
    """
)
_ENTERPRISE = text("select file->'enterprise' as enterprise from appeals where appeal_id = :id")


class AppealAndLead(NamedTuple):
    """An appeal, and the state of the appeal that it is merged into; None where it is merged into none."""

    appeal: AppealDocument
    lead_state: str | None


class AppealIds(NamedTuple):
    """The id and the number of an appeal, and the id of its lead."""

    appeal_id: UUID
    registration_number: str
    lead: UUID | None


class ListedRow(NamedTuple):
    """A document without texts and contacts, and the persons that its words may name."""

    document: dict[str, Any]
    persons: dict[str, Any]


class StaffRow(NamedTuple):
    """An appeal's document without the receipt hash, its live units, and whether its lead has ended.

    `persons` are those that its words may name.
    """

    document: dict[str, Any]
    persons: dict[str, Any]
    units: list[str]
    lead_ended: bool


async def appeal_by_number(conn: Connection, number: str) -> AppealAndLead | None:
    """The appeal with this registration number; None for an unknown one."""
    row = (await conn.execute(_BY_NUMBER, {"number": number})).one_or_none()
    if row is None:
        return None
    file = conn.cell(FILE, row.appeal_id).decrypted(row.file)
    return AppealAndLead(AppealDocument.model_validate(file), row.lead_state)


async def leads_of(conn: Connection, ids: Collection[UUID]) -> set[UUID]:
    """The leads of those of these appeals that are merged."""
    return set((await conn.execute(_LEADS_OF, {"ids": list(ids)})).scalars())


async def ids_of(conn: Connection, ids: Collection[UUID], number: str) -> list[AppealIds]:
    """Those appeals that have one of these ids, or this registration number."""
    rows = await conn.execute(_BY_ID_OR_NUMBER, {"ids": list(ids), "number": number})
    return [AppealIds(row.appeal_id, row.registration_number, row.lead) for row in rows]


async def appeals(
    conn: Connection, filters: dict[str, Any], sight: Sight, *, after: str, limit: int
) -> list[ListedRow]:
    """Documents after the registration number `after`, in order, without texts and contacts.

    `filters`: values by the name of the filter; None does not filter. `sight`: whose cases may be seen.
    """
    wanted = {name: value for name, value in filters.items() if value is not None}
    where = " and ".join(["registration_number > :after", SEEN, *(_FILTERS[name] for name in wanted)])
    columns = f"appeal_id, file - {_NOT_LISTED} as file, {_PERSONS} as persons"
    query = f"select {columns} from appeals a where {where}"
    rows = await conn.execute(
        text(f"{query} order by registration_number limit :limit"),
        {**wanted, **sight.values, "ended": list(ENDED), "after": after, "limit": limit},
    )
    return [ListedRow(*_decrypted(conn, row)) for row in rows]


def _decrypted(conn: Connection, row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the persons of a row."""
    cell = conn.cell(FILE, row.appeal_id)
    return cell.decrypted(row.file), cell.decrypted(row.persons)


async def appeal_for_staff(conn: Connection, appeal_id: UUID) -> StaffRow | None:
    """The appeal as staff read it; None for an unknown one."""
    row = (await conn.execute(_BY_ID, {"id": appeal_id, "ended": list(ENDED)})).one_or_none()
    return None if row is None else StaffRow(*_decrypted(conn, row), row.units, row.lead_ended)


async def followers(conn: Connection, lead: UUID, most: int) -> list[dict[str, Any]]:
    """The first `most` appeals that are merged into `lead`, by registration number."""
    rows = await conn.execute(_FOLLOWERS, {"id": lead, "most": most})
    return [dict(row) for row in rows.mappings()]


async def enterprise_of(conn: Connection, appeal_id: UUID) -> dict[str, Any] | None:
    """What the appeal says of its enterprise, `{}` where it names none; None for an unknown appeal."""
    row = (await conn.execute(_ENTERPRISE, {"id": appeal_id})).one_or_none()
    return None if row is None else conn.cell(FILE, appeal_id).decrypted(row.enterprise) or {}
