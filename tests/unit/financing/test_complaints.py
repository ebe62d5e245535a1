"""What a bank is shown of a complaint about it."""

from uuid import UUID

import pytest

from services.financing.banks.messages import messages
from services.financing.complaints.acts import Complain, DecideComplaint
from services.financing.complaints.domain import complain, decide
from tests.unit.financing.samples import AT, PACK, asked


@pytest.mark.parametrize(("shown", "count"), [(None, 0), ("请立即整改", 1)])
def test_a_bank_sees_of_a_complaint_what_the_regulator_shows(shown: str | None, count: int) -> None:
    about = Complain(bank="bank-a", text="搭售")
    complaint, _ = complain(asked(), about, UUID(int=2), AT, "enterprise", PACK.ref)
    event = decide(complaint, DecideComplaint(founded=True, finding="属实", result="已整改", shown=shown), AT)
    assert len(list(messages(complaint, event))) == count
