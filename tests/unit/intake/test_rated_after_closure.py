"""A bad rating after closure (销号后评价不满意): the office owes an answer, as to a complaint.

The old way: it was kept, no clock ran, and nobody had to read it.
"""

import pytest

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.complaints import NO_COMMENT
from services.intake.domain.transitions import perform
from shared.rules.pack import pack_files
from tests.unit.intake.case import (
    CLOSED,
    RATED_BY_PHONE,
    SATISFIED,
    UNSATISFIED,
    act_context,
    assigned,
    completed,
    done,
    heard,
)

XUANCHENG = pack_files.load("xuancheng-2024@3")
COMPLAIN = acts.Complain(about="handling", text="答非所问")


def closed() -> AppealDocument:
    return heard(assigned(), completed(4), CLOSED)


def emitted(
    appeal: AppealDocument, act: acts.AppealAct, ref: str = XUANCHENG.id, *, past: bool = False
) -> list[str]:
    rules = XUANCHENG if ref == XUANCHENG.id else pack_files.unbound(ref)
    return [event.type for event in perform(appeal, act, act_context(10, rules, past=past))[1]]


def test_a_bad_rating_after_closure_is_a_complaint_that_the_office_answers():
    assert emitted(closed(), UNSATISFIED) == ["appeal.rated.v1", "appeal.complained.v1"]
    assert emitted(closed(), RATED_BY_PHONE)[1:] == ["appeal.rated.v1", "appeal.complained.v1"]
    rated = done(closed(), (UNSATISFIED, 10), rules=XUANCHENG)
    assert [complaint.text for complaint in rated.complaints] == ["仍未通电"]


def test_without_a_comment_the_complaint_says_what_it_is():
    rated = done(closed(), (acts.Rate(rating="not_satisfied"), 10), rules=XUANCHENG)
    assert [complaint.text for complaint in rated.complaints] == [NO_COMMENT]


def test_a_good_rating_is_none_and_neither_is_a_bad_one_before_closure():
    assert emitted(closed(), SATISFIED) == ["appeal.rated.v1"]
    assert emitted(heard(assigned(), completed(4)), UNSATISFIED) == ["appeal.rated.v1"]


def test_who_has_complained_already_does_not_complain_twice():
    waiting = done(closed(), (COMPLAIN, 9.5), rules=XUANCHENG)
    assert emitted(waiting, UNSATISFIED) == ["appeal.rated.v1"]


@pytest.mark.parametrize("ref", ["xuancheng-2024@2", "case-limits"])
def test_under_packs_without_that_clock_a_rating_is_a_rating(ref: str):
    assert emitted(closed(), UNSATISFIED, ref) == ["appeal.rated.v1"]


def test_a_rating_of_the_past_brings_no_complaint():
    assert emitted(closed(), UNSATISFIED, past=True) == ["appeal.rated.v1"]
