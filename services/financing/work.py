"""Financing's unit of work: the cases of one transaction as documents in memory, saved with their events."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.financing import queries
from services.financing.banks import queries as bank_queries
from services.financing.banks.acts import BankBody
from services.financing.banks.outgoing import OutgoingMessages
from services.financing.banks.queries import KnownReport, ReportKey
from services.financing.banks.queue import queries as queue_queries
from services.financing.banks.unrecorded import UnrecordedReport
from services.financing.complaints.document import ComplaintDocument
from services.financing.document import JudgedDocument
from services.financing.engine import FACTS
from services.financing.enterprises import queries as enterprise_queries
from services.financing.enterprises.acts import EnterpriseBody
from services.financing.enterprises.domain import EnterpriseKey, KnownEnterprise
from services.financing.loans import queries as loan_queries
from services.financing.loans.acts import NewLoanRequest
from services.financing.loans.document import LoanDocument
from services.financing.stored import file_of
from services.financing.tables import CASES
from shared.database.connection import Connection
from shared.encryption.fields import erased
from shared.events import Event, LoanPersonsErased
from shared.judging.work import JudgingWork
from shared.service.errors import NotFound
from shared.telemetry import spans
from shared.telemetry.context import traceparent


class Work(JudgingWork[JudgedDocument]):
    """One transaction of the finance window (融资服务窗口).

    Its keys: the id of a case; the number of a leg, for its loan request; a `ReportKey`; an `EnterpriseKey`;
    a day, for that day's counter of registration numbers; a zone, for the counter of the day on which the
    transaction starts there.
    """

    service = "financing"
    table = CASES

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.banks: dict[str, BankBody] = {}
        self.last_numbers: dict[date, int] = {}
        self.enterprises: dict[str, KnownEnterprise] = {}
        self.reports: dict[ReportKey, KnownReport | None] = {}
        self._by_number: dict[str, UUID] = {}
        self._facts: list[tuple[UUID, Event]] = []
        self._messages = OutgoingMessages()
        self._new_reports: list[dict[str, Any]] = []
        self._unrecorded_reports: list[dict[str, Any]] = []
        self._new_enterprises: dict[str, EnterpriseBody] = {}
        self._counted: set[date] = set()
        self._erased: list[str] = []

    async def load(self, keys: Collection[Any]) -> None:
        days = {self.at.astimezone(key).date() for key in keys if isinstance(key, ZoneInfo)}
        days |= {key for key in keys if isinstance(key, date)}
        if days:
            self.last_numbers |= await loan_queries.lock_counters(self.conn, days)
        reports = sorted(key for key in keys if isinstance(key, ReportKey))
        if reports:
            self.reports |= await bank_queries.lock_reports(self.conn, reports)
        codes = {key.credit_code for key in keys if isinstance(key, EnterpriseKey)}
        if codes:
            self.enterprises |= await enterprise_queries.known(self.conn, codes)
        ids = [key for key in keys if isinstance(key, UUID)]
        numbers = {key.partition("/")[0] for key in keys if isinstance(key, str)}
        if ids or numbers:
            self.take(await queries.lock(self.conn, ids, numbers))
        if keys:
            await self.load_banks()

    async def load_banks(self) -> None:
        """Read the directory of banks."""
        self.banks = await bank_queries.directory(self.conn)

    def take(self, rows: Iterable[Any]) -> list[UUID]:
        """Add cases from rows that were read and locked; returns their ids."""
        ids = []
        for row in rows:
            document = LoanDocument if row.what == "loan" else ComplaintDocument
            case: JudgedDocument = document.model_validate_json(file_of(self.conn, row))
            stuck = row.stuck is not None
            self.loaded(case.case_id, case, row.next_due_at, row.unjudged_from, stuck=stuck)
            self._by_number[case.number] = case.case_id
            ids.append(case.case_id)
        return ids

    def loan(self, loan_id: UUID) -> LoanDocument:
        """The loan request, or `NotFound`."""
        loan = self.cases.get(loan_id)
        if not isinstance(loan, LoanDocument):
            raise _no_such("loan")
        spans.name_case(loan_id, loan.number)
        return loan

    def loan_with_leg(self, leg: str) -> LoanDocument | None:
        """The loan request that the number of a leg names, whether or not it has this leg."""
        case_id = self._by_number.get(leg.partition("/")[0])
        loan = self.cases.get(case_id) if case_id else None
        if not isinstance(loan, LoanDocument):
            return None
        spans.name_case(loan.case_id, loan.number)
        return loan

    def complaint(self, complaint_id: UUID) -> ComplaintDocument:
        """The complaint, or `NotFound`."""
        complaint = self.cases.get(complaint_id)
        if not isinstance(complaint, ComplaintDocument):
            raise _no_such("complaint")
        spans.name_case(complaint_id, complaint.number)
        return complaint

    def next_number(self, day: date) -> int:
        """Count one more registration number of the day."""
        self.last_numbers[day] += 1
        self._counted.add(day)
        return self.last_numbers[day]

    def keep_enterprise(self, wish: NewLoanRequest) -> None:
        """Keep the enterprise that asks, if it comes for the first time."""
        code = wish.enterprise.credit_code
        if code not in self.enterprises:
            profile = EnterpriseBody(name=wish.enterprise.name, locality=wish.locality)
            self._new_enterprises[code] = profile
            self.enterprises[code] = KnownEnterprise(profile, has_credit=False)

    def keep_report(self, key: ReportKey, report: KnownReport, leg: str, source_id: str | None) -> None:
        """Keep a report that was accepted, so that it is known when it comes again."""
        self.reports[key] = report
        self._new_reports.append(
            {
                "bank": key.bank,
                "report_id": key.report_id,
                "leg": leg,
                "fingerprint": report.fingerprint,
                "source_id": source_id,
                "reported_at": report.receipt.at,
                "receipt": report.receipt.model_dump_json(),
            }
        )

    def keep_unrecorded(self, report: UnrecordedReport) -> None:
        """Keep a report that changed nothing: its bank can see that it came, and what it was answered."""
        self._unrecorded_reports.append(report.columns())

    def erase_persons(self, loan: LoanDocument) -> None:
        """Take out the contact and what people wrote, of a request and of its complaints (all loaded)."""
        without, values = erased(loan)
        without.version += 1
        without.erased_at = self.at
        for complaint_id in loan.complaints:
            complaint, count = erased(self.complaint(complaint_id))
            self.keep(complaint)
            values += count
        self._erased.append(loan.number)
        self.say(without, [without.event(LoanPersonsErased, self.at, values=values)])

    def keep(self, case: JudgedDocument) -> None:
        """Write `case` when this transaction commits."""
        self.write(case.case_id, case)
        self._by_number[case.number] = case.case_id

    def say(self, case: JudgedDocument, events: Iterable[Event]) -> None:
        """Keep `case` and emit what happened to it; facts it is judged by are remembered, banks are told."""
        self.keep(case)
        case.traceparent = case.traceparent or traceparent()
        for event in map(self.emit, events):
            self._messages.add(case, event)
            if type(event) in FACTS:
                self.judge_by(case.case_id, event.occurred_at)
                self._facts.append((case.case_id, event))

    async def flush(self) -> None:
        if self._facts:
            queries.remember(self.writes, self._facts)
        if changed := self.changed():
            queries.save(self.writes, self.conn, changed, self.next_due, self.unjudged_from)
        if self._new_reports:
            bank_queries.add_reports(self.writes, self._new_reports)
        if self._unrecorded_reports:
            await bank_queries.add_unrecorded(self.conn, self._unrecorded_reports)
        if self._counted:
            counted = {day: self.last_numbers[day] for day in self._counted}
            loan_queries.save_counters(self.writes, counted)
        if self._new_enterprises:
            enterprise_queries.add_new(self.writes, self._new_enterprises, self.at)
        for number in self._erased:
            await queue_queries.erase_messages(self.conn, number)
        await self._messages.flush(self.conn, self.at)
        await super().flush()


def _no_such(name: str) -> NotFound:
    return NotFound(f"没有这项记录（{name}）", f"no such {name} here", "id")
