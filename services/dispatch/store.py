"""Dispatch's tables, and its batch: one document a case, every act as evidence, the directory of units."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.dispatch.acts import Act
from services.dispatch.domain import File, Unit, perform
from shared.db import add_backbone
from shared.errors import Invalid, NotFound
from shared.outbox import Batch

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Index("appeals_units", "units", postgresql_using="gin"),
    sa.Index("appeals_state", "state", "registration_number"),
)
sa.Table(
    "acts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("act", pg.JSONB, nullable=False),
    sa.Index("acts_appeal", "appeal_id", "id"),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text, sa.ForeignKey("units.code")),
    sa.Column("unit", pg.JSONB, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)

_LOAD = text(
    """
    select file from appeals where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_SAVE = text(
    """
    insert into appeals (appeal_id, registration_number, state, units, file)
    select id, number, state, string_to_array(units, ' '), cast(file as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:numbers as text[]), cast(:states as text[]),
      cast(:units as text[]), cast(:files as text[])
    ) as t (id, number, state, units, file)
    on conflict (appeal_id) do update set state = excluded.state, units = excluded.units, file = excluded.file
    """
)
_KEEP = text(
    """
    insert into acts (appeal_id, occurred_at, by, act)
    select id, at, by, cast(act as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:times as timestamptz[]), cast(:callers as text[]), cast(:acts as text[])
    ) with ordinality as t (id, at, by, act, position)
    order by position
    """
)


class Desk(Batch):
    """The cases of one transaction, as documents in memory."""

    service = "dispatch"

    def __init__(self, conn: AsyncConnection, at: datetime) -> None:
        super().__init__(conn, at)
        self.files: dict[UUID, File] = {}
        self._changed: dict[UUID, File] = {}
        self._acts: list[tuple[UUID, datetime, str, str]] = []

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            rows = await self.conn.execute(_LOAD, {"keys": list(keys)})
            for row in rows.scalars():
                file = File.model_validate(row)
                self.files[file.appeal_id] = file

    def file(self, appeal_id: UUID) -> File:
        """The case, or `NotFound`."""
        if (file := self.files.get(appeal_id)) is None:
            raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
        return file

    def keep(self, file: File) -> None:
        """Write `file` when this transaction commits."""
        self.files[file.appeal_id] = self._changed[file.appeal_id] = file

    def perform(self, appeal_id: UUID, act: Act, at: datetime, by: str, units: Mapping[str, Unit]) -> File:
        """Let `act` happen and say what it made; the act itself is kept as evidence."""
        file = self.file(appeal_id)
        for event in perform(file, act, at, units):
            self.emit(event)
        self._acts.append((appeal_id, at, by, act.model_dump_json()))
        self.keep(file)
        return file

    async def flush(self) -> None:
        files = list(self._changed.values())
        if files:
            await self.conn.execute(
                _SAVE,
                {
                    "ids": [file.appeal_id for file in files],
                    "numbers": [file.registration_number for file in files],
                    "states": [file.state for file in files],
                    "units": [" ".join(leg.unit for leg in file.legs) for file in files],
                    "files": [file.model_dump_json() for file in files],
                },
            )
        if self._acts:
            ids, times, callers, acts = (list(column) for column in zip(*self._acts, strict=True))
            await self.conn.execute(_KEEP, {"ids": ids, "times": times, "callers": callers, "acts": acts})
        await super().flush()


async def units(conn: AsyncConnection, codes: Collection[str]) -> dict[str, Unit]:
    """The units with these codes; raises `Invalid` for one that the directory lacks."""
    rows = await conn.execute(
        text("select unit from units where code = any(cast(:codes as text[]))"), {"codes": list(codes)}
    )
    found = {unit.code: unit for unit in map(Unit.model_validate, rows.scalars())}
    if missing := sorted(set(codes) - found.keys()):
        raise Invalid(
            f"没有这个承办单位：{'、'.join(missing)}", f"no such unit: {', '.join(missing)}", "legs.unit"
        )
    return found


async def file_with_acts(
    conn: AsyncConnection, appeal_id: UUID
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """A case and what was done to it, in order, with who did it; None for an unknown one."""
    row = await conn.execute(
        text(
            """
            select file, (
              select coalesce(
                json_agg(json_build_object('occurred_at', occurred_at, 'by', by, 'act', act) order by id),
                '[]'
              ) from acts where acts.appeal_id = appeals.appeal_id
            ) from appeals where appeal_id = :id
            """
        ),
        {"id": appeal_id},
    )
    found = row.one_or_none()
    return None if found is None else (found[0], found[1])


async def save_unit(conn: AsyncConnection, unit: Unit) -> int:
    """Write a unit of the directory; returns its new version."""
    row = await conn.execute(
        text(
            """
            insert into units (code, parent, unit) values (:code, :parent, cast(:unit as jsonb))
            on conflict (code) do update
            set parent = excluded.parent, unit = excluded.unit, version = units.version + 1
            returning version
            """
        ),
        {"code": unit.code, "parent": unit.parent, "unit": orjson.dumps(unit.model_dump()).decode()},
    )
    return int(row.scalar_one())
