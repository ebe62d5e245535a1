"""Keeps confidential cases from those who may not read them, in a service with one document a case."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from shared.appeals.document import no_such_appeal
from shared.judging.rulebook import rulebook
from shared.judging.sight import SEEN
from shared.roles import AccountRole
from shared.service.service import ServiceContext
from shared.web.hiding import Hiding


def hiding_in(table: str) -> Hiding:
    """The confidential cases among the documents of `table`, by what their packs say."""
    query = text(
        f"select appeal_id from {table} where appeal_id = any(cast(:ids as uuid[])) and not ({SEEN})"
    )

    async def hidden(
        context: ServiceContext, role: AccountRole | None, ids: Collection[UUID]
    ) -> frozenset[UUID]:
        sight = rulebook(context).sight(role)
        if sight.is_whole:
            return frozenset()
        rows = await context.reader.reading().execute(query, {"ids": list(ids), **sight.values})
        return frozenset(rows.scalars())

    def marks(context: ServiceContext, role: AccountRole | None) -> Collection[str]:
        return rulebook(context).sight(role).hidden

    return Hiding(("appeal_id", "case_id", "recipient"), hidden, marks, no_such_appeal)
