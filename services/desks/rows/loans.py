"""The rows of loan requests, of banks' legs and of complaints about banks. Pure."""

from collections.abc import Iterator

from services.desks.document import CaseFile, read
from services.desks.rows.cases import Row
from services.desks.rows.deadlines import Stated, earliest, unmet
from shared.states import BankLegState, LoanState

ENDS = (LoanState.CLOSED, LoanState.CONSENT_WITHDRAWN, LoanState.WITHDRAWN)
"""The states in which a loan request is over."""
DONE = frozenset({BankLegState.DECLINED, BankLegState.DISBURSED, BankLegState.WITHDRAWN})
"""What a bank reports last of a leg."""


def loan_row(case: CaseFile) -> Row | None:
    """The row of a loan request; None while its registration was not heard, and for an appeal."""
    if (requested := case.get("requested")) is None:
        return None
    state, rated = _loan_state(case), case.get("rated")
    due = earliest(_running(case, state))
    return {
        "appeal_id": case.appeal_id,
        "registration_number": case.registration_number,
        **{name: requested[name] for name in ("pack", "product", "amount_band", "first_loan")},
        "locality": requested.get("locality"),
        "state": state,
        "is_open": state not in ENDS,
        "rating": rated and rated["rating"],
        "requested_at": read(requested["at"]),
        "updated_at": read(case.updated_at),
        "due_at": read(due.due_at),
        "deadline": due.deadline,
        "deadline_name": due.name,
        "overdue_at": read(due.overdue_at),
    }


def _loan_state(case: CaseFile) -> str:
    """How the request stands, as financing derives it."""
    legs = case.subjects("bank")
    banks, pushed = (
        {_bank_leg_state(case, leg) for leg in legs},
        [case.at(f"bank:{leg}:pushed") for leg in legs],
    )
    reached = (
        *((end, case.get(end) is not None) for end in ENDS),
        (LoanState.DISBURSED, BankLegState.DISBURSED in banks),
        (LoanState.APPROVED, BankLegState.APPROVED in banks),
        (LoanState.WITH_OFFICE, case.at("took_over") > max(pushed, default="")),
        (LoanState.PUSHED, bool(legs)),
    )
    return next((state for state, is_so in reached if is_so), LoanState.REGISTERED).value


def _running(case: CaseFile, state: str) -> list[Stated]:
    judged = case.get("judged") or {}
    return [] if state in ENDS else unmet(judged.get("deadlines", ()))


def bank_leg_rows(case: CaseFile) -> Iterator[Row]:
    """The row of every bank's leg that is known to be pushed."""
    legs = case.subjects("bank")
    running = _running(case, _loan_state(case)) if legs else []
    for leg in legs:
        if (pushed := case.get(f"bank:{leg}:pushed")) is None:
            continue
        reported = case.get(f"bank:{leg}:reported")
        state = _bank_leg_state(case, leg)
        own = [deadline for deadline in running if deadline["leg_id"] == leg]
        due = earliest(own if state not in DONE else ())
        yield {
            "leg_id": leg,
            "appeal_id": case.appeal_id,
            **{name: pushed[name] for name in ("leg", "bank", "bank_name", "wave")},
            "state": state,
            "pushed_at": read(pushed["at"]),
            "reported_at": read(reported["at"] if reported else None),
            "due_at": read(due.due_at),
            "deadline": due.deadline,
            "deadline_name": due.name,
            "overdue_at": read(due.overdue_at),
        }


def _bank_leg_state(case: CaseFile, leg: str) -> str:
    """What the bank reported last; withdrawn once the enterprise says so."""
    answered = case.get(f"bank:{leg}:withdrawal_answered")
    if answered is not None and answered["confirmed"]:
        return BankLegState.WITHDRAWN.value
    reported = case.get(f"bank:{leg}:reported")
    return str(reported["state"]) if reported else BankLegState.PUSHED.value


def complaint_rows(case: CaseFile) -> Iterator[Row]:
    """The row of every complaint about a bank."""
    for complaint in case.subjects("complaint"):
        slot = f"complaint:{complaint}:"
        if (complained := case.get(f"{slot}complained")) is None:
            continue
        decided, judged = case.get(f"{slot}decided"), case.get(f"{slot}judged") or {}
        due = earliest(unmet(judged.get("deadlines", ())) if decided is None else ())
        yield {
            "complaint_id": complaint,
            "appeal_id": case.appeal_id,
            **{name: complained[name] for name in ("complaint", "bank", "institution", "pack")},
            "complained_at": read(complained["at"]),
            "decided_at": read(decided["at"] if decided else None),
            "founded": decided and decided["founded"],
            "due_at": read(due.due_at),
            "deadline": due.deadline,
            "overdue_at": read(due.overdue_at),
        }
