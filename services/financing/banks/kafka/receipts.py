"""The receipts of what banks say on Kafka, and a parked reply that is tried again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from sqlalchemy import text

from services.financing.banks.kafka.replies import BankReply, read
from services.financing.contract import Receipt
from services.financing.work import ReportKey, Work
from shared.database.connection import Connection
from shared.messaging.outbox import Message, publish
from shared.messaging.parked import Parked
from shared.messaging.records import Raw
from shared.service.errors import Conflict

_ANSWERED_AT = text("select occurred_at from outbox where event_id = :id")


def requests(bank: str) -> str:
    """Where the bank reads what it is told."""
    return f"banks.{bank}.requests"


def replies(bank: str) -> str:
    """Where the bank writes its reports."""
    return f"banks.{bank}.replies"


def receipts(bank: str) -> str:
    """Where the bank reads what became of each."""
    return f"banks.{bank}.receipts"


def source_id(cluster: str, raw: Raw) -> str:
    """Which record a reply was."""
    return f"kafka:{cluster}/{raw.topic}/{raw.partition}/{raw.offset}"


async def answer(
    conn: Connection, bank: str, sources: Sequence[str], found: Sequence[BankReply], given: Sequence[Receipt]
) -> None:
    """Give the bank the receipts of `found`, one for each of `sources`; one that was given is not again."""
    answers = zip(sources, found, given, strict=True)
    await publish(conn, [_message(bank, source, reply, receipt) for source, reply, receipt in answers])


def _message(bank: str, source: str, reply: BankReply, receipt: Receipt) -> Message:
    body = orjson.dumps(receipt.model_dump(mode="json") | {"reply": reply.place()}).decode()
    return Message(
        _receipt_id(source), receipts(bank), receipt.leg or "", Receipt.type, receipt.at, None, body
    )


def _receipt_id(source: str) -> UUID:
    return uuid5(NAMESPACE_URL, source)


async def answer_again(conn: Connection, parked: Parked, at: datetime) -> None:
    """Take a parked reply as it is taken now, at the time of its first receipt, and give another receipt.

    `Conflict` where it still cannot be read.
    """
    found, source = read(parked), source_id(parked.cluster, parked)
    if found.report is None:
        raise Conflict(
            f"回报仍无法读取：{found.zh}", f"the report still cannot be read: {found.en}", found.field
        )
    _, bank, _ = parked.topic.split(".")
    reported_at = (await conn.execute(_ANSWERED_AT, {"id": _receipt_id(source)})).scalar()
    desk = Work(conn, at)
    await desk.load([found.report.leg, ReportKey(bank, found.report.report_id)])
    receipt = desk.report(bank, found.report, reported_at or parked.parked_at, source)
    await desk.flush()
    await answer(conn, bank, [f"{source}/again"], [found], [receipt])
