"""The receipts of what banks report on Kafka, and how a parked reply is tried again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from services.financing.banks.kafka import queries, topics
from services.financing.banks.kafka.replies import BankReply, read
from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.contract_receipts import ReportReceipt
from services.financing.work import Work
from shared.database.connection import Connection
from shared.messaging.outbox import OutboxRow, publish
from shared.messaging.parked import ParkedRecord
from shared.service.errors import Conflict


async def give(conn: Connection, bank: str, answers: Iterable[tuple[str, BankReply, ReportReceipt]]) -> None:
    """Put the receipts of replies into the outbox, one for each source id and none twice."""
    await publish(conn, [_message(bank, *answer) for answer in answers])


def _message(bank: str, source: str, reply: BankReply, receipt: ReportReceipt) -> OutboxRow:
    body = orjson.dumps(receipt.model_dump(mode="json") | {"reply": reply.place()}).decode()
    topic = topics.receipts(bank)
    return OutboxRow(
        _receipt_id(source), topic, receipt.leg or "", ReportReceipt.type, receipt.at, None, body
    )


def _receipt_id(source: str) -> UUID:
    return uuid5(NAMESPACE_URL, source)


async def answer_again(conn: Connection, parked: ParkedRecord, at: datetime) -> None:
    """Take a parked reply as this release reads it, at the time of its first receipt; give a second receipt.

    `Conflict` where it still cannot be read.
    """
    reply, source = read(parked), topics.source_id(parked.cluster, parked)
    if reply.report is None:
        raise Conflict(
            f"回报仍无法读取：{reply.zh}", f"the report still cannot be read: {reply.en}", reply.field
        )
    _, bank, _ = parked.topic.split(".")
    reported_at = await queries.receipt_at(conn, _receipt_id(source))
    work = Work(conn, at)
    await work.load([reply.report.leg, ReportKey(bank, reply.report.report_id)])
    receipt = take_report(work, bank, reply.report, reported_at or parked.parked_at, source)
    await work.flush()
    await give(conn, bank, [(f"{source}/again", reply, receipt)])
