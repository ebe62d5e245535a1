"""What attachments need of intake's tables."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from services.intake.document import AppealDocument
from shared.appeals.work import FILE
from shared.database.connection import Connection

_APPEAL = text("select cast(file as text) from appeals where appeal_id = :id")
_KNOWN = text(
    """
    select appeal_id, cast(jsonb_path_query(file, '$.attachments[*].attachment_id') #>> '{}' as uuid) as id
    from appeals where appeal_id = any(cast(:ids as uuid[]))
    """
)


async def appeal(conn: Connection, appeal_id: UUID) -> AppealDocument | None:
    """The appeal with this id; None for an unknown one."""
    document: str | None = (await conn.execute(_APPEAL, {"id": appeal_id})).scalar()
    if document is None:
        return None
    return AppealDocument.model_validate_json(conn.cell(FILE, appeal_id).decrypt_json(document))


async def known_files(conn: Connection, appeals: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """The appeal and the id of each attachment of these appeals."""
    rows = await conn.execute(_KNOWN, {"ids": list(appeals)})
    return {(row.appeal_id, row.id) for row in rows}
