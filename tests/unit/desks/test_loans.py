"""The rows of loan requests and of banks' legs: what follows from the facts of a request."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from services.desks.document import CaseFile
from services.desks.facts.keeping import keep
from services.desks.rows.loans import bank_leg_rows, loan_row
from shared import events
from shared.events import Event
from tests.unit.desks.history import APPEAL, LEG, OTHER_LEG, at

NUMBER = "RZ-20260213-00001"
BANKS = {LEG: "bank-a", OTHER_LEG: "bank-b"}


def said(type_: type[Event], hours: float, **fields: Any) -> Event:
    """An event of the request; one about a leg is about that of the first bank."""
    if "leg_id" in type_.model_fields:
        leg_id: UUID = fields.setdefault("leg_id", LEG)
        fields |= {"bank": BANKS[leg_id], "leg": f"{NUMBER}/{list(BANKS).index(leg_id) + 1}"}
    return type_(occurred_at=at(hours), appeal_id=APPEAL, registration_number=NUMBER, **fields)


def deadline(leg: UUID, due: float) -> events.Deadline:
    """What a bank owes so many hours after the request."""
    title = {"zh": "银行报送办理状态", "en": "status"}
    return events.Deadline(
        leg_id=leg,
        unit=BANKS[leg],
        round=1,
        deadline="bank_status",
        started_at=at(0),
        due_at=at(due),
        title=title,
    )


REQUESTED = said(
    events.LoanRequested,
    0,
    product="working_capital",
    amount_band="below_5m",
    first_loan=True,
    pack="bozhou-financing@1",
)
PUSHED = said(
    events.LoanPushed,
    0,
    wave=1,
    legs=tuple(
        events.BankLeg(leg_id=leg, leg=f"{NUMBER}/{place}", bank=bank, bank_name=bank)
        for place, (leg, bank) in enumerate(BANKS.items(), 1)
    ),
)
JUDGED = said(
    events.LoanJudged, 1, state="dispatched", deadlines=(deadline(LEG, 72), deadline(OTHER_LEG, 96))
)


def case_of(*more: Event) -> CaseFile:
    """The request, pushed to two banks, after further events."""
    case = CaseFile(appeal_id=APPEAL, registration_number=NUMBER)
    for event in (REQUESTED, PUSHED, JUDGED, *more):
        keep(case, event)
        case.touch(event)
    return case


def loan(*more: Event) -> dict[str, Any]:
    known = loan_row(case_of(*more))
    assert known is not None
    return known


def legs(*more: Event) -> dict[str, dict[str, Any]]:
    return {leg["bank"]: leg for leg in bank_leg_rows(case_of(*more))}


def test_a_request_is_due_when_its_first_bank_is() -> None:
    assert (loan()["due_at"], loan()["deadline_name"]) == (at(72), "银行报送办理状态")
    assert {bank: leg["due_at"] for bank, leg in legs().items()} == {"bank-a": at(72), "bank-b": at(96)}


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (events.LoanClosed, "closed"),
        (events.LoanWithdrawn, "withdrawn"),
        (events.LoanConsentWithdrawn, "consent_withdrawn"),
    ],
)
def test_what_ended_is_no_more_open_and_no_bank_owes_anything(end: type[Event], state: str) -> None:
    ended = said(end, 5)
    assert (loan(ended)["state"], loan(ended)["is_open"], loan(ended)["due_at"]) == (state, False, None)
    assert {leg["due_at"] for leg in legs(ended).values()} == {None}


@pytest.mark.parametrize(
    ("state", "due_at"), [("under_review", at(72)), ("declined", None), ("disbursed", None)]
)
def test_a_bank_owes_nothing_more_once_it_is_done(state: str, due_at: datetime | None) -> None:
    reported = said(events.LoanReported, 5, state=state)
    assert (legs(reported)["bank-a"]["state"], legs(reported)["bank-a"]["due_at"]) == (state, due_at)
    assert legs(reported)["bank-b"]["due_at"] == at(96)


@pytest.mark.parametrize(("confirmed", "state"), [(True, "withdrawn"), (False, "contacted")])
def test_a_leg_is_withdrawn_once_the_enterprise_says_so(confirmed: bool, state: str) -> None:
    history = [
        said(events.LoanReported, 5, state="contacted"),
        said(events.LoanWithdrawalAsked, 6),
        said(events.LoanWithdrawalAnswered, 7, confirmed=confirmed, by="enterprise"),
    ]
    leg = legs(*history)["bank-a"]
    assert (leg["state"], leg["due_at"]) == (state, None if confirmed else at(72))


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], "pushed"),
        ([said(events.LoanReported, 5, state="under_review")], "pushed"),
        ([said(events.LoanReported, 5, state="approved")], "approved"),
        (
            [said(events.LoanReported, 5, state="approved"), said(events.LoanReported, 9, state="disbursed")],
            "disbursed",
        ),
        ([said(events.LoanOfficeTookOver, 5, reason="declined_by_all")], "with_office"),
        (
            [
                said(events.LoanOfficeTookOver, 5, reason="declined_by_all"),
                said(
                    events.LoanPushed,
                    6,
                    wave=2,
                    legs=(events.BankLeg(leg_id=UUID(int=13), leg=f"{NUMBER}/3", bank="bank-c"),),
                ),
            ],
            "pushed",
        ),
    ],
)
def test_the_state_of_a_request(history: list[Event], state: str) -> None:
    assert loan(*history)["state"] == state
