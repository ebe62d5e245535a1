"""Transactions of people: what is written, and what goes on record of it, commit together."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

from services.desks.people.record import Record, record_on
from services.desks.settings import DesksSettings
from shared.database.connection import Connection
from shared.service.accounts import Caller
from shared.service.service import ServiceContext
from shared.web.request import client_address


@dataclass(frozen=True, slots=True)
class Act:
    """One transaction: its connection, its time, the day in the city's zone, and its record."""

    conn: Connection
    at: datetime
    day: date
    record: Record


@contextlib.asynccontextmanager
async def acting(context: ServiceContext, address: str, by: Caller | None = None) -> AsyncIterator[Act]:
    """A transaction that commits at the end of the block, with the events that its record was given."""
    async with context.engine.begin() as conn:
        record, work = await record_on(context, conn, address, by)
        yield Act(conn, work.at, work.at.astimezone(context.zone).date(), record)
        await work.flush()
    context.wake()


def settings_of(context: ServiceContext) -> DesksSettings:
    """The settings of a running desks service."""
    assert isinstance(context.settings, DesksSettings)
    return context.settings


def address_of(context: ServiceContext, request: Request) -> str:
    """The network address of whoever calls."""
    return client_address(request, behind_proxy=settings_of(context).behind_proxy)
