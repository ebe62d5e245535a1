"""What the window knows of an enterprise, and what came of its loan requests. Pure: no I/O, no clock."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from services.financing.complaints.document import ComplaintDocument
from services.financing.enterprises.acts import EnterpriseBody
from services.financing.loans.acts import LoanRequestBody, NewLoanRequest
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import band
from shared.service.errors import Invalid
from shared.states import BankLegState

CREDIT_GIVEN = (BankLegState.APPROVED, BankLegState.DISBURSED)


class EnterpriseKey(NamedTuple):
    """What identifies an enterprise."""

    credit_code: str


class KnownEnterprise(NamedTuple):
    """An enterprise of the window, and whether a bank gives it credit through one of its requests."""

    profile: EnterpriseBody
    has_credit: bool


def completed(body: LoanRequestBody, known: KnownEnterprise | None) -> NewLoanRequest:
    """The request, completed with what is known of its enterprise. `Invalid` where a fact is still missing.

    An enterprise that has credit through the window is no first borrower, whatever the request says.
    """
    applicant, first_loan = body.enterprise, body.first_loan
    name, locality = applicant.name, body.locality
    if known is not None:
        name, locality = name or known.profile.name, locality or known.profile.locality
        first_loan = not known.has_credit and first_loan is not False
    if name is None:
        raise Invalid(
            "窗口尚不了解该企业，请填写名称", "this enterprise is new here: give its name", "enterprise.name"
        )
    if first_loan is None:
        raise Invalid("请说明是否首贷", "say whether this is its first loan", "first_loan")
    added = {"enterprise": {"name": name, "credit_code": applicant.credit_code}, "locality": locality}
    return NewLoanRequest.model_validate({**dict(body), **added, "first_loan": first_loan})


def profile_from_request(loan: LoanDocument) -> EnterpriseBody:
    """What an enterprise without a profile said of itself in a request."""
    assert loan.wish is not None
    return EnterpriseBody(name=loan.wish.enterprise.name, locality=loan.wish.locality)


def summary(loans: Collection[LoanDocument], complaints: Collection[ComplaintDocument]) -> dict[str, Any]:
    """What came of an enterprise's requests; `first_loan`: no bank gives it credit through one of them."""
    states = [{leg.state for leg in loan.legs} for loan in loans]
    approved = [bool(states_of_loan & set(CREDIT_GIVEN)) for states_of_loan in states]
    declined = [states_of_loan == {BankLegState.DECLINED} for states_of_loan in states]
    return {
        "first_loan": not any(approved),
        "requests": {
            "all": len(loans),
            "open": sum(loan.ended is None for loan in loans),
            "approved": sum(approved),
            "declined": sum(declined),
        },
        "amounts": _amounts(loans),
        "complaints": {
            "all": len(complaints),
            "open": sum(complaint.state == "open" for complaint in complaints),
            "founded": sum(complaint.founded is True for complaint in complaints),
        },
    }


def _amounts(loans: Iterable[LoanDocument]) -> dict[str, dict[str, Any]]:
    """By band: how many requests, how much was asked for, how much approved, in yuan."""
    bands: dict[str, dict[str, Any]] = {}
    for loan in loans:
        totals = bands.setdefault(
            band(loan.amount).value, {"requests": 0, "asked": Decimal(0), "approved": Decimal(0)}
        )
        totals["requests"] += 1
        totals["asked"] += Decimal(loan.amount)
        totals["approved"] += _approved(loan)
    return {
        name: totals | {"asked": f"{totals['asked']:.2f}", "approved": f"{totals['approved']:.2f}"}
        for name, totals in sorted(bands.items())
    }


def _approved(loan: LoanDocument) -> Decimal:
    """The sum of what banks offered and did not take back."""
    credit_legs = (leg for leg in loan.legs if leg.state in CREDIT_GIVEN)
    offers = (leg.offer.amount for leg in credit_legs if leg.offer and leg.offer.amount)
    return sum(map(Decimal, offers), Decimal(0))
