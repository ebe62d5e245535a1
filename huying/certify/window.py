"""What window, office and regulator of a sandbox do in a certification, and what its records show."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from huying.local.running_services import RefusedError, RunningServices
from huying.local.sandbox import SANDBOX
from shared.addresses.credit_codes import check_character

AMOUNT = "500000.00"
WRITTEN_MEANWHILE = 412
_LICENCE = "91341600MA0000001"
_FINANCING = "financing"


class Receipt(NamedTuple):
    """The receipt of a report. `report_id` and `leg` are None where they could not be read."""

    reported_at: datetime
    report_id: str | None
    leg: str | None
    code: str


class Loan(NamedTuple):
    """A loan request of the certification, and the leg of the bank."""

    loan_id: str
    leg: str


class Window:
    """A sandbox at `urls` as those whose keys are in `keys` see it. It tries the bank `bank`."""

    def __init__(self, urls: Mapping[str, str], keys: Mapping[str, str], bank: str) -> None:
        reached = {**urls, SANDBOX: urls[_FINANCING].removesuffix(_FINANCING) + SANDBOX}
        self._office, self._operator, self._regulator = (
            RunningServices(reached, keys[account]) for account in ("office", "operator", "regulator")
        )
        self.bank = bank

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of the city."""
        return ZoneInfo(self._statement(self.now())["zone"])

    def now(self) -> datetime:
        """Where the clock of the sandbox stands. ValueError where the city is no sandbox."""
        return datetime.fromisoformat(self._office.ask("GET", SANDBOX, "/clock").json()["now"])

    def move_to(self, moment: datetime) -> None:
        """Move the clock of the sandbox to `moment`, where it is not later already."""
        if moment > self.now():
            self._office.ask("POST", SANDBOX, "/clock", {"to": moment.isoformat()})

    def directory(self) -> dict[str, dict[str, Any]]:
        """The banks that take requests, by code."""
        items = self._office.ask("GET", _FINANCING, "/banks").json()["items"]
        return {bank["code"]: bank for bank in items if bank["open"]}

    def register(self, purpose: str, *others: str) -> Loan:
        """Register a request to the bank, and to `others`."""
        wish = {
            "enterprise": {"name": "验收企业", "credit_code": _LICENCE + check_character(_LICENCE)},
            "contact": {"name": "王经理", "phone": "0558-5550000"},
            "amount": AMOUNT,
            "term_months": 12,
            "purpose": purpose,
            "product": "working_capital",
            "first_loan": False,
            "collateral": "无",
            "consent": {"given_at": (self.now() - timedelta(minutes=1)).isoformat(), "text_version": "1"},
            "banks": [self.bank, *others],
        }
        loan = self._operator.ask("POST", _FINANCING, "/requests", wish).json()
        leg = next(leg["leg"] for leg in loan["legs"] if leg["bank"] == self.bank)
        return Loan(loan["loan_id"], leg)

    def leg(self, loan: Loan) -> dict[str, Any]:
        """The bank's leg, with the reports that were recorded and the deadlines."""
        document = self._office.ask("GET", _FINANCING, f"/requests/{loan.loan_id}").json()
        return next(leg for leg in document["legs"] if leg["leg"] == loan.leg)

    def withdraw(self, loan: Loan, *, consent: bool) -> None:
        """The enterprise takes its request back, or its consent."""
        kind = "consent-withdrawals" if consent else "withdrawals"
        self._operator.ask("POST", _FINANCING, f"/requests/{loan.loan_id}/{kind}", {})

    def answer_withdrawal(self, loan: Loan, *, confirmed: bool) -> None:
        """The enterprise says whether it withdrew from the bank, as the bank reported."""
        number = loan.leg.rpartition("/")[2]
        body = {"confirmed": confirmed, "words": "验收：经电话核实"}
        self._operator.ask("POST", _FINANCING, f"/requests/{loan.loan_id}/legs/{number}/withdrawals", body)

    def complain(self, loan: Loan) -> None:
        """The enterprise complains about the bank, and the regulator shows the bank what it found."""
        complaint = {"bank": self.bank, "text": "验收：要求搭售保险"}
        path = f"/requests/{loan.loan_id}/complaints"
        filed = self._operator.ask("POST", _FINANCING, path, complaint).json()
        decision = {
            "founded": False,
            "finding": "验收：查无实据",
            "result": "验收：已核查",
            "shown": "验收：请留意",
        }
        self._decide(f"/complaints/{filed['complaint_id']}", decision)

    def _decide(self, complaint: str, decision: dict[str, Any]) -> None:
        """Decide a complaint. It is read again where it was judged in the meantime."""
        version = self._regulator.ask("GET", _FINANCING, complaint).headers["etag"]
        try:
            self._regulator.ask("POST", _FINANCING, f"{complaint}/decisions", decision, if_match=version)
        except RefusedError as error:
            if error.status != WRITTEN_MEANWHILE:
                raise
            self._decide(complaint, decision)

    def receipts(self, since: datetime) -> list[Receipt]:
        """The receipts of all reports that came from `since` on, in order."""
        rows = [
            Receipt(datetime.fromisoformat(row["reported_at"]), row["report_id"], row["leg"], row["code"])
            for statement in self._statements(since)
            for row in statement["reports"]
        ]
        return [receipt for receipt in rows if receipt.reported_at >= since]

    def sent(self, loan: Loan, type_: str, since: datetime) -> list[datetime]:
        """When messages of a type about the leg left for the bank; at a desk, when the bank read them."""
        rows = [row for statement in self._statements(since) for row in statement["messages"]]
        sent = [
            datetime.fromisoformat(row["sent_at"])
            for row in rows
            if (row["leg"], row["type"]) == (loan.leg, type_)
        ]
        return [moment for moment in sent if moment >= since]

    def refused_fields(self, since: datetime) -> list[str | None]:
        """The fields that reports were refused for since then, where a field was named."""
        refused = self._connection()["refused"]
        return [
            report["receipt"]["field"]
            for report in refused
            if datetime.fromisoformat(report["reported_at"]) >= since
        ]

    def secret_at(self, of: Literal["webhook", "signing"]) -> str | None:
        """When the secret of calls to the bank's address, or of its reports, was made; None without one."""
        connected = self._connection()[of]
        return None if connected is None else connected["secret_at"]

    def _connection(self) -> dict[str, Any]:
        connection: dict[str, Any] = self._office.ask(
            "GET", _FINANCING, f"/banks/{self.bank}/connection"
        ).json()
        return connection

    def _statements(self, since: datetime) -> list[dict[str, Any]]:
        """The bank's statements of the days from `since` to now."""
        first, now = since.astimezone(self.zone), self.now().astimezone(self.zone)
        days = (now.date() - first.date()).days
        return [self._statement(first + timedelta(days=day)) for day in range(days + 1)]

    def _statement(self, moment: datetime) -> dict[str, Any]:
        path, day = f"/banks/{self.bank}/statement", moment.date().isoformat()
        statement: dict[str, Any] = self._office.ask("GET", _FINANCING, path, date=day, format="json").json()
        return statement
