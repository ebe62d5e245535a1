"""庆阳若干措施（2023）, version 3 of its packs: no way around the clock, and each clause by its text."""

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story
from tests.packs.test_xx_version_3 import ruled

QY = "qingyang-2023"


# §6 确需多级协调解决的，逐级提级
def test_being_late_alone_lifts_nothing():
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00")
    lines = ruled(story)
    assert {"supervised completion", "redispatched overdue"} <= lines
    assert "publication.proposed completion" in lines  # §14、§17, after the second time to put it right
    assert not [line for line in lines if line.startswith("lifted")]
    old = ruled(Story(f"{QY}@2").dispatched("03-02 10:00"))
    assert "lifted count county" in old


def test_the_word_of_a_unit_s_head_alone_lifts_nothing():
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00")
    story.did(acts.LiftRequested, "03-02 11:00")
    assert story.judged("03-02 12:00").lifted_at is None


def test_what_needs_several_levels_is_lifted_level_by_level():
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00", marks=[Mark.CROSS_LEVEL])
    lifted = [line.split(maxsplit=2)[2] for line in story.ruled()]
    lifted = [line for line in lifted if line.startswith("lifted")]
    assert lifted == ["lifted kind county", "lifted level city", "lifted level province"]
    assert "raised lifted head" in ruled(story)


# §6 实行专班推进：五个一
def test_the_five_ones_stand_from_the_dispatch_on_or_the_office_answers_for_it():
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00")
    assert "task_force 03-05 17:30 open" in story.stands("03-02 12:00")
    assert "raised task_force head" in ruled(story)
    assert "raised task_force head" not in ruled(story.reached("five_ones", "03-05 10:00"))


@pytest.mark.parametrize("kind", ["consultation", "suggestion"])
def test_a_question_has_no_task_force(kind: str):
    story = Story(QY, kind).received("03-02 09:00").dispatched("03-02 10:00")
    assert not [line for line in story.stands("03-02 12:00") if line.startswith("task_force")]


def test_a_follow_up_that_nobody_makes_and_a_case_that_nobody_closes_are_raised():
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00").completed("03-03 10:00")
    story.did(acts.Rated, "03-04 10:00")
    assert {"raised follow_up head", "raised closure head"} <= ruled(story)


# §12 行政机关、事业单位、大型企业逾期未支付信息披露
@pytest.mark.parametrize(
    ("unit_kind", "disclosed"),
    [("department", True), ("locality", True), ("large_firm", True), ("state_firm", False), (None, False)],
)
def test_what_offices_and_large_firms_owe_past_its_day_is_disclosed(unit_kind: str | None, disclosed: bool):
    story = Story(f"{QY}-arrears", "arrears").received("03-02 09:00")
    story.dispatched("03-02 10:00", "debtor", unit_kind=unit_kind).reached(
        "confirmed", "03-03 10:00", unit="debtor"
    )
    story.reached("plan_agreed", "03-04 10:00", "06-30 24:00", unit="debtor")
    lines = ruled(story)
    assert "supervised instalment" in lines
    assert ("publication.proposed instalment" in lines) == disclosed
