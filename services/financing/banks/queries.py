"""Reads and writes the directory of banks, their reports, and the messages that wait for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.financing.banks.acts import BankBody
from services.financing.contract import BANK_MESSAGES, PushedRequest, RequestWithdrawn
from services.financing.contract_receipts import ReportReceipt
from services.financing.stored import HEADERS, MESSAGE, RAW, message_of
from shared.database.connection import Connection
from shared.database.locks import Lock, take, wait_for_name
from shared.database.rows import ManyRows, insert
from shared.encryption.fields import erased
from shared.encryption.renewal import whole_json
from shared.messaging.outbox import forget_others

_BANKS = text("select code, bank, version from banks order by code")
_NAME = text("select bank->>'name' from banks where code = :code")
_VERSION = text("select version from banks where code = :code")
_LOCK_BANK = text("select " + wait_for_name("'bank ' || :code"))
_SAVE_BANK = text(
    """
    insert into banks (code, bank) values (:code, cast(:bank as jsonb))
    on conflict (code) do update set bank = excluded.bank, version = banks.version + 1
    returning version
    """
)
_DEADLINE_COUNTS = text(
    """
    select d->>'deadline' as deadline, d->>'verdict' as verdict, d->>'met_at' is not null as met,
      count(*) as n
    from legs, jsonb_array_elements(deadlines) as d where bank = :bank group by 1, 2, 3 order by 1, 2, 3
    """
)
_LEG_STATES = text("select state, count(*) as n from legs where bank = :bank group by state order by state")
_WITHDRAWALS = text(
    """
    select count(*) filter (where w->>'confirmed' is null) as waiting,
      count(*) filter (where w->>'confirmed' = 'true') as confirmed,
      count(*) filter (where w->>'confirmed' = 'false') as denied
    from cases c, jsonb_array_elements(c.file->'legs') as l, jsonb_array_elements(l->'withdrawals') as w
    where c.what = 'loan' and cast(:bank as text) = any(c.banks) and l->>'bank' = cast(:bank as text)
      and w->>'asked_at' is not null
    """
)
_LOCK_REPORTS = ManyRows(  # of two reports with one id the second waits, and finds the first one's receipt
    f"""
    select {wait_for_name("'report ' || t.bank || ' ' || t.report_id")} from {{rows}} order by bank, report_id
    """,
    {"bank": "text", "report_id": "text"},
)
_REPORTS = ManyRows(
    """
    select r.bank, r.report_id, r.fingerprint, r.receipt from reports r
    where (r.bank, r.report_id) in (select t.bank, t.report_id from {rows})
    """,
    {"bank": "text", "report_id": "text"},
)
_ADD_REPORTS = insert(
    "reports",
    {
        "bank": "text",
        "report_id": "text",
        "leg": "text",
        "fingerprint": "text",
        "source_id": "text",
        "reported_at": "timestamptz",
        "receipt": "jsonb",
    },
)
_ADD_UNRECORDED = insert(
    "unrecorded_reports",
    {
        "bank": "text",
        "source_id": "text",
        "reported_at": "timestamptz",
        "receipt": "jsonb",
        "size": "int",
        "headers": "jsonb",
        "raw": "bytea",
    },
    ordered=True,
)
_FORGET_RAW = text(
    """
    update unrecorded_reports set raw = null, headers = null where seq in (
      select seq from unrecorded_reports where bank = :bank and raw is not null and seq <= (
        select seq from unrecorded_reports where bank = :bank and raw is not null
        order by seq desc offset :kept limit 1)
      for update skip locked)
    """
)
_DROP_REQUESTS = text(
    """
    update bank_messages set dropped_at = :at
    where leg = any(cast(:legs as text[])) and type = :request and sent_at is null and dropped_at is null
    """
)
_ADD_MESSAGES = ManyRows(
    """
    insert into bank_messages (bank, message_id, type, leg, occurred_at, traceparent, body)
    select bank, gen_random_uuid(), type, leg, :at, traceparent, body from {rows}
    where type <> :withdrawal or not exists (
      select 1 from bank_messages m where m.leg = t.leg and m.type = :request and m.dropped_at is not null
    )
    order by position
    """,
    {"bank": "text", "type": "text", "leg": "text", "body": "text", "traceparent": "text"},
    numbered=True,
)
_MAY_FORWARD = take(Lock.FORWARD_MESSAGES)  # two at once would mix up the order of a bank's messages
_FORWARD = text(
    """
    with due as (
      select m.*, b.bank->'ways' as ways
      from bank_messages m join banks b on b.code = m.bank
      where m.sent_at is null and m.dropped_at is null and (
        b.bank->'ways' ? 'kafka'
        or b.bank->'ways' ? 'webhook' and not exists (select 1 from bank_deliveries d where d.seq = m.seq))
      order by m.seq limit :limit for update of m
    ), sent as (
      update bank_messages m set sent_at = :at from due where m.seq = due.seq and due.ways ? 'kafka'
    ), queued as (
      insert into bank_deliveries (seq, message_id, bank, request, state, next_at, changed_at)
      select seq, message_id, bank, split_part(leg, '/', 1), 'waiting', :at, :at
      from due where ways ? 'webhook' on conflict do nothing
    )
    select message_id, bank, leg, type, occurred_at, traceparent, body, ways ? 'kafka' as by_kafka, case
      when type = :withdrawal then array(
        select p.message_id from bank_messages p where p.leg = due.leg and p.type = :request)
      else '{}' end as withdrawn
    from due order by seq
    """
)


_MESSAGES_OF = text(
    "select seq, type, leg, body from bank_messages where leg like :legs order by seq for update"
)
_SAVE_MESSAGES = ManyRows(
    "update bank_messages m set body = t.body from {rows} where m.seq = t.seq",
    {"seq": "bigint", "body": "text"},
)

RAW_KEPT = 100
"""Of so many refused reports of a bank the raw content is kept."""


class ReportKey(NamedTuple):
    """What identifies a report: its bank, and the id that the bank gave it."""

    bank: str
    report_id: str


class KnownReport(NamedTuple):
    """A report that was answered before. `fingerprint` is the SHA-256 of its content."""

    fingerprint: str
    receipt: ReportReceipt


class QueuedMessage(NamedTuple):
    """A message to a bank that is moved on."""

    message_id: UUID
    bank: str
    leg: str
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str
    by_kafka: bool
    withdrawn: list[UUID]


async def bank_rows(conn: Connection) -> list[Any]:
    """The directory: `code`, `bank` as JSON and `version` of each bank, by code."""
    return (await conn.execute(_BANKS)).all()


async def directory(conn: Connection) -> dict[str, BankBody]:
    """The banks by code."""
    return {row.code: BankBody.model_validate(row.bank) for row in await bank_rows(conn)}


async def bank_name(conn: Connection, code: str) -> str | None:
    """The name of a bank; None where the directory has none of this code."""
    name: str | None = (await conn.execute(_NAME, {"code": code})).scalar()
    return name


async def locked_version(conn: Connection, code: str) -> int | None:
    """The version of a bank, which no other transaction may write meanwhile; None for a new bank."""
    await conn.execute(_LOCK_BANK, {"code": code})
    version: int | None = (await conn.execute(_VERSION, {"code": code})).scalar()
    return version


async def save_bank(conn: Connection, code: str, body: BankBody) -> int:
    """Write a bank; returns its version."""
    saved = await conn.execute(_SAVE_BANK, {"code": code, "bank": body.model_dump_json()})
    version: int = saved.scalar_one()
    return version


async def deadline_counts(conn: Connection, bank: str) -> list[Any]:
    """How many deadlines of a bank's legs stand how: `deadline`, `verdict`, `met`, and their number `n`."""
    return (await conn.execute(_DEADLINE_COUNTS, {"bank": bank})).all()


