"""Complaints about financial institutions: any of them, and what a bank is shown of one."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from services.financing.banks.messages import messages
from services.financing.complaints.acts import Complain, ComplainAtWindow, DecideComplaint
from services.financing.complaints.document import ComplaintDocument
from services.financing.complaints.domain import complain, complain_alone, decide
from shared import events
from shared.service.errors import Invalid
from tests.lending import CREDIT_CODE
from tests.unit.financing.samples import AT, BANKS, PACK, asked


def complained(**about: str) -> tuple[ComplaintDocument, events.Event]:
    act = Complain.model_validate({"text": "搭售", **about})
    return complain(asked(), act, UUID(int=2), AT, "enterprise", PACK.ref, BANKS)


@pytest.mark.parametrize(("shown", "count"), [(None, 0), ("请立即整改", 1)])
def test_a_bank_sees_of_a_complaint_what_the_regulator_shows(shown: str | None, count: int) -> None:
    complaint, _ = complained(bank="bank-a")
    event = decide(complaint, DecideComplaint(founded=True, finding="属实", result="已整改", shown=shown), AT)
    assert len(list(messages(complaint, event))) == count


def test_an_institution_that_was_not_asked_can_be_complained_about() -> None:
    """The old way: only a bank that the request was pushed to."""
    complaint, event = complained(bank="bank-c")
    assert (complaint.bank, complaint.leg) == ("bank-c", None)
    assert isinstance(event, events.LoanComplained)
    assert event.institution == "bank-c"


def test_so_can_one_that_the_directory_does_not_have() -> None:
    complaint, event = complained(institution="示例小额贷款公司")
    assert (complaint.bank, complaint.bank_name) == ("", "示例小额贷款公司")
    assert isinstance(event, events.LoanComplained)
    assert event.institution == "示例小额贷款公司"
    decided = decide(complaint, DecideComplaint(founded=True, finding="属实", result="改", shown="改"), AT)
    assert list(messages(complaint, decided)) == [], "it has no integration"


def test_a_code_that_nobody_has_is_refused_with_the_way_to_say_it() -> None:
    with pytest.raises(Invalid, match="name another institution"):
        complained(bank="bank-x")


@pytest.mark.parametrize("about", [{}, {"bank": "bank-a", "institution": "示例"}])
def test_a_complaint_is_about_one_institution(about: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        complained(**about)


def test_at_the_window_no_loan_request_is_needed() -> None:
    act = ComplainAtWindow.model_validate(
        {
            "institution": "示例小额贷款公司",
            "text": "搭售",
            "enterprise": {"name": "示例制造有限公司", "credit_code": CREDIT_CODE},
            "contact": {"name": "王工", "phone": "13800000000"},
        }
    )
    complaint, event = complain_alone(
        act, UUID(int=2), "RZ-20261109-00007", AT, "window-3", PACK.ref, "hash", BANKS
    )
    assert complaint.loan_id is None
    assert (event.appeal_id, event.registration_number) == (UUID(int=2), "RZ-20261109-00007")
