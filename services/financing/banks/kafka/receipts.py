"""The receipts of what banks report on Kafka, and how a parked reply is tried again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from services.financing.banks.kafka import queries, topics
from services.financing.banks.kafka.replies import BankReply, read
from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.banks.unrecorded import UnrecordedReport
from services.financing.contract_receipts import ReportOutcome, ReportReceipt
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


def unrecorded(
    bank: str, source: str, at: datetime, receipt: ReportReceipt, reply: BankReply
) -> UnrecordedReport:
    """The report of a record that changed nothing, and came at `at`."""
    return UnrecordedReport(bank, source, at, receipt, reply.raw.value or b"", reply.raw.headers)


def _receipt_id(source: str) -> UUID:
    return uuid5(NAMESPACE_URL, source)


async def answer_again(conn: Connection, parked: ParkedRecord, at: datetime) -> None:
    """Take a parked reply as this release reads it, at the time of its first receipt; give a second receipt.

    `Conflict` where it still cannot be read.
    """
    reply, source = read(parked), topics.source_id(parked.cluster, parked)
    if reply.report is None:
        assert reply.mistake is not None
        field, zh, en = reply.mistake
        raise Conflict(f"回报仍无法读取：{zh}", f"the report still cannot be read: {en}", field)
    _, bank, _ = parked.topic.split(".")
    reported_at = await queries.receipt_at(conn, _receipt_id(source))
    work = Work(conn, at)
    await work.load([reply.report.leg, ReportKey(bank, reply.report.report_id)])
    counts_at = reported_at or parked.parked_at
    receipt = take_report(work, bank, reply.report, counts_at, source)
    source = f"{source}/again"
    if receipt.outcome is not ReportOutcome.ACCEPTED:
        work.keep_unrecorded(unrecorded(bank, source, counts_at, receipt, reply))
    await work.flush()
    await give(conn, bank, [(source, reply, receipt)])
