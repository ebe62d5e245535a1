"""Financing's batch: the cases of one transaction as documents in memory, and what follows from them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.financing import queries
from services.financing.banks.domain import receipt, repeated, report
from services.financing.banks.messages import AddressedMessage, messages
from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import (
    BankReport,
    PushedRequest,
    Receipt,
    ReceiptCode,
    ReportOutcome,
    RequestWithdrawn,
)
from services.financing.document import JudgedDocument
from services.financing.engine import FACTS
from services.financing.enterprises import api as enterprises
from services.financing.enterprises.api import EnterpriseKey, KnownEnterprise
from services.financing.loans.acts import BankBody, EnterpriseBody, NewLoanRequest
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import go_on
from services.financing.queries import ReportKey
from services.financing.tables import CASES, metadata
from shared import events
from shared.database.connection import Connection
from shared.events import CATALOGUE, Event
from shared.judging.cases import earlier
from shared.messaging.outbox import UnitOfWork
from shared.service.clock import TICK
from shared.service.errors import NotFound
from shared.telemetry import spans
from shared.telemetry.context import traceparent

__all__ = ["ReportKey", "Work", "metadata"]


class NewReport(NamedTuple):
    """A report that was taken: by what it is found again, and what it was answered."""

    key: ReportKey
    said: BankReport
    source_id: str | None
    receipt: Receipt


class Work(UnitOfWork):
    """One transaction of the finance window (融资服务窗口).

    Its keys: the id of a case; the number of a leg, for its request; a `ReportKey`; an `EnterpriseKey`; a
    day, for that day's counter of numbers; a zone, for the counter of the day on which the transaction
    starts there.
    """

    service = "financing"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.cases: dict[UUID, JudgedDocument] = {}
        self.banks: dict[str, BankBody] = {}
        self.last: dict[date, int] = {}
        self.enterprises: dict[str, KnownEnterprise] = {}
        self._by_number: dict[str, UUID] = {}
        self._met: dict[str, EnterpriseBody] = {}
        self._reported: dict[ReportKey, tuple[str, Receipt] | None] = {}
        self._taken: list[NewReport] = []
        self._counted: set[date] = set()
        self._changed: set[UUID] = set()
        self._next: dict[UUID, datetime | None] = {}
        self._unjudged: dict[UUID, datetime | None] = {}
        self._facts: list[tuple[UUID, Event]] = []
        self._told: list[AddressedMessage] = []
        self._traces: list[str] = []
        self._stopped: list[str] = []
        self._stuck: dict[UUID, str] = {}
        self._mended: set[UUID] = set()

    async def load(self, keys: Collection[Any]) -> None:
        days = {self.at.astimezone(key).date() for key in keys if isinstance(key, ZoneInfo)}
        days |= {key for key in keys if isinstance(key, date)}
        reports = sorted(key for key in keys if isinstance(key, ReportKey))
        if days:
            self.last |= await queries.counters(self.conn, days)
        if reports:
            self._reported |= await queries.reported(self.conn, reports)
        codes = {key.credit_code for key in keys if isinstance(key, EnterpriseKey)}
        if codes:
            self.enterprises |= await enterprises.known(self.conn, codes)
        ids = [key for key in keys if isinstance(key, UUID)]
        numbers = {key.partition("/")[0] for key in keys if isinstance(key, str)}
        if ids or numbers:
            values = {"ids": ids, "numbers": sorted(numbers)}
            self.take(await self.conn.execute(queries.LOAD, values))
        if keys:
            await self.load_banks()

    async def load_banks(self) -> None:
        """Read the directory of banks."""
        rows = await self.conn.execute(text("select code, bank from banks order by code"))
        self.banks = {row.code: BankBody.model_validate(row.bank) for row in rows}

    def take(self, rows: Iterable[Any]) -> list[UUID]:
        """Cases that were read and locked."""
        found = []
        for row in rows:
            case = (LoanDocument if row.what == "loan" else ComplaintDocument).model_validate_json(row.file)
            self.cases[case.case_id] = case
            self._by_number[case.number] = case.case_id
            self._next[case.case_id] = row.next_due_at
            self._unjudged[case.case_id] = row.unjudged_from
            if row.stuck is not None:
                self._mended.add(case.case_id)
            found.append(case.case_id)
        return found

    def loan(self, loan_id: UUID) -> LoanDocument:
        """The loan request, or `NotFound`."""
        loan = self.cases.get(loan_id)
        if not isinstance(loan, LoanDocument):
            raise _no_such("loan")
        spans.about(loan_id, loan.number)
        return loan

    def complaint(self, complaint_id: UUID) -> ComplaintDocument:
        """The complaint, or `NotFound`."""
        complaint = self.cases.get(complaint_id)
        if not isinstance(complaint, ComplaintDocument):
            raise _no_such("complaint")
        spans.about(complaint_id, complaint.number)
        return complaint

    def number(self, day: date) -> int:
        """The next number of the day."""
        self.last[day] += 1
        self._counted.add(day)
        return self.last[day]

    def meet(self, wish: NewLoanRequest) -> None:
        """Keep the enterprise that asks, where it comes for the first time."""
        code = wish.enterprise.credit_code
        if code not in self.enterprises:
            self._met[code] = EnterpriseBody(name=wish.enterprise.name, locality=wish.locality)
            self.enterprises[code] = KnownEnterprise(self._met[code], has_credit=False)

    def say(self, case: JudgedDocument, said: Iterable[Event]) -> None:
        """Emit what happened to `case`, remember what is judged by, tell the banks concerned."""
        self.keep(case)
        case.traceparent = case.traceparent or traceparent()
        for event in said:
            self.emit(event)
            told = list(messages(case, event))
            self._told += told
            self._traces += [traceparent()] * len(told)
            if type(event) in FACTS:
                self._remember(case, event)
            if isinstance(case, LoanDocument) and isinstance(
                event, events.LoanConsentWithdrawn | events.LoanWithdrawn
            ):
                self._stopped += [leg.leg for leg in case.legs]

    def _remember(self, case: JudgedDocument, fact: Event) -> None:
        """A time that lies behind (an import, a bank's message) waits for the next watermark like news."""
        moment = max(fact.occurred_at, self.at - TICK)  # a horizon says: before now
        self._next[case.case_id] = earlier(self._next.get(case.case_id), moment)
        self._unjudged[case.case_id] = earlier(self._unjudged.get(case.case_id), fact.occurred_at)
        self._facts.append((case.case_id, fact))

    def keep(self, case: JudgedDocument) -> None:
        """Write `case` when this transaction commits."""
        self.cases[case.case_id] = case
        self._by_number[case.number] = case.case_id
        self._changed.add(case.case_id)

    def report(self, bank: str, said: BankReport, at: datetime, source_id: str | None = None) -> Receipt:
        """A bank reports on a leg at `at`. Once per bank and report id: again it changes nothing.

        KeyError where its `ReportKey` was not loaded.
        """
        key, loan = ReportKey(bank, said.report_id), self._loan_of(said.leg)
        if (before := self._reported[key]) is not None:
            same = before[0] == fingerprint(said)
            return repeated(before[1]) if same else receipt(said, at, ReceiptCode.REPORT_ID_REUSED)
        answer, event = report(loan, bank, said, at)
        if loan is not None and event is not None and answer.outcome is ReportOutcome.ACCEPTED:
            self.say(loan, [event])
            self.say(loan, go_on(loan, max(at, self.at), self.banks))
            self._reported[key] = (fingerprint(said), answer)
            self._taken.append(NewReport(key, said, source_id, answer))
        return answer

    def _loan_of(self, leg: str) -> LoanDocument | None:
        case_id = self._by_number.get(leg.partition("/")[0])
        found = self.cases.get(case_id) if case_id else None
        if not isinstance(found, LoanDocument):
            return None
        spans.about(found.case_id, found.number)
        return found

    def judged(self, case: JudgedDocument, next_due_at: datetime | None, ahead: datetime | None) -> None:
        """Write `case` as judged; it is looked at again at `next_due_at` or at the first act `ahead`."""
        self._next[case.case_id] = earlier(next_due_at, ahead)
        self._unjudged[case.case_id] = ahead
        self._changed.add(case.case_id)

    def park(self, case_id: UUID, reason: str) -> None:
        """Leave a case that cannot be judged as it was, until news of it come or it is redriven."""
        del self.cases[case_id]
        self._changed.discard(case_id)
        self._mended.discard(case_id)
        self._stuck[case_id] = reason

    async def flush(self) -> None:
        if self._facts:
            await self.conn.execute(queries.REMEMBER, _fact_rows(self._facts))
        changed = [self.cases[id_] for id_ in self._changed]
        if changed:
            await queries.save(self.conn, changed, self._next, self._unjudged)
        if self._taken:
            await self.conn.execute(queries.KEEP_REPORTS, _report_rows(self._taken))
        if self._counted:
            days = sorted(self._counted)
            await self.conn.execute(queries.COUNT, {"days": days, "lasts": [self.last[day] for day in days]})
        if self._met:
            await enterprises.meet(self.conn, self._met, self.at)
        await self._tell()
        await CASES.mark_stuck(self.conn, self._stuck, self._mended & self._changed)
        await super().flush()

    async def _tell(self) -> None:
        if self._stopped:
            stop = {"at": self.at, "legs": self._stopped, "type": PushedRequest.type}
            await self.conn.execute(queries.DROP, stop)
        if self._told:
            kinds = {"request": PushedRequest.type, "withdrawn": RequestWithdrawn.type}
            its = {"at": self.at, "traces": self._traces}
            await self.conn.execute(queries.TELL, _message_rows(self._told) | kinds | its)
        self._told, self._traces, self._stopped = [], [], []


def _no_such(name: str) -> NotFound:
    return NotFound("没有这项记录", f"no such {name} here", "id")


def fingerprint(said: BankReport) -> str:
    """What tells two reports apart that bear the same id."""
    return sha256(said.model_dump_json().encode()).hexdigest()


def _fact_rows(facts: Sequence[tuple[UUID, Event]]) -> dict[str, Any]:
    return {
        "events": [fact.id for _, fact in facts],
        "cases": [case_id for case_id, _ in facts],
        "types": [fact.type for _, fact in facts],
        "bodies": [fact.model_dump_json() for _, fact in facts],
    }


def _message_rows(told: Sequence[AddressedMessage]) -> dict[str, Any]:
    return {
        "banks": [one.bank for one in told],
        "types": [one.told.type for one in told],
        "legs": [one.told.leg for one in told],
        "bodies": [one.told.model_dump_json() for one in told],
    }


def _report_rows(taken: Sequence[NewReport]) -> dict[str, Any]:
    return {
        "banks": [one.key.bank for one in taken],
        "ids": [one.key.report_id for one in taken],
        "legs": [one.said.leg for one in taken],
        "prints": [fingerprint(one.said) for one in taken],
        "sources": [one.source_id for one in taken],
        "times": [one.receipt.at for one in taken],
        "receipts": [one.receipt.model_dump_json() for one in taken],
    }


def fact(type_: str, body: str) -> Event:
    """A fact of a history. Raises for one that this release does not know."""
    return CATALOGUE[type_].model_validate_json(body)
