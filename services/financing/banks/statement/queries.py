"""Reads what a bank's statement of one day lists, part by part, so that no day fills the memory."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text

from services.financing.banks.connection.views import integration_of
from services.financing.banks.statement.domain import AcceptedReport, state_before
from shared.database.connection import Connection
from shared.service.clock import EPOCH
from shared.states import BankLegState

PART = 500

_BANK = text(
    """
    select bank->>'name' as name, case when bank->'ways' ? 'kafka' then coalesce(
        (select min(coalesce(complete_upto, :unknown)) from bank_replies r where r.bank = b.code),
        :unknown) end as complete_upto
    from banks b where code = :bank
    """
)
_LEGS = text(
    """
    select l.leg, l.pushed_at, c.file->'asks_back' as asks_back, c.file->>'ended_at' as ended_at, (
        select jsonb_agg(jsonb_build_array(r->>'state', r->>'reported_at') order by position)
        from jsonb_array_elements(d.file->'reports') with ordinality as t (r, position)
      ) as reports, (
        select min(w->>'answered_at') from jsonb_array_elements(d.file->'withdrawals') w
        where w->>'confirmed' = 'true'
      ) as withdrawn_at
    from legs l join cases c on c.case_id = l.case_id
    cross join lateral (select c.file->'legs'->(l.number - 1) as file) d
    where l.bank = :bank and l.leg > :leg and l.pushed_at < :before
    order by l.leg limit :limit
    """
)
_REPORTS = text(
    """
    select * from (
      (select reported_at as at, 'a ' || report_id collate "C" as place, source_id, receipt from reports
       where bank = :bank and reported_at >= :at and reported_at < :before
         and (reported_at, 'a ' || report_id collate "C") > (:at, :place)
       order by 1, 2 limit :limit)
      union all
      (select reported_at as at, 'u ' || to_char(seq, 'FM0000000000000000000') collate "C", source_id, receipt
       from unrecorded_reports
       where bank = :bank and reported_at >= :at and reported_at < :before
         and (reported_at, 'u ' || to_char(seq, 'FM0000000000000000000') collate "C") > (:at, :place)
       order by 1, 2 limit :limit)
    ) received order by at, place collate "C" limit :limit
    """
)
_MESSAGES = text(
    """
    select sent_at as at, seq, message_id, type, leg from bank_messages
    where bank = :bank and sent_at >= :at and sent_at < :before and (sent_at, seq) > (:at, :seq)
    order by sent_at, seq limit :limit
    """
)


class Span(NamedTuple):
    """What a statement reads of a bank: from `since` up to, without, `before`."""

    bank: str
    since: datetime
    before: datetime


async def bank(conn: Connection, code: str) -> Any:
    """The bank's `name`, and for one on Kafka `complete_upto`, up to when its replies were all read."""
    return (await conn.execute(_BANK, {"bank": code, "unknown": EPOCH})).one_or_none()


async def legs(conn: Connection, span: Span) -> AsyncIterator[list[dict[str, Any]]]:
    """Every leg that was pushed before the end of the span, by number, with its state then."""
    async for rows in _parts(conn, _LEGS, span, {"leg": ""}):
        yield [_leg(row, span.before) for row in rows]


def _leg(row: Any, before: datetime) -> dict[str, Any]:
    reports = [AcceptedReport(BankLegState(state), _moment(at)) for state, at in row.reports or ()]
    withdrawn_at = None if row.withdrawn_at is None else _moment(row.withdrawn_at)
    return {
        "leg": row.leg,
        "pushed_at": row.pushed_at,
        "state": state_before(reports, before, asks_back=bool(row.asks_back), withdrawn_at=withdrawn_at),
        "ended": row.ended_at is not None and _moment(row.ended_at) < before,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def reports(conn: Connection, span: Span) -> AsyncIterator[list[dict[str, Any]]]:
    """Every report that came within the span, in the order in which they came, with its receipt's code."""
    async for rows in _parts(conn, _REPORTS, span, {"at": span.since, "place": ""}):
        yield [
            {
                "reported_at": row.at,
                "integration": integration_of(row.source_id),
                **{
                    name: row.receipt.get(name)
                    for name in ("report_id", "leg", "code", "outcome", "at", "state")
                },
            }
            for row in rows
        ]


async def messages(conn: Connection, span: Span) -> AsyncIterator[list[dict[str, Any]]]:
    """Every message that began to leave for the bank within the span, in that order."""
    async for rows in _parts(conn, _MESSAGES, span, {"at": span.since, "seq": 0}):
        yield [
            {"sent_at": row.at, **{name: row[name] for name in ("message_id", "type", "leg")}} for row in rows
        ]


async def _parts(
    conn: Connection, statement: TextClause, span: Span, place: Mapping[str, Any]
) -> AsyncIterator[list[Any]]:
    """The rows of a statement, up to `PART` at a time, each time after the `place` of the last row."""
    while True:
        values = {"bank": span.bank, "before": span.before, "limit": PART, **place}
        rows = (await conn.execute(statement, values)).all()
        if rows:
            yield rows
        if len(rows) < PART:
            return
        place = {name: rows[-1][name] for name in place}
