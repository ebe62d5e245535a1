"""Reads and writes the directory of banks and their reports."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from services.financing.banks.acts import BankBody
from services.financing.contract_receipts import ReportReceipt
from services.financing.stored import HEADERS, RAW
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.database.rows import ManyRows, Writes, insert
from shared.encryption.renewal import whole_json

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


def add_reports(writes: Writes, rows: Collection[Mapping[str, Any]]) -> None:
    """Have reports kept that were accepted, by the columns of `reports`."""
    writes.add(_ADD_REPORTS, rows)


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