async def leg_states(conn: Connection, bank: str) -> dict[str, int]:
    """How many legs of a bank are in each state."""
    return {row.state: row.n for row in await conn.execute(_LEG_STATES, {"bank": bank})}


async def withdrawal_counts(conn: Connection, bank: str) -> dict[str, int]:
    """How often the bank said that an enterprise withdrew, by what became of it."""
    row = (await conn.execute(_WITHDRAWALS, {"bank": bank})).one()
    return {"open": row.waiting, "confirmed": row.confirmed, "denied": row.denied}


async def lock_reports(conn: Connection, keys: Sequence[ReportKey]) -> Mapping[ReportKey, KnownReport | None]:
    """The reports that were answered before, None for a new one. The keys are locked, in their order."""
    await _LOCK_REPORTS.execute(conn, keys)
    reports: dict[ReportKey, KnownReport | None] = dict.fromkeys(keys)
    for row in await _REPORTS.execute(conn, keys):
        key = ReportKey(row.bank, row.report_id)
        reports[key] = KnownReport(row.fingerprint, ReportReceipt.model_validate(row.receipt))
    return reports


async def add_reports(conn: Connection, rows: Collection[Mapping[str, Any]]) -> None:
    """Keep reports that were accepted, by the columns of `reports`."""
    await _ADD_REPORTS.execute(conn, rows)


