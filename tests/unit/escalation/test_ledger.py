"""The ledger (督办台账): what the office let pass itself stands there, since when, and to whom it went up."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.escalation.document import OFFICE, CaseDocument, Raise
from services.escalation.judgement import keep
from services.escalation.leaders.directory import Directory, Unit
from shared import events
from shared.directory.leaders import Leader, Leaders
from shared.events import Deadline, RaisedTo, Verdict

AT = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)
DIRECTORY = Directory(
    Leaders([Leader("chen", "mayor"), Leader("qiao", "vice_industry")]),
    {
        "roads": Unit("roads", "市交通局", "department", "mayor"),
        "yshj": Unit("yshj", "市营商环境办", "office", "vice_industry"),
    },
)


def case(*deadlines: Deadline, state: str = "registered") -> CaseDocument:
    return CaseDocument(
        appeal_id=UUID(int=9), registration_number="BZ-20261109-00001", state=state, deadlines=list(deadlines)
    )


def late(
    kind: str, unit: str | None = None, *, met: bool = False, verdict: Verdict = Verdict.OVERDUE
) -> Deadline:
    return Deadline(
        leg_id=None, unit=unit, round=0, deadline=kind, started_at=AT, due_at=AT, verdict=verdict,
        met_at=AT if met else None,
    )  # fmt: skip


def raised(to: RaisedTo) -> events.AppealRaised:
    fields = {"leg_id": None, "unit": None, "round": 0, "deadline": "dispatch", "due_at": AT}
    return case().event(events.AppealRaised, AT, to=to, clause="choice", **fields)


def test_an_appeal_that_nobody_dispatches_stands_on_the_ledger_under_the_office() -> None:
    """Before, an appeal left alone stood on no list: it had no unit."""
    file = case(late("dispatch"))
    assert file.supervised()
    assert file.blamed() == [OFFICE]
    assert DIRECTORY.blamed_as("yshj") == OFFICE
    assert DIRECTORY.blamed_as("roads") == "roads"
    assert DIRECTORY.blamed_as(None) is None


@pytest.mark.parametrize(
    "deadline",
    [
        late("dispatch", met=True),
        late("dispatch", verdict=Verdict.OPEN),
        late("dispatch", verdict=Verdict.VOID),
    ],
    ids=["met late", "open", "void"],
)
def test_what_is_met_open_or_void_does_not_stand_there(deadline: Deadline) -> None:
    file = case(deadline)
    assert not file.supervised()
    assert file.office_missed() == []


def test_what_was_raised_is_told_beside_what_the_office_missed_until_it_is_met() -> None:
    file = case(late("dispatch"), late("reply", "roads"))
    for to in RaisedTo:
        keep(file, DIRECTORY.completed(raised(to), TODAY))
    (missed,) = file.office_missed()
    assert (missed.deadline, missed.since) == ("dispatch", AT)
    assert [(went.to, went.leader) for went in missed.raised] == [("head", None), ("in_charge", "qiao")]
    assert file.blamed() == [OFFICE, "roads"]
    file.deadlines = [late("dispatch", met=True)]
    assert (file.office_missed(), file.supervised()) == ([], False)


def test_what_is_raised_goes_to_the_units_head_and_to_who_acts_in_charge_of_it() -> None:
    head, leader = (DIRECTORY.completed(raised(to), TODAY) for to in RaisedTo)
    assert isinstance(head, events.AppealRaised)
    assert isinstance(leader, events.AppealRaised)
    assert (head.office, head.leader) == ("yshj", None)
    assert (leader.office, leader.leader) == ("yshj", "qiao")
    nobody = Directory(DIRECTORY.leaders).completed(raised(RaisedTo.IN_CHARGE), TODAY)
    assert isinstance(nobody, events.AppealRaised)
    assert (nobody.office, nobody.leader) == (None, "chen")  # without an office in the directory: the top


def test_a_referral_that_is_followed_stands_there_until_it_was_received() -> None:
    assert case(late("referral"), state="referred").supervised()
    for ended in (
        case(late("completion", "roads"), state="referred"),
        case(late("dispatch"), state="closed"),
    ):
        assert not ended.supervised()
        assert ended.office_missed() == []


def test_a_document_of_before_is_read() -> None:
    old = {"leg_id": None, "unit": None, "round": 0, "deadline": "dispatch", "due_at": AT}
    assert Raise.model_validate({**old, "to": "head", "clause": "", "raised_at": AT}).leader is None
