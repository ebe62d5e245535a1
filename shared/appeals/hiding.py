"""Keeps confidential cases from those who may not read them, in a service with one document a case."""

from collections.abc import Collection
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import text

from shared.appeals.document import no_such_appeal
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.service.service import ServiceContext
from shared.web.hiding import Hiding

MOST_CASES = 100_000
"""Of which the pack is kept in memory."""


class _Packs:
    """The packs of the cases in a table. A case keeps its pack, so it is read from the database once."""

    def __init__(self, table: str) -> None:
        self._query = text(
            f"select appeal_id, file->>'pack' as pack from {table}"
            " where appeal_id = any(cast(:ids as uuid[]))"
        )
        self._known: WeakKeyDictionary[ServiceContext, dict[UUID, str]] = WeakKeyDictionary()

    async def of(self, context: ServiceContext, ids: Collection[UUID]) -> dict[UUID, str | None]:
        """The reference of each case's pack, None while it is not known; a missing case is left out."""
        known = self._known.setdefault(context, {})
        packs: dict[UUID, str | None] = {id_: known[id_] for id_ in ids if id_ in known}
        if missing := [id_ for id_ in ids if id_ not in packs]:
            rows = await context.reader.reading().execute(self._query, {"ids": missing})
            packs |= {row.appeal_id: row.pack for row in rows}
            if len(known) > MOST_CASES:
                known.clear()
            known |= {id_: pack for id_, pack in packs.items() if pack is not None}
        return packs


def hiding_in(table: str) -> Hiding:
    """The confidential cases among the documents of `table`, by what their packs say."""
    packs = _Packs(table)

    async def hidden(
        context: ServiceContext, role: AccountRole | None, ids: Collection[UUID]
    ) -> frozenset[UUID]:
        sight = rulebook(context).sight(role)
        if sight.is_whole:
            return frozenset()
        return frozenset(id_ for id_, pack in (await packs.of(context, ids)).items() if not sight.shows(pack))

    def marks(context: ServiceContext, role: AccountRole | None) -> Collection[str]:
        return rulebook(context).sight(role).hidden

    return Hiding(("appeal_id", "case_id", "recipient"), hidden, marks, no_such_appeal)