async def add_unrecorded(conn: Connection, rows: Collection[Mapping[str, Any]]) -> None:
    """Keep reports that changed nothing, by the columns of `unrecorded_reports`.

    The raw content stays of the latest `RAW_KEPT` refused reports of each bank.
    """
    await _ADD_UNRECORDED.execute(conn, [_stored_unrecorded(conn, row) for row in rows])
    for bank in sorted({row["bank"] for row in rows if row["raw"] is not None}):
        await conn.execute(_FORGET_RAW, {"bank": bank, "kept": RAW_KEPT})


def _stored_unrecorded(conn: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a report that changed nothing, what its sender wrote encrypted."""
    raw, headers, source = row["raw"], row["headers"], row["source_id"]
    if raw is not None:
        raw = conn.cell(RAW, source).encrypt_bytes(raw)
    if headers is not None:
        headers = whole_json(conn.cell(HEADERS, source), headers)
    return {**row, "raw": raw, "headers": headers}


async def drop_requests(conn: Connection, legs: Sequence[str], at: datetime) -> None:
    """Drop the requests on these legs that have not begun to leave."""
    await conn.execute(_DROP_REQUESTS, {"legs": list(legs), "at": at, "request": PushedRequest.type})


async def add_messages(conn: Connection, rows: Collection[Mapping[str, Any]], at: datetime) -> None:
    """Queue messages to banks in this order. A withdrawal is left out where its request was dropped."""
    stored = [{**row, "body": conn.cell(MESSAGE, row["leg"]).encrypt(row["body"])} for row in rows]
    await _ADD_MESSAGES.execute(
        conn, stored, at=at, request=PushedRequest.type, withdrawal=RequestWithdrawn.type
    )


async def erase_messages(conn: Connection, number: str) -> None:
    """Take personal data out of what banks were told of a loan request; nothing of it is sent again."""
    rows = (await conn.execute(_MESSAGES_OF, {"legs": f"{number}/%"})).all()
    without = [
        (
            row.seq,
            conn.cell(MESSAGE, row.leg).encrypt(_without(row.type, message_of(conn, row.leg, row.body))),
        )
        for row in rows
    ]
    if without:
        await _SAVE_MESSAGES.execute(conn, without)
    await forget_others(conn, number)


def _without(type_: str, body: str) -> str:
    message, _ = erased(BANK_MESSAGES[type_].model_validate_json(body))
    return message.model_dump_json()


async def may_forward(conn: Connection) -> bool:
    """Whether this transaction may move messages on; False where another one is doing so."""
    return bool((await conn.execute(_MAY_FORWARD)).scalar_one())


async def forward(conn: Connection, at: datetime, limit: int) -> list[QueuedMessage]:
    """Up to `limit` messages, marked as sent where they leave by Kafka (`by_kafka`), queued for a webhook.

    `withdrawn` are the ids of the requests that a withdrawal takes back.
    """
    values = {"at": at, "limit": limit, "request": PushedRequest.type, "withdrawal": RequestWithdrawn.type}
    rows = await conn.execute(_FORWARD, values)
    return [QueuedMessage(**{**row, "body": message_of(conn, row.leg, row.body)}) for row in rows]
