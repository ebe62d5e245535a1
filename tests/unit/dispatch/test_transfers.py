"""A matter is handed over to 110, 119, 120 or another hotline (转接); the appeal stays with the city."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.dispatch.acts.referral import ReceiveElsewhere, Refer
from services.dispatch.acts.transfers import ReceiveTransfer, Transfer
from services.dispatch.document import AppealState
from services.dispatch.domain import bounds
from shared.events import AppealTransferred, TransferReceived
from tests.unit.dispatch.case import OFFICE, CaseAtDispatch, at, refused

FIRE: dict[str, Any] = {"to": "119", "reason": "厂房起火"}
RECEIPT = {"receiver": "李警官", "reference": "20261109-0815"}


def test_a_transfer_keeps_who_took_it_and_says_none_of_it_in_events() -> None:
    case = CaseAtDispatch().assigned()
    taken = {**RECEIPT, "received_at": "2026-11-09T08:50:00+08:00"}
    (event,) = case.do(OFFICE, Transfer, **FIRE, receipt=taken)
    assert isinstance(event, AppealTransferred)
    assert (event.number, event.to, event.received) == (1, "119", True)
    receipt = case.appeal.transfers[0].receipt
    assert receipt is not None
    assert (receipt.receiver, receipt.reference) == ("李警官", "20261109-0815")
    assert (receipt.received_at, receipt.recorded_at) == (at("11-09 08:50"), case.now)
    for word in ("李警官", "起火", "20261109-0815"):
        assert word not in event.model_dump_json()
    assert (case.appeal.state, case.appeal.legs[0].state) == (AppealState.ASSIGNED, "open")


def test_a_receipt_comes_later_and_once_also_after_closure() -> None:
    case = CaseAtDispatch()
    (event,) = case.do(OFFICE, Transfer, **FIRE)
    assert isinstance(event, AppealTransferred)
    assert event.received is False
    case.appeal.state = AppealState.CLOSED
    (received,) = case.do(OFFICE, ReceiveTransfer, number=1, receipt=RECEIPT)
    assert isinstance(received, TransferReceived)
    assert (received.number, received.to) == (1, "119")
    refused(
        case, 409, "receipt of this transfer is there", OFFICE, ReceiveTransfer, number=1, receipt=RECEIPT
    )
    refused(case, 404, "no such transfer", OFFICE, ReceiveTransfer, number=2, receipt=RECEIPT)
    refused(case, 409, "已销号", OFFICE, Transfer, **FIRE)


def test_nobody_took_it_in_the_future_and_transfers_have_an_end() -> None:
    ahead = {**RECEIPT, "received_at": "2026-11-09T12:00:00+08:00"}
    refused(CaseAtDispatch(), 422, "receipt.received_at", OFFICE, Transfer, **FIRE, receipt=ahead)
    case = CaseAtDispatch()
    for _ in range(bounds.MOST_TRANSFERS):
        case.do(OFFICE, Transfer, **FIRE)
    refused(case, 409, "too many transfers", OFFICE, Transfer, **FIRE)


@pytest.mark.parametrize("to", ["", "11", "0551-12345", "公安", "110 ", "012345", "123456789"])
def test_a_hotline_is_named_by_the_number_that_one_dials(to: str) -> None:
    if to.strip() == "110":
        assert Transfer(to=to, reason="报警").to == "110"
        return
    with pytest.raises(ValidationError):
        Transfer(to=to, reason="报警")


def test_the_receipt_of_a_referral_keeps_the_number_there_too() -> None:
    case = CaseAtDispatch()
    place = case.rules.referral
    assert place is not None
    case.do(OFFICE, Refer, to=place.destinations[0].to, reason="属于仲裁")
    case.do(OFFICE, ReceiveElsewhere, receiver="立案庭", reference="〔2026〕81")
    assert case.appeal.referrals[0].reference == "〔2026〕81"
