"""The cases of a certification: what the window does in each, and what the records have to show."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from huying.certify.trial import NotApplicableError, Trial
from huying.certify.window import Loan

WITHDRAWN, DENIED = "bank.request_withdrawn.v1", "bank.withdrawal_denied.v1"
REMINDER, COMPLAINT = "bank.reminder.v1", "bank.complaint_shown.v1"
MISSED = (
    "收到本笔 bank_contact 的 overdue 为 true 的提醒后回报 contacted。"
    "Report `contacted` after the reminder of bank_contact on this leg whose `overdue` is true."
)
"""What the bank is to do with the request that comes while it is away."""
MEANT, SLIP = Decimal("3.85"), Decimal("0.0385")
BEFORE_DUE, AFTER_DUE = timedelta(hours=2), timedelta(minutes=2)
"""The clock moves to these moments. A reminder is sent after three quarters of a limit of a day."""


def first_contact(trial: Trial) -> None:
    """The bank reports the first contact in time."""
    loan = trial.request()
    trial.reported(loan, "contacted")
    trial.answered(loan, "accepted")


def states(trial: Trial) -> None:
    """The bank reports every state on the way to the money."""
    loan = trial.request()
    trial.reported(loan, "received", "contacted", "documents_needed", "under_review", "approved", "disbursed")


def declined(trial: Trial) -> None:
    """The bank declines, with its reason."""
    trial.reported(trial.request(), "declined")


def duplicate(trial: Trial) -> None:
    """The bank sends one report twice."""
    trial.answered(trial.request(), "accepted", "repeated")


def reused_id(trial: Trial) -> None:
    """The bank uses the id of a report for another one."""
    trial.answered(trial.request(), "accepted", "report_id_reused")


def out_of_order(trial: Trial) -> None:
    """The bank approves what it declined."""
    loan = trial.request()
    trial.reported(loan, "declined")
    trial.answered(loan, "accepted", "out_of_order")


def foreign_leg(trial: Trial) -> None:
    """The bank reports on the leg of another bank."""
    trial.request(shared=True)
    trial.refused("unknown_leg")


def missing_field(trial: Trial) -> None:
    """The bank approves without the sum, and learns it from the receipt."""
    loan = trial.request()
    trial.answered(loan, "accepted", since=trial.refused("malformed", "amount"))
    trial.reported(loan, "approved")


def wrong_type(trial: Trial) -> None:
    """The bank writes a sum as a number."""
    trial.request()
    trial.refused("malformed", "amount")


def garbage(trial: Trial) -> None:
    """The bank sends what cannot be read; what follows counts."""
    loan = trial.request()
    trial.answered(loan, "accepted", since=trial.refused("malformed"))
    trial.reported(loan, "contacted")


def corrected_offer(trial: Trial) -> None:
    """The bank corrects its offer."""
    loan = trial.request()
    trial.until("另一利率 / another rate_percent", lambda: len(set(_rates(trial, loan))) > 1)


def likely_slip(trial: Trial) -> None:
    """The bank writes 3.85 % as 0.0385, is warned, and corrects it."""
    loan = trial.request()
    trial.until(str(SLIP), lambda: SLIP in _rates(trial, loan))
    trial.until(str(MEANT), lambda: _rates(trial, loan)[-1] == MEANT)


def partial_money(trial: Trial) -> None:
    """The bank pays out in parts; what is above the sum is refused."""
    loan = trial.request()
    trial.answered(loan, "accepted", "accepted", "more_than_approved", "accepted")
    trial.reported(loan, "approved", "disbursed", "disbursed")


def reminder(trial: Trial) -> None:
    """The bank is reminded before its limit ends, and reports in time."""
    loan = trial.request()
    trial.window.move_to(_due(trial, loan) - BEFORE_DUE)
    trial.answered(loan, "accepted", since=trial.sent(loan, REMINDER))
    trial.reported(loan, "contacted")


def late(trial: Trial) -> None:
    """The bank reports after its limit."""
    loan = trial.request()
    due_at = _due(trial, loan)
    trial.window.move_to(due_at + AFTER_DUE)
    trial.answered(loan, "too_late_but_recorded", since=trial.sent(loan, REMINDER, since=due_at))


def withdrawn(trial: Trial) -> None:
    """The enterprise takes its request back."""
    _ended(trial, consent=False)


def consent_withdrawn(trial: Trial) -> None:
    """The enterprise takes its consent back."""
    _ended(trial, consent=True)


def withdrawal_denied(trial: Trial) -> None:
    """The bank reports that the enterprise withdrew; the enterprise says that it did not."""
    loan = trial.request()
    trial.reported(loan, "withdrawn")
    trial.window.answer_withdrawal(loan, confirmed=False)
    trial.answered(loan, "accepted", since=trial.sent(loan, DENIED))
    trial.reported(loan, "withdrawn", "contacted")


def withdrawal_confirmed(trial: Trial) -> None:
    """The bank reports that the enterprise withdrew, and so it is."""
    loan = trial.request()
    trial.reported(loan, "withdrawn")
    trial.window.answer_withdrawal(loan, confirmed=True)
    trial.sent(loan, WITHDRAWN)
    trial.until("withdrawn", lambda: trial.window.leg(loan)["state"] == "withdrawn")


def complaint(trial: Trial) -> None:
    """The regulator shows the bank a complaint."""
    loan = trial.request()
    trial.window.complain(loan)
    trial.answered(loan, "accepted", since=trial.sent(loan, COMPLAINT))
    trial.reported(loan, "contacted")


def outage(trial: Trial) -> None:
    """The bank is away while a request comes and falls due; then it reads on and sends again."""
    first = trial.request()
    trial.reported(first, "received")
    away = trial.window.now()
    missed = trial.request_meanwhile(MISSED)
    trial.window.move_to(max(_due(trial, missed) + AFTER_DUE, away + timedelta(days=2)))
    trial.answered(first, "repeated", since=away)
    trial.answered(missed, "too_late_but_recorded", since=away)


def rotation(trial: Trial) -> None:
    """The bank makes a new signing secret, and goes on."""
    loan = _with_new_secret(trial, "webhook")
    trial.window.withdraw(loan, consent=False)
    trial.answered(loan, "request_ended", since=trial.sent(loan, WITHDRAWN))


def report_rotation(trial: Trial) -> None:
    """The bank makes a new secret for its reports, and signs by it."""
    loan = _with_new_secret(trial, "signing")
    trial.reported(loan, "contacted")


def _with_new_secret(trial: Trial, of: Literal["webhook", "signing"]) -> Loan:
    """A request upon which the bank made a new secret; not applicable where it has none."""
    before = trial.window.secret_at(of)
    if before is None:
        raise NotApplicableError
    loan = trial.request()
    trial.until("新的密钥 / a new secret", lambda: trial.window.secret_at(of) != before)
    return loan


def _ended(trial: Trial, *, consent: bool) -> None:
    loan = trial.request()
    trial.reported(loan, "received")
    trial.window.withdraw(loan, consent=consent)
    trial.answered(loan, "request_ended", since=trial.sent(loan, WITHDRAWN))


def _rates(trial: Trial, loan: Loan) -> list[Decimal]:
    """The rates of the offers on the leg, in their order."""
    reports = trial.window.leg(loan)["reports"]
    return [Decimal(report["rate_percent"]) for report in reports if report["state"] == "approved"]


def _due(trial: Trial, loan: Loan) -> datetime:
    """When the leg's first limit ends."""

    def moments() -> list[str]:
        return [deadline["due_at"] for deadline in trial.window.leg(loan)["deadlines"] if deadline["due_at"]]

    trial.until("due_at", lambda: bool(moments()))
    return min(map(datetime.fromisoformat, moments()))


CASES: Final[Mapping[str, Callable[[Trial], None]]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        first_contact,
        states,
        declined,
        duplicate,
        reused_id,
        out_of_order,
        foreign_leg,
        missing_field,
        wrong_type,
        garbage,
        corrected_offer,
        likely_slip,
        partial_money,
        reminder,
        late,
        withdrawn,
        consent_withdrawn,
        withdrawal_denied,
        withdrawal_confirmed,
        complaint,
        outage,
        rotation,
        report_rotation,
    )
}
"""The cases by code, in the order of play."""
